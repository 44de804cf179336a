"""SQL of accounts and their API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Database, Tx
from domain.access import Scope
from domain.accounts.rules import Account, Installation, KnownKey, Plan


async def installation(tx: Tx) -> Installation:
    row = await tx.fetchrow("SELECT amazon_open, default_plan, amazon_plan FROM installation")
    assert row is not None, "the installation has one row"
    return Installation(row["amazon_open"], Plan(row["default_plan"]), Plan(row["amazon_plan"]))


async def set_amazon_open(tx: Tx, open_: bool) -> None:
    await tx.execute("UPDATE installation SET amazon_open = $1", open_)


async def entitle_all(tx: Tx, now: datetime) -> None:
    await tx.execute(
        "UPDATE account SET amazon_entitled_at = $1 WHERE amazon_entitled_at IS NULL", now
    )


async def account(tx: Tx, account_id: UUID) -> Account | None:
    row = await tx.fetchrow(
        """SELECT account_id, name, plan, amazon_entitled_at, created_at
             FROM account WHERE account_id = $1""",
        account_id,
    )
    return None if row is None else _account(row)


async def insert(
    tx: Tx, name: str, plan: Plan, amazon_entitled_at: datetime | None, now: datetime
) -> Account:
    row = await tx.fetchrow(
        """INSERT INTO account (name, plan, amazon_entitled_at, created_at)
           VALUES ($1, $2, $3, $4)
           RETURNING account_id, name, plan, amazon_entitled_at, created_at""",
        name, plan, amazon_entitled_at, now,
    )  # fmt: skip
    assert row is not None, "an insert without conflicts gives its row"
    return _account(row)


async def set_plan(tx: Tx, account_id: UUID, plan: Plan) -> Account | None:
    row = await tx.fetchrow(
        """UPDATE account SET plan = $2 WHERE account_id = $1
           RETURNING account_id, name, plan, amazon_entitled_at, created_at""",
        account_id, plan,
    )  # fmt: skip
    return None if row is None else _account(row)


async def server_time(tx: Tx) -> datetime:
    """Of the beginning of the transaction."""
    now: datetime = await tx.fetchval("SELECT now()")
    return now


async def insert_key(
    tx: Tx, account_id: UUID, name: str, key_hash: bytes, prefix: str, scopes: list[Scope],
    created_by: str, expires_at: datetime | None,
) -> UUID | None:  # fmt: skip
    """The key's id, or None when there is no such account."""
    id: UUID | None = await tx.fetchval(
        """INSERT INTO api_key (key_hash, account_id, name, prefix, scopes, created_by, expires_at)
           SELECT $3, account_id, $2, $4, $5, $6, $7 FROM account WHERE account_id = $1
           RETURNING id""",
        account_id, name, key_hash, prefix, scopes, created_by, expires_at,
    )  # fmt: skip
    return id


async def keys(tx: Tx, account_id: UUID) -> list[KnownKey]:
    rows = await tx.fetch(
        """SELECT id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at,
                  revoked_at
             FROM api_key WHERE account_id = $1 ORDER BY created_at, id""",
        account_id,
    )  # fmt: skip
    return [
        KnownKey(**{**row, "scopes": frozenset(Scope(scope) for scope in row["scopes"])})
        for row in rows
    ]


async def revoke_key(tx: Tx, account_id: UUID, key_id: UUID) -> bool:
    """False when the account has no such key. The first revocation keeps its time."""
    revoked = await tx.fetchval(
        """UPDATE api_key SET revoked_at = COALESCE(revoked_at, now())
            WHERE account_id = $1 AND id = $2 RETURNING true""",
        account_id, key_id,
    )  # fmt: skip
    return bool(revoked)


async def key_holder(db: Database, key_hash: bytes) -> asyncpg.Record | None:
    """Whose key it is, if it lets anybody in now; `noted` says that its use within the last minute
    is written down already."""
    return await db.system_row(
        """SELECT account_id, id, scopes,
                  COALESCE(last_used_at > now() - interval '1 minute', false) AS noted
             FROM api_key
            WHERE key_hash = $1 AND revoked_at IS NULL
              AND (expires_at IS NULL OR expires_at > now())""",
        key_hash,
    )


async def note_key_use(db: Database, account_id: UUID, key_id: UUID) -> None:
    """Of those who note it in the same moment, one writes and nobody waits."""
    await db.system_row(
        """UPDATE api_key SET last_used_at = now()
            WHERE account_id = $1 AND id = ANY(ARRAY(
                  SELECT id FROM api_key
                   WHERE account_id = $1 AND id = $2
                     AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')
                     FOR UPDATE SKIP LOCKED))""",
        account_id, key_id,
    )  # fmt: skip


def _account(row: asyncpg.Record) -> Account:
    return Account(
        id=row["account_id"],
        name=row["name"],
        plan=Plan(row["plan"]),
        amazon_entitled_at=row["amazon_entitled_at"],
        created_at=row["created_at"],
    )
