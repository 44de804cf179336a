"""The vocabulary in which a type says where its fields live.

Each function gives a Strawberry field that carries a Spec; `model.py` binds the specs to the built
schema and refuses mistakes, `compile.py` turns them into SQL. In every SQL text `{t}` is the row
itself, `{p}` the row that an edge starts from, `{v}` a filter's bound value, `{account}` the
viewer's account and `{affiliate}` the viewing affiliate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum
from inspect import cleandoc
from typing import Any, Final, TypeVar, dataclass_transform

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from domain.access import Room, Scope
from schema.reading.specs import (
    LIST_MAX,
    Aggregate,
    Amount,
    ById,
    ByIds,
    Column,
    Computed,
    Condition,
    Embedded,
    Ident,
    Spec,
    Table,
    ToMany,
    ToOne,
    order_name,
)

SPEC: Final = "reading"
"""The key of a field's metadata under which its Spec lies."""

ONLY: Final = "only"
"""The key under which lies the one room that a field is for."""

TOLD: Final = "told"
"""The key under which stands whether the audit tells it although it lies elsewhere."""

READS: Final = "reads"
"""The key under which stands how many rows a field goes through besides those that it shows."""

EVERY: Final = ""
"""The condition that every row meets."""

_COLUMN = re.compile(r"[a-z_][a-z0-9_]*")


def over_row(place: str) -> str:
    """A bare name is a column of the row; anything else is SQL already."""
    return f"{{t}}.{place}" if _COLUMN.fullmatch(place) else place


class ReadField(StrawberryField):
    """A Strawberry field whose arguments follow from what it leads to.

    They are worked out when the schema is built: only then are all the files that types refer to
    loaded, and a list may carry the filter and the order that its rows' type declares.
    """

    @property
    def arguments(self) -> list[StrawberryArgument]:
        if self._arguments is None:
            from schema.reading.arguments import arguments_of

            self._arguments = arguments_of(self.metadata[SPEC], self.type)
        return self._arguments

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        self._arguments = value


def _field(
    description: str,
    spec: Spec,
    only: Room | None = None,
    graphql_type: object = None,
    *,
    told: bool = False,
    reads: int = 0,
) -> Any:
    return ReadField(
        description=description,
        metadata={SPEC: spec, ONLY: only, TOLD: told, READS: reads},
        type_annotation=StrawberryAnnotation.from_annotation(graphql_type),
    )


def ident(description: str) -> Any:
    """The row's id as it is shown outside: the table's prefix and the UUID's digits."""
    return _field(description, Ident())


def column(
    description: str,
    place: str | None = None,
    *,
    reads: int = 0,
    only: Room | None = None,
    told: bool = False,
) -> Any:
    """A column, or SQL over the row. Without a place the column is named as the field.

    `reads` is how many rows of other tables such SQL goes through, of the order that is usual: what
    the field costs, here as everywhere.
    `only` is the one room that may ask for it, here as everywhere. What lies in the row itself is
    told to the audit of whatever changes it; what lies elsewhere, when it is `told`.
    """
    spec = Column(None if place is None else over_row(place))
    return _field(description, spec, only, told=told, reads=reads)


def money(
    description: str,
    minor: str,
    currency: str = "currency",
    *,
    reads: int = 0,
    only: Room | None = None,
) -> Any:
    """A Money out of whole minor units and the currency beside them; null when they are null."""
    return _field(description, Amount(over_row(minor), over_row(currency)), only, reads=reads)


def to_one(
    description: str,
    column: str | None = None,
    *,
    on: str | None = None,
    pick: str | None = None,
    via: str | None = None,
    reads: int = 0,
    only: Room | None = None,
    told: bool = False,
) -> Any:
    """The one row whose id is in `column`; or the first, in the order `pick`, that meets `on`.

    The column is this row's, or that of the row which the edge `via` of this type leads to.
    """
    keyed = f"{{t}}.id = {{p}}.{column}" if column else None
    spec = ToOne(on or keyed, pick, on is None, via)
    return _field(description, spec, only, told=told, reads=reads)


def to_many(
    description: str,
    column: str | None = None,
    *,
    on: str | None = None,
    at_most: int = LIST_MAX,
    reads: int = 0,
    only: Room | None = None,
    told: bool = False,
) -> Any:
    """All rows whose `column` holds this row's id, or that meet `on`; of a root, all rows.

    Annotated `Connection[X]` it is paged and takes arguments; annotated `list[X]` it is the first
    `at_most` in the default order of X, and costs as many.
    """
    spec = ToMany(on or (f"{{t}}.{column} = {{p}}.id" if column else None), at_most)
    return _field(description, spec, only, told=told, reads=reads)


def embedded(description: str, *, when: str | None = None, only: Room | None = None) -> Any:
    """An object without a table, whose fields live in this same row; null unless `when`."""
    return _field(description, Embedded(when), only)


def aggregate(
    description: str, *, group_by: Sequence[str] = (), most: str = "", at_most: int = LIST_MAX
) -> Any:
    """Aggregates over all rows that a connection's filter leaves, not over the page alone.

    With `group_by` it is a list with an object for each group: those with the most of `most` come
    first, else they are in the group's order; there are `at_most` so many.
    """
    groups = tuple(over_row(place) for place in group_by)
    return _field(description, Aggregate(groups, most and over_row(most), at_most))


def by_id(description: str) -> Any:
    """One row by its id; null when there is none that the viewer may see."""
    return _field(description, ById())


def by_ids(description: str) -> Any:
    """Rows by their ids, in the order asked, null in the place of what the viewer may not see."""
    return _field(description, ByIds())


def computed(
    description: str, *, needs: Sequence[str], reads: int = 0, only: Room | None = None
) -> Callable[[Callable[..., object]], Any]:
    """A leaf that is not in PostgreSQL: a function of the context and of what it needs.

    The needed places are columns or SQL; their values arrive as JSON has them (dates as text,
    bigints as numbers). Only an answer that selects such a field is walked in Python.
    """

    def declare(function: Callable[..., object]) -> Any:
        spec = Computed(function, tuple(over_row(place) for place in needs))
        returned = function.__annotations__["return"]
        return _field(description, spec, only, returned, reads=reads)

    return declare


def where(
    description: str,
    sql: str,
    *,
    prefix: str | None = None,
    like: bool = False,
    only: Room | None = None,
) -> Any:
    """A filter's field and its condition, in which `{v}` is the value that the client gave."""
    return strawberry.field(
        description=description, default=UNSET, metadata={SPEC: Condition(sql, prefix, like, only)}
    )


def equals(description: str, place: str, *, prefix: str | None = None) -> Any:
    return where(description, f"{over_row(place)} = {{v}}", prefix=prefix)


def one_of(description: str, place: str, *, prefix: str | None = None) -> Any:
    return where(description, f"{over_row(place)} = any({{v}})", prefix=prefix)


def at_least(description: str, place: str) -> Any:
    return where(description, f"{over_row(place)} >= {{v}}")


def at_most(description: str, place: str) -> Any:
    return where(description, f"{over_row(place)} <= {{v}}")


def contains(description: str, place: str) -> Any:
    """The text holds the value anywhere, upper and lower case alike."""
    return where(description, f"{over_row(place)} ilike {{v}}", like=True)


T = TypeVar("T", bound=type)


@dataclass_transform(kw_only_default=True, field_specifiers=(column, money, to_one, to_many))
def table(
    name: str,
    *,
    prefix: str | None = None,
    tenant: str | None = None,
    visible: str | None = None,
    affiliate: str | None = None,
    operator: bool = False,
    needs: Scope | None = None,
    filter: type | None = None,
    sort: Sequence[str] = (),
) -> Callable[[T], T]:
    """A GraphQL type whose rows are in the table `name`, described by the class docstring.

    `prefix` begins its ids; `filter` and `sort` are what every connection to this type offers.
    Who sees which rows: an account those whose column `tenant` holds it, or of a table of the
    network those that are `visible`; an affiliate those whose column `affiliate` holds it, or that
    meet `affiliate` when it is a condition, EVERY being one that all meet; `operator`s all. Members
    and keys of an account must also have the scope `needs`.
    """
    if affiliate and _COLUMN.fullmatch(affiliate):
        affiliate = f"{{t}}.{affiliate} = {{affiliate}}"
    ordered = tuple((field.removeprefix("-"), field.startswith("-")) for field in sort)

    def declare(cls: T) -> T:
        made = strawberry.type(cls, description=cleandoc(cls.__doc__ or ""))
        enum = _order_enum(cls.__name__, ordered) if ordered else None
        made.__reading_table__ = Table(  # type: ignore[attr-defined]
            name, prefix, tenant, visible, affiliate, operator, needs, filter, ordered, enum
        )
        return made

    return declare


def table_of(cls: type) -> Table | None:
    """The table that this very class declares; a subclass does not inherit it."""
    found: Table | None = vars(cls).get("__reading_table__")
    return found


def _order_enum(type_name: str, ordered: tuple[tuple[str, bool], ...]) -> type[Enum]:
    names = [order_name(field, way) for field, _ in ordered for way in (False, True)]
    members = Enum(f"{type_name}Order", {name: name for name in names})  # type: ignore[misc]
    return strawberry.enum(members, description=f"In which order {type_name} rows come.")
