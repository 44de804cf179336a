"""SQL of offers and their versions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.offers.lifecycle import Offer, Shop
from domain.offers.rules import Channel, Terms, Version


async def shop(tx: Tx, account_id: UUID, store_id: UUID) -> Shop | None:
    row = await tx.fetchrow(
        "SELECT id, channel, time_zone, currency FROM store WHERE account_id = $1 AND id = $2",
        account_id, store_id,
    )  # fmt: skip
    if row is None:
        return None
    return Shop(row["id"], Channel(row["channel"]), row["time_zone"], row["currency"])


async def insert(
    tx: Tx, account_id: UUID, store_id: UUID, name: str, description: str, now: datetime
) -> UUID:
    id: UUID = await tx.fetchval(
        """INSERT INTO offer (account_id, store_id, name, description, created_at)
           VALUES ($1, $2, $3, $4, $5) RETURNING id""",
        account_id, store_id, name, description, now,
    )  # fmt: skip
    return id


async def lock(tx: Tx, account_id: UUID, offer_id: UUID) -> Offer | None:
    """The offer with its versions; nobody else changes or takes it until the transaction ends."""
    row = await tx.fetchrow(
        """SELECT id, store_id, name, description, archived_at FROM offer
            WHERE account_id = $1 AND id = $2 FOR UPDATE""",
        account_id, offer_id,
    )  # fmt: skip
    return None if row is None else _offer(row, await _versions(tx, account_id, offer_id))


async def use(tx: Tx, account_id: UUID, offer_id: UUID) -> Offer | None:
    """The offer as a partnership takes it: it cannot be archived until the transaction ends."""
    row = await tx.fetchrow(
        """SELECT id, store_id, name, description, archived_at FROM offer
            WHERE account_id = $1 AND id = $2 FOR SHARE""",
        account_id, offer_id,
    )  # fmt: skip
    return None if row is None else _offer(row, await _versions(tx, account_id, offer_id))


async def hold_reports(tx: Tx, account_id: UUID, offer_id: UUID) -> None:
    """Wait for reports of the offer's store that are being taken in, and let none begin: they price
    by terms that are about to change. Before any other lock, as reports and settlements do."""
    await tx.execute(
        """SELECT FROM profile
            WHERE account_id = $1
              AND id IN (SELECT s.profile_id
                           FROM offer o
                           JOIN store s ON s.account_id = o.account_id AND s.id = o.store_id
                          WHERE o.account_id = $1 AND o.id = $2)
              FOR SHARE""",
        account_id, offer_id,
    )  # fmt: skip


async def describe(tx: Tx, account_id: UUID, offer_id: UUID, name: str, description: str) -> None:
    await tx.execute(
        "UPDATE offer SET name = $3, description = $4 WHERE account_id = $1 AND id = $2",
        account_id, offer_id, name, description,
    )  # fmt: skip


async def archive(tx: Tx, account_id: UUID, offer_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE offer SET archived_at = $3 WHERE account_id = $1 AND id = $2",
        account_id, offer_id, now,
    )  # fmt: skip


async def put_version(
    tx: Tx, account_id: UUID, offer_id: UUID, version: Version, now: datetime
) -> None:
    """Add a version, or put other terms into the one of the same day."""
    await tx.execute(
        """INSERT INTO offer_version
                  (account_id, offer_id, valid_from, rate_bp, cookie_days, dtc_terms, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (account_id, offer_id, valid_from) DO UPDATE SET
                  rate_bp = excluded.rate_bp,
                  cookie_days = excluded.cookie_days,
                  dtc_terms = excluded.dtc_terms,
                  created_at = excluded.created_at""",
        account_id, offer_id, version.starts_on, version.terms.rate_bp,
        version.terms.cookie_days, _dtc_terms(version.terms), now,
    )  # fmt: skip


async def delete_versions(tx: Tx, account_id: UUID, offer_id: UUID, days: Collection[date]) -> None:
    await tx.execute(
        """DELETE FROM offer_version
            WHERE account_id = $1 AND offer_id = $2 AND valid_from = ANY($3)""",
        account_id, offer_id, list(days),
    )  # fmt: skip


async def partnerships_using(tx: Tx, account_id: UUID, offer_id: UUID, today: date) -> int:
    """Partnerships, the ended ones left out, that the offer pays today or is planned for."""
    count: int = await tx.fetchval(
        """SELECT count(*) FROM partnership p
            WHERE p.account_id = $1 AND p.status <> 'ENDED'
              AND (p.offer_id = $2
                   OR EXISTS (SELECT FROM assignment a
                               WHERE a.account_id = p.account_id AND a.partnership_id = p.id
                                 AND a.offer_id = $2 AND a.valid_from >= $3))""",
        account_id, offer_id, today,
    )  # fmt: skip
    return count


async def priced_since(tx: Tx, account_id: UUID, offer_id: UUID, day: date) -> bool:
    """Whether sales of the day or a later one have been reported and priced by the offer."""
    found = await tx.fetchval(
        """SELECT true FROM conversion c
             JOIN offer_version v ON v.account_id = c.account_id AND v.id = c.offer_version_id
            WHERE c.account_id = $1 AND c.day >= $3 AND v.offer_id = $2 LIMIT 1""",
        account_id, offer_id, day,
    )  # fmt: skip
    return bool(found)


async def _versions(tx: Tx, account_id: UUID, offer_id: UUID) -> tuple[Version, ...]:
    rows = await tx.fetch(
        """SELECT valid_from, rate_bp, cookie_days, dtc_terms FROM offer_version
            WHERE account_id = $1 AND offer_id = $2 ORDER BY valid_from""",
        account_id, offer_id,
    )  # fmt: skip
    return tuple(Version(row["valid_from"], _terms(row)) for row in rows)


def _offer(row: asyncpg.Record, versions: tuple[Version, ...]) -> Offer:
    return Offer(
        id=row["id"],
        store_id=row["store_id"],
        name=row["name"],
        description=row["description"],
        archived_at=row["archived_at"],
        versions=versions,
    )


def _terms(row: asyncpg.Record) -> Terms:
    kept: dict[str, Any] = row["dtc_terms"] or {}
    fields: dict[str, Any] = {
        name: tuple(it) if isinstance(it, list) else it for name, it in kept.items()
    }
    return replace(Terms(row["rate_bp"], row["cookie_days"]), **fields)


def _dtc_terms(terms: Terms) -> dict[str, Any] | None:
    """What only a DTC offer can have, as far as it is set; None when nothing is."""
    kept: dict[str, Any] = {
        "fixed_per_order_minor": terms.fixed_per_order_minor or None,
        "sku_rates_bp": dict(terms.sku_rates_bp) or None,
        "excluded_skus": sorted(terms.excluded_skus) or None,
        "new_customer_rate_bp": terms.new_customer_rate_bp,
        "returning_customer_rate_bp": terms.returning_customer_rate_bp,
        "trigger_emails": sorted(terms.trigger_emails) or None,
        "trigger_coupons": sorted(terms.trigger_coupons) or None,
        "trigger_skus": sorted(terms.trigger_skus) or None,
        "tracks_subscriptions": terms.tracks_subscriptions or None,
    }
    return {name: it for name, it in kept.items() if it is not None} or None
