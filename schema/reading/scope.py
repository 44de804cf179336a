"""The words of the compiler: statements, rows in scope, a FROM and its joins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from domain.access import Room, Scope
from schema.reading.errors import BadQuestion
from schema.reading.json_sql import Frame
from schema.reading.model import Type

ROOM: Final = (-1, 0)
"""The slot of the account or affiliate that looks. Every other slot is (site, index of the site's
value)."""


class Sight(NamedTuple):
    """From where it is looked, which decides what can be seen: all of a viewer that shapes SQL."""

    room: Room
    scopes: frozenset[Scope]

    def sees(self, type_: Type) -> bool:
        """Whether rows of this type can be reached at all."""
        return type_.rows.is_in(self.room) and (
            self.room is not Room.ACCOUNT or _needed(type_) in self.scopes
        )

    def check(self, type_: Type, at: str) -> None:
        """Raises BadQuestion when nothing of this type can be reached."""
        if not type_.rows.is_in(self.room):
            raise BadQuestion("WRONG_ROOM", f"{at} is not to be seen as {AS[self.room]}.")
        if not self.sees(type_):
            raise BadQuestion(
                "FORBIDDEN",
                f"{at} needs the scope {_needed(type_)}, which your role or key does not have."
                " Ask an owner of the account.",
            )

    def check_only(self, only: Room | None, at: str) -> None:
        """Raises BadQuestion for what is another room's."""
        if only not in (None, self.room):
            raise BadQuestion(
                "WRONG_ROOM", f"{at} is for {FOR[only]}, and you act as {AS[self.room]}."
            )


def _needed(type_: Type) -> Scope:
    return type_.rows.needs or Scope.READ


AS: Final = {
    Room.ACCOUNT: "an account",
    Room.AFFILIATE: "an affiliate",
    Room.OPERATOR: "an operator",
}
FOR: Final[dict[Room | None, str]] = {
    Room.ACCOUNT: "accounts",
    Room.AFFILIATE: "affiliates",
    Room.OPERATOR: "operators",
}
"""How a refusal calls who stands in a room."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, which values its parameters $1, $2 … are, and how its one row becomes JSON text."""

    sql: str
    slots: tuple[tuple[int, int], ...]
    frame: Frame

    def bind(self, room_id: object, given: Sequence[Sequence[object]]) -> list[object]:
        """The parameters in their order; `given` holds the values of each site."""
        return [room_id if slot == ROOM else given[slot[0]][slot[1]] for slot in self.slots]

    def text(self, row: Iterable[str] | None) -> str | None:
        """The answer; None when there is no row."""
        if row is None:
            return None
        columns = iter(row)
        return "".join(next(columns) if piece is None else piece for piece in self.frame)


@dataclass(frozen=True, slots=True)
class Row:
    """A row in scope: its alias, and the type whose table it is from. ROOT is no row."""

    alias: str
    type: Type | None

    @property
    def of_tenant(self) -> bool:
        return self.type is not None and self.type.rows.tenant is not None


ROOT: Final = Row("", None)


@dataclass(slots=True)
class From:
    """One FROM, and the joins that the selection adds to it: alias and SQL by row and edge."""

    joins: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        return "".join(join for _, join in self.joins.values())


def where_all(conditions: Sequence[str]) -> str:
    return f" where {' and '.join(conditions)}" if conditions else ""


_COLUMNS: Final = re.compile(r"(t[0-9]+)\.@")


def columns_of(alias: str) -> str:
    """Stands for the columns of a subquery's row that the statement uses around it.

    They are known when it is finished. All of them would be too many: a role may not read some.
    """
    return f"{alias}.@"


def with_columns(sql: str) -> str:
    """The finished statement, with the columns in their place."""

    def used(found: re.Match[str]) -> str:
        alias = found[1]
        names = set(re.findall(rf"\b{alias}\.([a-z_][a-z0-9_]*)", sql)) - {"_n", "_c"}
        return ", ".join(f"{alias}.{name}" for name in sorted(names))

    return _COLUMNS.sub(used, sql)
