"""Connect, disconnect and refresh stores."""

from typing import Annotated
from uuid import UUID

import strawberry

from domain.access import Scope
from domain.catalog import actions
from domain.errors import InvalidInput as Unclear
from domain.ids import decode
from schema.acting import Info, change
from schema.refusals import (
    AgencyProfile,
    AmazonNotOffered,
    ConsentNeeded,
    EligibilityUnknown,
    InvalidInput,
    MerchantTaken,
    NotFound,
    NothingToFetch,
    NotInBrandRegistry,
    OtherMerchant,
    PlanTooLow,
    StoreExists,
    UnknownCurrency,
    VendorCentral,
    WrongId,
    WrongMarketplace,
)
from schema.stores import Store


@strawberry.input(description="A brand's store on Amazon.")
class ConnectStoreInput:
    profile_id: strawberry.ID = strawberry.field(
        description="The seller in its marketplace: a profile of kind SELLER that is ELIGIBLE."
    )
    brand_name: str = strawberry.field(
        description="The brand as registered with Amazon; products are told by it."
    )
    name: str | None = strawberry.field(
        default=None, description="Yours for the store; made of brand and country when left out."
    )


@strawberry.input(description="A brand's own shop.")
class ConnectShopInput:
    brand_id: strawberry.ID | None = strawberry.field(
        default=None, description="A brand of yours. Give this or a name."
    )
    brand_name: str | None = strawberry.field(
        default=None,
        description="The brand; left out with an id. A name that a brand of yours has, one that"
        " sells on Amazon too, is that brand, and another name is a new one.",
    )
    url: str = strawberry.field(description="The shop's address: https://shop.example.")
    currency: str = strawberry.field(description="ISO 4217; the shop's money is in it.")
    time_zone: str = strawberry.field(description="An IANA name; the shop's days are its.")
    name: str | None = strawberry.field(
        default=None, description="Yours for the store; the brand's when left out."
    )


ConnectStoreResult = Annotated[
    Store
    | AmazonNotOffered
    | PlanTooLow
    | VendorCentral
    | AgencyProfile
    | WrongMarketplace
    | NotInBrandRegistry
    | EligibilityUnknown
    | ConsentNeeded
    | OtherMerchant
    | MerchantTaken
    | StoreExists
    | InvalidInput
    | NotFound
    | WrongId,
    strawberry.union("ConnectStoreResult", description="The store, or why it cannot be connected."),
]
ConnectShopResult = Annotated[
    Store | StoreExists | UnknownCurrency | InvalidInput | NotFound | WrongId,
    strawberry.union("ConnectShopResult", description="The store, or why not."),
]
DisconnectStoreResult = Annotated[
    Store | NotFound | WrongId,
    strawberry.union("DisconnectStoreResult", description="The store, or why not."),
]
ReconnectStoreResult = Annotated[
    Store
    | AmazonNotOffered
    | PlanTooLow
    | VendorCentral
    | AgencyProfile
    | WrongMarketplace
    | NotInBrandRegistry
    | EligibilityUnknown
    | ConsentNeeded
    | OtherMerchant
    | NotFound
    | WrongId,
    strawberry.union("ReconnectStoreResult", description="The store, or why not."),
]
FetchResult = Annotated[
    Store | NothingToFetch | NotFound | WrongId,
    strawberry.union("FetchResult", description="The store, or why nothing is fetched for it."),
]
StoreId = Annotated[strawberry.ID, strawberry.argument(description="Of the store.")]


@strawberry.type
class StoreMutations:
    @change(
        "Connect a brand's store on Amazon. Its products and past reports are then"
        ' fetched by themselves. `connectStore(input: {profileId: "prof_1f…", brandName: "Fern"})`'
        " is all that it takes.",
        needs=Scope.MANAGE,
    )
    async def connect_store(self, info: Info, input: ConnectStoreInput) -> ConnectStoreResult:
        act = info.context.act
        profile_id = decode("prof", input.profile_id)
        id = await actions.connect_store(
            act.tx, act.account_id, profile_id, input.brand_name, act.now, input.name
        )
        return await act.answer(Store, id)

    @change(
        "Connect a brand's own shop."
        ' `connectShop(input: {brandName: "Fern", url: "https://fern.example", currency: "EUR",'
        ' timeZone: "Europe/Paris"})` makes brand and shop.',
        needs=Scope.MANAGE,
    )
    async def connect_shop(self, info: Info, input: ConnectShopInput) -> ConnectShopResult:
        act = info.context.act
        id = await actions.connect_dtc_store(
            act.tx, act.account_id, _brand(input), input.url, input.currency,
            input.time_zone, act.now, input.name,
        )  # fmt: skip
        return await act.answer(Store, id)

    @change(
        "Fetch nothing more for a store. What is open settles as before. Twice is once.",
        needs=Scope.MANAGE,
    )
    async def disconnect_store(self, info: Info, id: StoreId) -> DisconnectStoreResult:
        act = info.context.act
        store_id = await act.changes(Store, id)
        await actions.disconnect_store(act.tx, act.account_id, store_id, act.now)
        return await act.answer(Store, store_id)

    @change("Go on with a disconnected store where it was left.", needs=Scope.MANAGE)
    async def reconnect_store(self, info: Info, id: StoreId) -> ReconnectStoreResult:
        act = info.context.act
        store_id = await act.changes(Store, id)
        await actions.reconnect_store(act.tx, act.account_id, store_id, act.now)
        return await act.answer(Store, store_id)

    @change(
        "Fetch the store's products now, rather than at the next weekly time. It is"
        " begun, not done, when this answers: look at the store's catalogRuns.",
        needs=Scope.MANAGE,
    )
    async def sync_products(self, info: Info, store_id: StoreId) -> FetchResult:
        act = info.context.act
        id = await act.changes(Store, store_id)
        await actions.sync_products(act.tx, act.account_id, id, act.now)
        return await act.answer(Store, id)

    @change(
        "Say that a listing which was held back, because it lacks more than half of the"
        " store's products, is right: it is fetched once more and believed. It is begun, not done,"
        " when this answers: look at the store's catalogRuns.",
        needs=Scope.MANAGE,
    )
    async def accept_catalog(self, info: Info, store_id: StoreId) -> FetchResult:
        act = info.context.act
        id = await act.changes(Store, store_id)
        await actions.accept_listing(act.tx, act.account_id, id, act.now)
        return await act.answer(Store, id)

    @change(
        "Fetch the last 30 days' reports of all levels now. It is begun, not done,"
        " when this answers: look at the store's reportRuns.",
        needs=Scope.MANAGE,
    )
    async def request_reports(self, info: Info, store_id: StoreId) -> FetchResult:
        act = info.context.act
        id = await act.changes(Store, store_id)
        await actions.request_reports(act.tx, act.account_id, id, act.now)
        return await act.answer(Store, id)


def _brand(input: ConnectShopInput) -> str | UUID:
    if (input.brand_id is None) == (input.brand_name is None):
        raise Unclear("brandId", "Give either the brand's id or a name.")
    return decode("brnd", input.brand_id) if input.brand_id else input.brand_name or ""
