"""Approve and deny conversions, one or many."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from domain import errors
from domain.access import Scope
from domain.conversions import actions
from domain.conversions.rules import Verdict, denial_reason
from schema.acting import Info, change
from schema.batches import Batch, each
from schema.conversions import Conversion
from schema.errors import Refusal
from schema.refusals import AlreadyDecided, InvalidInput, NotFound, NotSettled, WrongId


@strawberry.type(description="What became of one conversion of a batch.")
class ConversionOutcome:
    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    conversion: Conversion | None = strawberry.field(
        description="As it is now, decided or not; null when there is none."
    )
    refusal: Refusal | None = strawberry.field(
        description="Why it was not decided; null when it was, now or before in the same way."
    )


@strawberry.type(description="What became of each conversion of a batch.")
class ConversionOutcomes:
    batch: strawberry.Private[Batch]

    @strawberry.field(description="One for each id, in the order given.")
    async def outcomes(self, info: Info) -> list[ConversionOutcome]:
        return await self.batch.outcomes(info, Conversion, "conversion", ConversionOutcome)


ConversionResult = Annotated[
    Conversion | NotSettled | AlreadyDecided | InvalidInput | NotFound | WrongId,
    strawberry.union("ConversionResult", description="The conversion, or why not."),
]
ConversionsResult = Annotated[
    ConversionOutcomes | InvalidInput,
    strawberry.union("ConversionsResult", description="An outcome for each, or why for none."),
]
ConversionId = Annotated[strawberry.ID, strawberry.argument(description="Of the conversion.")]
ConversionIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="Of the conversions, at most 100.")
]
Reason = Annotated[
    str, strawberry.argument(description="For the affiliate to read; 1 to 1,000 characters.")
]


@strawberry.type
class DecisionMutations:
    @change(
        "Approve a settled conversion: its commission is owed. Twice is once.", needs=Scope.DECIDE
    )
    async def approve_conversion(self, info: Info, id: ConversionId) -> ConversionResult:
        return await _decide_one(info, id, Verdict.APPROVED, None)

    @change("Deny a settled conversion: nothing is owed. Twice is once.", needs=Scope.DECIDE)
    async def deny_conversion(
        self, info: Info, id: ConversionId, reason: Reason
    ) -> ConversionResult:
        return await _decide_one(info, id, Verdict.DENIED, denial_reason(reason))

    @change(
        "Approve many at once. Those that can be are, whatever becomes of the others."
        ' `approveConversions(ids: ["conv_1f…", "conv_20…"])` has an outcome for each.',
        needs=Scope.DECIDE,
    )
    async def approve_conversions(self, info: Info, ids: ConversionIds) -> ConversionsResult:
        return await _decide_many(info, ids, Verdict.APPROVED, None)

    @change(
        "Deny many at once. Those that can be are, whatever becomes of the others.",
        needs=Scope.DECIDE,
    )
    async def deny_conversions(
        self, info: Info, ids: ConversionIds, reason: Reason
    ) -> ConversionsResult:
        return await _decide_many(info, ids, Verdict.DENIED, denial_reason(reason))


async def _decide_one(info: Info, id: str, verdict: Verdict, reason: str | None) -> Conversion:
    act = info.context.act
    found = await act.changes(Conversion, id)
    outcomes = await actions.decide(
        act.tx, act.account_id, [found], verdict, reason, act.actor, act.now
    )
    if (refusal := outcomes[found]) is not None:
        raise refusal
    return await act.answer(Conversion, found)


async def _decide_many(
    info: Info, ids: Sequence[str], verdict: Verdict, reason: str | None
) -> ConversionOutcomes:
    act = info.context.act

    async def decide(found: list[UUID]) -> dict[UUID, errors.Refusal | None]:
        return await actions.decide(
            act.tx, act.account_id, found, verdict, reason, act.actor, act.now
        )

    return ConversionOutcomes(batch=await each(info, Conversion, "conv", ids, decide))
