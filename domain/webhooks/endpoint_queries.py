"""SQL of endpoints as their owner changes them, and of what the owner listens to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.webhooks.rules import Signature


async def hold_account(tx: Tx, account_id: UUID) -> None:
    """Until the transaction ends, nobody else changes which endpoints the account has."""
    await tx.execute(
        "SELECT FROM account WHERE account_id = $1 FOR NO KEY UPDATE", account_id
    )  # fmt: skip


async def hold_affiliate(tx: Tx, affiliate_id: UUID) -> None:
    """The same of an affiliate, as the affiliate."""
    await tx.execute("SELECT FROM affiliate WHERE id = $1 FOR NO KEY UPDATE", affiliate_id)


async def set_account_hears(tx: Tx, account_id: UUID, types: list[str]) -> None:
    await tx.execute("UPDATE account SET hears = $2 WHERE account_id = $1", account_id, types)


async def set_affiliate_hears(tx: Tx, affiliate_id: UUID, types: list[str]) -> None:
    """As the affiliate."""
    await tx.execute("UPDATE affiliate SET hears = $2 WHERE id = $1", affiliate_id, types)


async def heard(tx: Tx, account_id: UUID) -> list[str]:
    """The types of events that some endpoint listens to, a disabled one too, each once."""
    rows = await tx.fetch(
        """SELECT DISTINCT unnest(event_types) AS type FROM webhook_endpoint
            WHERE account_id = $1 AND deleted_at IS NULL ORDER BY type""",
        account_id,
    )
    return [row["type"] for row in rows]


async def number(tx: Tx, account_id: UUID) -> int:
    """How many endpoints there are."""
    found: int = await tx.fetchval(
        "SELECT count(*) FROM webhook_endpoint WHERE account_id = $1 AND deleted_at IS NULL",
        account_id,
    )
    return found


async def insert(
    tx: Tx, account_id: UUID, url: str, description: str, event_types: list[str],
    signature: Signature, now: datetime,
) -> UUID:  # fmt: skip
    id: UUID = await tx.fetchval(
        """INSERT INTO webhook_endpoint
                  (account_id, url, description, event_types, signature, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
        account_id, url, description, event_types, signature, now,
    )  # fmt: skip
    return id


async def update(
    tx: Tx, account_id: UUID, endpoint_id: UUID, url: str | None, description: str | None,
    event_types: list[str] | None, signature: Signature | None,
) -> None:  # fmt: skip
    """What is None stays."""
    await tx.execute(
        """UPDATE webhook_endpoint
              SET url = COALESCE($3, url), description = COALESCE($4, description),
                  event_types = COALESCE($5, event_types), signature = COALESCE($6, signature),
                  paused_until = CASE WHEN COALESCE($3, url) = url THEN paused_until END
            WHERE account_id = $1 AND id = $2""",
        account_id, endpoint_id, url, description, event_types, signature,
    )  # fmt: skip


async def mark_deleted(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE webhook_endpoint SET deleted_at = $3 WHERE account_id = $1 AND id = $2",
        account_id, endpoint_id, now,
    )  # fmt: skip


async def delete_every_secret(tx: Tx, account_id: UUID, endpoint_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM webhook_secret WHERE account_id = $1 AND endpoint_id = $2",
        account_id, endpoint_id,
    )  # fmt: skip


async def endpoint_of_delivery(tx: Tx, account_id: UUID, delivery_id: UUID) -> UUID | None:
    """Where it goes; None when there is no such delivery."""
    found: UUID | None = await tx.fetchval(
        "SELECT endpoint_id FROM webhook_delivery WHERE account_id = $1 AND id = $2",
        account_id, delivery_id,
    )  # fmt: skip
    return found
