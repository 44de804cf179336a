"""SQL of accounts and their API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Database, Tx
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


async def insert_key(tx: Tx, account_id: UUID, name: str, key_hash: bytes) -> UUID | None:
    """The key's id, or None when there is no such account."""
    id: UUID | None = await tx.fetchval(
        """INSERT INTO api_key (key_hash, account_id, name)
           SELECT $3, account_id, $2 FROM account WHERE account_id = $1
           RETURNING id""",
        account_id, name, key_hash,
    )  # fmt: skip
    return id


async def keys(tx: Tx, account_id: UUID) -> list[KnownKey]:
    rows = await tx.fetch(
        """SELECT id, name, created_at, revoked_at FROM api_key
            WHERE account_id = $1 ORDER BY created_at, id""",
        account_id,
    )  # fmt: skip
    return [KnownKey(row["id"], row["name"], row["created_at"], row["revoked_at"]) for row in rows]


async def revoke_key(tx: Tx, account_id: UUID, key_id: UUID) -> bool:
    """False when the account has no such key. The first revocation keeps its time."""
    revoked = await tx.fetchval(
        """UPDATE api_key SET revoked_at = COALESCE(revoked_at, now())
            WHERE account_id = $1 AND id = $2 RETURNING true""",
        account_id, key_id,
    )  # fmt: skip
    return bool(revoked)


async def key_holder(db: Database, key_hash: bytes) -> asyncpg.Record | None:
    return await db.system_row(
        "SELECT account_id, id FROM api_key WHERE key_hash = $1 AND revoked_at IS NULL", key_hash
    )


def _account(row: asyncpg.Record) -> Account:
    return Account(
        id=row["account_id"],
        name=row["name"],
        plan=Plan(row["plan"]),
        amazon_entitled_at=row["amazon_entitled_at"],
        created_at=row["created_at"],
    )
