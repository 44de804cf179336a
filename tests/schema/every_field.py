"""A document for each field of each type, by the shortest way there: made from the schema itself.

A field that is new is in it by itself, and so are a new order and a new filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_required_argument,
)

from schema.reading import Sight
from schema.root import schema
from tests.schema.everything import GRAPHQL, in_sight

MODEL: Final = schema.reading.model
OUTER: Final = 50
INNER: Final = 5
"""Rows of a page of the Query, and of one within it."""

Ids = Callable[[str], str]
"""An id that begins with the prefix, as text in quotes."""


def every_field(sight: Sight, ids: Ids) -> Iterator[tuple[str, str]]:
    """What is asked for, and a document that asks for that alone."""
    query = GRAPHQL.query_type
    assert query is not None
    yield from _of_type(query, "", "", sight, ids, {query.name})


def _of_type(
    type_: GraphQLObjectType, before: str, after: str, sight: Sight, ids: Ids, known: set[str]
) -> Iterator[tuple[str, str]]:
    """Breadth first, so that each type is come to by the shortest way."""
    waiting = [(type_, before, after)]
    while waiting:
        type_, before, after = waiting.pop(0)
        for name, field in type_.fields.items():
            if not in_sight(type_.name, name, sight) or not _is_declared(type_, name):
                continue
            target = get_named_type(field.type)
            for what, asked in _ways(type_, name, field, sight, ids):
                yield what, f"{{ {before} {asked} {after} }}"
            if isinstance(target, GraphQLObjectType):
                start, end, below = _step(type_, name, field, ids)
                if below.name not in known:
                    known.add(below.name)
                    waiting.append((below, f"{before} {start}", f"{end} {after}"))


def _is_declared(type_: GraphQLObjectType, name: str) -> bool:
    model = MODEL.types.get(type_.name)
    return model is not None and name in model.fields


def _step(
    type_: GraphQLObjectType, name: str, field: GraphQLField, ids: Ids
) -> tuple[str, str, GraphQLObjectType]:
    """Into what a field leads to, and out again."""
    target = get_named_type(field.type)
    assert isinstance(target, GraphQLObjectType)
    if target.name in MODEL.row_of_page:
        rows = GRAPHQL.type_map[MODEL.row_of_page[target.name]]
        assert isinstance(rows, GraphQLObjectType)
        return f"{name}(first: {_size(type_)}) {{ nodes {{", "} }", rows
    return f"{name}{_arguments(field, target, ids)} {{", "}", target


def _size(type_: GraphQLObjectType) -> int:
    return OUTER if type_ is GRAPHQL.query_type else INNER


def _arguments(field: GraphQLField, target: Any, ids: Ids) -> str:
    """Those of one row by its id."""
    if not any(is_required_argument(argument) for argument in field.args.values()):
        return ""
    return f"(id: {ids(MODEL.types[target.name].rows.prefix or '')})"


def _ways(
    type_: GraphQLObjectType, name: str, field: GraphQLField, sight: Sight, ids: Ids
) -> Iterator[tuple[str, str]]:
    """The field alone; a page by its parts, its orders and its filters."""
    target, at = get_named_type(field.type), f"{type_.name}.{name}"
    if is_leaf_type(target):
        yield at, name
        return
    if not isinstance(target, GraphQLObjectType):
        return  # anything by its id: each type has a way of its own
    if target.name not in MODEL.row_of_page:
        yield at, f"{name}{_arguments(field, target, ids)} {{ {_leaf(target, sight)} }}"
        return
    size, rows = _size(type_), MODEL.types[MODEL.row_of_page[target.name]]
    leaf = _leaf(GRAPHQL.type_map[rows.name], sight)
    nodes = f"nodes {{ {leaf} }}"
    yield at, f"{name}(first: {size}) {{ {nodes} }}"
    yield f"{at}: last", f"{name}(last: {size}) {{ edges {{ cursor node {{ {leaf} }} }} }}"
    yield f"{at}: pageInfo", f"{name}(first: {size}) {{ pageInfo {{ endCursor hasNextPage }} }}"
    yield f"{at}: totalCount", f"{name} {{ totalCount }}"
    for part in MODEL.types[target.name].fields if target.name in MODEL.types else ():
        sums = get_named_type(target.fields[part].type)
        yield f"{at}: {part}", f"{name} {{ {part} {{ {_leaf(sums, sight)} }} }}"
    for order, made_by in rows.orders.items():
        if made_by is not None and made_by.only in (None, sight.room):
            yield f"{at}: {order}", f"{name}(first: {size}, orderBy: {order}) {{ {nodes} }}"
    if "filter" in field.args:
        filters: Any = get_named_type(field.args["filter"].type)
        for condition, input_ in filters.fields.items():
            declared = rows.conditions[condition]
            if declared.only not in (None, sight.room):
                continue
            given = f"filter: {{{condition}: {_value(input_.type, declared.prefix, ids)}}}"
            parts = f"{nodes} emptyBecause {{ without }}"
            yield f"{at}: {condition}", f"{name}(first: {size}, {given}) {{ {parts} }}"


def _leaf(type_: Any, sight: Sight) -> str:
    """A field of the row itself, so that the row is read."""
    for name, field in type_.fields.items():
        spec = MODEL.types[type_.name].fields.get(name) if type_.name in MODEL.types else None
        cheap = spec is None or "select" not in str(spec.spec)
        if is_leaf_type(get_named_type(field.type)) and cheap and in_sight(type_.name, name, sight):
            return str(name)
    return "__typename"


def _value(type_: Any, prefix: str | None, ids: Ids) -> str:
    """One that a filter takes, and that something meets, as like as not."""
    bare = get_nullable_type(type_)
    if is_list_type(bare):
        return f"[{_value(bare.of_type, prefix, ids)}]"
    if is_enum_type(bare):
        return str(next(iter(bare.values)))
    if prefix:
        return ids(prefix)
    return _VALUES[bare.name]


_VALUES: Final = {
    "Boolean": "true", "String": '"Crowd 1"', "ID": '"none"', "BigInt": '"1"', "Int": "1",
    "Decimal": '"1"', "Date": '"2026-08-01"', "DateTime": '"2026-08-01T00:00:00Z"',
}  # fmt: skip
