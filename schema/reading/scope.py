"""The words of the compiler: statements, rows in scope, a FROM and its joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from schema.reading.model import Type

ACCOUNT: Final = (-1, 0)
"""The slot of the viewer's account. Every other slot is (site, index of the site's value)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL, and which values its parameters $1, $2 … are."""

    sql: str
    slots: tuple[tuple[int, int], ...]


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
class Scope:
    """One FROM, and the joins that the selection adds to it: alias and SQL by row and edge."""

    joins: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        return "".join(join for _, join in self.joins.values())


def where_all(conditions: Sequence[str]) -> str:
    return f" where {' and '.join(conditions)}" if conditions else ""
