"""Pause, resume, end, move and tag many partnerships at once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from domain.access import Scope
from domain.affiliates import bulk
from domain.ids import decode
from schema.acting import Info, change
from schema.batches import Batch, each
from schema.errors import Refusal
from schema.partnering import MaybeReason, Reason
from schema.partnerships import Partnership
from schema.refusals import InvalidInput, MoveInThePast, NotFound, OfferArchived, WrongId
from schema.terms import few


@strawberry.input(description="Another offer for many partnerships.")
class MovePartnershipsInput:
    partnership_ids: list[strawberry.ID] = strawberry.field(
        description="Which partnerships, at most 100."
    )
    offer_id: strawberry.ID = strawberry.field(description="An offer of their store.")
    starts_on: date | None = strawberry.field(
        default=None,
        description="The first day at the store that it pays for, today or later; today by"
        " default. It takes the place of a move that was planned.",
    )


@strawberry.type(description="What became of one partnership of a batch.")
class PartnershipOutcome:
    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    partnership: Partnership | None = strawberry.field(
        description="As it is now, changed or not; null when there is none."
    )
    refusal: Refusal | None = strawberry.field(
        description="Why it was not changed; null when it is as was asked, now or already before."
    )


@strawberry.type(description="What became of each partnership of a batch.")
class PartnershipOutcomes:
    batch: strawberry.Private[Batch]

    @strawberry.field(description="One for each id, in the order given.")
    async def outcomes(self, info: Info) -> list[PartnershipOutcome]:
        return await self.batch.outcomes(info, Partnership, "partnership", PartnershipOutcome)


PartnershipsResult = Annotated[
    PartnershipOutcomes | InvalidInput,
    strawberry.union("PartnershipsResult", description="An outcome for each, or why for none."),
]
MovePartnershipsResult = Annotated[
    PartnershipOutcomes | OfferArchived | MoveInThePast | NotFound | WrongId | InvalidInput,
    strawberry.union("MovePartnershipsResult", description="An outcome for each, or why for none."),
]
PartnershipIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="Of the partnerships, at most 100.")
]
Tags = Annotated[
    list[str] | None,
    strawberry.argument(
        description="At most 20, of 1 to 50 characters, told apart without case; none when"
        " left out."
    ),
]
_WHATEVER = "Those that can be are, whatever becomes of the others."


@strawberry.type
class PartnershipsMutations:
    @change(f"Pause many at once, for the same reason. {_WHATEVER}", needs=Scope.MANAGE)
    async def pause_partnerships(
        self, info: Info, ids: PartnershipIds, reason: Reason
    ) -> PartnershipsResult:
        act = info.context.act

        async def pause(found: list[UUID]) -> bulk.Outcomes:
            return await bulk.pause_many(act.tx, act.account_id, found, reason, act.now)

        return await _each(info, ids, pause)

    @change(f"Resume many at once. {_WHATEVER}", needs=Scope.MANAGE)
    async def resume_partnerships(
        self, info: Info, ids: PartnershipIds, reason: MaybeReason = None
    ) -> PartnershipsResult:
        act = info.context.act

        async def resume(found: list[UUID]) -> bulk.Outcomes:
            return await bulk.resume_many(act.tx, act.account_id, found, reason, act.now)

        return await _each(info, ids, resume)

    @change(f"End many at once, for the same reason. {_WHATEVER}", needs=Scope.MANAGE)
    async def end_partnerships(
        self, info: Info, ids: PartnershipIds, reason: Reason
    ) -> PartnershipsResult:
        act = info.context.act

        async def end(found: list[UUID]) -> bulk.Outcomes:
            return await bulk.end_many(act.tx, act.account_id, found, reason, act.now)

        return await _each(info, ids, end)

    @change(
        f"Let another offer of their store pay for many from a day on. Past days stay. {_WHATEVER}",
        needs=Scope.MANAGE,
    )
    async def move_partnerships(
        self,
        info: Info,
        input: MovePartnershipsInput,
    ) -> MovePartnershipsResult:
        act = info.context.act
        offer, day = decode("offr", input.offer_id), input.starts_on

        async def move(found: list[UUID]) -> bulk.Outcomes:
            return await bulk.move_many(act.tx, act.account_id, found, offer, day, act.now)

        ids = input.partnership_ids
        return await _each(info, ids, move, "partnershipIds")

    @change(
        f"Add tags to many and take tags away, the same for all. {_WHATEVER}", needs=Scope.MANAGE
    )
    async def tag_partnerships(
        self, info: Info, ids: PartnershipIds, add: Tags = None, remove: Tags = None
    ) -> PartnershipsResult:
        act = info.context.act
        more, less = few("add", add), few("remove", remove)

        async def tag(found: list[UUID]) -> bulk.Outcomes:
            return await bulk.tag_many(act.tx, act.account_id, found, more, less)

        return await _each(info, ids, tag)


async def _each(
    info: Info,
    ids: Sequence[str],
    change: Callable[[list[UUID]], Awaitable[bulk.Outcomes]],
    field: str = "ids",
) -> PartnershipOutcomes:
    return PartnershipOutcomes(batch=await each(info, Partnership, "part", ids, change, field))
