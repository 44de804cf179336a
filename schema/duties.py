"""What workers have promised and not yet done."""

from datetime import datetime
from functools import partial
from typing import Annotated, Final
from uuid import UUID

import strawberry

from domain import errors
from domain.access import Room, Scope
from domain.duties import actions
from schema.accounts import Account
from schema.acting import Info, change
from schema.batches import Batch, each
from schema.enums import DutyKind, DutyStatus
from schema.errors import Refusal
from schema.reading import Connection, Node, column, one_of, table, to_one, where
from schema.refusals import BeingDone, InvalidInput, NotFound, WrongId

_ROOMS: Final = frozenset({Room.ACCOUNT, Room.OPERATOR})

# Leases run in the server's time, whatever clock the trade goes by.
_STATUS = """case when {t}.dead_at is not null then 'DEAD'
    when {t}.lease_until >= now() then 'RUNNING' else 'WAITING' end"""


@strawberry.input(description="Narrows a list of duties.")
class DutyFilter:
    kind: list[DutyKind] | None = one_of("Any of these.", "kind")
    status: list[DutyStatus] | None = where("Any of these.", f"({_STATUS}) = any({{v}})")
    dead: bool | None = where("Given up or not.", "({t}.dead_at is not null) = {v}")


@table(
    "duty",
    prefix="duty",
    tenant="account_id",
    operator=True,
    filter=DutyFilter,
    sort=("run_at",),
)
class Duty(Node):
    """Work that is promised; it is gone from the list when it is done."""

    kind: DutyKind = column("What is to be done.")
    status: DutyStatus = column("Where it stands.", _STATUS)
    subject: str = column("What it is about; there is one of a kind and subject.")
    account: Account | None = to_one(
        "Whose it is; null of what belongs to the installation or to an affiliate.", "account_id"
    )
    created_at: datetime = column("When it was promised first.")
    run_at: datetime = column("Not before.")
    attempts: int = column("How often it was tried, since it was last promised.")
    dead_at: datetime | None = column("When it was given up; null while it is tried again.")
    last_error: str | None = column("Why the last try failed; null when none has.")


@strawberry.type(description="A page of duties.")
class DutyConnection(Connection[Duty]):
    pass


@strawberry.type(description="What became of one duty of a batch.")
class DutyOutcome:
    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    duty: Duty | None = strawberry.field(
        description="As it is now; null when there is none, as of one that has been done."
    )
    refusal: Refusal | None = strawberry.field(
        description="Why it is not tried now; null when it is due."
    )


@strawberry.type(description="What became of each duty of a batch.")
class DutyOutcomes:
    batch: strawberry.Private[Batch]

    @strawberry.field(description="One for each id, in the order given.")
    async def outcomes(self, info: Info) -> list[DutyOutcome]:
        return await self.batch.outcomes(info, Duty, "duty", DutyOutcome)


RetryDutyResult = Annotated[
    Duty | BeingDone | NotFound | WrongId,
    strawberry.union("RetryDutyResult", description="The duty, or why not."),
]
RetryDutiesResult = Annotated[
    DutyOutcomes | InvalidInput,
    strawberry.union("RetryDutiesResult", description="An outcome for each, or why for none."),
]


@strawberry.type
class DutyMutations:
    @change(
        "Try a duty now that was given up, or that waits, as if it had never been tried. An account"
        " retries its own, an operator any.",
        needs=Scope.MANAGE,
        room=_ROOMS,
    )
    async def retry_duty(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Of the duty.")],
    ) -> RetryDutyResult:
        found = await info.context.act.changes(Duty, id)
        if (refusal := (await _retry(info, [found]))[found]) is not None:
            raise refusal
        return await info.context.act.answer(Duty, found)

    @change(
        "Try many now. Those that can be are, whatever becomes of the others.",
        needs=Scope.MANAGE,
        room=_ROOMS,
    )
    async def retry_duties(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Of the duties, at most 100.")
        ],
    ) -> RetryDutiesResult:
        batch = await each(info, Duty, "duty", ids, partial(_retry, info))
        return DutyOutcomes(batch=batch)


async def _retry(info: Info, ids: list[UUID]) -> dict[UUID, errors.Refusal | None]:
    act = info.context.act
    if info.context.seat.room is Room.OPERATOR:
        return await actions.retry_any(act.tx, ids, act.now)
    return await actions.retry(act.tx, act.account_id, ids, act.now)
