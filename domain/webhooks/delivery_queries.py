"""SQL of the way that deliveries go: made of events, sent, recorded. For the role of the system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.duties.rules import Duty
from domain.webhooks.health import Health
from domain.webhooks.queries import endpoint_of
from domain.webhooks.rules import Delivery, Endpoint, Recorded


@dataclass(frozen=True, slots=True)
class SealedSecret:
    id: UUID
    sealed: str


async def take_events(tx: Tx, most: int) -> list[tuple[UUID, UUID]]:
    """Account and id of events that nobody else takes just now.

    By what is there and not by where one has come to: an event whose transaction took long to
    commit is taken when it is there, whatever id it has.
    """
    rows = await tx.fetch(
        """SELECT account_id, id FROM event ORDER BY account_id, id LIMIT $1
              FOR UPDATE SKIP LOCKED""",
        most,
    )
    return [(row["account_id"], row["id"]) for row in rows]


async def insert_deliveries(
    tx: Tx, account_ids: Sequence[UUID], event_ids: Sequence[UUID], now: datetime
) -> list[tuple[UUID, UUID, datetime | None]]:
    """One for each endpoint that listens to an event; the owners and endpoints to be woken, and
    until when nothing is sent to those that took nothing.

    Endpoints are locked, so that what was enabled or disabled just now counts.
    """
    rows = await tx.fetch(
        """WITH heard AS (
               SELECT w.account_id, w.id AS endpoint_id, w.status, e.id, e.type, e.entity,
                      e.sequence, e.occurred_at, e.body
                 FROM event e
                 JOIN webhook_endpoint w
                   ON (w.account_id = e.account_id AND e.to_account
                       OR w.account_id = ANY(e.affiliate_ids))
                  AND e.type = ANY(w.event_types) AND w.deleted_at IS NULL
                WHERE e.account_id = ANY($1) AND e.id = ANY($2)
                ORDER BY w.id, e.id FOR SHARE OF w), made AS (
           INSERT INTO webhook_delivery
                  (account_id, endpoint_id, event_id, event_type, entity, sequence, occurred_at,
                   body, status, next_attempt_at, created_at)
           SELECT account_id, endpoint_id, id, type, entity, sequence, occurred_at, body,
                  CASE status WHEN 'ENABLED' THEN 'PENDING' ELSE 'HELD' END,
                  CASE status WHEN 'ENABLED' THEN $3::timestamptz END, $3
             FROM heard
           ON CONFLICT (account_id, endpoint_id, event_id) DO NOTHING
           RETURNING account_id, endpoint_id, status)
           SELECT DISTINCT m.account_id, m.endpoint_id, w.paused_until
             FROM made m
             JOIN webhook_endpoint w ON w.account_id = m.account_id AND w.id = m.endpoint_id
            WHERE m.status = 'PENDING'""",
        account_ids, event_ids, now,
    )  # fmt: skip
    return [(row["account_id"], row["endpoint_id"], row["paused_until"]) for row in rows]


async def delete_events(tx: Tx, account_ids: Sequence[UUID], event_ids: Sequence[UUID]) -> None:
    await tx.execute(
        "DELETE FROM event WHERE account_id = ANY($1) AND id = ANY($2)", account_ids, event_ids
    )


async def lease_left(tx: Tx, duty: Duty) -> float:
    """Seconds for which nobody else may do the duty; none when somebody else may already."""
    left: float | None = await tx.fetchval(
        """SELECT extract(epoch FROM lease_until - now())::float8 FROM duty
            WHERE id = $1 AND lease_token = $2""",
        duty.id, duty.lease_token,
    )  # fmt: skip
    return left or 0.0


async def hold_lease(tx: Tx, duty: Duty) -> bool:
    """Whether the duty is still this worker's, which it then stays until the transaction ends."""
    found = await tx.fetchrow(
        "SELECT FROM duty WHERE id = $1 AND lease_token = $2 FOR SHARE", duty.id, duty.lease_token
    )
    return found is not None


async def endpoint(tx: Tx, account_id: UUID, endpoint_id: UUID) -> Endpoint | None:
    """None when it is deleted."""
    row = await tx.fetchrow(
        """SELECT account_id, id, url, signature, status, failing_since, failures, last_success_at,
                  paused_until
             FROM webhook_endpoint
            WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL""",
        account_id, endpoint_id,
    )  # fmt: skip
    return None if row is None else endpoint_of(row)


async def secrets(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> list[SealedSecret]:
    """All that are valid, the newest first."""
    rows = await tx.fetch(
        """SELECT id, sealed_secret AS sealed FROM webhook_secret
            WHERE account_id = $1 AND endpoint_id = $2
              AND (expires_at IS NULL OR expires_at > $3)
            ORDER BY expires_at DESC NULLS FIRST, created_at DESC, id DESC""",
        account_id, endpoint_id, now,
    )  # fmt: skip
    return [SealedSecret(**row) for row in rows]


async def due(
    tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime, most: int
) -> list[Delivery]:
    """What waits longest first."""
    rows = await tx.fetch(
        """SELECT id, event_id, event_type, body, attempts, next_attempt_at
             FROM webhook_delivery
            WHERE account_id = $1 AND endpoint_id = $2 AND status = 'PENDING'
              AND next_attempt_at <= $3
            ORDER BY next_attempt_at, id LIMIT $4""",
        account_id, endpoint_id, now, most,
    )  # fmt: skip
    return [Delivery(*row) for row in rows]


async def next_due(tx: Tx, account_id: UUID, endpoint_id: UUID) -> datetime | None:
    """When something is to be sent again; None when nothing waits."""
    at: datetime | None = await tx.fetchval(
        """SELECT min(next_attempt_at) FROM webhook_delivery
            WHERE account_id = $1 AND endpoint_id = $2 AND status = 'PENDING'""",
        account_id, endpoint_id,
    )  # fmt: skip
    return at


async def record(tx: Tx, account_id: UUID, done: Sequence[Recorded]) -> set[UUID]:
    """What became of the deliveries; those that it was written of.

    One that was asked for anew while it was sent stays so, and one that was held meanwhile stays
    held unless it has arrived.
    """
    rows = await tx.fetch(
        """UPDATE webhook_delivery d
              SET attempts = r.attempts + 1, last_status = r.answered, last_error = r.error,
                  delivered_at = CASE r.status WHEN 'DELIVERED' THEN r.at ELSE d.delivered_at END,
                  status = CASE WHEN r.status = 'PENDING' THEN d.status ELSE r.status END,
                  next_attempt_at = CASE d.status WHEN 'PENDING' THEN r.next_at END
             FROM unnest($2::uuid[], $3::int[], $4::timestamptz[], $5::text[], $6::timestamptz[],
                         $7::timestamptz[], $8::int[], $9::text[])
                  AS r (id, attempts, due, status, next_at, at, answered, error)
            WHERE d.account_id = $1 AND d.id = r.id AND d.attempts = r.attempts
              AND (d.next_attempt_at = r.due OR d.status = 'HELD')
           RETURNING d.id""",
        account_id,
        [one.delivery.id for one in done],
        [one.delivery.attempts for one in done],
        [one.delivery.due for one in done],
        [one.status.value for one in done],
        [one.next_attempt_at for one in done],
        [one.at for one in done],
        [one.answer.status for one in done],
        [one.error for one in done],
    )  # fmt: skip
    return {row["id"] for row in rows}


async def insert_attempts(tx: Tx, account_id: UUID, done: Sequence[Recorded]) -> None:
    await tx.execute(
        """INSERT INTO webhook_attempt
                  (account_id, delivery_id, at, duration_ms, status, error, response)
           SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::int[],
                                    $6::text[], $7::text[])
           ON CONFLICT DO NOTHING""",
        account_id,
        [one.delivery.id for one in done],
        [one.at for one in done],
        [one.answer.duration_ms for one in done],
        [one.answer.status for one in done],
        [one.error for one in done],
        [one.answer.response for one in done],
    )  # fmt: skip


async def set_health(tx: Tx, account_id: UUID, endpoint_id: UUID, health: Health) -> None:
    await tx.execute(
        """UPDATE webhook_endpoint
              SET failing_since = $3, failures = $4, last_success_at = $5,
                  paused_until = CASE WHEN $3::timestamptz IS NOT NULL THEN paused_until END
            WHERE account_id = $1 AND id = $2""",
        account_id, endpoint_id, health.failing_since, health.failures, health.last_success_at,
    )  # fmt: skip


async def owners_addresses(tx: Tx, owner_id: UUID) -> list[str]:
    """Of an account's owners, or of the affiliate who is the owner; twenty at most."""
    rows = await tx.fetch(
        """SELECT p.email FROM membership m JOIN person p ON p.id = m.person_id
            WHERE m.account_id = $1 AND m.role = 'OWNER'
           UNION ALL
           SELECT p.email FROM affiliate a JOIN person p ON p.id = a.person_id WHERE a.id = $1
            LIMIT 20""",
        owner_id,
    )
    return [row["email"] for row in rows]


async def delete_old(tx: Tx, created_before: datetime, most: int) -> int:
    """Of all accounts, with their attempts; how many deliveries."""
    tag: str = await tx.execute(
        """DELETE FROM webhook_delivery
            WHERE (account_id, id) IN
                  (SELECT account_id, id FROM webhook_delivery WHERE created_at < $1 LIMIT $2)""",
        created_before, most,
    )  # fmt: skip
    return int(tag.rsplit(" ", 1)[1])
