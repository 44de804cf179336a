"""Lists: filtered by a SELECT for each condition, sorted, cut and counted in Python."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from graphql import GraphQLInputObjectType, get_named_type

from schema.reading.model import Field, Type
from schema.root import schema
from tests.schema.slowly.reach import Reach, Row, target_of
from tests.schema.slowly.values import literal

PAGE_DEFAULT = 50


def page(reach: Reach, edge: Field, unfiltered: set[Row], given: Mapping[str, Any]) -> Any:
    """A connection, as `answers.py` hands it on; `all` are the rows of the whole list."""
    target = target_of(edge)
    asked = {name: v for name, v in (given.get("filter") or {}).items() if v is not None}
    met = {name: _meeting(reach, target, name, value) for name, value in asked.items()}
    order = given.get("orderBy") or ""
    rows = in_order(reach, target, _meet(unfiltered, met.values()), order)

    start, end = 0, len(rows)
    if given.get("after"):
        start = sum(_before(reach, target, order, given["after"], row) >= 0 for row in rows)
    if given.get("before"):
        end = sum(_before(reach, target, order, given["before"], row) > 0 for row in rows)
    if given.get("last"):
        start = max(start, end - given["last"])
    else:
        end = min(end, start + (given.get("first") or PAGE_DEFAULT))
    shown = rows[start:end]
    edges = [{"node": row, "cursor": cursor(reach, target, order, row)} for row in shown]
    return {
        "all": rows,
        "nodes": shown,
        "edges": edges,
        "totalCount": len(rows),
        "emptyBecause": [] if rows else list(_without_each(unfiltered, met)),
        "pageInfo": {
            "hasNextPage": end < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def in_order(reach: Reach, target: Type, rows: Iterable[Row], order: str) -> list[Row]:
    """Sorted; a null is the largest value, and the id decides among equals."""
    declared = target.orders[order]
    key = _sort_key(reach, target, order)
    backward = declared is not None and declared.descending
    return sorted(rows, key=lambda row: key(row.key), reverse=backward)


def cursor(reach: Reach, target: Type, order: str, row: Row) -> str:
    """The row's place in this order, as text that clients hand back."""
    parts: list[str | None] = [f"{target.name}:{order}"]
    declared = target.orders[order]
    if declared is not None:
        parts.append(reach.value(row, f"({declared.sql})::text"))
    parts.append(str(_id_of(reach, row)))
    array = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(array.encode()).decode()


def _sort_key(reach: Reach, target: Type, order: str) -> Callable[[str], tuple[Any, ...]]:
    table, declared = target.rows.name, target.orders[order]
    ids = reach.rows.values(table, "{t}.id")
    if declared is None:
        return lambda key: (ids[key],)
    values = reach.rows.values(table, declared.sql)
    places = reach.rows.places_in(table, declared.sql)
    return lambda key: (values[key] is None, places[key], ids[key])


def _before(reach: Reach, target: Type, order: str, mark: str, row: Row) -> int:
    """Positive when the row stands before the cursor's, 0 when it is it, negative when after."""
    ident = UUID(json.loads(urlsafe_b64decode(mark))[-1])
    key = _sort_key(reach, target, order)
    declared = target.orders[order]
    marked, own = key(str(ident)), key(row.key)
    backward = declared is not None and declared.descending
    return 0 if own == marked else 1 if (own < marked) != backward else -1


def _id_of(reach: Reach, row: Row) -> Any:
    return reach.value(row, "{t}.id")


def _meet(rows: Iterable[Row], conditions: Iterable[frozenset[str]]) -> set[Row]:
    kept = set(rows)
    for met in conditions:
        kept = {row for row in kept if row.key in met}
    return kept


def _meeting(reach: Reach, target: Type, name: str, value: Any) -> frozenset[str]:
    """The rows, of whomever, that meet one condition of a filter."""
    declared = target.conditions[name]
    type_ = get_named_type(filter_of(target).fields[name].type)
    given = literal(value, type_, prefix=declared.prefix, like=declared.like)
    return reach.rows.those(target.rows.name, declared.sql.replace("{v}", given))


def filter_of(target: Type) -> GraphQLInputObjectType:
    found = schema._schema.type_map[f"{target.rows.filter.__name__}"]  # type: ignore[union-attr]
    assert isinstance(found, GraphQLInputObjectType)
    return found


def _without_each(
    rows: set[Row], met: Mapping[str, frozenset[str]]
) -> Iterable[Mapping[str, object]]:
    for name in met:
        others: Sequence[frozenset[str]] = [keys for other, keys in met.items() if other != name]
        yield {"filter": name, "without": len(_meet(rows, others))}
