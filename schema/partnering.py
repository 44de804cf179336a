"""Begin, move, pause and end partnerships."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, cast
from uuid import UUID

import strawberry

from db.pool import Tx
from domain.affiliates import actions
from domain.ids import decode
from schema.acting import Info, acting
from schema.partnerships import Partnership
from schema.reading import read_one
from schema.refusals import (
    AlreadyPartner,
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
    from_day: date | None = strawberry.field(
        default=None,
        description="The first day at the store that it pays for, today or later; today by"
        " default. It takes the place of a move that was planned.",
    )


AddAffiliateToOfferResult = Annotated[
    Partnership | AlreadyPartner | OfferArchived | SalesAlreadyReported | NotFound | WrongId,
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
    Partnership | PartnershipEnded | NotFound | WrongId,
    strawberry.union("PartnershipResult", description="The partnership, or why not."),
]
PartnershipId = Annotated[strawberry.ID, strawberry.argument(description="Of the partnership.")]
Change = Callable[[Tx, UUID, UUID], Awaitable[object]]


@strawberry.type
class PartnershipMutations:
    @strawberry.mutation(
        description="Make an affiliate a partner of the offer's store, paid by the offer from"
        " today on. A partnership that had ended begins again, with Amazon's clicks kept."
    )
    async def add_affiliate_to_offer(
        self,
        info: Info,
        affiliate_id: Annotated[strawberry.ID, strawberry.argument(description="Who.")],
        offer_id: Annotated[strawberry.ID, strawberry.argument(description="By which offer.")],
    ) -> AddAffiliateToOfferResult:
        affiliate, offer = decode("affl", affiliate_id), decode("offr", offer_id)
        async with acting(info, affiliate=affiliate_id, offer=offer_id) as act:
            partnership = await actions.add_to_offer(
                act.tx, act.account_id, affiliate, offer, act.now
            )
        return cast(Partnership, await read_one(info, Partnership, partnership.id))

    @strawberry.mutation(
        description="Let another offer of the same store pay from a day on. Past days stay."
    )
    async def move_partnership(
        self, info: Info, input: MovePartnershipInput
    ) -> MovePartnershipResult:
        id, offer_id = decode("part", input.partnership_id), decode("offr", input.offer_id)
        remembered = {"partnership": input.partnership_id, "offer": input.offer_id}
        async with acting(info, **remembered, from_day=input.from_day) as act:
            await actions.move_to_offer(
                act.tx, act.account_id, id, offer_id, input.from_day, act.now
            )
        return cast(Partnership, await read_one(info, Partnership, id))

    @strawberry.mutation(description="No new links for a while. Twice is once.")
    async def pause_partnership(self, info: Info, id: PartnershipId) -> PartnershipResult:
        return await _change(info, id, actions.pause)

    @strawberry.mutation(description="New links again. Twice is once.")
    async def resume_partnership(self, info: Info, id: PartnershipId) -> PartnershipResult:
        return await _change(info, id, actions.resume)

    @strawberry.mutation(
        description="No new links any more; links made before still work and pay. Twice is once."
    )
    async def end_partnership(self, info: Info, id: PartnershipId) -> PartnershipResult:
        return await _change(info, id, actions.end)


async def _change(info: Info, id: str, change: Change) -> Partnership:
    partnership_id = decode("part", id)
    async with acting(info, partnership=id) as act:
        await change(act.tx, act.account_id, partnership_id)
    return cast(Partnership, await read_one(info, Partnership, partnership_id))
