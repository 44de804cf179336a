"""Keep shops of the brand's own and what they sell, and say where a brand's Store on Amazon is."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from domain import errors
from domain.access import Scope
from domain.catalog import shopkeeping
from domain.catalog.shops import Entry
from domain.links import actions as links
from schema.acting import Info, change
from schema.errors import Refusal, shown
from schema.products import Product
from schema.reading import read_many
from schema.refusals import (
    AlreadyTagged,
    AssociatesTag,
    InvalidInput,
    NotALandingPage,
    NotAnAmazonPage,
    NotAnAmazonStore,
    NotAShop,
    NotFound,
    PageOfOtherMarketplace,
    ShopInUse,
    ShortLink,
    StoreExists,
    UnknownCurrency,
    UtmNotSupported,
    WrongId,
)
from schema.stores import Store
from schema.terms import MoneyInput


@strawberry.input(description="What to change of an own shop; what is left out or null stays.")
class EditShopInput:
    store_id: strawberry.ID = strawberry.field(description="Of the shop.")
    name: str | None = strawberry.field(
        default=None, description="What to call it, 1 to 200 characters."
    )
    url: str | None = strawberry.field(
        default=None,
        description="Where it is now: https and a public host name, no port. Links made before go"
        " on leading to the address that they were made for, and products keep theirs until they"
        " are put anew.",
    )
    currency: str | None = strawberry.field(
        default=None, description="ISO 4217. Only until the shop has a product or an offer."
    )
    time_zone: str | None = strawberry.field(
        default=None,
        description="An IANA name: Europe/Paris. Only until the shop has a product or an offer.",
    )


@strawberry.input(
    description="A product of an own shop, the whole of it: what is left out is emptied."
)
class ShopProductInput:
    sku: str = strawberry.field(
        description="The shop's own number, 1 to 200 characters. A product of the shop that has it"
        " is changed, or else added."
    )
    title: str = strawberry.field(description="What it is called, 1 to 500 characters.")
    url: str = strawberry.field(
        description="Its page, on the shop's own host. Links to the product lead there."
    )
    price: MoneyInput | None = strawberry.field(
        default=None, description="In the shop's currency; null for none."
    )
    image_url: str | None = strawberry.field(
        default=None, description="An https address of its picture, on any host."
    )
    quantity: int | None = strawberry.field(
        default=None, description="Pieces in stock, 0 or more; null when nobody counts them."
    )
    active: bool = strawberry.field(
        default=True,
        description="Whether it is for sale. A product is never deleted: put it with false.",
    )


@strawberry.input(description="Products of one shop.")
class PutShopProductsInput:
    store_id: strawberry.ID = strawberry.field(description="Of the shop.")
    products: list[ShopProductInput] = strawberry.field(
        description="1, at most 100. Products of the shop that are not among them stay as they are."
    )


@strawberry.input(description="Where the brand's Store page on Amazon is.")
class SetStorefrontInput:
    store_id: strawberry.ID = strawberry.field(description="A store on Amazon.")
    url: str | None = strawberry.field(
        description="The page of the brand's Store in the store's marketplace, as copied from a"
        " browser (amazon.com/stores/…); null for none."
    )


@strawberry.type(description="What became of one product of a shop.")
class ShopProductOutcome:
    place: int = strawberry.field(description="Its place among those given, from 1.")
    sku: str = strawberry.field(description="The SKU as it was given.")
    product: Product | None = strawberry.field(description="As it is now; null when refused.")
    refusal: Refusal | None = strawberry.field(
        description="Why it was not taken: InvalidInput names the field, NotAShopPage is about its"
        " url. Null when it was."
    )


@strawberry.type(description="What became of each product. Those that could be taken are.")
class ShopProductOutcomes:
    skus: strawberry.Private[Sequence[str]]
    found: strawberry.Private[Sequence[UUID | errors.Refusal]]

    @strawberry.field(description="One for each product, in the order given.")
    async def outcomes(self, info: Info) -> list[ShopProductOutcome]:
        ids = [one for one in self.found if isinstance(one, UUID)]
        rows = await read_many(info, Product, ids, at="product")
        return [
            ShopProductOutcome(
                place=place,
                sku=sku,
                product=rows.get(one) if isinstance(one, UUID) else None,
                refusal=shown(one) if isinstance(one, errors.Refusal) else None,
            )
            for place, (sku, one) in enumerate(zip(self.skus, self.found, strict=True), 1)
        ]


EditShopResult = Annotated[
    Store
    | InvalidInput
    | UnknownCurrency
    | StoreExists
    | ShopInUse
    | NotAShop
    | NotFound
    | WrongId,
    strawberry.union("EditShopResult", description="The shop, or why not."),
]
PutShopProductsResult = Annotated[
    ShopProductOutcomes | InvalidInput | NotAShop | NotFound | WrongId,
    strawberry.union(
        "PutShopProductsResult", description="An outcome for each product, or why for none."
    ),
]
SetStorefrontResult = Annotated[
    Store
    | NotAnAmazonStore
    | InvalidInput
    | NotAnAmazonPage
    | ShortLink
    | PageOfOtherMarketplace
    | NotALandingPage
    | AssociatesTag
    | AlreadyTagged
    | UtmNotSupported
    | NotFound
    | WrongId,
    strawberry.union("SetStorefrontResult", description="The store, or why not."),
]


@strawberry.type
class ShopMutations:
    @change(
        "Change the name or the address of a brand's own shop. To open one is connectShop; to"
        " close it and to open it again are disconnectStore and reconnectStore, as for any store.",
        needs=Scope.MANAGE,
    )
    async def edit_shop(self, info: Info, input: EditShopInput) -> EditShopResult:
        act = info.context.act
        store_id = await act.changes(Store, input.store_id)
        await shopkeeping.edit_shop(
            act.tx, act.account_id, store_id, act.now, name=input.name, url=input.url,
            currency=input.currency, time_zone=input.time_zone,
        )  # fmt: skip
        return await act.answer(Store, store_id)

    @change(
        "Enter products of a brand's own shop, or change them, by their SKUs: by hand, or from"
        " whatever the shop runs on. Each has its own outcome, and twice is once.",
        needs=Scope.MANAGE,
    )
    async def put_shop_products(
        self, info: Info, input: PutShopProductsInput
    ) -> PutShopProductsResult:
        act = info.context.act
        store_id = await act.changes(Store, input.store_id)
        entries = [_entry(one) for one in input.products]
        known = await shopkeeping.known_products(act.tx, act.account_id, store_id, entries)
        await act.remember(Product, known)
        found = await shopkeeping.put_shop_products(
            act.tx, act.account_id, store_id, entries, act.now
        )
        for one in found:
            if isinstance(one, UUID):
                act.made(Product, one)
        return ShopProductOutcomes(skus=[one.sku for one in input.products], found=found)

    @change(
        "Say where the brand's Store page on Amazon is, which storefront links lead to. It is read"
        " by the same rules as the page of a link. Links made before stay as they are.",
        needs=Scope.MANAGE,
    )
    async def set_storefront(self, info: Info, input: SetStorefrontInput) -> SetStorefrontResult:
        act = info.context.act
        store_id = await act.changes(Store, input.store_id)
        await links.set_storefront(act.tx, act.account_id, store_id, input.url)
        return await act.answer(Store, store_id)


def _entry(given: ShopProductInput) -> Entry:
    price = given.price
    return Entry(
        sku=given.sku,
        title=given.title,
        url=given.url,
        price=f"{price.amount:f}" if price else None,
        currency=price.currency if price else None,
        image_url=given.image_url,
        quantity=given.quantity,
        active=given.active,
    )
