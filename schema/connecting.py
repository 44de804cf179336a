"""Connect, disconnect and refresh stores."""

from typing import Annotated, cast

import strawberry

from domain.catalog import actions
from domain.ids import decode
from schema.acting import Info, acting
from schema.reading import read_one
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
class ConnectDtcStoreInput:
    brand_name: str = strawberry.field(
        description="The brand; one that sells on Amazon too is the same brand."
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
ConnectDtcStoreResult = Annotated[
    Store | StoreExists | UnknownCurrency | InvalidInput,
    strawberry.union("ConnectDtcStoreResult", description="The store, or why not."),
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
    @strawberry.mutation(
        description="Connect a brand's store on Amazon. Its products and past reports are then"
        " fetched by themselves."
    )
    async def connect_store(self, info: Info, input: ConnectStoreInput) -> ConnectStoreResult:
        profile_id = decode("prof", input.profile_id)
        async with acting(info, profile=input.profile_id, brand=input.brand_name) as act:
            id = await actions.connect_store(
                act.tx, act.account_id, profile_id, input.brand_name, act.now, input.name
            )
        return cast(Store, await read_one(info, Store, id))

    @strawberry.mutation(description="Connect a brand's own shop.")
    async def connect_dtc_store(
        self, info: Info, input: ConnectDtcStoreInput
    ) -> ConnectDtcStoreResult:
        async with acting(info, brand=input.brand_name, url=input.url) as act:
            id = await actions.connect_dtc_store(
                act.tx, act.account_id, input.brand_name, input.url, input.currency,
                input.time_zone, act.now, input.name,
            )  # fmt: skip
        return cast(Store, await read_one(info, Store, id))

    @strawberry.mutation(
        description="Fetch nothing more for a store. What is open settles as before. Twice is once."
    )
    async def disconnect_store(self, info: Info, id: StoreId) -> DisconnectStoreResult:
        store_id = decode("stor", id)
        async with acting(info, store=id) as act:
            await actions.disconnect_store(act.tx, act.account_id, store_id, act.now)
        return cast(Store, await read_one(info, Store, store_id))

    @strawberry.mutation(description="Go on with a disconnected store where it was left.")
    async def reconnect_store(self, info: Info, id: StoreId) -> ReconnectStoreResult:
        store_id = decode("stor", id)
        async with acting(info, store=id) as act:
            await actions.reconnect_store(act.tx, act.account_id, store_id, act.now)
        return cast(Store, await read_one(info, Store, store_id))

    @strawberry.mutation(
        description="Fetch the store's products now, rather than at the next weekly time. It is"
        " begun, not done, when this answers: look at the store's catalogRuns."
    )
    async def sync_products(self, info: Info, store_id: StoreId) -> FetchResult:
        id = decode("stor", store_id)
        async with acting(info, store=store_id) as act:
            await actions.sync_products(act.tx, act.account_id, id, act.now)
        return cast(Store, await read_one(info, Store, id))

    @strawberry.mutation(
        description="Say that a listing which was held back, because it lacks more than half of the"
        " store's products, is right: it is fetched once more and believed. It is begun, not done,"
        " when this answers: look at the store's catalogRuns."
    )
    async def accept_listing(self, info: Info, store_id: StoreId) -> FetchResult:
        id = decode("stor", store_id)
        async with acting(info, store=store_id) as act:
            await actions.accept_listing(act.tx, act.account_id, id, act.now)
        return cast(Store, await read_one(info, Store, id))

    @strawberry.mutation(
        description="Fetch the last 30 days' reports of all levels now. It is begun, not done,"
        " when this answers: look at the store's reportRuns."
    )
    async def request_reports(self, info: Info, store_id: StoreId) -> FetchResult:
        id = decode("stor", store_id)
        async with acting(info, store=store_id) as act:
            await actions.request_reports(act.tx, act.account_id, id, act.now)
        return cast(Store, await read_one(info, Store, id))
