"""SQL of the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.audit.rules import Entry, Head


async def lock_head(
    tx: Tx, account_id: UUID, input: dict[str, Any], changes: list[Any]
) -> tuple[Head, str, str] | None:
    """How far the chain goes, and both documents as PostgreSQL writes them; None before the first
    entry. Nobody else writes one of this account until the transaction ends."""
    row = await tx.fetchrow(
        """SELECT number, hash, $2::jsonb::text AS input, $3::jsonb::text AS changes
             FROM audit_head WHERE account_id = $1 FOR NO KEY UPDATE""",
        account_id, input, changes,
    )  # fmt: skip
    return None if row is None else (Head(row["number"], row["hash"]), row["input"], row["changes"])


async def begin(tx: Tx, account_id: UUID, head: Head) -> None:
    """A chain of no entries, unless the account has one."""
    await tx.execute(
        """INSERT INTO audit_head (account_id, number, hash) VALUES ($1, $2, $3)
           ON CONFLICT (account_id) DO NOTHING""",
        account_id, head.number, head.hash,
    )  # fmt: skip


async def insert(
    tx: Tx, entry: Entry, input: dict[str, Any], changes: list[Any], hash: bytes
) -> None:
    """The entry, and the head that says how far the chain goes with it."""
    await tx.execute(
        """WITH written AS (
                INSERT INTO audit_entry (account_id, number, actor, action, input, changes,
                                         request_id, at, hash)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))
           UPDATE audit_head SET number = $2, hash = $9 WHERE audit_head.account_id = $1""",
        entry.account_id, entry.number, entry.actor, entry.action, input, changes,
        entry.request_id, entry.at, hash,
    )  # fmt: skip


async def insert_outside(
    tx: Tx, actor: str, action: str, input: dict[str, Any], changes: list[Any],
    request_id: str | None, at: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """INSERT INTO network_audit_entry (actor, action, input, changes, request_id, at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        actor, action, input, changes, request_id, at,
    )  # fmt: skip


async def head(tx: Tx, account_id: UUID) -> Head:
    row = await tx.fetchrow("SELECT number, hash FROM audit_head WHERE account_id = $1", account_id)
    return Head() if row is None else Head(row["number"], row["hash"])


async def entries_after(
    tx: Tx, account_id: UUID, number: int, most: int
) -> list[tuple[Entry, bytes]]:
    """The next entries and their hashes, in their order."""
    rows = await tx.fetch(
        """SELECT account_id, number, actor, action, input::text AS input,
                  changes::text AS changes, request_id, at, hash,
                  erased_at IS NOT NULL AS erased
             FROM audit_entry
            WHERE account_id = $1 AND number > $2 ORDER BY number LIMIT $3""",
        account_id, number, most,
    )  # fmt: skip
    return [(_entry(row), row["hash"] or b"") for row in rows]


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        account_id=row["account_id"],
        number=row["number"],
        actor=row["actor"],
        action=row["action"],
        input=row["input"],
        changes=row["changes"],
        request_id=row["request_id"],
        at=row["at"],
        erased=row["erased"],
    )
