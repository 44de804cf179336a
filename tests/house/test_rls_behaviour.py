"""The second wall, from the inside: what a session of the app's role can see and write."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.pool import APP_ROLE, Database, Tx
from tests.factories import NOW, a_partnership, a_store, an_account, an_affiliate, an_offer
from tests.house.lists import OF_NO_ACCOUNT, PUBLISHED
from tests.house.two_affiliates import a_world
from tests.people import a_member, a_person, an_api_key


@dataclass(frozen=True, slots=True)
class Tenant:
    account_id: UUID
    store_id: UUID
    offer_id: UUID
    affiliate_id: UUID


@pytest.fixture
async def ours(owner: asyncpg.Connection) -> Tenant:
    return await _a_tenant(owner)


@pytest.fixture
async def theirs(owner: asyncpg.Connection) -> Tenant:
    return await _a_tenant(owner)


@pytest.fixture
async def session(database_of_test: str) -> AsyncIterator[asyncpg.Connection]:
    """The app's role as the server lets it in: nobody has said which account is meant."""
    connection = await asyncpg.connect(database_of_test, server_settings={"role": APP_ROLE})
    try:
        yield connection
    finally:
        await connection.close()


async def test_without_context_there_are_no_rows(
    session: asyncpg.Connection, owner: asyncpg.Connection, ours: Tenant
) -> None:
    assert set((await _seen(session, owner)).values()) == {0}


async def test_an_emptied_context_shows_no_rows(
    session: asyncpg.Connection, owner: asyncpg.Connection, ours: Tenant
) -> None:
    async with session.transaction():
        await session.execute("SELECT set_config('app.account_id', $1, true)", str(ours.account_id))

    assert await session.fetchval("SELECT current_setting('app.account_id')") == ""
    assert set((await _seen(session, owner)).values()) == {0}


async def test_the_rows_of_others_are_invisible(
    db: Database, owner: asyncpg.Connection, ours: Tenant, theirs: Tenant
) -> None:
    async with db.account(ours.account_id) as tx:
        seen = await _seen(tx, owner)
        stores = await tx.fetch("SELECT id FROM store")

    assert (seen["account"], seen["store"], seen["partnership"]) == (1, 1, 1)
    assert [row["id"] for row in stores] == [ours.store_id]
    assert await owner.fetchval("SELECT count(*) FROM store") == 2


async def test_an_account_sees_its_own_rows_and_no_others(
    db: Database, owner: asyncpg.Connection
) -> None:
    """Two accounts that deal with the same people, and every table and view of either."""
    world = await a_world(owner)
    tables = await owner.fetch(
        """SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
              AND NOT c.relispartition
              AND EXISTS (SELECT FROM pg_attribute a
                           WHERE a.attrelid = c.oid AND a.attname = 'account_id'
                             AND has_column_privilege($1, c.oid, a.attnum, 'SELECT'))""",
        APP_ROLE,
    )
    assert len(tables) > 40
    with_rows = set()
    for account_id in world.accounts:
        async with db.account(account_id) as tx:
            for (table,) in tables:
                seen = await tx.fetch(f"SELECT account_id, count(*) FROM {table} GROUP BY 1")
                own = await owner.fetch(
                    f"SELECT account_id, count(*) FROM {table} WHERE account_id = $1 GROUP BY 1",
                    account_id,
                )
                assert seen == own, table
                with_rows |= {table for _ in seen}
            answers = await tx.fetch("SELECT DISTINCT room_id FROM idempotent_answer")
            assert [row["room_id"] for row in answers] == [account_id]
    assert len(with_rows) > 30


async def test_a_person_is_seen_by_the_accounts_they_belong_to(
    db: Database, owner: asyncpg.Connection, ours: Tenant, theirs: Tenant
) -> None:
    ada, both = await a_person(owner), await a_person(owner)
    await a_person(owner)
    for account_id, person_id in (
        (ours.account_id, ada), (ours.account_id, both), (theirs.account_id, both),
    ):  # fmt: skip
        await a_member(owner, account_id, person_id)

    async with db.account(ours.account_id) as tx:
        seen = {row["id"] for row in await tx.fetch("SELECT id FROM person")}
        members = {row["person_id"] for row in await tx.fetch("SELECT person_id FROM member")}
    async with db.account(theirs.account_id) as tx:
        seen_there = {row["id"] for row in await tx.fetch("SELECT id FROM person")}

    assert (seen, members, seen_there) == ({ada, both}, {ada, both}, {both})


async def test_an_account_sees_its_keys_but_not_their_hashes(
    db: Database, owner: asyncpg.Connection, ours: Tenant, theirs: Tenant
) -> None:
    for tenant in (ours, theirs):
        await an_api_key(owner, tenant.account_id)

    async with db.account(ours.account_id) as tx:
        assert await tx.fetchval("SELECT count(*) FROM api_key") == 1
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.fetch("SELECT id FROM api_key WHERE key_hash IS NOT NULL")


async def test_a_row_for_another_account_is_refused(
    db: Database, ours: Tenant, theirs: Tenant
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with db.transaction(ours.account_id) as tx:
            await tx.execute(
                "INSERT INTO seller_account (account_id, name) VALUES ($1, 'Planted')",
                theirs.account_id,
            )


async def test_the_rows_of_others_cannot_be_changed(
    db: Database, owner: asyncpg.Connection, ours: Tenant, theirs: Tenant
) -> None:
    async with db.transaction(ours.account_id) as tx:
        changed = await tx.execute("UPDATE store SET name = 'Taken' WHERE id = $1", theirs.store_id)

    assert changed == "UPDATE 0"
    assert await owner.fetchval("SELECT count(*) FROM store WHERE name = 'Taken'") == 0


async def test_a_row_cannot_be_moved_to_another_account(
    db: Database, ours: Tenant, theirs: Tenant
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with db.transaction(ours.account_id) as tx:
            await tx.execute(
                "UPDATE seller_account SET account_id = $1 WHERE account_id = $2",
                theirs.account_id, ours.account_id,
            )  # fmt: skip


async def test_the_row_of_another_account_cannot_be_pointed_at(
    db: Database, ours: Tenant, theirs: Tenant
) -> None:
    """Row-level security does not look at foreign keys: the composite key does."""
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="offer_store_fkey"):
        async with db.transaction(ours.account_id) as tx:
            await tx.execute(
                """INSERT INTO offer (account_id, store_id, name, created_at)
                   VALUES ($1, $2, 'Planted', $3)""",
                ours.account_id, theirs.store_id, NOW,
            )  # fmt: skip


async def test_the_account_that_is_seen_does_not_leak_to_the_next_borrower(
    database_of_test: str, ours: Tenant, theirs: Tenant
) -> None:
    """Ten times two connections and twenty borrowers, cancelled and failing at any moment.

    Many are cancelled while a new connection is still being told the account: that is the moment
    at which it can be taken for one that knows.
    """
    drawn = random.Random(20260901)
    ends: Counter[str] = Counter()

    async def borrow(db: Database, tenant: Tenant, fails: bool) -> None:
        async with db.transaction(tenant.account_id) as tx:
            rows = await tx.fetch("SELECT id FROM store")
            assert [row["id"] for row in rows] == [tenant.store_id]
            if fails:
                raise _Planted

    async def one(db: Database, turn: asyncio.Semaphore) -> None:
        async with turn:
            fails, cancelled = drawn.random() < 0.2, drawn.random() < 0.5
            task = asyncio.create_task(borrow(db, drawn.choice([ours, theirs]), fails))
            if cancelled:
                await asyncio.sleep(drawn.choice([0, drawn.uniform(0, 0.004)]))
                task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                ends["cancelled"] += 1
            except _Planted:
                ends["failed"] += 1
            else:
                ends["finished"] += 1

    async with asyncio.timeout(10):
        for _ in range(10):
            async with Database(database_of_test, app_size=2) as db:
                turn = asyncio.Semaphore(2)
                await asyncio.gather(*(one(db, turn) for _ in range(20)))

    assert min(ends["cancelled"], ends["failed"], ends["finished"]) > 10, ends


async def test_a_login_needs_to_be_no_more_than_a_member_of_the_three_roles(
    database_of_test: str, owner: asyncpg.Connection, ours: Tenant
) -> None:
    """As production is advised: it does nothing by itself, and all that the product does."""
    login = f"login_{uuid4().hex}"
    await owner.execute(f"CREATE ROLE {login} LOGIN NOINHERIT")
    await owner.execute(
        f"GRANT clickledger_app, clickledger_affiliate, clickledger_system TO {login}"
    )
    url = re.sub("//[^@]*@", f"//{login}@", database_of_test)
    try:
        async with Database(url) as db:
            async with db.account(ours.account_id) as tx, db.system() as system:
                assert await tx.fetchval("SELECT count(*) FROM store") == 1
                assert await system.fetchval("SELECT count(*) FROM store") == 1
            async with db.affiliate(ours.affiliate_id) as tx:
                assert await tx.fetchval("SELECT count(*) FROM store") == 1
        plain = await asyncpg.connect(url)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await plain.fetch("SELECT FROM store")
        await plain.close()
    finally:
        await owner.execute(f"DROP ROLE {login}")


class _Planted(Exception):
    """A borrower's own failure."""


async def _a_tenant(owner: asyncpg.Connection) -> Tenant:
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    affiliate_id = await an_affiliate(owner)
    await a_partnership(owner, account_id, store_id, offer_id, affiliate_id)
    await owner.execute(
        """INSERT INTO audit_entry (account_id, id, actor, action, input, at)
           VALUES ($1, $2, 'test', 'test', '{}', $3)""",
        account_id, uuid4(), NOW,
    )  # fmt: skip
    return Tenant(account_id, store_id, offer_id, affiliate_id)


async def _seen(session: Tx, owner: asyncpg.Connection) -> dict[str, int]:
    """How many rows this session sees of each table behind the wall, published ones aside."""
    tables = await owner.fetch(
        """SELECT relname FROM pg_class
            WHERE relrowsecurity AND NOT relispartition
              AND has_any_column_privilege($1, oid, 'SELECT') AND relname <> ALL ($2)
            ORDER BY relname""",
        APP_ROLE, [table for table in PUBLISHED if table in OF_NO_ACCOUNT],
    )  # fmt: skip
    assert len(tables) > 30
    return {
        row["relname"]: await session.fetchval(f"SELECT count(*) FROM {row['relname']}")
        for row in tables
    }
