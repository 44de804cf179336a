"""Documents that ask for everything, made from the schema itself."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from domain.access import Room, Scope
from schema.reading import Sight
from schema.root import schema

GRAPHQL = schema._schema
DEPTH = 3
"""Objects within objects below a row; a page and its rows count as one."""


OWNER = Sight(Room.ACCOUNT, frozenset(Scope))


def whole(type_: GraphQLObjectType, depth: int = DEPTH, sight: Sight = OWNER) -> str:
    """A selection of every field of a type that can be seen from there, edges followed so far."""
    return " ".join(
        _selected(name, field, depth, sight)
        for name, field in type_.fields.items()
        if in_sight(type_.name, name, sight)
    )


def in_sight(type_: str, name: str, sight: Sight) -> bool:
    """Whether a field may be asked for from there; what is not declared may be by everybody."""
    model = schema.reading.model
    declared = model.types[type_].fields.get(name) if type_ in model.types else None
    if declared is None:
        return True
    target = model.types.get(model.row_of_page.get(declared.target, declared.target))
    seen = target is None or target.table is None or sight.sees(target)
    return seen and declared.only in (None, sight.room)


def _selected(name: str, field: GraphQLField, depth: int, sight: Sight) -> str:
    below = get_named_type(field.type)
    if is_leaf_type(below):
        return name
    assert is_object_type(below), below
    if depth == 0:
        return ""
    # A page is asked for its rows; its cursors and totals are the pages' own tests.
    if "pageInfo" in below.fields:
        rows = get_named_type(below.fields["nodes"].type)
        assert is_object_type(rows)
        inner = whole(rows, depth - 1, sight)
        return f"{name}(first: 5) {{ totalCount nodes {{ {inner} }} }}" if inner.strip() else ""
    inner = whole(below, depth - 1, sight)
    return f"{name} {{ {inner} }}" if inner.strip() else ""


def lists(sight: Sight = OWNER) -> Iterator[tuple[str, str]]:
    """Each list of the Query, and a document that asks for all that hangs on it."""
    query = GRAPHQL.query_type
    assert query is not None
    for name, field in query.fields.items():
        type_ = get_named_type(field.type)
        wanted = any(is_required_argument(arg) for arg in field.args.values())
        if is_object_type(type_) and not wanted and in_sight(query.name, name, sight):
            yield name, f"{{ {_selected(name, field, DEPTH, sight)} }}"


def rows() -> dict[str, GraphQLObjectType]:
    """Every type that has an id, by its name."""
    node = GRAPHQL.type_map["Node"]
    return {
        name: type_
        for name, type_ in GRAPHQL.type_map.items()
        if isinstance(type_, GraphQLObjectType) and node in type_.interfaces
    }
