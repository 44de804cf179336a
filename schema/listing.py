"""List offers, promote products, publish agreements."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain.access import Room, Scope
from domain.ids import decode
from domain.marketplace import actions, rules
from domain.marketplace.queries import account_of
from schema.acting import Info, change
from schema.enums import Category
from schema.marketplace import Agreement, Listing
from schema.offers import Offer
from schema.reading import BigInt
from schema.refusals import (
    InvalidInput,
    NoStoreToPromote,
    NotFound,
    NotInForceYet,
    OfferArchived,
    WrongId,
)
from schema.terms import few


@strawberry.input(description="A question to everybody who applies.")
class ListingQuestionInput:
    question: str = strawberry.field(description="One line of 1 to 300 characters.")
    required: bool = strawberry.field(
        default=False, description="Whether an application without an answer is refused."
    )


@strawberry.input(
    description="Whom a listing lets in without a person looking. By default a person looks at"
    " every application."
)
class AcceptanceRulesInput:
    auto_accept: bool = strawberry.field(
        default=False,
        description="Let in at once whoever meets the rules below; others wait for a person.",
    )
    verified_only: bool = strawberry.field(
        default=False, description="Only those whose address is verified."
    )
    minimum_audience: BigInt = strawberry.field(
        default=BigInt(0), description="Only those who reach so many people, over all channels."
    )
    daily_limit: int | None = strawberry.field(
        default=None, description="At most so many on a day of the store; null for any number."
    )

    def of_trade(self) -> rules.Acceptance:
        return rules.Acceptance(
            self.auto_accept, self.verified_only, self.minimum_audience, self.daily_limit
        )


@strawberry.input(description="An offer for the marketplace. It takes the place of what is listed.")
class ListOfferInput:
    offer_id: strawberry.ID = strawberry.field(
        description="An offer in force, of a connected store, on Amazon or of your own."
    )
    description: str = strawberry.field(
        default="", description="For affiliates to read; 5,000 characters at most."
    )
    categories: list[Category] = strawberry.field(default_factory=list, description="At most 5.")
    cover_url: str | None = strawberry.field(
        default=None, description="An image's whole address, by https; none when left out."
    )
    questions: list[ListingQuestionInput] = strawberry.field(
        default_factory=list, description="At most 10."
    )
    rules: AcceptanceRulesInput | None = strawberry.field(
        default=None, description="Whom it lets in without a person looking; nobody by default."
    )


@strawberry.input(description="Changes of a listing. What is left out, or null, stays.")
class EditListingInput:
    listing_id: strawberry.ID = strawberry.field(description="Which listing.")
    description: str | None = strawberry.field(default=None, description="Another text.")
    categories: list[Category] | None = strawberry.field(
        default=None, description="Others, all of them; at most 5."
    )
    cover_url: str | None = strawberry.field(
        default=None, description="Another image; an empty text for none."
    )
    questions: list[ListingQuestionInput] | None = strawberry.field(
        default=None, description="Others, all of them; at most 10."
    )
    rules: AcceptanceRulesInput | None = strawberry.field(
        default=None, description="Other rules, all of them."
    )


ListOfferResult = Annotated[
    Listing | OfferArchived | NoStoreToPromote | NotInForceYet | InvalidInput | NotFound | WrongId,
    strawberry.union("ListOfferResult", description="The listing, or why not."),
]
EditListingResult = Annotated[
    Listing | InvalidInput | NotFound | WrongId,
    strawberry.union("EditListingResult", description="The listing, or why not."),
]
UnlistOfferResult = Annotated[
    Offer | NotFound | WrongId,
    strawberry.union("UnlistOfferResult", description="The offer that was listed, or why not."),
]
PromoteProductsResult = Annotated[
    Offer | InvalidInput | NotFound | WrongId,
    strawberry.union("PromoteProductsResult", description="The offer, or why not."),
]
PublishAgreementResult = Annotated[
    Agreement | OfferArchived | InvalidInput | NotFound | WrongId,
    strawberry.union("PublishAgreementResult", description="The version in force, or why not."),
]
NoteListingVisitResult = Annotated[
    Listing | NotFound | WrongId,
    strawberry.union("NoteListingVisitResult", description="The listing, or why not."),
]
OfferId = Annotated[strawberry.ID, strawberry.argument(description="Of the offer.")]
ListingId = Annotated[strawberry.ID, strawberry.argument(description="Of the listing.")]


@strawberry.type
class MarketplaceMutations:
    @change(
        "Show an offer in the marketplace, at no charge, to every affiliate of the network. Your"
        " account lists one offer at a time: it takes the place of the one that is listed, in one"
        " step. Listing the same offer again writes its listing anew."
        ' `listOffer(input: {offerId: "offr_1f…", rules: {autoAccept: true}})` lets everybody in'
        " at once.",
        needs=Scope.MANAGE,
    )
    async def list_offer(self, info: Info, input: ListOfferInput) -> ListOfferResult:
        act = info.context.act
        offer_id = decode("offr", input.offer_id)
        form = rules.form(
            input.description,
            _names(input.categories),
            input.cover_url,
            _questions(input.questions),
            input.rules.of_trade() if input.rules else rules.Acceptance(),
        )
        listing_id = await actions.list_offer(act.tx, act.account_id, offer_id, form, act.now)
        return await act.answer(Listing, listing_id)

    @change("Change what a listing says and asks.", needs=Scope.MANAGE)
    async def edit_listing(self, info: Info, input: EditListingInput) -> EditListingResult:
        act = info.context.act
        listing_id = await act.changes(Listing, input.listing_id)
        await actions.edit_listing(
            act.tx, act.account_id, listing_id, act.now,
            description=input.description,
            categories=None if input.categories is None else _names(input.categories),
            cover_url=input.cover_url,
            questions=None if input.questions is None else _questions(input.questions),
            acceptance=None if input.rules is None else input.rules.of_trade(),
        )  # fmt: skip
        return await act.answer(Listing, listing_id)

    @change(
        "Take an offer out of the marketplace: no affiliate finds it any more. Applications and"
        " partnerships stay as they are.",
        needs=Scope.MANAGE,
    )
    async def unlist_offer(self, info: Info, listing_id: ListingId) -> UnlistOfferResult:
        act = info.context.act
        id = await act.changes(Listing, listing_id)
        listing = await actions.unlist(act.tx, act.account_id, id, act.now)
        return await act.answer(Offer, listing.offer_id)

    @change(
        "Choose which products a listing of the offer shows, in this order, instead of those that"
        " it showed; an empty list shows none. It limits nothing that is paid.",
        needs=Scope.MANAGE,
    )
    async def promote_products(
        self,
        info: Info,
        offer_id: OfferId,
        product_ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Products of the offer's store, at most 100."),
        ],
    ) -> PromoteProductsResult:
        act = info.context.act
        id = await act.changes(Offer, offer_id)
        wanted = [decode("prod", one) for one in few("productIds", product_ids)]
        await actions.promote_products(act.tx, act.account_id, id, wanted)
        return await act.answer(Offer, id)

    @change(
        "Publish what affiliates accept when they join by an offer, as a new version. Partners stay"
        " with the version that they accepted. The newest text again is no new version.",
        needs=Scope.MANAGE,
    )
    async def publish_agreement(
        self,
        info: Info,
        offer_id: OfferId,
        body: Annotated[
            str, strawberry.argument(description="1 to 50,000 characters, Markdown or plain.")
        ],
    ) -> PublishAgreementResult:
        act = info.context.act
        id = await actions.publish_agreement(
            act.tx, act.account_id, decode("offr", offer_id), body, act.actor, act.now
        )
        return await act.answer(Agreement, id)

    @change(
        "Tell the brand that you look at its listing, or begin to apply: its count of visitors."
        " Each counts once, however often it is told.",
        room=Room.AFFILIATE,
        audited=False,
    )
    async def note_listing_visit(
        self,
        info: Info,
        listing_id: ListingId,
        started: Annotated[
            bool, strawberry.argument(description="Whether you begin to apply.")
        ] = False,
    ) -> NoteListingVisitResult:
        act = info.context.act
        found = decode("lstg", listing_id)
        account_id = await account_of(act.tx, found)
        if account_id is None:
            raise actions.not_listed(found)
        tx = await act.enter(account_id)
        await actions.note_visit(tx, account_id, found, act.affiliate_id, act.now, started=started)
        if await account_of(tx, found) is None:
            raise actions.not_listed(found)  # another was listed in its place meanwhile
        return await act.answer(Listing, found)


def _names(categories: Sequence[Category]) -> list[str]:
    return [category.name for category in categories]


def _questions(asked: Sequence[ListingQuestionInput]) -> list[rules.Question]:
    return [rules.Question(one.question, one.required) for one in asked]
