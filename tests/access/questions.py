"""Questions to ask from one room, made by hypothesis-graphql from what that room has of the schema.

The generator knows types and not sense: it would give ids of the wrong kind, cursors of nothing and
both ends of a page at once, and have little more than refusals for an answer. So most of what it
gives is put right afterwards. One question in eight is left as it came, from the whole schema.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from graphql import (
    REMOVE,
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_ast_schema,
    get_named_type,
    is_leaf_type,
    parse,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from schema.reading import Sight
from schema.reading.specs import ById
from schema.root import schema

MODEL: Final = schema.reading.model
GROUPS: Final = 5
"""The generator makes documents of some forty fields; with few questions it goes deep into each."""
_PAGES: Final = {"first", "after", "last", "before"}
# What an argument or a filter's field of this name is the id of.
PREFIXES_OF: Final = {
    "storeId": ["stor"], "offerId": ["offr"], "partnershipId": ["part"], "affiliateId": ["affl"],
    "profileId": ["prof", "affp"], "brandId": ["brnd"], "sellerAccountId": ["slac"],
    "subject": ["offr", "stor"],
}  # fmt: skip
_BY_ID: Final = {
    name: MODEL.types[field.target].rows.prefix or ""
    for name, field in MODEL.types["Query"].fields.items()
    if isinstance(field.spec, ById) and field.target in MODEL.types
}


@dataclass(frozen=True)
class Values:
    """What is asked with."""

    ids: Mapping[str, list[str]]
    """By prefix; of everybody, and of nothing."""
    texts: list[str]
    cursors: Mapping[str, list[str]]
    """By order."""

    @property
    def every_id(self) -> list[str]:
        return sorted(id for of in self.ids.values() for id in of)


def questions(sight: Sight, values: Values) -> st.SearchStrategy[str]:
    """Documents that ask for several things, of this room mostly."""
    scalars = {
        "ID": _texts(values.every_id),
        "String": _texts(values.texts),
        "Int": st.integers(1, 4).map(nodes.Int),
        "BigInt": st.sampled_from([0, 1, 1000, 10**6]).map(nodes.Int),
        "Date": _texts(["2026-07-31", "2026-08-01", "2026-09-15"]),
        "DateTime": _texts(["2026-08-01T00:00:00Z", "2026-09-02T00:00:00Z"]),
        "Decimal": _texts(["0", "10", "12.5"]),
        "JSON": _texts(["{}"]),
    }

    def asking(sight: Sight | None, names: list[str]) -> st.SearchStrategy[Any]:
        return queries(_about(sight, names), custom_scalars=scalars, print_ast=lambda node: node)

    names, info = roots(sight), TypeInfo(seen_from(sight))
    groups = [asking(sight, names[number::GROUPS]) for number in range(GROUPS)]
    raw = asking(None, roots(None))

    @st.composite
    def one(draw: st.DrawFn) -> str:
        if draw(st.integers(0, 7)) == 0:
            return print_ast(draw(raw))
        document = draw(st.sampled_from(groups).flatmap(lambda group: group))
        right = _PutRight(values, random.Random(draw(st.integers(0, 2**32))), info)
        return print_ast(visit(document, TypeInfoVisitor(info, right)))

    return one()


def _texts(values: list[str]) -> st.SearchStrategy[StringValueNode]:
    return st.sampled_from(values).map(nodes.String)


@cache
def roots(sight: Sight | None) -> list[str]:
    """The questions of a room, or all."""
    query = seen_from(sight).query_type
    assert query is not None
    return sorted(query.fields)


@cache
def seen_from(sight: Sight | None) -> GraphQLSchema:
    return build_ast_schema(as_seen(sight), assume_valid=True)


@cache
def as_seen(sight: Sight | None) -> DocumentNode:
    """What can be asked, in SDL; from a room, without the types and fields that others have."""
    rows = {
        t.name for t in MODEL.types.values() if t.table and sight is not None and not sight.sees(t)
    }
    hidden = {"Mutation", *rows, *(f"{name}Edge" for name in rows)}
    hidden |= {page for page, row in MODEL.row_of_page.items() if row in rows}
    others = {
        tuple(field.path.split("."))
        for type_ in MODEL.types.values()
        for field in type_.fields.values()
        if sight is not None and field.only not in (None, sight.room)
    }

    class Prune(Visitor):
        of = ""

        def enter_object_type_definition(self, node: Any, *_: object) -> Any:
            self.of = node.name.value
            return REMOVE if self.of in hidden else None

        def enter_field_definition(self, node: Any, *_: object) -> Any:
            gone = _named(node.type) in hidden or (self.of, node.name.value) in others
            return REMOVE if gone else None

        def enter_union_type_definition(self, *_: object) -> Any:
            return REMOVE

        def enter_schema_definition(self, *_: object) -> Any:
            return REMOVE

    pruned: DocumentNode = visit(parse(schema.as_str()), Prune())
    return pruned


def _named(type_: Any) -> str:
    while not isinstance(type_, NamedTypeNode):
        type_ = type_.type
    return type_.name.value


def _about(sight: Sight | None, names: list[str]) -> GraphQLSchema:
    """The schema with these questions and no others."""

    class Narrow(Visitor):
        of = ""

        def enter_object_type_definition(self, node: Any, *_: object) -> None:
            self.of = node.name.value

        def enter_interface_type_definition(self, node: Any, *_: object) -> None:
            self.of = node.name.value

        def enter_field_definition(self, node: Any, *_: object) -> Any:
            return REMOVE if self.of == "Query" and node.name.value not in names else None

    return build_ast_schema(visit(as_seen(sight), Narrow()), assume_valid=True)


class _PutRight(Visitor):
    """Ids of the right kind, one end of a page, cursors of the order that is asked for."""

    def __init__(self, values: Values, draw: random.Random, info: TypeInfo) -> None:
        super().__init__()
        self.values, self.draw, self.info = values, draw, info

    def enter_field(self, node: FieldNode, *_: object) -> FieldNode | None:
        given: dict[str, Any] = {argument.name.value: argument for argument in node.arguments or ()}
        if node.name.value in _BY_ID and "id" in given:
            return replace(node, arguments=(self._id(given["id"], _BY_ID[node.name.value]),))
        if _PAGES & given.keys():
            arguments = tuple(self._page(given))
            return replace(node, arguments=arguments, selection_set=self._with_rows(node))
        return None

    def _with_rows(self, node: FieldNode) -> Any:
        """Pages that nobody asks for rows of are asked for all that stands in them."""
        asked: Any = node.selection_set
        if {"nodes", "edges"} & {each.name.value for each in asked.selections}:
            return asked
        page: Any = get_named_type(self.info.get_type())
        row: Any = get_named_type(page.fields["nodes"].type)
        leaves = [n for n, f in row.fields.items() if is_leaf_type(get_named_type(f.type))]
        rows: Any = parse(f"{{ nodes {{ {' '.join(leaves)} }} }}").definitions[0]
        return replace(asked, selections=(*asked.selections, *rows.selection_set.selections))

    def _page(self, given: dict[str, Any]) -> Iterable[ArgumentNode]:
        size, cursor = ("first", "after") if self.draw.random() < 0.7 else ("last", "before")
        yield _argument(size, nodes.Int(self.draw.randint(1, 4)))
        if "filter" in given and self.draw.random() < 0.3:
            yield given["filter"]
        if "orderBy" in given:
            yield given["orderBy"]
            cursors = self.values.cursors.get(given["orderBy"].value.value)
            if cursors and self.draw.random() < 0.2:
                yield _argument(cursor, nodes.String(self.draw.choice(cursors)))

    def enter_argument(self, node: ArgumentNode, *_: object) -> Any:
        return self._meant(node)

    def enter_object_field(self, node: Any, *_: object) -> Any:
        return self._meant(node)

    def _meant(self, node: Any) -> Any:
        """An id of the kind that the name says; a null is left out."""
        if isinstance(node.value, NullValueNode):
            return REMOVE
        prefixes = PREFIXES_OF.get(node.name.value)
        if prefixes and isinstance(node.value, StringValueNode):
            return self._id(node, self.draw.choice(prefixes))
        return None

    def _id(self, node: Any, prefix: str) -> Any:
        return replace(node, value=nodes.String(self.draw.choice(self.values.ids[prefix])))


def _argument(name: str, value: Any) -> ArgumentNode:
    return ArgumentNode(name=NameNode(value=name), value=value)


def by_prefix(ids: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id in ids:
        found.setdefault(id.partition("_")[0], []).append(id)
    return found
