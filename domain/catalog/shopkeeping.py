"""Keep a shop of the brand's own: its name and address, and the products that it sells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from db.constraints import refuses
from db.pool import Tx
from domain.catalog import queries, rules, shop_queries, shops
from domain.catalog.rules import StoreExists
from domain.catalog.shop_queries import Shop
from domain.catalog.shops import Entry, NotAShop, ShopInUse, ShopProduct
from domain.errors import InvalidInput, NotFound, Refusal
from domain.events import news
from domain.ids import encode
from domain.marketplace.showing import refresh
from domain.money import exponent


async def edit_shop(
    tx: Tx, account_id: UUID, store_id: UUID, now: datetime, *, name: str | None = None,
    url: str | None = None, currency: str | None = None, time_zone: str | None = None,
) -> None:  # fmt: skip
    """Change what is given; what is None stays.

    Links made before lead where they were made to, whatever the shop's address is now. Raises
    NotFound, NotAShop, InvalidInput, UnknownCurrency, StoreExists or ShopInUse.
    """
    shop, _ = await _shop(tx, account_id, store_id)
    edited = replace(
        shop,
        name=shop.name if name is None else rules.clean_name("name", name),
        url=shop.url if url is None else rules.shop_url(url),
        currency=shop.currency if currency is None else _known(currency),
        time_zone=shop.time_zone if time_zone is None else rules.known_time_zone(time_zone),
    )
    counted = (edited.currency, edited.time_zone) != (shop.currency, shop.time_zone)
    if counted and await shop_queries.shop_is_in_use(tx, account_id, store_id):
        raise ShopInUse
    if edited.url != shop.url:
        await _refuse_known_address(tx, account_id, str(edited.url))
    with refuses("store_url_key", with_=StoreExists(shop.brand, str(edited.url), False)):
        await shop_queries.describe_shop(tx, account_id, edited)
    await refresh(tx, account_id, now)


async def put_shop_products(
    tx: Tx, account_id: UUID, store_id: UUID, entries: Sequence[Entry], now: datetime
) -> list[UUID | Refusal]:
    """Add or change products by SKU: for each entry its product's id, or why it was not taken.

    An entry is the whole of its product, so what it leaves out is emptied. Entries do not depend
    on each other; of two with one SKU the first is taken. What is not among them stays as it is.
    Raises NotFound, NotAShop, or InvalidInput for more than 100 at once.
    """
    shop, host = await _shop(tx, account_id, store_id)
    if not 1 <= len(entries) <= shops.MOST_ROWS:
        raise InvalidInput("products", f"Put 1 to {shops.MOST_ROWS} products at once.")
    read: list[ShopProduct | Refusal] = []
    taken: dict[str, ShopProduct] = {}
    for entry in entries:
        try:
            product = shops.read_entry(entry, host, shop.currency)
            if product.sku in taken:
                raise InvalidInput("sku", "This SKU stands further up already.")
        except Refusal as why:
            read.append(why)
        else:
            read.append(product)
            taken[product.sku] = product
    ids: dict[str, UUID] = {}
    leaving = [one.sku for one in taken.values() if one.status == "INACTIVE"]
    if taken:
        async with news.products_leaving(tx, account_id, store_id, leaving, now):
            ids = await shop_queries.put_shop_products(
                tx, account_id, shop, list(taken.values()), now
            )
    return [one if isinstance(one, Refusal) else ids[one.sku] for one in read]


async def known_products(
    tx: Tx, account_id: UUID, store_id: UUID, entries: Sequence[Entry]
) -> list[UUID]:
    """Which of the products are there already, for whoever remembers them as they were."""
    skus = [entry.sku.strip() for entry in entries]
    return await shop_queries.product_ids(tx, account_id, store_id, skus)


async def _shop(tx: Tx, account_id: UUID, store_id: UUID) -> tuple[Shop, str]:
    """The shop and its host; nobody else keeps it until the transaction ends."""
    shop = await shop_queries.lock_shop(tx, account_id, store_id)
    if shop is None:
        raise NotFound("store", encode("stor", store_id))
    if shop.url is None:
        raise NotAShop
    return shop, shops.host_of(shop.url)


async def _refuse_known_address(tx: Tx, account_id: UUID, url: str) -> None:
    there = await queries.store_at(tx, account_id, url)
    store = None if there is None else await queries.lock_store(tx, account_id, there)
    if store is not None:
        raise StoreExists(store.brand, url, not store.connected)


def _known(currency: str) -> str:
    exponent(currency)
    return currency
