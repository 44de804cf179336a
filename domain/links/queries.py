"""SQL of links.

What may be made by several people at once is inserted first and looked for second: the insert waits
for whoever was faster, and then finds that there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.affiliates.rules import Status
from domain.catalog.marketplaces import by_id
from domain.links.aim import Product
from domain.links.place import OnAmazon, OwnShop, Place
from domain.links.rules import Link


class Key(NamedTuple):
    """What there is one link of."""

    partnership_id: UUID
    ad_group_id: UUID
    creative_id: UUID


async def places(tx: Tx, account_id: UUID, partnership_ids: Collection[UUID]) -> dict[UUID, Place]:
    """By partnership."""
    rows = await tx.fetch(
        """SELECT p.id, p.store_id, p.campaign_token, p.status, s.disconnected_at,
                  s.marketplace_id, s.url, s.storefront_url, f.tag_template
             FROM partnership p
             JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
             LEFT JOIN profile f ON f.account_id = s.account_id AND f.id = s.profile_id
            WHERE p.account_id = $1 AND p.id = ANY($2)""",
        account_id, list(partnership_ids),
    )  # fmt: skip
    return {
        row["id"]: Place(
            partnership_id=row["id"],
            store_id=row["store_id"],
            campaign_token=row["campaign_token"],
            status=Status(row["status"]),
            disconnected_at=row["disconnected_at"],
            store=_store(row),
        )
        for row in rows
    }


async def accounts_of(
    tx: Tx, affiliate_id: UUID, partnership_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """In which account each partnership of an affiliate is, asked as the affiliate."""
    rows = await tx.fetch(
        "SELECT id, account_id FROM partnership WHERE affiliate_id = $1 AND id = ANY($2)",
        affiliate_id, list(partnership_ids),
    )  # fmt: skip
    return {row["id"]: row["account_id"] for row in rows}


async def partnerships_of(
    tx: Tx, affiliate_id: UUID, product_ids: Collection[UUID]
) -> dict[UUID, tuple[UUID, UUID]]:
    """By product the account and the partnership in which an affiliate promotes its store, asked
    as the affiliate."""
    rows = await tx.fetch(
        """SELECT d.id AS product_id, p.account_id, p.id
             FROM product d
             JOIN partnership p ON p.account_id = d.account_id AND p.store_id = d.store_id
            WHERE p.affiliate_id = $1 AND d.id = ANY($2)""",
        affiliate_id, list(product_ids),
    )  # fmt: skip
    return {row["product_id"]: (row["account_id"], row["id"]) for row in rows}


async def products(tx: Tx, account_id: UUID, ids: Collection[UUID]) -> dict[UUID, Product]:
    rows = await tx.fetch(
        "SELECT id, store_id, asin, url FROM product WHERE account_id = $1 AND id = ANY($2)",
        account_id, list(ids),
    )  # fmt: skip
    return {row["id"]: Product(row["store_id"], row["asin"], row["url"]) for row in rows}


async def lock_store(tx: Tx, account_id: UUID, store_id: UUID) -> OnAmazon | OwnShop | None:
    row = await tx.fetchrow(
        """SELECT marketplace_id, url, storefront_url, NULL AS tag_template
             FROM store WHERE account_id = $1 AND id = $2 FOR UPDATE""",
        account_id, store_id,
    )  # fmt: skip
    return None if row is None else _store(row)


async def set_storefront(tx: Tx, account_id: UUID, store_id: UUID, url: str | None) -> None:
    await tx.execute(
        "UPDATE store SET storefront_url = $3 WHERE account_id = $1 AND id = $2",
        account_id, store_id, url,
    )  # fmt: skip


async def new_ids(tx: Tx, count: int) -> list[UUID]:
    """Ids for rows that have to know them before they are written."""
    rows = await tx.fetch("SELECT uuidv7() FROM generate_series(1, $1::int)", count)
    return [row[0] for row in rows]


async def creatives(
    tx: Tx, account_id: UUID, rows: Sequence[tuple[UUID, str, str, str]], now: datetime
) -> dict[tuple[UUID, str], UUID]:
    """The creatives of pages, by store and page. A row is store, page, kind and token."""
    stores, landings, kinds, tokens = _columns(rows)
    await tx.execute(
        """INSERT INTO creative (account_id, created_at, store_id, landing, kind, token)
           SELECT $1, $2, new.*
             FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) AS new
           ON CONFLICT DO NOTHING -- its page and its token are both unique""",
        account_id, now, stores, landings, kinds, tokens,
    )  # fmt: skip
    found = await tx.fetch(
        """SELECT store_id, landing, id FROM creative
            WHERE account_id = $1
              AND (store_id, landing) IN (SELECT * FROM unnest($2::uuid[], $3::text[]))""",
        account_id, stores, landings,
    )  # fmt: skip
    return {(row["store_id"], row["landing"]): row["id"] for row in found}


async def insert_ad_groups(
    tx: Tx, account_id: UUID, rows: Sequence[tuple[UUID, UUID, str, str]], now: datetime
) -> None:
    """Nothing for a subID that has one already. A row is id, partnership, subID and token."""
    await tx.execute(
        """INSERT INTO ad_group (account_id, created_at, id, partnership_id, subid, token)
           SELECT $1, $2, new.*
             FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) AS new
           ON CONFLICT DO NOTHING -- the subID and its token are both unique""",
        account_id, now, *_columns(rows),
    )  # fmt: skip


async def ad_groups(
    tx: Tx, account_id: UUID, subids: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], tuple[UUID, str]]:
    """Id and token of the ad groups that there are, by partnership and subID."""
    found = await tx.fetch(
        """SELECT partnership_id, subid, id, token FROM ad_group
            WHERE account_id = $1
              AND (partnership_id, subid) IN (SELECT * FROM unnest($2::uuid[], $3::text[]))""",
        account_id, *_columns(subids),
    )  # fmt: skip
    return {(row["partnership_id"], row["subid"]): (row["id"], row["token"]) for row in found}


async def codes_taken(tx: Tx, codes: Collection[str]) -> set[str]:
    rows = await tx.fetch("SELECT code FROM link_code WHERE code = ANY($1)", list(codes))
    return {row["code"] for row in rows}


async def insert(
    tx: Tx, account_id: UUID, links: Iterable[tuple[Key, Link]], now: datetime
) -> set[UUID]:
    """The ids of those that are new; of the others somebody has made the link before."""
    rows = [(one.id, *key, one.code, one.destination) for key, one in links]
    made = await tx.fetch(
        """INSERT INTO link (account_id, created_at, id, partnership_id, ad_group_id, creative_id,
                             code, destination)
           SELECT $1, $2, new.*
             FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[])
                  AS new
           ON CONFLICT (account_id, partnership_id, ad_group_id, creative_id) DO NOTHING
           RETURNING id""",
        account_id, now, *_columns(rows),
    )  # fmt: skip
    return {row["id"] for row in made}


async def insert_codes(tx: Tx, account_id: UUID, links: Sequence[Link]) -> None:
    if not links:
        return
    rows = [(one.code, one.id, one.partnership_id, one.destination, one.shop_host) for one in links]
    await tx.execute(
        """INSERT INTO link_code (account_id, code, link_id, partnership_id, destination, shop_host)
           SELECT $1, new.*
             FROM unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[]) AS new
           RETURNING code""",
        account_id, *_columns(rows),
    )  # fmt: skip


async def existing(
    tx: Tx, account_id: UUID, keys: Collection[Key]
) -> dict[Key, tuple[UUID, str, str]]:
    """Id, code and destination of links."""
    rows = await tx.fetch(
        """SELECT partnership_id, ad_group_id, creative_id, id, code, destination FROM link
            WHERE account_id = $1
              AND (partnership_id, ad_group_id, creative_id)
                  IN (SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]))""",
        account_id, *_columns(list(keys)),
    )  # fmt: skip
    return {Key(*row[:3]): tuple(row[3:]) for row in rows}


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _store(row: asyncpg.Record) -> OnAmazon | OwnShop:
    if row["url"] is not None:
        return OwnShop(row["url"])
    marketplace = by_id(row["marketplace_id"])
    assert marketplace is not None, "an Amazon store is in a marketplace that is known"
    return OnAmazon(marketplace, row["tag_template"], row["storefront_url"])
