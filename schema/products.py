"""What stores sell. Of an affiliate, its own products: those of the stores that it promotes."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.access import Room
from domain.catalog.marketplaces import by_id
from domain.links import landing
from schema.context import Context
from schema.enums import Channel, Fulfilment, ProductStatus
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
    channel: list[Channel] | None = where(
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
    channel: Channel = column("Where it is sold.", _CHANNEL)
    asin: str | None = column(
        "Amazon's number of the article; several SKUs may share it. Null in an own shop."
    )

    @computed(
        "Its page, without anybody's tag: for people to look at, not to share. `link` is what an"
        " affiliate shares.",
        needs=("asin", "url", _MARKETPLACE),
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
        on="{t}.account_id = {p}.account_id and {t}.store_id = {p}.store_id"
        " and {t}.sub_id is null and {t}.landing = coalesce({p}.asin, {p}.url)",
        pick="{t}.created_at",
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
