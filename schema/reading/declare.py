"""The vocabulary in which a type says where its fields live.

Each function gives a Strawberry field that carries a Spec; `model.py` binds the specs to the built
schema and refuses mistakes, `compile.py` turns them into SQL. In every SQL text `{t}` is the row
itself, `{p}` the row that an edge starts from, `{v}` a filter's bound value and `{account}` the
viewer's account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar, dataclass_transform

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryContainer, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

SPEC: Final = "reading"
"""The key of a field's metadata under which its Spec lies."""

PAGE_DEFAULT: Final = 50
LIST_MAX: Final = 100
"""The most rows of one page, items of one list field, and values of one filter."""

_COLUMN = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Table:
    """Where the rows of a type are. `order` holds (field, descending), the default first."""

    name: str
    prefix: str | None
    tenant: str | None
    visible: str | None
    filter: type | None
    order: tuple[tuple[str, bool], ...]
    order_enum: type[Enum] | None

    @property
    def default_order(self) -> str:
        """Of the names in the order's enum, or "" for the primary key alone."""
        return order_name(*self.order[0]) if self.order else ""


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


@dataclass(frozen=True, slots=True)
class ToMany:
    on: str | None


@dataclass(frozen=True, slots=True)
class Embedded:
    when: str | None


@dataclass(frozen=True, slots=True)
class Aggregate:
    group_by: str | None


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


Spec = Ident | Column | Amount | ToOne | ToMany | Embedded | Aggregate | Computed | ById | ByIds


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
            self._arguments = _arguments(self.metadata[SPEC], self.type)
        return self._arguments

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        self._arguments = value


def _field(description: str, spec: Spec, graphql_type: object = None) -> Any:
    return ReadField(
        description=description,
        metadata={SPEC: spec},
        type_annotation=StrawberryAnnotation.from_annotation(graphql_type),
    )


def ident(description: str) -> Any:
    """The row's id as it is shown outside: the table's prefix and the UUID's digits."""
    return _field(description, Ident())


def column(description: str, place: str | None = None) -> Any:
    """A column, or SQL over the row. Without a place the column is named as the field."""
    return _field(description, Column(None if place is None else over_row(place)))


def money(description: str, minor: str, currency: str = "currency") -> Any:
    """A Money out of whole minor units and the currency beside them; null when they are null."""
    return _field(description, Amount(over_row(minor), over_row(currency)))


def to_one(
    description: str, column: str | None = None, *, on: str | None = None, pick: str | None = None
) -> Any:
    """The one row whose id is in `column`; or the first, in the order `pick`, that meets `on`."""
    keyed = f"{{t}}.id = {{p}}.{column}" if column else None
    return _field(description, ToOne(on or keyed, pick, keyed=on is None))


def to_many(description: str, column: str | None = None, *, on: str | None = None) -> Any:
    """All rows whose `column` holds this row's id, or that meet `on`; of a root, all rows.

    Annotated `Connection[X]` it is paged and takes arguments; annotated `list[X]` it is the first
    100 in the default order of X.
    """
    return _field(description, ToMany(on or (f"{{t}}.{column} = {{p}}.id" if column else None)))


def embedded(description: str, *, when: str | None = None) -> Any:
    """An object without a table, whose fields live in this same row; null unless `when`."""
    return _field(description, Embedded(when))


def aggregate(description: str, *, group_by: str | None = None) -> Any:
    """Aggregates over all rows that a connection's filter leaves, not over the page alone.

    With `group_by` it is a list with an object for each group, in the group's order.
    """
    return _field(description, Aggregate(group_by))


def by_id(description: str) -> Any:
    """One row by its id; null when there is none that the viewer may see."""
    return _field(description, ById())


def by_ids(description: str) -> Any:
    """Rows by their ids, in the order asked, null in the place of what the viewer may not see."""
    return _field(description, ByIds())


def computed(description: str, *, needs: Sequence[str]) -> Callable[[Callable[..., object]], Any]:
    """A leaf that is not in PostgreSQL: a function of the context and of what it needs.

    The needed places are columns or SQL; their values arrive as JSON has them (dates as text,
    bigints as numbers). Only an answer that selects such a field is walked in Python.
    """

    def declare(function: Callable[..., object]) -> Any:
        spec = Computed(function, tuple(over_row(place) for place in needs))
        return _field(description, spec, function.__annotations__["return"])

    return declare


def where(description: str, sql: str, *, prefix: str | None = None, like: bool = False) -> Any:
    """A filter's field and its condition, in which `{v}` is the value that the client gave."""
    return strawberry.field(
        description=description, default=UNSET, metadata={SPEC: Condition(sql, prefix, like)}
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
    filter: type | None = None,
    sort: Sequence[str] = (),
) -> Callable[[T], T]:
    """A GraphQL type whose rows are in the table `name`, described by the class docstring.

    `prefix` begins its ids; `tenant` is the column that must hold the viewer's account; `visible`
    is the condition of a table that belongs to the network; `filter` and `sort` are what every
    connection to this type offers.
    """
    ordered = tuple((field.removeprefix("-"), field.startswith("-")) for field in sort)

    def declare(cls: T) -> T:
        made = strawberry.type(cls, description=cls.__doc__)
        enum = _order_enum(cls.__name__, ordered) if ordered else None
        made.__reading_table__ = Table(name, prefix, tenant, visible, filter, ordered, enum)  # type: ignore[attr-defined]
        return made

    return declare


def table_of(cls: type) -> Table | None:
    """The table that this very class declares; a subclass does not inherit it."""
    found: Table | None = vars(cls).get("__reading_table__")
    return found


def order_name(field: str, descending: bool) -> str:
    return f"{field}_{'DESC' if descending else 'ASC'}".upper()


def _order_enum(type_name: str, ordered: tuple[tuple[str, bool], ...]) -> type[Enum]:
    names = [order_name(field, way) for field, _ in ordered for way in (False, True)]
    members = Enum(f"{type_name}Order", {name: name for name in names})  # type: ignore[misc]
    return strawberry.enum(members, description=f"In which order {type_name} rows come.")


def _arguments(spec: Spec, leads_to: object) -> list[StrawberryArgument]:
    from schema.reading.types import Connection

    def argument(name: str, type_: object, description: str, **more: Any) -> StrawberryArgument:
        return StrawberryArgument(
            name, None, StrawberryAnnotation(type_), description=description, **more
        )

    match spec:
        case ById():
            return [argument("id", strawberry.ID, "The id, with its prefix.")]
        case ByIds():
            return [argument("ids", list[strawberry.ID], f"At most {LIST_MAX} ids.")]
        case ToMany():
            page = _innermost(leads_to)
            if not (isinstance(page, type) and issubclass(page, Connection)):
                return []
            definition = get_object_definition(page, strict=True)
            nodes = definition.get_field("nodes")
            assert nodes is not None
            row_type = _innermost(nodes.resolve_type(type_definition=definition))
            rows = table_of(row_type) if isinstance(row_type, type) else None
            size = f"1 to {LIST_MAX}; {PAGE_DEFAULT} when neither is given."
            found = [
                argument("first", int | None, f"So many from the start, {size}"),
                argument("after", str | None, "Only what comes after this cursor."),
                argument("last", int | None, f"So many from the end, {size}"),
                argument("before", str | None, "Only what comes before this cursor."),
            ]
            if rows and rows.filter:
                kind = rows.filter | None
                found.append(argument("filter", kind, "Only what meets all of these."))
            if rows and rows.order_enum:
                default = rows.order_enum[rows.default_order]
                found.append(argument("order_by", rows.order_enum, "The order.", default=default))
            return found
    return []


def _innermost(type_: object) -> object:
    while isinstance(type_, (StrawberryContainer, LazyType)):
        type_ = type_.resolve_type() if isinstance(type_, LazyType) else type_.of_type
    return type_
