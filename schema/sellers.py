"""Seller accounts, their consents, and the profiles behind them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from domain.access import Scope
from domain.amazon import actions, rules
from domain.amazon.consent import start_url
from domain.ids import decode
from schema.acting import Info, change
from schema.enums import AmazonProfileKind, Api, Attribution, GrantStatus, Region
from schema.reading import (
    Connection,
    Node,
    column,
    contains,
    equals,
    one_of,
    read_one,
    table,
    to_many,
    to_one,
)
from schema.refusals import InvalidInput, NotFound, WrongId

if TYPE_CHECKING:
    from schema.stores import StoreConnection


@table("amazon_grant", prefix="grnt", tenant="account_id", sort=("api",))
class Grant(Node):
    """A seller's consent to one of Amazon's two applications."""

    api: Api = column("To which of them.")
    status: GrantStatus = column("Where it stands.", "state")
    problem: str | None = column("What went wrong and what to do; null when nothing did.")
    refreshed_at: datetime | None = column("When Amazon last gave access; null before the first.")
    created_at: datetime = column("When the consent was first asked for.")


@strawberry.input(description="Narrows a list of profiles.")
class AmazonProfileFilter:
    seller_account_id: strawberry.ID | None = equals(
        "Of this seller account.", "seller_account_id", prefix="slac"
    )
    kind: list[AmazonProfileKind] | None = one_of("Any of these.", "kind")
    attribution: list[Attribution] | None = one_of("Any of these.", "attribution")


@table(
    "profile",
    prefix="prof",
    tenant="account_id",
    filter=AmazonProfileFilter,
    sort=("name", "discovered_at"),
)
class AmazonProfile(Node):
    """An advertising profile at Amazon: one seller in one marketplace. Reports belong to it."""

    amazon_profile_id: str = column("Amazon's number for it.")
    region: Region = column("Where Amazon keeps it.")
    merchant_id: str = column("Amazon's id of the seller.")
    name: str = column("As Amazon calls it.")
    kind: AmazonProfileKind = column("Whose it is; only a SELLER's can be connected.")
    marketplace_id: str = column("Amazon's id of the marketplace.")
    country: str = column("The marketplace's country, two letters.")
    currency: str = column("ISO 4217; all its reports are in it.")
    time_zone: str = column("An IANA name. Amazon's days are this zone's.")
    attribution: Attribution = column("Whether it may use Amazon Attribution.")
    measuring_since: datetime | None = column(
        "When Amazon was asked to measure; null before, and nothing is measured then."
    )
    brb_enrolled: bool | None = column(
        "Whether it is in the Brand Referral Bonus; null until a report has said."
    )
    discovered_at: datetime = column("When it was first or last found behind the consent.")
    seller_account: Annotated["SellerAccount", strawberry.lazy("schema.sellers")] = to_one(
        "The seller account that it was found under.", "seller_account_id"
    )
    stores: Annotated["StoreConnection", strawberry.lazy("schema.stores")] = to_many(
        "The stores that are measured by it, one for each brand.", "profile_id"
    )


@strawberry.type(description="A page of profiles.")
class AmazonProfileConnection(Connection[AmazonProfile]):
    pass


@strawberry.input(description="Narrows a list of seller accounts.")
class SellerAccountFilter:
    name: str | None = contains("Part of the name.", "name")


@table(
    "seller_account",
    prefix="slac",
    tenant="account_id",
    filter=SellerAccountFilter,
    sort=("name", "created_at"),
)
class SellerAccount(Node):
    """A seller on Amazon, connected by two consents."""

    name: str = column("As the account calls it.")
    merchant_id: str | None = column("Amazon's id of the seller; null until a consent was given.")
    created_at: datetime = column("When it was added.")
    grants: list[Grant] = to_many(
        "Its consents, one for each API begun. At most 2.", "seller_account_id", at_most=2
    )
    profiles: AmazonProfileConnection = to_many(
        "The profiles behind its consent.", "seller_account_id"
    )
    stores: Annotated["StoreConnection", strawberry.lazy("schema.stores")] = to_many(
        "The stores that it sells in.",
        on="{t}.profile_id = any(array(select f.id from profile f"
        " where f.account_id = {p}.account_id and f.seller_account_id = {p}.id))",
    )


@strawberry.type(description="A page of seller accounts.")
class SellerAccountConnection(Connection[SellerAccount]):
    pass


@strawberry.type(description="A consent that a person may now give.")
class ConsentStarted:
    url: str = strawberry.field(
        description="To open within 15 minutes, once, in the browser in which you are signed in. It"
        " leads to Amazon's page and back. A consent that a tool began by its key may be given in"
        " any browser: show the address to nobody else."
    )
    grant_id: strawberry.Private[UUID]

    @strawberry.field(description="The consent; look at its status until it is CONNECTED.")
    async def grant(self, info: Info) -> Grant:
        return cast(Grant, await read_one(info, Grant, self.grant_id))


AddSellerAccountResult = Annotated[
    SellerAccount | InvalidInput,
    strawberry.union("AddSellerAccountResult", description="The seller account, or why not."),
]
StartConsentResult = Annotated[
    ConsentStarted | NotFound | WrongId,
    strawberry.union("StartConsentResult", description="Where to consent, or why not."),
]


@strawberry.type
class SellerMutations:
    @change("Add a seller, to be connected by its two consents.", needs=Scope.MANAGE)
    async def add_seller_account(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="Yours for it; 1 to 200 characters.")],
    ) -> AddSellerAccountResult:
        act = info.context.act
        id = await actions.add_seller_account(act.tx, act.account_id, name, act.now)
        return await act.answer(SellerAccount, id)

    @change(
        "Let the seller consent to one of Amazon's APIs: the first time, or again"
        " after a consent was lost. Each API needs a consent of its own.",
        needs=Scope.MANAGE,
    )
    async def start_consent(
        self,
        info: Info,
        seller_account_id: Annotated[
            strawberry.ID, strawberry.argument(description="Whose consent.")
        ],
        api: Annotated[Api, strawberry.argument(description="To which API.")],
    ) -> StartConsentResult:
        act = info.context.act
        id = decode("slac", seller_account_id)
        started = await actions.start_consent(
            act.tx, act.account_id, id, rules.Api[api.name], act.now,
            person_id=info.context.signed_in.person_id,
        )  # fmt: skip
        url = start_url(info.context.public_url, rules.Api[api.name], started.state)
        return ConsentStarted(url=url, grant_id=started.grant_id)
