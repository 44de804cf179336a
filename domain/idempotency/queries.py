"""SQL of the answers that are remembered."""

from __future__ import annotations

from datetime import datetime

import asyncpg

from db.pool import Tx
from domain.idempotency.rules import Claimed


async def claim(
    tx: Tx, asked: Claimed, request_hash: bytes, now: datetime, forgotten_before: datetime
) -> bool:
    """Whether the row is ours now: it was absent, or so old that it counts as absent.

    Whoever comes while another does the same waits here until that one commits or rolls back. The
    row is locked also when it is not ours, so that nobody forgets it before it is read.
    """
    claimed = await tx.fetchval(
        """INSERT INTO idempotent_answer AS known
                  (room_id, caller, key, place, request_hash, answered_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (room_id, caller, key, place) DO UPDATE
              SET request_hash = excluded.request_hash, sealed_answer = NULL,
                  answered_at = excluded.answered_at
            WHERE known.answered_at <= $7
           RETURNING true""",
        asked.room_id, asked.caller, asked.key, asked.place, request_hash, now, forgotten_before,
    )  # fmt: skip
    return bool(claimed)


async def known(tx: Tx, asked: Claimed) -> asyncpg.Record:
    row = await tx.fetchrow(
        """SELECT request_hash, sealed_answer FROM idempotent_answer
            WHERE room_id = $1 AND caller = $2 AND key = $3 AND place = $4""",
        asked.room_id, asked.caller, asked.key, asked.place,
    )  # fmt: skip
    assert row is not None, "the claim that failed has locked it"
    return row


async def keep(tx: Tx, asked: Claimed, sealed_answer: str) -> bool:
    """False when this transaction doesn't see the row that was claimed."""
    kept = await tx.fetchval(
        """UPDATE idempotent_answer SET sealed_answer = $5
            WHERE room_id = $1 AND caller = $2 AND key = $3 AND place = $4 RETURNING true""",
        asked.room_id, asked.caller, asked.key, asked.place, sealed_answer,
    )  # fmt: skip
    return bool(kept)


async def delete_old(tx: Tx, forgotten_before: datetime, most: int) -> int:
    """How many were deleted. One that somebody is at is left for the next time."""
    rows = await tx.fetch(
        """DELETE FROM idempotent_answer
            WHERE (room_id, caller, key, place) IN (
                  SELECT room_id, caller, key, place FROM idempotent_answer
                   WHERE answered_at <= $1 ORDER BY answered_at LIMIT $2
                     FOR UPDATE SKIP LOCKED)
           RETURNING true""",
        forgotten_before, most,
    )  # fmt: skip
    return len(rows)
