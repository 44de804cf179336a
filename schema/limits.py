"""How large a document may be: known before it is validated, and the same through fragments.

The limits bound what one request can make the server think about; what it makes the server read is
bounded by its cost (`schema/reading/cost.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)
from graphql.language.parser import MAX_NESTING_DEPTH


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each. What is in a fragment counts as often as the fragment is spread."""

    characters: int = 15_000
    tokens: int = 1_000
    operations: int = 1
    fragments: int = 20
    root_fields: int = 10
    depth: int = 10
    nesting: int = MAX_NESTING_DEPTH
    selections: int = 1_000
    aliases: int = 15
    repeats: int = 15
    directives: int = 20
    directives_in_place: int = 3
    list_items: int = 100
    digits: int = 100
    cost: int = 1_000


LIMITS: Final = Limits()

_OF_SCHEMA: Final = ("__schema", "__type")
_DEEPER: Final = 5
"""Levels that a question for the schema itself has more: so deep ask the usual tools."""

_WORDS: Final = {
    "characters": "characters",
    "tokens": "words and signs (tokens)",
    "operations": "operation",
    "fragments": "fragments",
    "root_fields": "fields at the root",
    "depth": "levels of fields within fields",
    "nesting": "levels of brackets within brackets",
    "selections": "fields and fragments used",
    "aliases": "aliases",
    "repeats": "times the same field in the same place",
    "directives": "directives",
    "directives_in_place": "directives in one place",
    "list_items": "items in a list",
    "digits": "digits in a number",
    "cost": "points",
}
_ADVICE: Final = {
    "nesting": "No question needs so many.",
    "repeats": "Ask for it once, with all that is wanted of it.",
    "digits": "No number here is as long.",
    "cost": "Ask for smaller pages (first), or for one list after the other.",
}
_COUNTED: Final = 1_000_000
"""More is not told: fragments within fragments come to numbers that JSON's writer does not know."""


def exceeded(limit: str, allowed: int, found: int) -> GraphQLError:
    """A request that asks for too much of something. `found` is where counting stopped."""
    found = min(found, _COUNTED)
    advice = _ADVICE.get(limit, "Split it into several requests.")
    first, *rest = limit.split("_")
    return GraphQLError(
        f"At most {allowed:,} {_WORDS[limit]}; this has at least {found:,}. {advice}",
        extensions={
            "code": "LIMIT_EXCEEDED",
            "limit": first + "".join(word.title() for word in rest),
            "allowed": allowed,
            "found": found,
        },
    )


def _nul() -> GraphQLError:
    """PostgreSQL keeps every character but this one."""
    return GraphQLError(
        "A text cannot have the character NUL (U+0000): leave it out.",
        extensions={"code": "BAD_REQUEST"},
    )


def faults(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """One error for each limit that the document is over; where it is too deep, that alone.

    What it costs to find out grows with the document's length alone: a fragment is looked into once
    for each depth at which it is spread. Fragments that no operation reaches are measured too, for
    validation looks into them before it says so.
    """
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    fragments = [n for n in document.definitions if isinstance(n, FragmentDefinitionNode)]
    found = {"operations": len(operations), "fragments": len(fragments)}
    if over := _over(found, limits):
        return over
    measure = _Measure(fragments, limits)
    try:
        for operation in operations:
            measure.definition(operation)
        for fragment in fragments:
            measure.definition(fragment)
    except GraphQLError as error:
        return [error]
    return [*_over(measure.found, limits), *([_nul()] if measure.has_nul else [])]


def _over(found: Mapping[str, int], limits: Limits) -> list[GraphQLError]:
    return [
        exceeded(name, getattr(limits, name), count)
        for name, count in found.items()
        if count > getattr(limits, name)
    ]


class _Measure:
    """One document while it is measured."""

    def __init__(self, fragments: Sequence[FragmentDefinitionNode], limits: Limits) -> None:
        self.found: dict[str, int] = {}
        """Of each limit the most that one operation has, or one place."""
        self.has_nul = False
        self._fragments = {node.name.value: node for node in fragments}
        self._limits = limits
        self._known: dict[tuple[str, int], Counter[str]] = {}
        self._met: set[int] = set()
        self._within: set[str] = set()

    def definition(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> None:
        """Measures one, if nothing met so far uses it.

        Raises GraphQLError where counting cannot go on: too deep, or a fragment within itself.
        """
        if id(node) in self._met:
            return
        directives = self._directives(node.directives)
        for variable in node.variable_definitions or ():
            directives += self._directives(variable.directives)
            if variable.default_value is not None:
                self._value(variable.default_value)
        counts = self._selection(node.selection_set, 0)
        counts["directives"] += directives
        if isinstance(node, OperationDefinitionNode):
            self._note("root_fields", counts["here"])
        for name in ("selections", "aliases", "directives"):
            self._note(name, counts[name])
        if counts["selections"] <= self._limits.selections:
            self._note("repeats", self._repeats(node.selection_set))

    def _note(self, limit: str, count: int) -> None:
        self.found[limit] = max(count, self.found.get(limit, 0))

    def _selection(self, selection: SelectionSetNode | None, depth: int) -> Counter[str]:
        """What is in it, fragments included, at so many fields below the root; `here` are the
        fields that are not below another."""
        counts: Counter[str] = Counter()
        for node in selection.selections if selection else ():
            counts["selections"] += 1
            counts["directives"] += self._directives(node.directives)
            match node:
                case FragmentSpreadNode():
                    counts.update(self._fragment(node, depth))
                case InlineFragmentNode():
                    counts.update(self._selection(node.selection_set, depth))
                case FieldNode():
                    if depth == self._limits.depth:
                        raise exceeded("depth", depth, depth + 1)
                    for argument in node.arguments or ():
                        self._value(argument.value)
                    more = _DEEPER if depth == 0 and node.name.value in _OF_SCHEMA else 0
                    below = self._selection(node.selection_set, depth + 1 - more)
                    below["here"] = 1
                    below["aliases"] += node.alias is not None
                    counts.update(below)
        return counts

    def _fragment(self, spread: FragmentSpreadNode, depth: int) -> Counter[str]:
        name = spread.name.value
        fragment = self._fragments.get(name)
        if fragment is None:
            return Counter()  # Validation says what is wrong with it.
        if name in self._within:
            raise GraphQLError(f"Cannot spread fragment '{name}' within itself.", spread)
        if (name, depth) not in self._known:
            self._met.add(id(fragment))
            self._within.add(name)
            counts = self._selection(fragment.selection_set, depth)
            counts["directives"] += self._directives(fragment.directives)
            self._known[name, depth] = counts
            self._within.remove(name)
        return self._known[name, depth]

    def _repeats(self, selection: SelectionSetNode) -> int:
        """How often the same field is asked for in one place, where all of it is merged.

        Validation compares each of them with each other.
        """
        most, waiting = 0, [[selection]]
        while waiting:
            merged = waiting.pop()
            times: Counter[str] = Counter()
            below: dict[str, list[SelectionSetNode]] = {}
            while merged:
                for node in merged.pop().selections:
                    match node:
                        case FieldNode():
                            key = (node.alias or node.name).value
                            times[key] += 1
                            if node.selection_set:
                                below.setdefault(key, []).append(node.selection_set)
                        case InlineFragmentNode():
                            merged.append(node.selection_set)
                        case FragmentSpreadNode() if node.name.value in self._fragments:
                            merged.append(self._fragments[node.name.value].selection_set)
            most = max([most, *times.values()])
            waiting.extend(below.values())
        return most

    def _directives(self, nodes: Sequence[DirectiveNode] | None) -> int:
        if not nodes:
            return 0
        self._note("directives_in_place", len(nodes))
        for node in nodes:
            for argument in node.arguments or ():
                self._value(argument.value)
        return len(nodes)

    def _value(self, literal: ValueNode) -> None:
        waiting = [literal]
        while waiting:
            match waiting.pop():
                case ListValueNode(values=values):
                    self._note("list_items", len(values))
                    waiting.extend(values)
                case ObjectValueNode(fields=fields):
                    waiting.extend(field.value for field in fields)
                case IntValueNode(value=text) | FloatValueNode(value=text):
                    self._note("digits", len(text))
                case StringValueNode(value=text):
                    self.has_nul |= "\0" in text


def faults_of_values(variables: Mapping[str, object], limits: Limits) -> list[GraphQLError]:
    """What is wrong with the variables' values, as JSON has them, whatever their types are."""
    waiting: list[tuple[object, int]] = [(value, 0) for value in variables.values()]
    while waiting:
        value, nesting = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            return [_nul()]
        if not isinstance(value, list | dict):
            continue
        if nesting == limits.nesting:
            return [exceeded("nesting", limits.nesting, nesting + 1)]
        if isinstance(value, list) and len(value) > limits.list_items:
            return [exceeded("list_items", limits.list_items, len(value))]
        below = [*value, *value.values()] if isinstance(value, dict) else value
        waiting.extend((each, nesting + 1) for each in below)
    return []
