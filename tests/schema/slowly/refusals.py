"""What a room may not ask, found in the document before anybody looks for a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    value_from_ast_untyped,
)

from domain.access import Room
from schema.reading import Sight
from schema.reading.model import Field, Type, column_sql
from schema.reading.specs import ById, ByIds
from schema.root import schema
from tests.schema.slowly.reach import MODEL, on, target_of

TYPES = schema._schema.type_map


class Refusals:
    """Of one document, as it is asked from somewhere."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any], sight: Sight) -> None:
        self._variables = dict(variables)
        self._sight = sight
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        (self._operation,) = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]

    def by_root(self) -> dict[str, set[str]]:
        """The codes by which each refused question may be refused, by its response key."""
        found: dict[str, set[str]] = {}
        for node in self._fields([self._operation.selection_set], "Query"):
            if codes := set(self._of_root(node)):
                key = node.alias or node.name
                found.setdefault(key.value, set()).update(codes)
        return found

    def _of_root(self, node: FieldNode) -> Iterator[str]:
        asked = MODEL.types["Query"].fields.get(node.name.value)
        if asked is None or not isinstance(asked.spec, ById | ByIds):
            yield from self._of_field("Query", node)
            return
        given = self._given(node)
        ids = given["ids"] if "ids" in given else [given["id"]]
        prefixes = {id.partition("_")[0] for id in ids}
        for type_ in (MODEL.by_prefix[prefix].name for prefix in prefixes):
            if self._sight.sees(MODEL.types[type_]):
                yield from self._of_set([node], type_)

    def _of_set(self, nodes: Sequence[FieldNode], type_: str) -> Iterator[str]:
        below = [node.selection_set for node in nodes if node.selection_set]
        for node in self._fields(below, type_):
            yield from self._of_field(type_, node)

    def _of_field(self, owner: str, node: FieldNode) -> Iterator[str]:
        name = node.name.value
        if name == "__typename":
            return
        declared = MODEL.types[owner].fields.get(name) if owner in MODEL.types else None
        if declared is not None:
            yield from self._of_declared(declared, node)
        if owner == "Viewer" and name in {room.lower() for room in Room} - {
            self._sight.room.lower()
        }:
            return  # is null, whatever is asked of it
        below: Any = get_named_type(TYPES[owner].fields[name].type)  # type: ignore[attr-defined]
        if not is_leaf_type(below):
            yield from self._of_set([node], below.name)

    def _of_declared(self, declared: Field, node: FieldNode) -> Iterator[str]:
        sql = " ".join(_sql(declared))
        target: Type | None = None
        if MODEL.row_of_page.get(declared.target, declared.target) in MODEL.types:
            target = target_of(declared)
        if declared.only not in (None, self._sight.room) or self._elsewhere(sql):
            yield "WRONG_ROOM"
        if target is None or target.table is None:
            return
        if not target.rows.is_in(self._sight.room):
            yield "WRONG_ROOM"
        elif not self._sight.sees(target):
            yield "FORBIDDEN"
        given = self._given(node)
        for name, value in (given.get("filter") or {}).items():
            condition = target.conditions[name]
            elsewhere = condition.only not in (None, self._sight.room)
            if value is not None and (elsewhere or self._elsewhere(condition.sql)):
                yield "WRONG_ROOM"
        order = target.orders.get(str(given.get("orderBy") or ""))
        if order is not None and order.only not in (None, self._sight.room):
            yield "WRONG_ROOM"

    def _elsewhere(self, sql: str) -> bool:
        """Whether the SQL is about the viewer of another room."""
        return any(f"{{{room.lower()}}}" in sql and room is not self._sight.room for room in Room)

    def _given(self, node: FieldNode) -> dict[str, Any]:
        return {
            argument.name.value: value_from_ast_untyped(argument.value, self._variables)
            for argument in node.arguments or ()
        }

    def _fields(self, sets: Iterable[Any], type_: str) -> Iterator[FieldNode]:
        """The fields that are asked of a type, out of their fragments."""
        for selections in sets:
            for node in selections.selections:
                if not self._stays(node):
                    continue
                if isinstance(node, FieldNode):
                    yield node
                    continue
                if isinstance(node, FragmentSpreadNode):
                    node = self._fragments[node.name.value]
                assert isinstance(node, InlineFragmentNode | FragmentDefinitionNode)
                condition = node.type_condition
                if condition is None or condition.name.value in (type_, "Node"):
                    yield from self._fields([node.selection_set], type_)

    def _stays(self, node: Any) -> bool:
        for directive in node.directives or ():
            (given,) = directive.arguments
            said = value_from_ast_untyped(given.value, self._variables)
            if said != (directive.name.value == "include"):
                return False
        return True


def _sql(declared: Field) -> Iterator[str]:
    """All SQL that a field needs."""
    spec = declared.spec
    yield on(declared)
    yield column_sql(declared, getattr(spec, "sql", None))
    for name in ("minor", "currency", "when"):
        yield getattr(spec, name, None) or ""
    yield from getattr(spec, "needs", ())
