"""Approve and deny conversions, one or many."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from domain import errors
from domain.access import Scope
from domain.conversions import actions
from domain.conversions.rules import Verdict, denial_reason
from domain.ids import WrongId as NoSuchId
from domain.ids import decode
from schema.acting import Info, change
from schema.conversions import Conversion
from schema.errors import Refusal, shown
from schema.reading import read_many
from schema.refusals import AlreadyDecided, InvalidInput, NotFound, NotSettled, WrongId
from schema.terms import few


@strawberry.type(description="What became of one conversion of a batch.")
class DecisionOutcome:
    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    conversion: Conversion | None = strawberry.field(
        description="As it is now, decided or not; null when there is none."
    )
    refusal: Refusal | None = strawberry.field(
        description="Why it was not decided; null when it was, now or before in the same way."
    )


@strawberry.type(description="What became of each conversion of a batch.")
class DecisionOutcomes:
    asked: strawberry.Private[Sequence[str]]
    found: strawberry.Private[dict[str, UUID]]
    refusals: strawberry.Private[dict[str, errors.Refusal]]

    @strawberry.field(description="One for each id, in the order given.")
    async def outcomes(self, info: Info) -> list[DecisionOutcome]:
        rows = await read_many(info, Conversion, list(self.found.values()), at="conversion")
        return [
            DecisionOutcome(
                id=strawberry.ID(id),
                conversion=rows.get(self.found[id]) if id in self.found else None,
                refusal=shown(self.refusals[id]) if id in self.refusals else None,
            )
            for id in self.asked
        ]


DecisionResult = Annotated[
    Conversion | NotSettled | AlreadyDecided | InvalidInput | NotFound | WrongId,
    strawberry.union("DecisionResult", description="The conversion, or why not."),
]
DecisionsResult = Annotated[
    DecisionOutcomes | InvalidInput,
    strawberry.union("DecisionsResult", description="An outcome for each, or why for none."),
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
    async def approve_conversion(self, info: Info, id: ConversionId) -> DecisionResult:
        return await _decide_one(info, id, Verdict.APPROVED, None)

    @change("Deny a settled conversion: nothing is owed. Twice is once.", needs=Scope.DECIDE)
    async def deny_conversion(self, info: Info, id: ConversionId, reason: Reason) -> DecisionResult:
        return await _decide_one(info, id, Verdict.DENIED, denial_reason(reason))

    @change(
        "Approve many at once. Those that can be are, whatever becomes of the others.",
        needs=Scope.DECIDE,
    )
    async def approve_conversions(self, info: Info, ids: ConversionIds) -> DecisionsResult:
        return await _decide_many(info, ids, Verdict.APPROVED, None)

    @change(
        "Deny many at once. Those that can be are, whatever becomes of the others.",
        needs=Scope.DECIDE,
    )
    async def deny_conversions(
        self, info: Info, ids: ConversionIds, reason: Reason
    ) -> DecisionsResult:
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
) -> DecisionOutcomes:
    found: dict[str, UUID] = {}
    refusals: dict[str, errors.Refusal] = {}
    for id in few("ids", ids):
        try:
            found[id] = decode("conv", id)
        except NoSuchId as wrong:
            refusals[id] = wrong
    act = info.context.act
    await act.remember(Conversion, list(found.values()))
    outcomes = await actions.decide(
        act.tx, act.account_id, list(found.values()), verdict, reason, act.actor, act.now
    )
    refusals |= {id: why for id, uuid in found.items() if (why := outcomes[uuid]) is not None}
    return DecisionOutcomes(asked=ids, found=found, refusals=refusals)
