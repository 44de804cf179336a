"""Many at once: ids that are none are set apart, the others are acted on, each has an outcome."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from domain import errors
from domain.ids import WrongId, decode
from schema.acting import Info
from schema.errors import shown
from schema.reading import read_many
from schema.terms import few

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Batch:
    """What was asked for, the rows that it led to, and why nothing was done about some of it."""

    asked: Sequence[str]
    found: Mapping[str, UUID]
    refusals: Mapping[str, errors.Refusal]

    async def outcomes(
        self, info: Info, type_: type, noun: str, outcome: Callable[..., Outcome]
    ) -> list[Outcome]:
        """One for each, in the order asked; `noun` is its field that has the row."""
        rows = await read_many(info, type_, list(self.found.values()), at=noun)
        outcomes = []
        for id in self.asked:
            parts: dict[str, Any] = {
                noun: rows.get(self.found[id]) if id in self.found else None,
                "refusal": shown(self.refusals[id]) if id in self.refusals else None,
            }
            outcomes.append(outcome(id=strawberry.ID(id), **parts))
        return outcomes


def told_apart(
    field: str, ids: Sequence[str], read: Callable[[str], UUID]
) -> tuple[dict[str, UUID], dict[str, errors.Refusal]]:
    """The ids that can be read, and why the others cannot. Raises InvalidInput for too many."""
    found: dict[str, UUID] = {}
    refusals: dict[str, errors.Refusal] = {}
    for id in few(field, ids):
        try:
            found[id] = read(id)
        except WrongId as wrong:
            refusals[id] = wrong
    return found, refusals


async def each(
    info: Info,
    type_: type,
    prefix: str,
    ids: Sequence[str],
    act: Callable[[list[UUID]], Awaitable[Mapping[UUID, errors.Refusal | None]]],
    field: str = "ids",
) -> Batch:
    """Act on all rows of a type that are meant; `field` of the input has their ids."""
    found, refusals = told_apart(field, ids, lambda id: decode(prefix, id))
    await info.context.act.remember(type_, list(found.values()))
    outcomes = await act(list(found.values()))
    refusals |= {id: why for id, uuid in found.items() if (why := outcomes[uuid]) is not None}
    return Batch(ids, found, refusals)
