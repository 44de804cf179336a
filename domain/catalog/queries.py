"""SQL of brands, stores, their products and the runs that fetch those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.pool import Tx
from domain.catalog.rules import Profile
from domain.catalog.stocktaking import Product


@dataclass(frozen=True, slots=True)
class Store:
    id: UUID
    brand: str
    profile_id: UUID | None
    marketplace_id: str | None
    connected: bool


@dataclass(frozen=True, slots=True)
class Supply:
    """Where the products of an Amazon store come from."""

    account_id: UUID
    store_id: UUID
    seller_account_id: UUID
    brand: str
    marketplace_id: str
    region: str
    merchant_id: str
    currency: str
    only_brand: bool
    """The seller account sells no other brand."""


@dataclass(frozen=True, slots=True)
class Run:
    """One fetching of a store's listing. `amazon_report_id` once a report has been ordered."""

    account_id: UUID
    id: UUID
    started_at: datetime
    amazon_report_id: str | None


async def profile(tx: Tx, account_id: UUID, id: UUID) -> Profile | None:
    """A profile; locks its seller account, whose brands and merchant may be about to change."""
    row = await tx.fetchrow(
        """SELECT p.id, p.seller_account_id, s.merchant_id, p.merchant_id, p.name, p.kind,
                  p.attribution, p.marketplace_id, p.country, p.currency, p.time_zone,
                  EXISTS (SELECT FROM amazon_grant g
                           WHERE g.account_id = p.account_id AND g.api = 'ADS'
                             AND g.seller_account_id = p.seller_account_id
                             AND g.state = 'CONNECTED'),
                  p.measuring_since IS NOT NULL
             FROM profile p
             JOIN seller_account s ON s.account_id = p.account_id AND s.id = p.seller_account_id
            WHERE p.account_id = $1 AND p.id = $2
              FOR UPDATE OF s""",
        account_id, id,
    )  # fmt: skip
    return None if row is None else Profile(*row)


async def brand_of_seller(
    tx: Tx, account_id: UUID, seller_account_id: UUID, name: str
) -> UUID | None:
    """Found whatever the case of its letters."""
    id: UUID | None = await tx.fetchval(
        """SELECT id FROM brand
            WHERE account_id = $1 AND seller_account_id = $2 AND lower(name) = lower($3)
            ORDER BY id LIMIT 1""",
        account_id, seller_account_id, name,
    )  # fmt: skip
    return id


async def brand_by_name(tx: Tx, account_id: UUID, name: str) -> UUID | None:
    """A brand of the account, whoever sells it; the oldest of several with the name."""
    id: UUID | None = await tx.fetchval(
        """SELECT id FROM brand WHERE account_id = $1 AND lower(name) = lower($2)
            ORDER BY id LIMIT 1""",
        account_id, name,
    )  # fmt: skip
    return id


async def adopt_brand(tx: Tx, account_id: UUID, seller_account_id: UUID, name: str) -> UUID | None:
    """A brand that sold only in its own shop until now is this seller's too."""
    id: UUID | None = await tx.fetchval(
        """UPDATE brand SET seller_account_id = $2
            WHERE account_id = $1 AND seller_account_id IS NULL AND lower(name) = lower($3)
           RETURNING id""",
        account_id, seller_account_id, name,
    )  # fmt: skip
    return id


async def insert_brand(
    tx: Tx, account_id: UUID, seller_account_id: UUID | None, name: str, now: datetime
) -> UUID:
    id: UUID = await tx.fetchval(
        """INSERT INTO brand (account_id, seller_account_id, name, created_at)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, seller_account_id, name) DO UPDATE SET name = excluded.name
           RETURNING id""",
        account_id, seller_account_id, name, now,
    )  # fmt: skip
    return id


async def store_of_brand(
    tx: Tx, account_id: UUID, brand_id: UUID, marketplace_id: str
) -> UUID | None:
    id: UUID | None = await tx.fetchval(
        """SELECT id FROM store
            WHERE account_id = $1 AND brand_id = $2 AND marketplace_id = $3""",
        account_id, brand_id, marketplace_id,
    )  # fmt: skip
    return id


async def store_at(tx: Tx, account_id: UUID, url: str) -> UUID | None:
    id: UUID | None = await tx.fetchval(
        "SELECT id FROM store WHERE account_id = $1 AND url = $2", account_id, url
    )
    return id


async def insert_amazon_store(
    tx: Tx, account_id: UUID, brand_id: UUID, name: str, profile: Profile, now: datetime
) -> UUID:
    id: UUID = await tx.fetchval(
        """INSERT INTO store (account_id, brand_id, channel, name, profile_id, marketplace_id,
                  currency, time_zone, connected_at)
           VALUES ($1, $2, 'AMAZON', $3, $4, $5, $6, $7, $8) RETURNING id""",
        account_id, brand_id, name, profile.id, profile.marketplace_id, profile.currency,
        profile.time_zone, now,
    )  # fmt: skip
    return id


async def insert_shop(
    tx: Tx, account_id: UUID, brand_id: UUID, name: str, url: str, currency: str, time_zone: str,
    now: datetime,
) -> UUID:  # fmt: skip
    id: UUID = await tx.fetchval(
        """INSERT INTO store (account_id, brand_id, channel, name, url, currency, time_zone,
                  connected_at)
           VALUES ($1, $2, 'DTC', $3, $4, $5, $6, $7) RETURNING id""",
        account_id, brand_id, name, url, currency, time_zone, now,
    )  # fmt: skip
    return id


async def lock_store(tx: Tx, account_id: UUID, id: UUID) -> Store | None:
    row = await tx.fetchrow(
        """SELECT s.id, b.name, s.profile_id, s.marketplace_id, s.disconnected_at IS NULL
             FROM store s JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
            WHERE s.account_id = $1 AND s.id = $2
              FOR UPDATE OF s""",
        account_id, id,
    )  # fmt: skip
    return None if row is None else Store(*row)


async def brand_name(tx: Tx, account_id: UUID, brand_id: UUID) -> str | None:
    name: str | None = await tx.fetchval(
        "SELECT name FROM brand WHERE account_id = $1 AND id = $2", account_id, brand_id
    )
    return name


async def set_reconnected(tx: Tx, account_id: UUID, id: UUID, at: datetime) -> None:
    await tx.execute(
        """UPDATE store SET disconnected_at = NULL, reconnected_at = $3
            WHERE account_id = $1 AND id = $2""",
        account_id, id, at,
    )  # fmt: skip


async def set_disconnected(tx: Tx, account_id: UUID, id: UUID, at: datetime) -> None:
    await tx.execute(
        "UPDATE store SET disconnected_at = $3 WHERE account_id = $1 AND id = $2",
        account_id, id, at,
    )  # fmt: skip


async def supply(tx: Tx, account_id: UUID, store_id: UUID) -> Supply | None:
    """None for what is no connected store on Amazon."""
    row = await tx.fetchrow(
        """SELECT s.account_id, s.id, p.seller_account_id, b.name, s.marketplace_id, p.region,
                  p.merchant_id, s.currency,
                  NOT EXISTS (SELECT FROM brand o
                               WHERE o.account_id = s.account_id AND o.id <> s.brand_id
                                 AND o.seller_account_id = p.seller_account_id)
             FROM store s
             JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
             JOIN profile p ON p.account_id = s.account_id AND p.id = s.profile_id
            WHERE s.account_id = $1 AND s.id = $2 AND s.disconnected_at IS NULL""",
        account_id, store_id,
    )  # fmt: skip
    return None if row is None else Supply(*row)


async def products(tx: Tx, account_id: UUID, store_id: UUID) -> dict[str, Product]:
    """By SKU."""
    rows = await tx.fetch(
        """SELECT sku, asin, title, brand_name, category, image_url, price_minor, quantity,
                  fulfilment, status, missed_runs
             FROM product WHERE account_id = $1 AND store_id = $2""",
        account_id, store_id,
    )  # fmt: skip
    return {row[0]: Product(*row) for row in rows}


async def enriched_asins(tx: Tx, account_id: UUID, store_id: UUID) -> set[str]:
    """ASINs of the store that the catalogue has said something of."""
    rows = await tx.fetch(
        """SELECT DISTINCT asin FROM product
            WHERE account_id = $1 AND store_id = $2 AND brand_name IS NOT NULL""",
        account_id, store_id,
    )  # fmt: skip
    return {row[0] for row in rows}


async def upsert_products(
    tx: Tx, account_id: UUID, store_id: UUID, currency: str, products: Sequence[Product],
    now: datetime,
) -> None:  # fmt: skip
    if not products:
        return
    columns = zip(
        *(
            (
                one.sku, one.asin, one.title, one.brand_name, one.category, one.image_url,
                one.price_minor, one.quantity, one.fulfilment, one.status,
            )
            for one in products
        ),
        strict=True,
    )  # fmt: skip
    await tx.execute(
        """INSERT INTO product (account_id, store_id, currency, first_seen_at, last_seen_at,
                  sku, asin, title, brand_name, category, image_url, price_minor, quantity,
                  fulfilment, status)
           SELECT $1, $2, $3, $4, $4, new.*
             FROM unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                         $11::bigint[], $12::int[], $13::text[], $14::text[]) AS new
           ON CONFLICT (account_id, store_id, sku) DO UPDATE SET
                  asin = excluded.asin, title = excluded.title, brand_name = excluded.brand_name,
                  category = excluded.category, image_url = excluded.image_url,
                  price_minor = excluded.price_minor, currency = excluded.currency,
                  quantity = excluded.quantity, fulfilment = excluded.fulfilment,
                  status = excluded.status, missed_runs = 0,
                  last_seen_at = excluded.last_seen_at""",
        account_id, store_id, currency, now, *columns,
    )  # fmt: skip


async def touch_products(
    tx: Tx, account_id: UUID, store_id: UUID, skus: Sequence[str], now: datetime
) -> None:
    await tx.execute(
        """UPDATE product SET last_seen_at = $4, missed_runs = 0
            WHERE account_id = $1 AND store_id = $2 AND sku = ANY($3)""",
        account_id, store_id, skus, now,
    )  # fmt: skip


async def miss_products(
    tx: Tx, account_id: UUID, store_id: UUID, missed: Sequence[Product]
) -> None:
    await tx.executemany(
        """UPDATE product SET missed_runs = $4, status = $5
            WHERE account_id = $1 AND store_id = $2 AND sku = $3""",
        [(account_id, store_id, one.sku, one.missed_runs, one.status) for one in missed],
    )  # fmt: skip


async def running(tx: Tx, account_id: UUID, store_id: UUID) -> Run | None:
    row = await tx.fetchrow(
        """SELECT account_id, id, started_at, amazon_report_id FROM catalog_run
            WHERE account_id = $1 AND store_id = $2 AND state = 'RUNNING'
            ORDER BY started_at DESC LIMIT 1""",
        account_id, store_id,
    )  # fmt: skip
    return None if row is None else Run(*row)


async def insert_run(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> Run:
    row = await tx.fetchrow(
        """INSERT INTO catalog_run (account_id, store_id, method, state, started_at)
           VALUES ($1, $2, 'SEARCH', 'RUNNING', $3)
           RETURNING account_id, id, started_at, amazon_report_id""",
        account_id, store_id, now,
    )  # fmt: skip
    assert row is not None, "an insert without conflicts gives its row"
    return Run(*row)


async def set_progress(tx: Tx, run: Run, read: int, expected: int) -> None:
    """How many SKUs have been read, of how many that Amazon says there are."""
    await tx.execute(
        """UPDATE catalog_run SET read = $3, expected = $4
            WHERE account_id = $1 AND id = $2 AND state = 'RUNNING'""",
        run.account_id, run.id, read, expected,
    )  # fmt: skip


async def set_report(tx: Tx, run: Run, amazon_report_id: str) -> None:
    await tx.execute(
        """UPDATE catalog_run SET method = 'REPORT', amazon_report_id = $3, read = 0,
                  expected = NULL
            WHERE account_id = $1 AND id = $2""",
        run.account_id, run.id, amazon_report_id,
    )  # fmt: skip


async def close_run(
    tx: Tx, run: Run, state: str, now: datetime, *, problem: str | None = None,
    listed: int = 0, other_brands: int = 0, added: int = 0, changed: int = 0,
    deactivated: int = 0, quarantined: list[dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    await tx.execute(
        """UPDATE catalog_run SET state = $3, finished_at = $4, problem = $5, listed = $6,
                  other_brands = $7, added = $8, changed = $9, deactivated = $10,
                  quarantined = $11
            WHERE account_id = $1 AND id = $2 AND state = 'RUNNING'""",
        run.account_id, run.id, state, now, problem, listed, other_brands, added, changed,
        deactivated, quarantined or [],
    )  # fmt: skip
