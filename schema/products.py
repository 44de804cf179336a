"""What stores sell."""

from datetime import datetime

import strawberry

from schema.enums import Fulfilment, ProductStatus
from schema.reading import (
    Connection,
    Money,
    Node,
    column,
    contains,
    equals,
    money,
    one_of,
    table,
    to_one,
)
from schema.stores import Store


@strawberry.input(description="Narrows a list of products.")
class ProductFilter:
    store_id: strawberry.ID | None = equals("Of this store.", "store_id", prefix="stor")
    sku: str | None = equals("With exactly this SKU.", "sku")
    asin: str | None = equals("With exactly this ASIN, in capital letters.", "asin")
    title: str | None = contains("Part of the title.", "title")
    status: list[ProductStatus] | None = one_of("Any of these.", "status")
    fulfilment: list[Fulfilment] | None = one_of("Any of these.", "fulfilment")


@table(
    "product",
    prefix="prod",
    tenant="account_id",
    filter=ProductFilter,
    sort=("title", "sku", "asin", "price", "quantity", "first_seen_at", "last_seen_at"),
)
class Product(Node):
    """One SKU. An ASIN stands in the list as often as it has SKUs."""

    sku: str = column("The merchant's own number; one in a store.")
    asin: str = column("Amazon's number of the article; several SKUs may share it.")
    title: str = column("What Amazon calls it.")
    brand_name: str | None = column("The brand that Amazon shows; null when it shows none.")
    category: str | None = column("Amazon's product type; null when not known.")
    image_url: str | None = column("The main image; null when there is none.")
    price: Money | None = money("The listed price; null when Amazon gives none.", "price_minor")
    quantity: int | None = column(
        "Pieces in stock; null when Amazon does not say, as for what it fulfils itself."
    )
    fulfilment: Fulfilment = column("Who sends it.")
    status: ProductStatus = column("Whether it is for sale.")
    first_seen_at: datetime = column("When a listing had it first.")
    last_seen_at: datetime = column("When a listing had it last.")
    store: Store = to_one("Where it is sold.", "store_id")


@strawberry.type(description="A page of products.")
class ProductConnection(Connection[Product]):
    pass
