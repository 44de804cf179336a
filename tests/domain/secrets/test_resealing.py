"""A key is replaced while readers and writers go on."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from cli import app
from db.pool import Database
from domain.ids import new_id
from domain.sealing import Keyring, Place
from domain.secrets.actions import reseal
from domain.secrets.queries import by_key, replace, under_other_keys
from domain.secrets.rules import GONE_WITHIN_A_DAY, SEALED_ANEW
from tests.factories import an_account

OLD, NEW = os.urandom(32), os.urandom(32)
BEFORE = Keyring("old", {"old": OLD})
BOTH = Keyring("new", {"new": NEW, "old": OLD})
AFTER = Keyring("new", {"new": NEW})


async def test_what_is_sealed_is_sealed_anew_or_gone_within_a_day(
    owner: asyncpg.Connection,
) -> None:
    """A new sealed column has to be on one of the lists."""
    found = await owner.fetch(
        """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name LIKE 'sealed%'"""
    )
    assert {*SEALED_ANEW, *GONE_WITHIN_A_DAY} == {tuple(row) for row in found}


async def secrets(owner: asyncpg.Connection, grants: int) -> dict[UUID, str]:
    """Grants of one account with all their secrets, an endpoint's and a letter's; texts by row."""
    account = await an_account(owner)
    endpoint, mail = new_id(), new_id()
    sellers = [new_id() for _ in range(grants)]
    await owner.executemany(
        "INSERT INTO seller_account (account_id, id, name) VALUES ($1, $2, 'Seller')",
        [(account, seller) for seller in sellers],
    )
    texts = {new_id(): f"Atzr|{n}" for n in range(grants)}

    def sealed(table: str, column: str, id: UUID, text: str) -> str:
        return BEFORE.seal(text, Place(table, column, account, id))

    await owner.executemany(
        """INSERT INTO amazon_grant (account_id, id, seller_account_id, api, state, sealed_code,
                                     sealed_refresh_token, sealed_access_token)
           VALUES ($1, $2, $3, 'ADS', 'CONNECTED', $4, $5, $6)""",
        [
            (
                account, id, seller, sealed("amazon_grant", "sealed_code", id, text),
                sealed("amazon_grant", "sealed_refresh_token", id, text),
                sealed("amazon_grant", "sealed_access_token", id, text),
            )
            for (id, text), seller in zip(texts.items(), sellers, strict=True)
        ],
    )  # fmt: skip
    await owner.execute(
        """INSERT INTO webhook_endpoint (account_id, id, url, event_types, signature, created_at)
           VALUES ($1, $2, 'https://example.com', '{}', 'STANDARD', now())""",
        account, endpoint,
    )  # fmt: skip
    secret = new_id()
    await owner.execute(
        """INSERT INTO webhook_secret (account_id, id, endpoint_id, sealed_secret, created_at)
           VALUES ($1, $2, $3, $4, now())""",
        account, secret, endpoint, sealed("webhook_secret", "sealed_secret", secret, "whsec_1"),
    )  # fmt: skip
    await owner.execute(
        """INSERT INTO mail (id, recipient, subject, sealed_text, created_at)
           VALUES ($1, 'a@example.com', 'Hello', $2, now())""",
        mail, sealed("mail", "sealed_text", mail, "Hello"),
    )  # fmt: skip
    await owner.execute(
        """INSERT INTO duty (kind, subject, account_id, run_at)
           VALUES ('send_mail', $1, $2, now())""",
        str(mail), account,
    )  # fmt: skip
    return texts | {secret: "whsec_1", mail: "Hello"}


async def opened(owner: asyncpg.Connection, keyring: Keyring) -> dict[tuple[UUID, str], str]:
    """Every secret that is kept, as the keyring opens it."""
    rows = await owner.fetch(
        """SELECT 'amazon_grant', 'sealed_code', account_id, id, sealed_code FROM amazon_grant
           UNION ALL SELECT 'amazon_grant', 'sealed_refresh_token', account_id, id,
                            sealed_refresh_token FROM amazon_grant
           UNION ALL SELECT 'amazon_grant', 'sealed_access_token', account_id, id,
                            sealed_access_token FROM amazon_grant
           UNION ALL SELECT 'webhook_secret', 'sealed_secret', account_id, id, sealed_secret
                       FROM webhook_secret
           UNION ALL SELECT 'mail', 'sealed_text', d.account_id, m.id, m.sealed_text
                       FROM mail m JOIN duty d ON d.subject = m.id::text"""
    )
    return {(row[3], row[1]): keyring.open(row[4], Place(*row[:4])) for row in rows}


async def kids(db: Database) -> Sequence[str]:
    async with db.system() as tx:
        return list(await by_key(tx))


async def test_the_old_key_is_needed_by_nothing_afterwards(
    db: Database, owner: asyncpg.Connection
) -> None:
    texts = await secrets(owner, 600)

    assert await reseal(db, BOTH) == []

    assert await kids(db) == ["new"]
    found = await opened(owner, AFTER)
    assert len(found) == 3 * 600 + 2
    assert all(text == texts[id] for (id, _), text in found.items())


async def test_broken_off_it_goes_on_where_it_was(db: Database, owner: asyncpg.Connection) -> None:
    await secrets(owner, 600)

    def crash(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await reseal(db, BOTH, crash)
    between = await kids(db)
    await opened(owner, BOTH)
    done: list[int] = []
    await reseal(db, BOTH, done.append)

    assert between == ["new", "old"]
    assert sum(done) == 3 * 600 + 2 - 500
    assert await kids(db) == ["new"]


async def test_readers_and_writers_go_on_meanwhile(db: Database, owner: asyncpg.Connection) -> None:
    """Of 10,000 secrets each opens at every moment, and what is newer is not undone."""
    await secrets(owner, 3_400)
    grants = await owner.fetch("SELECT account_id, id FROM amazon_grant ORDER BY id")
    written: dict[UUID, str] = {}
    over = asyncio.Event()

    async def refresh(some: list[asyncpg.Record]) -> None:
        for n, (account_id, id) in enumerate(some):
            place = Place("amazon_grant", "sealed_access_token", account_id, id)
            async with db.transaction(account_id) as tx:
                kept = await tx.fetchval(
                    """SELECT sealed_access_token FROM amazon_grant
                        WHERE account_id = $1 AND id = $2 FOR UPDATE""",
                    account_id, id,
                )  # fmt: skip
                BOTH.open(kept, place)
                # A process that has not been started anew yet still seals with the old key.
                keyring = BOTH if n % 2 else BEFORE
                written[id] = f"Atza|newer {n}"
                await tx.execute(
                    """UPDATE amazon_grant SET sealed_access_token = $3
                        WHERE account_id = $1 AND id = $2""",
                    account_id, id, keyring.seal(written[id], place),
                )  # fmt: skip
            if over.is_set():
                return

    writers = [asyncio.create_task(refresh(list(grants[n::4]))) for n in range(4)]
    assert await reseal(db, BOTH) == []
    over.set()
    await asyncio.gather(*writers)
    assert await reseal(db, BOTH) == []

    assert await kids(db) == ["new"]
    found = await opened(owner, AFTER)
    assert len(written) > 100
    assert {id: found[id, "sealed_access_token"] for id in written} == written


async def test_what_was_written_since_it_was_read_stays(
    db: Database, owner: asyncpg.Connection
) -> None:
    """Wherever it stands: a refresh token that Amazon has replaced is there only once."""
    await secrets(owner, 1)
    async with db.system() as tx:
        found = await under_other_keys(tx, "new", None, 100)
    assert {(one.table, one.column) for one in found} == set(SEALED_ANEW)

    for one in found:
        newer = BOTH.seal("newer", one.place)
        await owner.execute(f"UPDATE {one.table} SET {one.column} = $1", newer)
    async with db.system() as tx:
        for one in found:
            await replace(tx, one, BOTH.seal("older", one.place))

    assert set((await opened(owner, AFTER)).values()) == {"newer"}


async def test_what_no_key_opens_is_told_and_stops_nothing(
    db: Database, owner: asyncpg.Connection
) -> None:
    await secrets(owner, 3)
    moved = await owner.fetch("SELECT id, sealed_code FROM amazon_grant ORDER BY id LIMIT 2")
    await owner.execute(
        "UPDATE amazon_grant SET sealed_code = $2 WHERE id = $1", moved[0]["id"],
        moved[1]["sealed_code"],
    )  # fmt: skip

    [(closed, reason)] = await reseal(db, BOTH)

    assert (closed.row_id, closed.column) == (moved[0]["id"], "sealed_code")
    assert "does not open" in reason
    async with db.system() as tx:
        assert await by_key(tx) == {"new": 10, "old": 1}


async def test_the_command_says_what_each_key_still_seals(
    owner: asyncpg.Connection, database_of_test: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await secrets(owner, 2)
    monkeypatch.setenv("DATABASE_URL", database_of_test)
    monkeypatch.setenv("REDIS_URL", "unix:///nowhere")
    keys = {"new": base64.b64encode(NEW).decode(), "old": base64.b64encode(OLD).decode()}
    monkeypatch.setenv("SEALING_KEYS", f"new:{keys['new']},old:{keys['old']}")

    answer = await asyncio.to_thread(CliRunner().invoke, app, ["reseal"])
    assert answer.exit_code == 0, answer.output
    assert "new seals 8" in answer.output.splitlines()

    monkeypatch.setenv("SEALING_KEYS", f"old:{keys['old']}")
    answer = await asyncio.to_thread(CliRunner().invoke, app, ["reseal"])
    assert answer.exit_code == 1
    assert "Put that key back" in answer.output
    assert "new still seals 8" in answer.output
