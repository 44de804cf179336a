"""Documents as clients write them: what `tests/access/questions.py` asks, in other words.

hypothesis-graphql knows fields and arguments. Here its documents get what else the language has:
aliases, one field asked twice, fragments with a name and without, on a type, on Node and on
nothing, @skip and @include, __typename, variables in the place of values, and pages with a real
cursor at either end.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLNamedType,
    GraphQLObjectType,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    parse,
    print_ast,
)

from schema.documents import Unfit
from schema.root import schema
from tests.schema.any_arguments import MODEL, Arguments, Real, selections

GRAPHQL: Final = schema._schema
DEPTHS: Final = (9, 6, 5, 4, 3, 2)
"""How deep a document may be, from the first attempt to the last."""
ROOTS: Final = 5
MORE_UNTIL: Final = 5
_OF_PAGE: Final = (
    "totalCount", "emptyBecause { filter without }", "edges { cursor node { __typename } }",
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }", "nodes { __typename }",
)  # fmt: skip


@dataclass(kw_only=True)
class Twisted(Arguments):
    """A document while it is put in other words."""

    deepest: int
    aliases: int = 15
    fragments: int = 18
    directives: int = 18
    named: list[str] = field(default_factory=list)
    _among_types: int = 0
    """Interfaces around."""

    def text(self, document: DocumentNode) -> str:
        (operation,) = document.definitions
        assert isinstance(operation, OperationDefinitionNode)
        assert GRAPHQL.query_type is not None
        asked: list[Any] = list(operation.selection_set.selections)
        self.draw.shuffle(asked)
        if len(asked) > 1 and self.maybe(0.6):
            # Half of the rest of them all is what types could stand under an interface.
            others = [each for each in asked if each.name.value not in ("node", "nodes")]
            asked = others or asked
        some = SelectionSetNode(selections=tuple(asked[: ROOTS if self.deepest > 4 else 1]))
        body = self.set(some, GRAPHQL.query_type, 1)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        head = f"query ({declared})" if declared else "query"
        return "\n".join([f"{head} {print_ast(body)}", *self.named])

    def values(self) -> dict[str, Any]:
        return {name: value for name, (_, value) in self.variables.items()}

    # Selections.

    def set(self, asked: SelectionSetNode, parent: GraphQLNamedType, depth: int) -> Any:
        found: list[SelectionNode] = []
        for node in asked.selections:
            if isinstance(node, FieldNode):
                found += self._field(node, parent, depth)
            elif isinstance(node, InlineFragmentNode):
                on = parent if node.type_condition is None else _type(node.type_condition)
                below = self.set(node.selection_set, on, depth)
                found.append(replace(node, selection_set=below, directives=self._switches()))
        if self.maybe(0.15):
            found.append(FieldNode(name=_name("__typename"), alias=self._alias(0.3)))
        for more in self._more(parent, depth):
            found += self._field(more, parent, depth)
        if parent is not GRAPHQL.query_type and len(found) > 1 and self.maybe(0.3):
            self.draw.shuffle(found)
        if self.maybe(0.3):
            at = self.draw.randrange(len(found) + 1)
            found[:at] = self._fragment(found[:at], parent)
        if self._is_node(parent) and self.maybe(0.1) and self.fragments > 0:
            found += self._fragment([FieldNode(name=_name("id"), alias=self._alias(0.5))], _NODE)
        return SelectionSetNode(selections=tuple(found))

    def _more(self, parent: GraphQLNamedType, depth: int) -> Iterator[FieldNode]:
        """Fields besides those that are asked for: hypothesis-graphql likes by far to begin with
        an id, and knows no page that is worth reading."""
        if parent.name in MODEL.row_of_page:
            for text in self.draw.sample(_OF_PAGE, self.draw.randrange(3)):
                yield from selections(text)
            sums = list(MODEL.types[parent.name].fields) if parent.name in MODEL.types else []
            for name in self.draw.sample(sums, min(len(sums), self.draw.randrange(4))):
                yield from selections(f"{name} {{ __typename }}")
        elif parent.name in MODEL.types and self.deepest > 4 and self.maybe(0.7):
            fields = MODEL.types[parent.name].fields
            names = [n for n in fields if self.real.sees(parent.name, n)]
            for name in self.draw.sample(names, min(len(names), self.draw.randrange(1, 6))):
                below = get_named_type(fields[name].type)
                # Under an interface another type may have the name for something else.
                wanted = self._among_types or fields[name].graphql.args
                alias = self._alias(1 if wanted else 0.1)
                key = f"{alias.value}: {name}" if alias else name
                if (wanted and alias is None) or not {"id", "ids"}.isdisjoint(
                    fields[name].graphql.args
                ):
                    continue
                if is_leaf_type(below):
                    yield from selections(key)
                elif below.name == "Money":
                    yield from selections(f"{key} {{ currency amount }}")
                elif below.name in MODEL.row_of_page:
                    yield from selections(f"{key} {{ nodes {{ __typename }} }}")
                elif is_object_type(below) and depth < MORE_UNTIL:
                    yield from selections(f"{key} {{ __typename }}")

    def _field(self, node: FieldNode, parent: GraphQLNamedType, depth: int) -> list[SelectionNode]:
        if node.name.value == "__typename":
            return [node]
        declared = parent.fields[node.name.value]  # type: ignore[attr-defined]
        below = get_named_type(declared.type)
        if not is_leaf_type(below) and depth >= self.deepest:
            return [FieldNode(name=_name("__typename"))]
        given = self.arguments(node, declared)
        alias = node.alias or self._alias(0.12)
        if is_leaf_type(below):
            asked = None
        else:
            assert node.selection_set is not None
            self._among_types += is_interface_type(below)
            asked = self.set(node.selection_set, below, depth + 1)
            self._among_types -= is_interface_type(below)
        plain = replace(
            node, alias=alias, arguments=given, selection_set=asked, directives=self._switches()
        )
        if self.maybe(0.06) and (other := self._alias(1)):
            # The same once more, from another page.
            again = self.arguments(node, declared)
            return [plain, replace(plain, alias=other, arguments=again)]
        if asked is not None and len(asked.selections) > 1 and self.maybe(0.15):
            # In two pieces, which are one.
            at = self.draw.randrange(1, len(asked.selections))
            pieces = asked.selections[:at], asked.selections[at:]
            switches = plain.directives, self._switches()
            return [
                replace(plain, selection_set=SelectionSetNode(selections=piece), directives=switch)
                for piece, switch in zip(pieces, switches, strict=True)
            ]
        return [plain]

    def _fragment(self, nodes: list[SelectionNode], on: GraphQLNamedType) -> list[SelectionNode]:
        """The same selections in a fragment, which may be switched off as a whole."""
        if not nodes or self.fragments == 0:
            return nodes
        self.fragments -= 1
        body, switches = print_ast(SelectionSetNode(selections=tuple(nodes))), self._switched()
        match self.draw.randrange(3):
            case 0:
                text = f"... {switches} {body}"
            case 1:
                text = f"... on {on.name} {switches} {body}"
            case _:
                name = self.new_name("F")
                self.named.append(f"fragment {name} on {on.name} {body}")
                text = f"...{name} {switches}"
        return list(selections(text))

    def _is_node(self, type_: GraphQLNamedType) -> bool:
        return isinstance(type_, GraphQLObjectType) and _NODE in type_.interfaces

    # Directives.

    def _switches(self) -> Any:
        text = self._switched()
        (node,) = selections(f"x {text}")
        return node.directives

    def _switched(self) -> str:
        if self.directives == 0 or not self.maybe(0.08):
            return ""
        self.directives -= 1
        # More often than not it stays.
        way, stays = self.draw.choice(["skip", "include"]), self.maybe(0.7)
        value = stays == (way == "include")
        if self.maybe(0.4):
            return f"@{way}(if: {str(value).lower()})"
        return f"@{way}(if: ${self._variable('Boolean!', value)})"

    # Names.

    def _alias(self, chance: float) -> NameNode | None:
        if self.aliases == 0 or not self.maybe(chance):
            return None
        self.aliases -= 1
        return _name(self.new_name("a"))


_NODE: Final = GRAPHQL.type_map["Node"]
assert is_interface_type(_NODE)


def twisted(text: str, seed: int, real: Real) -> tuple[str, dict[str, Any]]:
    """The document in other words, and its variables: as much of it as is within the limits."""
    for deepest in DEPTHS:
        twist = Twisted(draw=random.Random(seed), real=real, deepest=deepest)
        document, variables = twist.text(parse(text)), twist.values()
        try:
            schema.cost(schema.document(document), variables)
            return document, variables
        except Unfit as unfit:
            if any(
                (error.extensions or {}).get("code") != "LIMIT_EXCEEDED" for error in unfit.errors
            ):
                raise
    return text, {}  # it has no room for other words


def _type(node: Any) -> GraphQLNamedType:
    return GRAPHQL.type_map[node.name.value]


def _name(text: str) -> NameNode:
    return NameNode(value=text)
