"""Pages: a connection's arguments read into a shape that decides the SQL, and values that fill it.

Paging is by key: a cursor holds the order and the key of its row, a page is what follows that key.
The order always ends in the primary key, so that it is total: no row is met twice or missed.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple, cast
from uuid import UUID

from domain import ids
from schema.reading.errors import BadQuestion
from schema.reading.json_sql import Json, Sql, quoted
from schema.reading.json_sql import json as json_text
from schema.reading.model import Order, Type
from schema.reading.specs import LIST_MAX, PAGE_DEFAULT, PAGE_MAX, Condition

LONGEST_TEXT: Final = 1_000
"""Characters of one value of a filter."""


class Shape(NamedTuple):
    """What of a connection's arguments decides the SQL.

    `size` is written into the SQL, as the whole number that it is: the planner must know it to
    prefer an index over a sort. `after` and `before` say whether there is such a cursor, and
    whether the value in it is null: "", "value" or "null".
    """

    order: str
    size: int
    backward: bool
    conditions: tuple[str, ...]
    after: str
    before: str


def read_page(
    target: Type, at: str, arguments: Mapping[str, object]
) -> tuple[Shape, tuple[object, ...]]:
    """Shape and bound values: the conditions', then the keys of `after`, then of `before`."""
    order = arguments.get("orderBy")
    order_name = cast(str, order.value) if isinstance(order, Enum) else ""
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadQuestion("BAD_PAGE_SIZE", f"{at}: give first or last, not both.")
    size = cast(int, last if first is None else first)
    if size is None:
        size = PAGE_DEFAULT
    if not 1 <= size <= PAGE_MAX:
        given = "first" if last is None else "last"
        raise BadQuestion(
            "BAD_PAGE_SIZE",
            f"{at}: {given} is 1 to {PAGE_MAX}, not {size}. Ask for the next page by its cursor.",
        )
    conditions, values = _read_filter(target, at, arguments.get("filter"))
    marks: list[str] = []
    for name in ("after", "before"):
        cursor = cast(str | None, arguments.get(name))
        mark, key = ("", ()) if cursor is None else _read_cursor(target, order_name, at, cursor)
        marks.append(mark)
        values += key
    return Shape(order_name, size, last is not None, conditions, *marks), values


def _read_filter(
    target: Type, at: str, given: object
) -> tuple[tuple[str, ...], tuple[object, ...]]:
    names, values = [], []
    for name, value in cast(Mapping[str, object], given or {}).items():
        if value is not None:
            names.append(name)
            values.append(_bindable(f"{at}: filter.{name}", target.conditions[name], value))
    return tuple(names), tuple(values)


def _bindable(at: str, condition: Condition, value: object) -> object:
    match value:
        case list():
            if len(value) > LIST_MAX:
                raise BadQuestion("BAD_FILTER", f"{at} takes at most {LIST_MAX} values.")
            return [_bindable(at, condition, item) for item in value if item is not None]
        case Enum():
            return value.value
        case str() if not _storable(value):
            raise BadQuestion("BAD_FILTER", f"{at} holds a NUL or half a character. Remove it.")
        case int() if not -(2**63) <= value < 2**63:
            raise BadQuestion("BAD_FILTER", f"{at} is out of all bounds.")
        case Decimal() if not value.is_finite() or abs(value) >= 10**15:
            raise BadQuestion("BAD_FILTER", f"{at} is out of all bounds.")
        case str() if len(value) > LONGEST_TEXT:
            raise BadQuestion("BAD_FILTER", f"{at} takes at most {LONGEST_TEXT:,} characters.")
        case str() if condition.prefix:
            return read_id(value, condition.prefix)
        case str() if condition.like:
            plain = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            return f"%{plain}%"
        case datetime():
            return _moment(at, value)
    return value


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _moment(at: str, value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise BadQuestion("BAD_FILTER", f"{at} is out of all bounds.") from None


def read_id(text: str, prefix: str) -> UUID:
    try:
        return ids.decode(prefix, text)
    except ids.WrongId as wrong:
        raise BadQuestion("BAD_ID", wrong.message) from wrong


def _read_cursor(
    target: Type, order_name: str, at: str, cursor: str
) -> tuple[str, tuple[object, ...]]:
    """Whether the cursor's value is null, and its key. Raises BadQuestion on any other text."""
    order = target.orders[order_name]
    try:
        made_for, *texts, ident = json.loads(urlsafe_b64decode(cursor.encode("ascii")))
        if made_for != f"{target.name}:{order_name}":
            raise BadQuestion(
                "BAD_CURSOR",
                f"{at}: this cursor is of another list or order. Ask again from the first page.",
            )
        if order is None:
            () = texts
            return "value", (UUID(ident),)
        (text,) = texts
        if text is None:
            return "null", (UUID(ident),)
        if not isinstance(text, str):
            raise TypeError(text)
        return "value", (order.kind.from_text(text), UUID(ident))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise BadQuestion(
            "BAD_CURSOR", f"{at}: this is no cursor of this list. Use one as it was given."
        ) from None


def cursor(target: Type, order_name: str, alias: str) -> Json:
    """The cursor of a row as JSON text: base64 of a JSON array of order, value and id."""
    order = target.orders[order_name]
    array = json_text(f'["{target.name}:{order_name}",')
    if order is not None:
        value = order.sql.replace("{t}", alias)
        array += json_text(Sql(f"coalesce(to_json(({value})::text)::text, 'null')"), ",")
    array += json_text('"', Sql(f"{alias}.id"), '"]')
    encoded = f"encode(convert_to({array.sql}, 'UTF8'), 'base64')"
    # PostgreSQL breaks base64 into lines and writes the alphabet that URLs must escape.
    return json_text('"', Sql(f"translate({encoded}, {quoted('+/')}||chr(10), '-_')"), '"')


def order_by(order: Order | None, alias: str, *, backward: bool) -> str:
    """PostgreSQL's own place for nulls, the largest value, so that a plain index serves."""
    if order is None:
        return f"{alias}.id {'desc' if backward else 'asc'}"
    way = "desc" if order.descending != backward else "asc"
    return f"{order.sql.replace('{t}', alias)} {way}, {alias}.id {way}"


def beyond(
    order: Order | None, alias: str, mark: str, key: Sequence[str], *, following: bool
) -> str:
    """The condition of the rows strictly after (or before) a cursor's key in this order."""
    upward = following != (order is not None and order.descending)
    than = ">" if upward else "<"
    if order is None:
        return f"{alias}.id {than} {key[0]}"
    value = order.sql.replace("{t}", alias)
    if mark == "null":
        same = f"({value}) is null and {alias}.id {than} {key[0]}"
        return f"({same})" if upward else f"(({value}) is not null or {same})"
    compared = f"({value}, {alias}.id) {than} ({key[0]}, {key[1]})"
    return f"({compared} or ({value}) is null)" if upward else compared
