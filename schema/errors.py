"""Refusals as types: how an expected no of the trade becomes a member of a mutation's union.

`schema/refusals/` is the table: a class there is a GraphQL type with `message` and whatever typed
fields it declares, which are filled from the refusal's attributes of the same names. A mutation
lists in its union what it may refuse; the refusal is raised, which rolls everything back, and
Strawberry turns it into the member.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from inspect import cleandoc
from typing import Any, Final, TypeVar, dataclass_transform

import strawberry

from domain import errors, ids


@strawberry.interface(description="An expected no: nothing was changed.")
class Refusal:
    message: str = strawberry.field(
        description="For people: what is wrong, why, and what to do. Not for programs to read."
    )


T = TypeVar("T", bound=type[Refusal])

SHOWN: Final[dict[type[errors.Refusal], type[Refusal]]] = {}
"""The table: which type shows which refusal."""


def said(
    description: str, as_: Callable[[Any], object] = lambda value: value, *, of: str = ""
) -> Any:
    """A field of a refusal, filled from the trade's attribute `of`, by default its own name's.

    `as_` makes of the trade's value what the schema shows.
    """
    return strawberry.field(description=description, metadata={"as": as_, "of": of})


def id_of(prefix: str) -> Callable[[Any], str]:
    return lambda uuid: ids.encode(prefix, uuid)


@dataclass_transform(kw_only_default=True, field_specifiers=(said,))
def shows(refusal: type[errors.Refusal]) -> Callable[[T], T]:
    """This class shows that refusal; its docstring describes it."""

    def declare(cls: T) -> T:
        SHOWN[refusal] = strawberry.type(cls, description=cleandoc(cls.__doc__ or ""))
        return cls

    return declare


def shown(refusal: errors.Refusal) -> Refusal:
    """A refusal as its type. KeyError for one that is not in the table."""
    cls = SHOWN[type(refusal)]
    values = {
        field.name: field.metadata["as"](getattr(refusal, field.metadata["of"] or field.name))
        for field in fields(cls)
        if field.name != "message"
    }
    return cls(**values, message=refusal.message)


@dataclass(frozen=True)
class Handler:
    """A row of the table as Strawberry wants it."""

    exception_type: type[errors.Refusal]
    error_type: type[Refusal]

    def handle(self, exception: errors.Refusal, *, field: object, info: Any) -> Refusal:
        if info.context.acting is not None:
            info.context.acting.refused = True
        return shown(exception)


def handlers() -> list[Handler]:
    return [Handler(refusal, type_) for refusal, type_ in SHOWN.items()]
