"""Offers and their dated versions."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from domain.access import Scope
from domain.ids import decode
from domain.offers import actions
from schema.acting import Info, change
from schema.reading import (
    Connection,
    Node,
    column,
    contains,
    equals,
    table,
    to_many,
    to_one,
    where,
)
from schema.refusals import (
    IncompatibleWithAmazon,
    InvalidInput,
    NotFound,
    OfferArchived,
    OfferInUse,
    OfferListed,
    OfferNameTaken,
    SalesAlreadyReported,
    StartsInThePast,
    UnknownCurrency,
    WrongId,
)
from schema.stores import Store
from schema.terms import TermsInput

if TYPE_CHECKING:
    from schema.marketplace import Agreement, Listing, PromotedProduct

# The day at the store, by the installation's clock; `Context.read` says the moment.
_TODAY = """(current_setting('app.now')::timestamptz at time zone
    (select s.time_zone from store s where s.account_id = {p}.account_id and s.id = {p}.store_id)
    )::date"""


# The offers that an affiliate goes or went by, was invited to or applied to.
_SHOWN = """({{t}}.account_id, {{t}}.{}) in (select k.account_id, k.offer_id
    from offer_of_affiliate k where current_affiliate() = {{affiliate}})"""


@table(
    "offer_version",
    prefix="oven",
    tenant="account_id",
    affiliate=_SHOWN.format("offer_id"),
    sort=("-starts_on",),
)
class OfferVersion(Node):
    """Terms of an offer from a day on. A day's sales are paid by the version of that day."""

    starts_on: date = column("Its first day, in the store's time zone.", "valid_from")
    rate_percent: Decimal = column(
        "Percent of the sale, with two decimals: 12.50.", "{t}.rate_bp * 0.01"
    )
    cookie_days: int = column("Days between click and sale; always 14 on Amazon.")
    dtc_terms: JSON | None = column(
        "What only an offer of an own shop can have, with rates in basis points (_bp) and money in"
        " minor units (_minor); null when there is nothing of it."
    )
    created_at: datetime = column("When it was decided.")


@strawberry.input(description="Narrows a list of offers.")
class OfferFilter:
    store_id: strawberry.ID | None = equals("Of this store.", "store_id", prefix="stor")
    archived: bool | None = where("Archived or not.", "({t}.archived_at is not null) = {v}")
    name: str | None = contains("Part of the name.", "name")


@table(
    "offer",
    prefix="offr",
    tenant="account_id",
    affiliate=_SHOWN.format("id"),
    filter=OfferFilter,
    sort=("-created_at", "name"),
)
class Offer(Node):
    """What a store pays its affiliates."""

    name: str = column("Its name; one in a store.")
    description: str = column("For affiliates to read; may be empty.")
    store: Store = to_one("The one store that it serves.", "store_id")
    current_version: OfferVersion | None = to_one(
        "The terms in force today at the store; null before the first day.",
        on="{t}.offer_id = {p}.id and {t}.valid_from <= " + _TODAY,
        pick="{t}.valid_from desc",
    )
    versions: list[OfferVersion] = to_many(
        "Its terms through time, the newest first; the first of them may still be to come."
        " At most 50.",
        "offer_id",
        at_most=50,
        told=True,
    )
    listing: Annotated["Listing", strawberry.lazy("schema.marketplace")] | None = to_one(
        "How it stands in the marketplace; null while it is not listed.",
        on="{t}.offer_id = {p}.id",
    )
    promoted_products: list[Annotated["PromotedProduct", strawberry.lazy("schema.marketplace")]] = (
        to_many(
            "The products that its listing shows, in the brand's order. All others earn as well."
            " At most 100.",
            "offer_id",
            told=True,
        )
    )
    agreements: list[Annotated["Agreement", strawberry.lazy("schema.marketplace")]] = to_many(
        "The brand's own agreement with affiliates, the newest version first; that one is in force."
        " At most 20.",
        "offer_id",
        at_most=20,
    )
    archived_at: datetime | None = column("When it was taken out of use; null while it is not.")
    created_at: datetime = column("When it was created.")


@strawberry.type(description="A page of offers.")
class OfferConnection(Connection[Offer]):
    pass


@strawberry.input(description="A new offer.")
class CreateOfferInput:
    store_id: strawberry.ID = strawberry.field(description="The one store that it serves.")
    name: str = strawberry.field(description="1 to 100 characters, one in the store.")
    description: str = strawberry.field(
        default="", description="For affiliates to read; 2,000 characters at most."
    )
    starts_on: date | None = strawberry.field(
        default=None, description="Its first day at the store, today or later; today by default."
    )
    terms: TermsInput = strawberry.field(description="What is paid.")


@strawberry.input(description="Changes of an offer. What is left out stays.")
class EditOfferInput:
    offer_id: strawberry.ID = strawberry.field(description="Which offer.")
    name: str | None = strawberry.field(default=None, description="Another name, at once.")
    description: str | None = strawberry.field(default=None, description="Another text, at once.")
    starts_on: date | None = strawberry.field(
        default=None,
        description="The first day at the store of the new terms, today or later; today by"
        " default. Past days keep their terms.",
    )
    terms: TermsInput | None = strawberry.field(
        default=None, description="New terms, whole: they take the place of all settings."
    )


CreateOfferResult = Annotated[
    Offer
    | IncompatibleWithAmazon
    | StartsInThePast
    | OfferNameTaken
    | UnknownCurrency
    | InvalidInput
    | NotFound
    | WrongId,
    strawberry.union("CreateOfferResult", description="The offer, or why not."),
]
EditOfferResult = Annotated[
    Offer
    | IncompatibleWithAmazon
    | StartsInThePast
    | SalesAlreadyReported
    | OfferNameTaken
    | OfferArchived
    | UnknownCurrency
    | InvalidInput
    | NotFound
    | WrongId,
    strawberry.union("EditOfferResult", description="The offer, or why not."),
]
ArchiveOfferResult = Annotated[
    Offer | OfferListed | OfferInUse | NotFound | WrongId,
    strawberry.union("ArchiveOfferResult", description="The offer, or why not."),
]


@strawberry.type
class OfferMutations:
    @change(
        "Create an offer. A store may have as many as one likes; each affiliate goes"
        ' by one of them. `createOffer(input: {storeId: "stor_1f…", name: "Autumn", terms:'
        ' {ratePercent: "12.50"}})` pays 12.5 percent from today on.',
        needs=Scope.MANAGE,
    )
    async def create_offer(self, info: Info, input: CreateOfferInput) -> CreateOfferResult:
        act = info.context.act
        store_id, terms = decode("stor", input.store_id), input.terms.of_trade()
        offer = await actions.create_offer(
            act.tx, act.account_id, store_id, input.name, input.description, terms,
            input.starts_on, act.now,
        )  # fmt: skip
        return await act.answer(Offer, offer.id)

    @change("Change an offer. New terms never touch a past day.", needs=Scope.MANAGE)
    async def edit_offer(self, info: Info, input: EditOfferInput) -> EditOfferResult:
        act = info.context.act
        offer_id = await act.changes(Offer, input.offer_id)
        terms = None if input.terms is None else input.terms.of_trade()
        await actions.edit_offer(
            act.tx, act.account_id, offer_id, act.now, name=input.name,
            description=input.description, terms=terms, starts_on=input.starts_on,
        )  # fmt: skip
        return await act.answer(Offer, offer_id)

    @change(
        "Take an offer out of use that no partnership goes by. Twice is once.", needs=Scope.MANAGE
    )
    async def archive_offer(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Of the offer.")],
    ) -> ArchiveOfferResult:
        act = info.context.act
        offer_id = await act.changes(Offer, id)
        await actions.archive_offer(act.tx, act.account_id, offer_id, act.now)
        return await act.answer(Offer, offer_id)
