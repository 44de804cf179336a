"""SQL of shops of brands' own and of their products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.catalog.shops import ShopProduct


@dataclass(frozen=True, slots=True)
class Shop:
    """A store as its shopkeeper sees it; `url` is None for one on Amazon."""

    id: UUID
    brand: str
    name: str
    url: str | None
    currency: str
    time_zone: str


async def lock_shop(tx: Tx, account_id: UUID, id: UUID) -> Shop | None:
    row = await tx.fetchrow(
        """SELECT s.id, b.name, s.name, s.url, s.currency, s.time_zone
             FROM store s JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
            WHERE s.account_id = $1 AND s.id = $2
              FOR UPDATE OF s""",
        account_id, id,
    )  # fmt: skip
    return None if row is None else Shop(*row)


async def describe_shop(tx: Tx, account_id: UUID, shop: Shop) -> None:
    await tx.execute(
        """UPDATE store SET name = $3, url = $4, currency = $5, time_zone = $6
            WHERE account_id = $1 AND id = $2""",
        account_id, shop.id, shop.name, shop.url, shop.currency, shop.time_zone,
    )  # fmt: skip


async def shop_is_in_use(tx: Tx, account_id: UUID, id: UUID) -> bool:
    """Whether anything is priced in its currency or goes by its days."""
    found: bool = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM offer WHERE account_id = $1 AND store_id = $2)
               OR EXISTS (SELECT FROM product WHERE account_id = $1 AND store_id = $2)""",
        account_id, id,
    )  # fmt: skip
    return found


async def product_ids(tx: Tx, account_id: UUID, store_id: UUID, skus: Sequence[str]) -> list[UUID]:
    rows = await tx.fetch(
        "SELECT id FROM product WHERE account_id = $1 AND store_id = $2 AND sku = ANY($3)",
        account_id, store_id, skus,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def put_shop_products(
    tx: Tx, account_id: UUID, shop: Shop, products: Sequence[ShopProduct], now: datetime
) -> dict[str, UUID]:
    """Add or change products by SKU; their ids by SKU."""
    columns = zip(
        *(
            (one.sku, one.title, one.url, one.price_minor, one.image_url, one.quantity, one.status)
            for one in products
        ),
        strict=True,
    )
    rows = await tx.fetch(
        """INSERT INTO product (account_id, store_id, currency, brand_name, fulfilment,
                  first_seen_at, last_seen_at, sku, title, url, price_minor, image_url, quantity,
                  status)
           SELECT $1, $2, $3, $4, 'MERCHANT', $5, $5, new.*
             FROM unnest($6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[],
                         $11::int[], $12::text[]) AS new
           ON CONFLICT (account_id, store_id, sku) DO UPDATE SET
                  title = excluded.title, url = excluded.url, brand_name = excluded.brand_name,
                  price_minor = excluded.price_minor, currency = excluded.currency,
                  image_url = excluded.image_url, quantity = excluded.quantity,
                  status = excluded.status, last_seen_at = excluded.last_seen_at
           RETURNING sku, id""",
        account_id, shop.id, shop.currency, shop.brand, now, *columns,
    )  # fmt: skip
    return {row["sku"]: row["id"] for row in rows}
