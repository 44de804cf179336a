"""What stores sell. Of an affiliate, its own products: those of the stores that it promotes."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.access import Room
from domain.catalog.marketplaces import by_id
from domain.links import landing
from schema.context import Context
from schema.enums import Fulfilment, ProductStatus, StoreChannel
from schema.reading import (
    Connection,
    Money,
    Node,
    column,
    computed,
    contains,
    equals,
    money,
    one_of,
    table,
    to_one,
    where,
)
from schema.stores import Store

if TYPE_CHECKING:
    from schema.links import Link

# A product has an ASIN, or else a page in a shop.
_CHANNEL = "case when {t}.asin is null then 'DTC' else 'AMAZON' end"
_MARKETPLACE = """(select k.marketplace_id from store k
    where k.account_id = {t}.account_id and k.id = {t}.store_id)"""


@strawberry.input(description="Narrows a list of products.")
class ProductFilter:
    store_id: strawberry.ID | None = equals("Of this store.", "store_id", prefix="stor")
    brand_id: strawberry.ID | None = where(
        "In any store of this brand.",
        "exists (select from store k where k.account_id = {t}.account_id and k.id = {t}.store_id"
        " and k.brand_id = {v})",
        prefix="brnd",
    )
    channel: list[StoreChannel] | None = where(
        "In a store of any of these.", f"({_CHANNEL}) = any({{v}})"
    )
    sku: str | None = equals("With exactly this SKU.", "sku")
    asin: str | None = equals("With exactly this ASIN, in capital letters.", "asin")
    title: str | None = contains("Part of the title.", "title")
    status: list[ProductStatus] | None = one_of("Any of these.", "status")
    in_stock: bool | None = where(
        "Whether it can be bought: it is for sale, and its quantity is not known to be 0.",
        "({t}.status = 'ACTIVE' and coalesce({t}.quantity, 1) > 0) = {v}",
    )
    fulfilment: list[Fulfilment] | None = one_of("Any of these.", "fulfilment")


# The affiliate's own products: of the stores that it promotes at present.
_PROMOTED = """exists (select from partnership k where k.account_id = {t}.account_id
    and k.store_id = {t}.store_id and k.affiliate_id = {affiliate} and k.status = 'ACTIVE')"""

# By the names of its parts, each of which has an index; there is one link of the four.
_LINK = """{t}.account_id = {p}.account_id and {t}.id = (select l.id
    from partnership k
    join ad_group g on g.account_id = k.account_id and g.partnership_id = k.id and g.subid = ''
    join creative c on c.account_id = k.account_id and c.store_id = k.store_id
                   and c.landing = coalesce({p}.asin, {p}.url)
    join link l on l.account_id = k.account_id and l.partnership_id = k.id
               and l.ad_group_id = g.id and l.creative_id = c.id
    where k.account_id = {p}.account_id and k.store_id = {p}.store_id
      and k.affiliate_id = {affiliate})"""


@table(
    "product",
    prefix="prod",
    tenant="account_id",
    affiliate=_PROMOTED,
    filter=ProductFilter,
    sort=("title", "sku", "asin", "price", "quantity", "first_seen_at", "last_seen_at"),
)
class Product(Node):
    """One SKU of a store, on Amazon or in a shop of the brand's own. An ASIN stands in the list as
    often as it has SKUs. From an affiliate's seat these are the products of the stores that it
    promotes at present, of all brands side by side."""

    sku: str = column("The merchant's own number; one in a store.")
    channel: StoreChannel = column("Where it is sold.", _CHANNEL)
    asin: str | None = column(
        "Amazon's number of the article; several SKUs may share it. Null in an own shop."
    )

    @computed(
        "Its page, without anybody's tag: for people to look at, not to share. `link` is what an"
        " affiliate shares. Null when an own shop has said none.",
        needs=("asin", "url", _MARKETPLACE),
        reads=1,
    )
    def url(
        context: Context, asin: str | None, address: str | None, marketplace_id: str | None
    ) -> str | None:
        marketplace = by_id(marketplace_id or "")
        if asin is None or marketplace is None:
            return address
        return landing.url(landing.DetailPage(asin), marketplace)

    link: Annotated["Link", strawberry.lazy("schema.links")] | None = to_one(
        "The affiliate's own link to its page, the one without a subID; null until it is made:"
        " createLink makes it of the product's id.",
        on=_LINK,
        reads=5,
        only=Room.AFFILIATE,
    )
    title: str = column("What Amazon, or the shop, calls it.")
    brand_name: str | None = column(
        "The brand that Amazon shows, null when it shows none; in an own shop the shop's brand."
    )
    category: str | None = column("Amazon's product type; null when not known.")
    image_url: str | None = column("The main image; null when there is none.")
    price: Money | None = money("The listed price; null when there is none.", "price_minor")
    quantity: int | None = column(
        "Pieces in stock; null when Amazon does not say, as for what it fulfils itself, or when the"
        " shop does not count."
    )
    fulfilment: Fulfilment = column("Who sends it.")
    status: ProductStatus = column("Whether it is for sale.")
    first_seen_at: datetime = column("When a listing had it first, or it was entered.")
    last_seen_at: datetime = column("When a listing had it last, or it was entered last.")
    store: Store = to_one("Where it is sold.", "store_id")


@strawberry.type(description="A page of products.")
class ProductConnection(Connection[Product]):
    pass
