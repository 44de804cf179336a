"""SQL of endpoints, their secrets, and deliveries as their owner has them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.webhooks.endpoint import Replays
from domain.webhooks.health import Why
from domain.webhooks.rules import Endpoint, EndpointStatus, Signature


async def lock_endpoint(tx: Tx, account_id: UUID, endpoint_id: UUID) -> Endpoint | None:
    """Until the transaction ends, nobody else changes it. None when it is deleted."""
    row = await tx.fetchrow(
        """SELECT account_id, id, url, signature, status, failing_since, failures, last_success_at,
                  paused_until
             FROM webhook_endpoint
            WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE""",
        account_id, endpoint_id,
    )  # fmt: skip
    return None if row is None else endpoint_of(row)


def endpoint_of(row: asyncpg.Record) -> Endpoint:
    return Endpoint(
        account_id=row["account_id"],
        id=row["id"],
        url=row["url"],
        signature=Signature(row["signature"]),
        status=EndpointStatus(row["status"]),
        failing_since=row["failing_since"],
        failures=row["failures"],
        last_success_at=row["last_success_at"],
        paused_until=row["paused_until"],
    )


async def set_enabled(tx: Tx, account_id: UUID, endpoint_id: UUID) -> None:
    await tx.execute(
        """UPDATE webhook_endpoint
              SET status = 'ENABLED', disabled_at = NULL, disabled_because = NULL,
                  failing_since = NULL, failures = 0, paused_until = NULL
            WHERE account_id = $1 AND id = $2""",
        account_id, endpoint_id,
    )  # fmt: skip


async def set_paused(tx: Tx, account_id: UUID, endpoint_id: UUID, until: datetime | None) -> None:
    await tx.execute(
        "UPDATE webhook_endpoint SET paused_until = $3 WHERE account_id = $1 AND id = $2",
        account_id, endpoint_id, until,
    )  # fmt: skip


async def set_disabled(
    tx: Tx, account_id: UUID, endpoint_id: UUID, because: Why, now: datetime
) -> None:
    await tx.execute(
        """UPDATE webhook_endpoint
              SET status = 'DISABLED', disabled_at = $3, disabled_because = $4
            WHERE account_id = $1 AND id = $2""",
        account_id, endpoint_id, now, because.value,
    )  # fmt: skip


async def hold_pending(tx: Tx, account_id: UUID, endpoint_id: UUID) -> None:
    """What waits to be sent is not, until its owner asks for it."""
    await tx.execute(
        """UPDATE webhook_delivery SET status = 'HELD', next_attempt_at = NULL
            WHERE account_id = $1 AND endpoint_id = $2 AND status = 'PENDING'""",
        account_id, endpoint_id,
    )  # fmt: skip


async def insert_secret(
    tx: Tx, account_id: UUID, id: UUID, endpoint_id: UUID, sealed_secret: str, now: datetime
) -> None:
    await tx.execute(
        """INSERT INTO webhook_secret (account_id, id, endpoint_id, sealed_secret, created_at)
           VALUES ($1, $2, $3, $4, $5)""",
        account_id, id, endpoint_id, sealed_secret, now,
    )  # fmt: skip


async def end_secrets(tx: Tx, account_id: UUID, endpoint_id: UUID, at: datetime) -> None:
    """Those that have no end yet."""
    await tx.execute(
        """UPDATE webhook_secret SET expires_at = $3
            WHERE account_id = $1 AND endpoint_id = $2 AND expires_at IS NULL""",
        account_id, endpoint_id, at,
    )  # fmt: skip


async def delete_secrets(
    tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime, keep: int
) -> None:
    """Those that have ended, and all but the newest `keep` of those that will."""
    await tx.execute(
        """DELETE FROM webhook_secret
            WHERE account_id = $1 AND endpoint_id = $2
              AND (expires_at <= $3
                   OR id IN (SELECT id FROM webhook_secret
                              WHERE account_id = $1 AND endpoint_id = $2
                                AND expires_at IS NOT NULL
                              ORDER BY created_at DESC, id DESC OFFSET $4))""",
        account_id, endpoint_id, now, keep,
    )  # fmt: skip


async def replays(tx: Tx, account_id: UUID, endpoint_id: UUID) -> Replays:
    row = await tx.fetchrow(
        """SELECT replays_since, replays FROM webhook_endpoint
            WHERE account_id = $1 AND id = $2""",
        account_id, endpoint_id,
    )  # fmt: skip
    assert row is not None, "the caller has locked it"
    return Replays(*row)


async def set_replays(tx: Tx, account_id: UUID, endpoint_id: UUID, replays: Replays) -> None:
    await tx.execute(
        """UPDATE webhook_endpoint SET replays_since = $3, replays = $4
            WHERE account_id = $1 AND id = $2""",
        account_id, endpoint_id, replays.since, replays.number,
    )  # fmt: skip


async def redeliver_one(
    tx: Tx, account_id: UUID, endpoint_id: UUID, delivery_id: UUID, now: datetime
) -> int:
    return _count(
        await tx.execute(
            """UPDATE webhook_delivery SET status = 'PENDING', attempts = 0, next_attempt_at = $4
                WHERE account_id = $1 AND endpoint_id = $2 AND id = $3""",
            account_id, endpoint_id, delivery_id, now,
        )
    )  # fmt: skip


async def occurred_between(
    tx: Tx, account_id: UUID, endpoint_id: UUID, since: datetime, until: datetime, most: int
) -> list[UUID]:
    """Deliveries of events from `since` on and before `until`, at most so many."""
    rows = await tx.fetch(
        """SELECT id FROM webhook_delivery
            WHERE account_id = $1 AND endpoint_id = $2 AND occurred_at >= $3 AND occurred_at < $4
            ORDER BY occurred_at, id LIMIT $5""",
        account_id, endpoint_id, since, until, most,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def undelivered(tx: Tx, account_id: UUID, endpoint_id: UUID, most: int) -> list[UUID]:
    """What was given up or held, the oldest first, at most so many."""
    rows = await tx.fetch(
        """SELECT id FROM webhook_delivery
            WHERE account_id = $1 AND endpoint_id = $2 AND status IN ('FAILED', 'HELD')
            ORDER BY occurred_at, id LIMIT $3""",
        account_id, endpoint_id, most,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def redeliver(
    tx: Tx, account_id: UUID, endpoint_id: UUID, ids: list[UUID], now: datetime
) -> int:
    """As if they had never been sent; how many."""
    return _count(
        await tx.execute(
            """UPDATE webhook_delivery SET status = 'PENDING', attempts = 0, next_attempt_at = $4
                WHERE account_id = $1 AND endpoint_id = $2 AND id = ANY($3)""",
            account_id, endpoint_id, ids, now,
        )
    )  # fmt: skip


async def kind_of_owner(tx: Tx, owner_id: UUID) -> str:
    """The prefix of an owner's id: an account's, or an affiliate's, who stands where it would."""
    kind: str = await tx.fetchval(
        """SELECT 'acct' FROM account WHERE account_id = $1
           UNION ALL SELECT 'affl' FROM affiliate WHERE id = $1""",
        owner_id,
    )
    return kind


async def insert_delivery(
    tx: Tx, account_id: UUID, endpoint_id: UUID, event_id: UUID, event_type: str, entity: str,
    sequence: int, body: str, now: datetime,
) -> UUID:  # fmt: skip
    """Of an event that happened just now, and is told to this endpoint alone."""
    id: UUID = await tx.fetchval(
        """INSERT INTO webhook_delivery
                  (account_id, endpoint_id, event_id, event_type, entity, sequence, occurred_at,
                   body, status, next_attempt_at, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $8, $7, 'PENDING', $8, $8) RETURNING id""",
        account_id, endpoint_id, event_id, event_type, entity, sequence, body, now,
    )  # fmt: skip
    return id


def _count(tag: str) -> int:
    """Of "UPDATE 3"."""
    return int(tag.rsplit(" ", 1)[1])
