"""Specs: what a declared field is. `declare.py` makes them, everything else reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.access import Room, Scope

PAGE_DEFAULT: Final = 50
PAGE_MAX: Final = 200
WHOLE: Final = 50
"""What it costs to read a list from end to end, however long it is."""
LIST_MAX: Final = 100
"""The most items of a plain list, of a filter's list, and of ids asked for at once."""


@dataclass(frozen=True, slots=True)
class Table:
    """Where the rows of a type are, and which of them each room reaches.

    `order` holds (field, descending), the default first.
    """

    name: str
    prefix: str | None
    tenant: str | None
    visible: str | None
    affiliate: str | None
    operator: bool
    needs: Scope | None
    filter: type | None
    order: tuple[tuple[str, bool], ...]
    order_enum: type[Enum] | None

    @property
    def default_order(self) -> str:
        """Of the names in the order's enum, or "" for the primary key alone."""
        return order_name(*self.order[0]) if self.order else ""

    def is_in(self, room: Room) -> bool:
        """Whether any of its rows can be reached from there."""
        match room:
            case Room.AFFILIATE:
                return self.affiliate is not None
            case Room.OPERATOR:
                return self.operator
        of_others_only = self.affiliate is not None or self.operator
        return self.tenant is not None or self.visible is not None or not of_others_only


@dataclass(frozen=True, slots=True)
class Ident:
    pass


@dataclass(frozen=True, slots=True)
class Column:
    sql: str | None


@dataclass(frozen=True, slots=True)
class Amount:
    minor: str
    currency: str


@dataclass(frozen=True, slots=True)
class ToOne:
    on: str | None
    pick: str | None
    keyed: bool
    """Whether `on` names the target's primary key, so that at most one row can match."""
    via: str | None = None


@dataclass(frozen=True, slots=True)
class ToMany:
    on: str | None
    at_most: int
    """Items, of a plain list."""


@dataclass(frozen=True, slots=True)
class Embedded:
    when: str | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    group_by: tuple[str, ...]
    most: str
    at_most: int


@dataclass(frozen=True, slots=True)
class Computed:
    function: Callable[..., object]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ById:
    pass


@dataclass(frozen=True, slots=True)
class ByIds:
    pass


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter's condition. `prefix` reads the value as an id, `like` as a part of a text."""

    sql: str
    prefix: str | None = None
    like: bool = False
    only: Room | None = None


Spec = Ident | Column | Amount | ToOne | ToMany | Embedded | Aggregate | Computed | ById | ByIds


def order_name(field: str, descending: bool) -> str:
    return f"{field}_{'DESC' if descending else 'ASC'}".upper()
