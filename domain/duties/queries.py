"""SQL of the duties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import orjson

from db.pool import Tx
from domain.duties.rules import LEASE, Duty, Kind, Promise


async def insert(tx: Tx, promises: Collection[Promise], run_at: datetime) -> None:
    """A duty that is being done keeps its lease. That it counts no attempt says that it was
    promised meanwhile: whoever does it may have looked before the change that is now promised for.

    One that waits is done no later than the new promise says, with what either of them asked for.
    The promises are of one kind and subject each.
    """
    await tx.execute(
        """INSERT INTO duty (kind, subject, account_id, payload, run_at)
           SELECT kind, subject, account_id, payload::jsonb, GREATEST($5, not_before)
             FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $6::timestamptz[])
                  AS promised (kind, subject, account_id, payload, not_before)
            ORDER BY kind, subject -- whoever promises the same meets in the same order
           ON CONFLICT (kind, subject) DO UPDATE
              SET payload = CASE WHEN duty.dead_at IS NULL AND duty.lease_token IS NULL
                                 THEN duty.payload || excluded.payload ELSE excluded.payload END,
                  run_at = CASE WHEN duty.dead_at IS NULL AND duty.lease_token IS NULL
                                THEN LEAST(duty.run_at, excluded.run_at) ELSE excluded.run_at END,
                  attempts = 0, dead_at = NULL""",
        [one.kind for one in promises], [one.subject for one in promises],
        [one.account_id for one in promises],
        [orjson.dumps(one.payload).decode() for one in promises], run_at,
        [one.not_before for one in promises],
    )  # fmt: skip


async def claim_due(
    tx: Tx, now: datetime, most: int, kinds: Sequence[Kind] = tuple(Kind), lease: timedelta = LEASE
) -> list[Duty]:
    """Lease what is due of these kinds: codes of consents, which soon run out, then what is due
    longest.

    Leases run in the server's time, whatever clock the duties follow. A kind that this release
    does not know is left to one that does.
    """
    rows = await tx.fetch(
        """UPDATE duty SET lease_token = $3, lease_until = now() + $5::interval,
                  attempts = attempts + 1
            WHERE id = ANY(ARRAY( -- of an array the rows are chosen once, whatever the plan
                  SELECT due.id
                    FROM unnest($4::text[]) AS asked (kind)
                   CROSS JOIN LATERAL ( -- kind by kind: much of one is not read through for another
                         SELECT d.id, d.run_at FROM duty d
                          WHERE d.kind = asked.kind AND d.run_at <= $1 AND d.dead_at IS NULL
                            AND (d.lease_until IS NULL OR d.lease_until < now())
                          ORDER BY d.run_at, d.id LIMIT $2
                          FOR UPDATE SKIP LOCKED) AS due
                   ORDER BY asked.kind <> 'exchange_code', due.run_at, due.id LIMIT $2))
           RETURNING id, kind, subject, account_id, payload, attempts, lease_token""",
        now, most, uuid4(), list(kinds), lease,
    )  # fmt: skip
    return [_duty(row) for row in rows]


async def claim_in_turn(
    tx: Tx, now: datetime, most: int, kinds: Sequence[Kind], held: Sequence[UUID], of_one: int,
    lease: timedelta = LEASE,
) -> list[Duty]:  # fmt: skip
    """As `claim_due`, but of each owner's so many at most, with those that are `held`: an owner
    for each duty that is being done.

    It looks at the oldest only: there is no owner who has a tenth of so many.
    """
    full = [owner for owner, times in Counter(held).items() if times >= of_one]
    rows = await tx.fetch(
        """UPDATE duty SET lease_token = $3, lease_until = now() + $5::interval,
                  attempts = attempts + 1
            WHERE id = ANY(ARRAY(
                  SELECT d.id FROM duty d
                   WHERE d.id = ANY(ARRAY(
                         SELECT r.id
                           FROM (SELECT o.id, o.account_id,
                                        row_number() OVER (PARTITION BY o.account_id
                                                           ORDER BY o.run_at, o.lease_until
                                                                    NULLS FIRST, o.id) AS turn
                                   FROM (SELECT id, account_id, run_at, lease_until FROM duty
                                          WHERE kind = ANY($4) AND run_at <= $1
                                            AND dead_at IS NULL
                                            AND (lease_until IS NULL OR lease_until < now())
                                            AND account_id <> ALL($6)
                                          ORDER BY run_at, lease_until NULLS FIRST, id
                                          LIMIT 500) o) r
                          WHERE r.turn <= $8 - (SELECT count(*) FROM unnest($7::uuid[]) AS h (id)
                                                 WHERE h.id = r.account_id)))
                     AND d.run_at <= $1 AND d.dead_at IS NULL -- still, when it is locked
                     AND (d.lease_until IS NULL OR d.lease_until < now())
                   ORDER BY d.run_at, d.lease_until NULLS FIRST, d.id LIMIT $2
                   FOR UPDATE SKIP LOCKED))
           RETURNING id, kind, subject, account_id, payload, attempts, lease_token""",
        now, most, uuid4(), list(kinds), lease, full, list(held), of_one,
    )  # fmt: skip
    return [_duty(row) for row in rows]


async def extend(tx: Tx, duty: Duty, lease: timedelta = LEASE) -> bool:
    """A worker that is still at it says so, well before its lease ends; False: it is another's."""
    told = await tx.execute(
        """UPDATE duty SET lease_until = now() + $3::interval
            WHERE id = $1 AND lease_token = $2""",
        duty.id, duty.lease_token, lease,
    )  # fmt: skip
    return told == "UPDATE 1"


async def finish(tx: Tx, duty: Duty) -> None:
    """Kept, unless it was promised again meanwhile: then it is open, and due."""
    kept = await tx.execute(
        "DELETE FROM duty WHERE id = $1 AND lease_token = $2 AND attempts > 0",
        duty.id, duty.lease_token,
    )  # fmt: skip
    if kept == "DELETE 1":
        return
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


async def was_given_up(tx: Tx, duty: Duty, now: datetime) -> bool:
    """Whether it was given up at this very moment, and is not somebody else's by now."""
    found = await tx.fetchval(
        "SELECT true FROM duty WHERE id = $1 AND dead_at = $2 AND lease_token IS NULL", duty.id, now
    )
    return bool(found)


async def postpone(tx: Tx, duty: Duty, run_at: datetime) -> None:
    """Not a failure: what is waited for is not there yet, and no attempt is counted.

    When its lease ended is kept: of those that are due at the same time, the one that has had its
    turn last comes last.
    """
    await tx.execute(
        """UPDATE duty
              SET lease_token = NULL, lease_until = now(), attempts = GREATEST(attempts - 1, 0),
                  run_at = CASE attempts WHEN 0 THEN run_at ELSE $3 END
            WHERE id = $1 AND lease_token = $2""",
        duty.id, duty.lease_token, run_at,
    )  # fmt: skip


async def retry(tx: Tx, account_id: UUID, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Of an account's duties those that nobody is at: due, with every attempt before them."""
    rows = await tx.fetch(
        """UPDATE duty SET attempts = 0, dead_at = NULL, run_at = LEAST(run_at, $3)
            WHERE account_id = $1 AND id = ANY($2)
              AND (lease_until IS NULL OR lease_until < now())
           RETURNING id""",
        account_id, ids, now,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def retry_any(tx: Tx, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """As `retry`, whose ever they are."""
    rows = await tx.fetch(
        """UPDATE duty SET attempts = 0, dead_at = NULL, run_at = LEAST(run_at, $2)
            WHERE id = ANY($1) AND (lease_until IS NULL OR lease_until < now())
           RETURNING id""",
        ids, now,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def open_ones(tx: Tx, ids: Sequence[UUID]) -> list[UUID]:
    """Which of these there are, as far as the transaction sees."""
    rows = await tx.fetch("SELECT id FROM duty WHERE id = ANY($1)", ids)
    return [row["id"] for row in rows]


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
