"""What is asked for each row of the matrix, made from the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from schema.reading import Sight
from schema.root import schema
from tests.access.world import World

GRAPHQL: Final = schema._schema
MODEL: Final = schema.reading.model
DEPTH: Final = 2
"""Objects within objects below what is asked for; a page and its rows count as one."""


@dataclass(frozen=True)
class Row:
    """Of the matrix: what is asked for. `kind` is query, mutation, node, only, filter or needs."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"


def rows() -> list[Row]:
    """Everything that the schema has and the matrix is to have a line of."""
    query, mutation = GRAPHQL.query_type, GRAPHQL.mutation_type
    assert query is not None
    assert mutation is not None
    return [
        *(Row("query", name) for name in query.fields),
        *(Row("mutation", name) for name in mutation.fields),
        *(Row("node", name) for name in _with_ids()),
        *(Row("only", f.path) for t in MODEL.types.values() for f in t.fields.values() if f.only),
        *(Row("filter", f"{_filter_of(t)}.{name}") for t in MODEL.types.values()
          for name, condition in t.conditions.items() if condition.only),
        *(Row("needs", name) for name, t in MODEL.types.items() if t.table and t.table.needs),
    ]  # fmt: skip


def _with_ids() -> Iterator[str]:
    return (name for name, t in MODEL.types.items() if t.table and t.table.prefix)


def _filter_of(type_: Any) -> str:
    return str(type_.rows.filter.__name__)


Question = tuple[str, dict[str, Any]]
"""A document and its variables."""


def questions(row: Row, world: World, sight: Sight | None) -> list[Question]:
    """What is asked for a row that is not a mutation; one question, but for `needs`."""
    match row.kind:
        case "query":
            return [_root(row.name, world, sight)]
        case "node":
            inner = selection(_type(row.name), sight, 1)
            return [_node(world[_PREFIX[row.name]], row.name, inner)]
        case "only":
            return [_only(row.name, world)]
        case "filter":
            return [_filter(row.name, world)]
    roots = MODEL.types["Query"].fields.values()
    # Who lacks the scope is refused a page, and told nothing by an id.
    pages = [f.name for f in roots if MODEL.row_of_page.get(f.target) == row.name]
    by_id = [f.name for f in roots if f.target == row.name]
    return [_root(name, world, sight) for name in pages or by_id]


def _root(name: str, world: World, sight: Sight | None) -> Question:
    assert GRAPHQL.query_type is not None
    field = GRAPHQL.query_type.fields[name]
    below = get_named_type(field.type)
    wanted = [arg for arg, it in field.args.items() if is_required_argument(it)]
    if not wanted:
        return f"{{ {_field(name, field, sight, DEPTH, root=True)} }}", {}
    values: dict[str, Any] = {"orderId": "111-1111111-1111111"}
    if name in ("node", "nodes"):
        ids = [world[prefix] for prefix in _PREFIX.values()]
        values = {"id": world["stor"], "ids": ids}
    elif below.name in _PREFIX:
        values = {"id": world[_PREFIX[below.name]]}
    inner = selection(below, sight, 1) if isinstance(below, GraphQLObjectType) else "__typename id"
    arguments = ", ".join(f"${arg}: {field.args[arg].type}" for arg in wanted)
    passed = ", ".join(f"{arg}: ${arg}" for arg in wanted)
    return f"query({arguments}) {{ {name}({passed}) {{ {inner} }} }}", {
        k: values[k] for k in wanted
    }


_PREFIX: Final = {name: MODEL.types[name].rows.prefix or "" for name in _with_ids()}


def _type(name: str) -> GraphQLObjectType:
    found = GRAPHQL.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def _node(id: str, type_: str, inner: str) -> Question:
    return f"query($id: ID!) {{ node(id: $id) {{ ... on {type_} {{ {inner} }} }} }}", {"id": id}


def _only(path: str, world: World) -> Question:
    """The one field, by the shortest way from something that has an id."""
    owner, name = path.split(".")
    field = _type(owner).fields[name]
    start, way = next((way[0], way[1]) for way in _ways() if way[2] == owner)
    inner = name if is_leaf_type(get_named_type(field.type)) else _page(field, name, "__typename")
    for edge, edge_field in reversed(way):
        inner = _page(edge_field, edge, inner)
    return _node(world.about(path, _PREFIX[start]), start, inner)


def _page(field: GraphQLField, name: str, inner: str) -> str:
    if "pageInfo" in getattr(get_named_type(field.type), "fields", ()):
        return f"{name} {{ nodes {{ {inner} }} }}"
    return f"{name} {{ {inner} }}"


def _ways() -> Iterator[tuple[str, list[tuple[str, GraphQLField]], str]]:
    """Types with ids, and from them along fields of every room: (from, fields, to), short first."""
    queue: list[tuple[str, list[tuple[str, GraphQLField]], str]] = [(n, [], n) for n in _PREFIX]
    seen = set(_PREFIX)
    for start, way, at in queue:
        yield start, way, at
        declared = MODEL.types[at].fields if at in MODEL.types else {}
        for name, field in _type(at).fields.items():
            below = get_named_type(field.type)
            if not is_object_type(below) or (name in declared and declared[name].only):
                continue
            target = MODEL.row_of_page.get(below.name, below.name)
            if target not in seen:
                seen.add(target)
                queue.append((start, [*way, (name, field)], target))


def _filter(path: str, world: World) -> Question:
    filter_, name = path.split(".")
    [type_] = [t for t in MODEL.types.values() if t.table and t.table.filter
               and t.table.filter.__name__ == filter_]  # fmt: skip
    graphql: Any = GRAPHQL.type_map[filter_]
    lists = [f for f in MODEL.types["Query"].fields.values()
             if MODEL.row_of_page.get(f.target) == type_.name]  # fmt: skip
    document = (
        f"query($value: {graphql.fields[name].type}) {{"
        f" {lists[0].name}(filter: {{{name}: $value}}) {{ totalCount nodes {{ id }} }} }}"
    )
    return document, {"value": world.by_filter(path)}


def act(name: str, sight: Sight | None) -> str:
    """A document of one mutation, with whatever it may answer."""
    assert GRAPHQL.mutation_type is not None
    field = GRAPHQL.mutation_type.fields[name]
    answer = get_named_type(field.type)
    members = answer.types if isinstance(answer, GraphQLUnionType) else [answer]
    inner = " ".join(
        f"... on {type_.name} {{ {_aliased(type_, sight)} }}"
        for type_ in members
        if isinstance(type_, GraphQLObjectType)
    )
    declared = ", ".join(f"${arg}: {it.type}" for arg, it in field.args.items())
    passed = ", ".join(f"{arg}: ${arg}" for arg in field.args)
    head = f"mutation({declared}) {{ {name}({passed})" if declared else f"mutation {{ {name}"
    return f"{head} {{ __typename {inner} }} }}"


def _aliased(type_: GraphQLObjectType, sight: Sight | None) -> str:
    """Fields of the same name may have different types in two members of a union."""
    fields = _fields(type_, sight, 1)
    return " ".join(f"{type_.name}_{name}: {text}" for name, text in fields) or "__typename"


def selection(type_: GraphQLObjectType, sight: Sight | None, depth: int = DEPTH) -> str:
    """Every field that is declared to be seen from there, edges followed so far."""
    return " ".join(text for _, text in _fields(type_, sight, depth)) or "__typename"


def _fields(type_: GraphQLObjectType, sight: Sight | None, depth: int) -> Iterator[tuple[str, str]]:
    declared = MODEL.types[type_.name].fields if type_.name in MODEL.types else {}
    for name, field in type_.fields.items():
        only = declared[name].only if name in declared else None
        if sight is not None and only in (None, sight.room):
            text = _field(name, field, sight, depth)
            if text:
                yield name, text
        elif sight is None and only is None and is_leaf_type(get_named_type(field.type)):
            yield name, name


def _field(
    name: str, field: GraphQLField, sight: Sight | None, depth: int, *, root: bool = False
) -> str:
    below: Any = get_named_type(field.type)
    if is_leaf_type(below):
        return name
    if not is_object_type(below):
        return f"{name} {{ __typename }}"
    row = MODEL.types.get(MODEL.row_of_page.get(below.name, below.name))
    if not root and sight is not None and row and row.table and not sight.sees(row):
        return ""
    inner_type = _type(row.name) if row and "pageInfo" in below.fields else below
    inner = selection(inner_type, sight, depth - 1) if depth > 0 else _leaves(inner_type, sight)
    if "pageInfo" in below.fields:
        return f"{name}(first: 20) {{ totalCount nodes {{ {inner} }} }}"
    return f"{name} {{ {inner} }}"


def _leaves(type_: GraphQLObjectType, sight: Sight | None) -> str:
    declared = MODEL.types[type_.name].fields if type_.name in MODEL.types else {}
    room = sight.room if sight else None
    return (
        " ".join(
            name
            for name, field in type_.fields.items()
            if is_leaf_type(get_named_type(field.type))
            and (name not in declared or declared[name].only in (None, room))
        )
        or "__typename"
    )


def nowhere(variables: Any) -> Any:
    """The same with ids that nothing has, by what they are put for: id of old → id of new."""
    made: dict[str, str] = {}

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        if isinstance(value, list):
            return [walk(each) for each in value]
        if isinstance(value, str) and (prefix := value.partition("_")[0]) and _is_id(value):
            return made.setdefault(value, f"{prefix}_{uuid4().hex}")
        return value

    return walk(variables), made


def _is_id(text: str) -> bool:
    return len(text.partition("_")[2]) == 32
