"""Begin, move, pause and end partnerships, leave them, and note about them."""

from datetime import date
from typing import Annotated

import strawberry

from domain.access import Room, Scope
from domain.affiliates import actions
from domain.ids import decode
from schema.acting import Info, change
from schema.partnerships import Partnership
from schema.refusals import (
    AffiliateLeft,
    AlreadyPartner,
    InvalidInput,
    MoveInThePast,
    NotFound,
    OfferArchived,
    OneStorePerOffer,
    PartnershipEnded,
    SalesAlreadyReported,
    WrongId,
)


@strawberry.input(description="Another offer for a partnership.")
class MovePartnershipInput:
    partnership_id: strawberry.ID = strawberry.field(description="Which partnership.")
    offer_id: strawberry.ID = strawberry.field(description="An offer of the same store.")
    starts_on: date | None = strawberry.field(
        default=None,
        description="The first day at the store that it pays for, today or later; today by"
        " default. It takes the place of a move that was planned.",
    )


@strawberry.input(description="A field of the brand's own.")
class CustomFieldInput:
    name: str = strawberry.field(description="1 to 50 characters.")
    value: str = strawberry.field(description="500 characters at most; empty for no such field.")


@strawberry.input(
    description="What a brand notes about a partnership for itself. What is left out stays; what is"
    " given takes the place of what was there."
)
class AnnotatePartnershipInput:
    partnership_id: strawberry.ID = strawberry.field(description="Which partnership.")
    tags: list[str] | None = strawberry.field(
        default=None,
        description="All its tags, at most 20 of 1 to 50 characters, told apart without case.",
    )
    note: str | None = strawberry.field(default=None, description="5,000 characters at most.")
    custom_fields: list[CustomFieldInput] | None = strawberry.field(
        default=None, description="All its fields, at most 50."
    )


AddAffiliateToOfferResult = Annotated[
    Partnership
    | AlreadyPartner
    | AffiliateLeft
    | OfferArchived
    | SalesAlreadyReported
    | NotFound
    | WrongId,
    strawberry.union("AddAffiliateToOfferResult", description="The partnership, or why not."),
]
MovePartnershipResult = Annotated[
    Partnership
    | PartnershipEnded
    | OneStorePerOffer
    | OfferArchived
    | MoveInThePast
    | SalesAlreadyReported
    | NotFound
    | WrongId,
    strawberry.union("MovePartnershipResult", description="The partnership, or why not."),
]
PartnershipResult = Annotated[
    Partnership | PartnershipEnded | InvalidInput | NotFound | WrongId,
    strawberry.union("PartnershipResult", description="The partnership, or why not."),
]
AnnotatePartnershipResult = Annotated[
    Partnership | InvalidInput | NotFound | WrongId,
    strawberry.union("AnnotatePartnershipResult", description="The partnership, or why not."),
]
PartnershipId = Annotated[strawberry.ID, strawberry.argument(description="Of the partnership.")]
Reason = Annotated[
    str, strawberry.argument(description="For the other side to read; 1 to 1,000 characters.")
]
MaybeReason = Annotated[
    str | None, strawberry.argument(description="For the affiliate to read, if there is one.")
]


@strawberry.type
class PartnershipMutations:
    @change(
        "Make an affiliate whom you entered, or who was a partner before, one of the offer's store,"
        " paid by the offer from today on. Others are invited, or apply. A partnership that had"
        " ended begins again, with Amazon's clicks kept.",
        needs=Scope.MANAGE,
    )
    async def add_affiliate_to_offer(
        self,
        info: Info,
        affiliate_id: Annotated[
            strawberry.ID, strawberry.argument(description="The affiliate, `affl_…`.")
        ],
        offer_id: Annotated[strawberry.ID, strawberry.argument(description="By which offer.")],
    ) -> AddAffiliateToOfferResult:
        act = info.context.act
        affiliate, offer = decode("affl", affiliate_id), decode("offr", offer_id)
        partnership = await actions.add_known_to_offer(
            act.tx, act.account_id, affiliate, offer, act.actor, act.now
        )
        return await act.answer(Partnership, partnership.id)

    @change(
        "Let another offer of the same store pay from a day on. Past days stay."
        ' `movePartnership(input: {partnershipId: "part_1f…", offerId: "offr_1f…", startsOn:'
        ' "2026-10-01"})` plans it for October.',
        needs=Scope.MANAGE,
    )
    async def move_partnership(
        self, info: Info, input: MovePartnershipInput
    ) -> MovePartnershipResult:
        act = info.context.act
        id = await act.changes(Partnership, input.partnership_id)
        offer_id = decode("offr", input.offer_id)
        await actions.move_to_offer(act.tx, act.account_id, id, offer_id, input.starts_on, act.now)
        return await act.answer(Partnership, id)

    @change(
        "No new links for a while; links made before still work and pay. Twice is once, and the"
        " first reason stands.",
        needs=Scope.MANAGE,
    )
    async def pause_partnership(
        self, info: Info, id: PartnershipId, reason: Reason
    ) -> PartnershipResult:
        act = info.context.act
        found = await act.changes(Partnership, id)
        await actions.pause(act.tx, act.account_id, found, reason, act.now)
        return await act.answer(Partnership, found)

    @change("New links again. Twice is once.", needs=Scope.MANAGE)
    async def resume_partnership(
        self, info: Info, id: PartnershipId, reason: MaybeReason = None
    ) -> PartnershipResult:
        act = info.context.act
        found = await act.changes(Partnership, id)
        await actions.resume(act.tx, act.account_id, found, reason, act.now)
        return await act.answer(Partnership, found)

    @change(
        "No new links any more; links made before still work and pay. Twice is once, and the first"
        " reason stands.",
        needs=Scope.MANAGE,
    )
    async def end_partnership(
        self, info: Info, id: PartnershipId, reason: Reason
    ) -> PartnershipResult:
        act = info.context.act
        found = await act.changes(Partnership, id)
        await actions.end(act.tx, act.account_id, found, reason, act.now)
        return await act.answer(Partnership, found)

    @change(
        "End a partnership of your own: no new links any more; those made before still work and"
        " pay. Twice is once, and the first reason stands.",
        room=Room.AFFILIATE,
    )
    async def leave_partnership(
        self, info: Info, id: PartnershipId, reason: Reason
    ) -> PartnershipResult:
        act = info.context.act
        await act.enter(await actions.account_of(act.tx, decode("part", id), act.affiliate_id))
        found = await act.changes(Partnership, id)
        await actions.leave(act.tx, act.account_id, found, reason, act.now)
        return await act.answer(Partnership, found)

    @change("Note about a partnership what only the brand sees.", needs=Scope.MANAGE)
    async def annotate_partnership(
        self, info: Info, input: AnnotatePartnershipInput
    ) -> AnnotatePartnershipResult:
        act = info.context.act
        found = await act.changes(Partnership, input.partnership_id)
        fields = input.custom_fields
        await actions.annotate(
            act.tx, act.account_id, found, tags=input.tags, note=input.note,
            custom_fields=None if fields is None else [(one.name, one.value) for one in fields],
        )  # fmt: skip
        return await act.answer(Partnership, found)
