"""What an operation costs: the rows that it may read, counted before anything is read.

A row is a point: the one that an edge leads to, and each that a page or a list may have, times what
is asked for in it. What lies in the row itself is free. `totalCount` and the like, a filter and
another order read a list from end to end, however long it is, which is WHOLE points; the time-out
bounds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    EnumValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)

from schema.reading.model import Field, Model, Type
from schema.reading.specs import (
    PAGE_DEFAULT,
    PAGE_MAX,
    WHOLE,
    Aggregate,
    ById,
    ByIds,
    Embedded,
    ToMany,
    ToOne,
)

MUTATION: Final = 10
"""Points of a change, before what it answers with."""

INTROSPECTION: Final = 1_000
"""Points of asking for the schema: the whole of it keeps a processor for a sixth of a second."""

Sizes = tuple[tuple[str, int], ...]
"""Of each variable what a cost may depend on: a number or a truth itself, of a list its length, of
an object that of its longest list; and under the name with a dot how many fields an object has."""


def points(
    schema: GraphQLSchema,
    model: Model,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    sizes: Sizes,
) -> int:
    """Of an operation with variables of these sizes."""
    root = schema.get_root_type(operation.operation)
    assert root is not None, "the document is valid"
    walk = _Walk(schema, model, fragments, dict(sizes))
    return walk.selection(root, operation.selection_set, 1)


def sizes(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Sizes:
    """Of the variables of an operation, with the values that a client sent."""
    found = []
    for node in operation.variable_definitions or ():
        name = node.variable.name.value
        if name in variables:
            value = variables[name]
            found += [
                (name, _size(value)),
                (f"{name}.", len(value) if isinstance(value, dict) else 0),
            ]
        elif node.default_value is not None:
            value = node.default_value
            found += [(name, _literal(value, {})), (f"{name}.", _fields(value, {}))]
    return tuple(found)


def _size(value: object) -> int:
    match value:
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case list():
            return max([len(value), *map(_size_of_list, value)])
        case dict():
            return max(map(_size_of_list, value.values()), default=0)
    return 0


def _size_of_list(value: object) -> int:
    return _size(value) if isinstance(value, (list, dict)) else 0


def _literal(node: ValueNode | None, sizes: Mapping[str, int]) -> int:
    match node:
        case VariableNode():
            return sizes.get(node.name.value, 0)
        case IntValueNode():
            return int(node.value)
        case BooleanValueNode():
            return node.value
        case ListValueNode():
            return max([len(node.values), *(_literal_list(v, sizes) for v in node.values)])
        case ObjectValueNode():
            return max((_literal_list(f.value, sizes) for f in node.fields), default=0)
    return 0


def _fields(node: ValueNode | None, sizes: Mapping[str, int]) -> int:
    """How many fields an object has."""
    match node:
        case VariableNode():
            return sizes.get(f"{node.name.value}.", 0)
        case ObjectValueNode():
            return len(node.fields)
    return 0


def _literal_list(node: ValueNode, sizes: Mapping[str, int]) -> int:
    """Of a number within an input there is no length."""
    is_list = isinstance(node, (ListValueNode, ObjectValueNode, VariableNode))
    return _literal(node, sizes) if is_list else 0


class _Walk:
    """One operation while its cost is counted."""

    def __init__(
        self,
        schema: GraphQLSchema,
        model: Model,
        fragments: Mapping[str, FragmentDefinitionNode],
        sizes: Mapping[str, int],
    ) -> None:
        self._schema = schema
        self._model = model
        self._fragments = fragments
        self._sizes = sizes

    def selection(
        self, type_: GraphQLNamedType, selection: SelectionSetNode | None, asked: int
    ) -> int:
        """Of one object of this type. `asked` is the length of the list that a mutation was given,
        item by item of which it answers."""
        if is_abstract_type(type_):
            return self._dearest(type_, selection, asked)
        return sum(
            self._field(type_, node, asked)
            for node in self._nodes(type_, selection)
            if is_object_type(type_)
        )

    def _dearest(
        self, type_: GraphQLAbstractType, selection: SelectionSetNode | None, asked: int
    ) -> int:
        """It will be one of its types."""
        possible = self._schema.get_possible_types(type_)
        return max(self.selection(each, selection, asked) for each in possible)

    def _nodes(
        self, type_: GraphQLNamedType, selection: SelectionSetNode | None
    ) -> list[FieldNode]:
        """The fields that are asked of this type."""
        found: list[FieldNode] = []
        for node in selection.selections if selection else ():
            if not self._included(node.directives or ()):
                continue
            match node:
                case FieldNode():
                    found.append(node)
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    if self._applies(type_, fragment.type_condition.name.value):
                        found += self._nodes(type_, fragment.selection_set)
                case InlineFragmentNode():
                    on = node.type_condition
                    if on is None or self._applies(type_, on.name.value):
                        found += self._nodes(type_, node.selection_set)
        return found

    def _applies(self, type_: GraphQLNamedType, condition: str) -> bool:
        on = self._schema.type_map[condition]
        if on is type_:
            return True
        return (
            is_abstract_type(on)
            and isinstance(type_, GraphQLObjectType)
            and self._schema.is_sub_type(on, type_)
        )

    def _included(self, directives: Sequence[DirectiveNode]) -> bool:
        """Whether @skip and @include leave it in."""
        return all(
            bool(self._argument(node, "if")) is (node.name.value == "include")
            for node in directives
            if node.name.value in ("skip", "include")
        )

    def _field(self, type_: GraphQLNamedType, node: FieldNode, asked: int) -> int:
        name = node.name.value
        if name.startswith("__"):
            return 0 if name == "__typename" else INTROSPECTION
        assert isinstance(type_, GraphQLObjectType)
        graphql = type_.fields[name]
        target = get_named_type(graphql.type)
        model = self._model.types.get(type_.name)
        declared = model.fields.get(name) if model else None
        if declared is not None:
            return declared.reads + self._rows(declared, target, node, asked)
        if type_.name in self._model.row_of_page:
            return WHOLE if name == "totalCount" else 0
        if is_leaf_type(target):
            return 0
        if type_ is self._schema.mutation_type:
            given = self._given(graphql, node)
            return MUTATION + self.selection(target, node.selection_set, given)
        each = 1 + self.selection(target, node.selection_set, asked)
        return asked * each if is_list_type(get_nullable_type(graphql.type)) else each

    def _rows(self, declared: Field, target: GraphQLNamedType, node: FieldNode, asked: int) -> int:
        """The rows that are shown."""
        match declared.spec:
            case ToOne() | ById():
                return 1 + self.selection(target, node.selection_set, asked)
            case ByIds():
                each = 1 + self.selection(target, node.selection_set, asked)
                return max(self._argument(node, "ids"), 1) * each
            case ToMany(_, at_most) if declared.is_list:
                return at_most * (1 + self.selection(target, node.selection_set, asked))
            case ToMany():
                return 1 + self._page(cast(GraphQLObjectType, target), node, asked)
            case Embedded():
                return self.selection(target, node.selection_set, asked)
            case Aggregate():
                return WHOLE
        return 0

    def _is_sought(self, row: Type, node: FieldNode) -> bool:
        """Whether the page's rows are looked for in the whole list: by a filter, or in an order
        that is not its usual one, forwards or backwards."""
        if _fields(self._value(node, "filter"), self._sizes) > 0:
            return True
        match self._value(node, "orderBy"):
            case EnumValueNode(value=order):
                return order.rpartition("_")[0] != row.rows.default_order.rpartition("_")[0]
            case VariableNode(name=name):
                return name.value in self._sizes
        return False

    def _page(self, page: GraphQLObjectType, node: FieldNode, asked: int) -> int:
        """The rows, if any are asked for, and what is asked of the list as a whole."""
        given = [self._argument(node, name) for name in ("first", "last")]
        size = min(max(*given, 0) or PAGE_DEFAULT, PAGE_MAX)  # more is refused when it is read
        name = self._model.row_of_page[page.name]
        row = self._schema.type_map[name]
        rows = of_row = of_whole = 0
        for part in self._nodes(page, node.selection_set):
            match part.name.value:
                case "nodes":
                    rows, of_row = size, of_row + self.selection(row, part.selection_set, asked)
                case "edges":
                    edge = get_named_type(page.fields["edges"].type)
                    rows = size
                    for inner in self._nodes(edge, part.selection_set):
                        if inner.name.value == "node":
                            of_row += self.selection(row, inner.selection_set, asked)
                case "pageInfo":
                    rows = size
                case "emptyBecause":
                    filters = _fields(self._value(node, "filter"), self._sizes)
                    of_whole += WHOLE * max(filters, 1)
                case _:
                    of_whole += self._field(page, part, asked)
        sought = WHOLE if rows and self._is_sought(self._model.types[name], node) else 0
        return sought + rows * (1 + of_row) + of_whole

    def _given(self, change: GraphQLField, node: FieldNode) -> int:
        """Items of the longest list that a change is given, at least 1."""
        lengths = [1]
        for argument in node.arguments or ():
            type_ = get_nullable_type(change.args[argument.name.value].type)
            if not is_leaf_type(type_):
                lengths.append(_literal(argument.value, self._sizes))
        return max(lengths)

    def _argument(self, node: FieldNode | DirectiveNode, name: str) -> int:
        """0 for one that is not given."""
        return _literal(self._value(node, name), self._sizes)

    @staticmethod
    def _value(node: FieldNode | DirectiveNode, name: str) -> ValueNode | None:
        for argument in node.arguments or ():
            if argument.name.value == name:
                return argument.value
        return None
