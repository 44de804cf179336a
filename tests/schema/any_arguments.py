"""What the fields of a document are asked with: real ids, cursors and values, and variables."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from graphql import (
    ArgumentNode,
    FieldNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    get_named_type,
    parse,
    value_from_ast_untyped,
)

from schema.root import schema

MODEL: Final = schema.reading.model
PAGE: Final = ("first", "last", "after", "before")


class Real(Protocol):
    """What there is to ask about."""

    def cursor(self, page: str, order: str, draw: random.Random) -> str | None:
        """A cursor of such pages in an order, when there is one."""

    def id(self, prefixes: Sequence[str], draw: random.Random) -> str:
        """An id of one of these kinds."""

    def value(self, page: str, condition: str, draw: random.Random) -> str | None:
        """A value, as a literal, that a filter of such pages makes a difference with."""

    def sees(self, type_: str, field: str) -> bool:
        """Whether a field may be asked for."""


@dataclass(kw_only=True)
class Arguments:
    """The arguments of one document while it is put in other words."""

    draw: random.Random
    real: Real
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _names: int = 0

    def arguments(self, node: FieldNode, declared: Any) -> Any:
        given = [a for a in node.arguments or () if a.name.value not in PAGE]
        if "first" in declared.args:
            given = self._ordered(self._filtered(given, declared), declared)
            given += self._page(given, declared)
        return tuple(
            replace(one, value=self._value(self._real(one, node, declared), type_))
            for one in given
            for type_ in [declared.args[one.name.value].type]
        )

    def _real(self, given: ArgumentNode, node: FieldNode, declared: Any) -> Any:
        """The value, with real ids in the place of ids."""
        name = get_named_type(declared.type).name
        match given.name.value:
            case "id":
                return _text(self.real.id(_prefixes(name, node), self.draw))
            case "ids":
                kinds, count = _prefixes(name, node), self.draw.randrange(7)
                ids = [self.real.id(kinds, self.draw) for _ in range(count)]
                return ListValueNode(values=tuple(map(_text, ids)))
            case "filter" if isinstance(given.value, ObjectValueNode):
                conditions = MODEL.types[MODEL.row_of_page[name]].conditions
                return replace(
                    given.value,
                    fields=tuple(
                        replace(one, value=_text(self.real.id([prefix], self.draw)))
                        if (prefix := conditions[one.name.value].prefix)
                        else one
                        for one in given.value.fields
                    ),
                )
        return given.value

    def _filtered(self, given: list[ArgumentNode], declared: Any) -> list[ArgumentNode]:
        if "filter" not in declared.args or not self.maybe(0.4):
            return given
        page = get_named_type(declared.type).name
        known = MODEL.types[MODEL.row_of_page[page]].conditions
        names = [name for name, condition in known.items() if condition.only is None]
        values = {
            name: self.real.value(page, name, self.draw)
            for name in self.draw.sample(names, min(len(names), self.draw.randrange(1, 3)))
        }
        inner = ", ".join(f"{name}: {value}" for name, value in values.items() if value)
        return _with(given, f"filter: {{{inner}}}")

    def _ordered(self, given: list[ArgumentNode], declared: Any) -> list[ArgumentNode]:
        if "orderBy" not in declared.args or not self.maybe(0.5):
            return given
        orders = MODEL.types[MODEL.row_of_page[get_named_type(declared.type).name]].orders
        names = [name for name, order in orders.items() if order and order.only is None]
        return _with(given, f"orderBy: {self.draw.choice(names)}")

    def _page(self, given: Sequence[ArgumentNode], declared: Any) -> list[ArgumentNode]:
        size = self.draw.choice([1, 1, 2, 2, 3, 4, 5])
        text = [f"{self.draw.choice(['first', 'first', 'last'])}: {size}"]
        order = next((a.value.value for a in given if a.name.value == "orderBy"), None)  # type: ignore[attr-defined]
        if order is None and "orderBy" in declared.args:
            default = declared.args["orderBy"].default_value
            order = getattr(default, "value", default)
        for end in self.draw.choice([(), (), (), ("after",), ("before",), ("after", "before")]):
            mark = self.real.cursor(get_named_type(declared.type).name, order or "", self.draw)
            if mark is not None:
                text.append(f'{end}: "{mark}"')
        (page,) = selections(f"x({', '.join(text)})")
        return list(page.arguments)

    def _value(self, node: Any, type_: Any) -> Any:
        """A variable in the place of a value, or of one within it."""
        if self.maybe(0.25):
            value = value_from_ast_untyped(node)
            return _value(f"${self._variable(str(type_), value)}")
        if node.kind == "object_value" and self.maybe(0.5):
            types = get_named_type(type_).fields
            return replace(
                node,
                fields=tuple(
                    replace(one, value=self._value(one.value, types[one.name.value].type))
                    for one in node.fields
                ),
            )
        return node

    def _variable(self, type_: str, value: Any) -> str:
        alike = [n for n, known in self.variables.items() if known == (type_, value)]
        if alike and self.maybe(0.3):
            return self.draw.choice(alike)
        name = self.new_name("v")
        self.variables[name] = type_, value
        return name

    def maybe(self, chance: float) -> bool:
        return self.draw.random() < chance

    def new_name(self, start: str) -> str:
        self._names += 1
        return f"{start}{self._names}"


def _prefixes(type_: str, node: FieldNode) -> list[str]:
    """Of the ids that a question can be asked with: of an interface, those that it has an answer
    for."""
    wanted = {type_}
    if type_ not in MODEL.types:
        assert node.selection_set is not None
        fragments = node.selection_set.selections
        on = [getattr(each, "type_condition", None) for each in fragments]
        wanted = {each.name.value for each in on if each} & MODEL.types.keys()
    prefixes = [prefix for prefix, of in MODEL.by_prefix.items() if of.name in wanted]
    return prefixes or list(MODEL.by_prefix)


def _text(text: str) -> StringValueNode:
    return StringValueNode(value=text)


def selections(text: str) -> Any:
    (operation,) = parse(f"{{ {text} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set.selections


def _with(given: Sequence[ArgumentNode], text: str) -> list[ArgumentNode]:
    """The arguments with another one, which takes the place of one of that name."""
    (node,) = selections(f"x({text})")
    (other,) = node.arguments
    return [*(one for one in given if one.name.value != other.name.value), other]


def _value(text: str) -> Any:
    (one,) = selections(f"x(x: {text})")
    return one.arguments[0].value
