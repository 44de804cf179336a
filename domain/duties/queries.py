"""SQL of the duties."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from db.pool import Tx
from domain.duties.rules import Duty, Kind


async def insert(
    tx: Tx, kind: Kind, subject: str, account_id: UUID, payload: dict[str, Any], run_at: datetime
) -> None:
    """A duty that is being done keeps its lease. That it counts no attempt says that it was
    promised meanwhile: whoever does it may have looked before the change that is now promised for.

    One that waits is done no later than the new promise says, with what either of them asked for.
    """
    await tx.execute(
        """INSERT INTO duty (kind, subject, account_id, payload, run_at)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (kind, subject) DO UPDATE
              SET payload = CASE WHEN duty.dead_at IS NULL AND duty.lease_token IS NULL
                                 THEN duty.payload || excluded.payload ELSE excluded.payload END,
                  run_at = CASE WHEN duty.dead_at IS NULL AND duty.lease_token IS NULL
                                THEN LEAST(duty.run_at, excluded.run_at) ELSE excluded.run_at END,
                  attempts = 0, dead_at = NULL""",
        kind, subject, account_id, payload, run_at,
    )  # fmt: skip


async def claim_due(tx: Tx, now: datetime, most: int) -> list[Duty]:
    """Lease what is due: codes of consents, which soon run out, then what is due longest.

    Leases run in the server's time, whatever clock the duties follow. A kind that this release
    does not know is left to one that does.
    """
    rows = await tx.fetch(
        """UPDATE duty SET lease_token = $3, lease_until = now() + interval '2 minutes',
                  attempts = attempts + 1
            WHERE id = ANY(ARRAY( -- of an array the rows are chosen once, whatever the plan
                  SELECT id FROM duty
                   WHERE run_at <= $1 AND dead_at IS NULL AND kind = ANY($4)
                     AND (lease_until IS NULL OR lease_until < now())
                   ORDER BY kind <> 'exchange_code', run_at, id LIMIT $2
                   FOR UPDATE SKIP LOCKED))
           RETURNING id, kind, subject, account_id, payload, attempts, lease_token""",
        now, most, uuid4(), list(Kind),
    )  # fmt: skip
    return [_duty(row) for row in rows]


async def extend(tx: Tx, duty: Duty) -> None:
    """A worker that is still at it says so, well before its lease ends."""
    await tx.execute(
        """UPDATE duty SET lease_until = now() + interval '2 minutes'
            WHERE id = $1 AND lease_token = $2""",
        duty.id, duty.lease_token,
    )  # fmt: skip


async def finish(tx: Tx, duty: Duty) -> None:
    """Kept, unless it was promised again meanwhile: then it is open, and due."""
    await tx.execute(
        "DELETE FROM duty WHERE id = $1 AND lease_token = $2 AND attempts > 0",
        duty.id, duty.lease_token,
    )  # fmt: skip
    await tx.execute(
        "UPDATE duty SET lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2",
        duty.id, duty.lease_token,
    )  # fmt: skip


async def release(
    tx: Tx, duty: Duty, run_at: datetime, dead_at: datetime | None, error: str
) -> None:
    """Put back with what went wrong. What was promised again meanwhile is due all the same."""
    await tx.execute(
        """UPDATE duty
              SET lease_token = NULL, lease_until = NULL, last_error = $5,
                  run_at = CASE attempts WHEN 0 THEN run_at ELSE $3 END,
                  dead_at = CASE attempts WHEN 0 THEN NULL ELSE $4::timestamptz END
            WHERE id = $1 AND lease_token = $2""",
        duty.id, duty.lease_token, run_at, dead_at, _storable(error),
    )  # fmt: skip


async def postpone(tx: Tx, duty: Duty, run_at: datetime) -> None:
    """Not a failure: what is waited for is not there yet, and no attempt is counted."""
    await tx.execute(
        """UPDATE duty
              SET lease_token = NULL, lease_until = NULL, attempts = GREATEST(attempts - 1, 0),
                  run_at = CASE attempts WHEN 0 THEN run_at ELSE $3 END
            WHERE id = $1 AND lease_token = $2""",
        duty.id, duty.lease_token, run_at,
    )  # fmt: skip


async def take_slots(tx: Tx, slots: dict[str, str], now: datetime) -> list[str]:
    """Names, of name and slot, whose slot nobody has planned yet; they are the caller's to plan."""
    rows = await tx.fetch(
        """INSERT INTO slot (name, slot, planned_at)
           SELECT name, slot, $3 FROM unnest($1::text[], $2::text[]) AS new (name, slot)
           ON CONFLICT (name, slot) DO NOTHING RETURNING name""",
        list(slots), list(slots.values()), now,
    )  # fmt: skip
    return [row["name"] for row in rows]


async def delete_slots(tx: Tx, planned_before: datetime) -> None:
    """Slots so old that nobody asks for them again."""
    await tx.execute("DELETE FROM slot WHERE planned_at < $1", planned_before)


def _duty(row: asyncpg.Record) -> Duty:
    return Duty(
        id=row["id"],
        kind=Kind(row["kind"]),
        subject=row["subject"],
        account_id=row["account_id"],
        payload=row["payload"],
        attempts=row["attempts"],
        lease_token=row["lease_token"],
    )


def _storable(error: str) -> str:
    """PostgreSQL keeps no text with a NUL in it, which an error may quote from anywhere."""
    return error.replace("\0", "\N{REPLACEMENT CHARACTER}")[:2000]
