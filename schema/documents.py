"""Documents: parsed, measured and validated once, and asked as often as anybody likes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    KnownTypeNamesRule,
    OperationDefinitionNode,
    OperationType,
    ValidationContext,
    specified_rules,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.language.parser import MAX_NESTING_DEPTH, Parser

from schema.limits import Limits, exceeded, faults, faults_of_values
from schema.reading.cost import Sizes, points, sizes
from schema.reading.model import Model
from schema.reading.recent import Recent
from schema.reading.straight import leads

_KEPT: Final = 500_000
"""Characters of the documents that are kept. Parsed, each takes two hundred bytes or three."""
_COSTS_KEPT: Final = 20
"""Of one document: clients ask for pages of few sizes."""
_ASKED_KEPT: Final = 20
_VALUES_MAX: Final = 300
"""Bytes of values, as JSON, that are worth being remembered."""
_ERRORS_MAX: Final = 5
"""Of validation: some repeat as much of the document as they are about."""


class _KnownTypeNames(KnownTypeNamesRule):
    """Suggests nothing: to compare one name with those of all types takes 20 ms."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.type_names = []


_RULES: Final = [
    _KnownTypeNames if rule is KnownTypeNamesRule else rule for rule in specified_rules
]


class Unfit(Exception):
    """The request cannot be carried out as it stands: nothing was done."""

    def __init__(self, *errors: GraphQLError) -> None:
        self.errors = list(errors)
        super().__init__(*(error.message for error in errors))


@dataclass(slots=True)
class Asked:
    """A document with the values of its variables: what is known of the two from last time."""

    cost: int | None = None
    values: VariableValues | None = None
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The arguments of the fields at the root, by response key."""


@dataclass(slots=True)
class Document:
    """A document that is fit to be carried out."""

    text: str
    node: DocumentNode
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    introspects: bool
    is_straight: bool
    """Whether it can be answered without graphql-core's executor."""
    costs: Recent[Sizes, int] = field(default_factory=lambda: Recent(_COSTS_KEPT))
    _asked: Recent[bytes, Asked] = field(default_factory=lambda: Recent(_ASKED_KEPT))

    @property
    def is_mutation(self) -> bool:
        return self.operation.operation is OperationType.MUTATION

    def asked(self, variables: Mapping[str, Any]) -> Asked:
        """The same again for the same values, as long as they are few and were used recently."""
        if not variables:
            return self._asked.get(b"", Asked)
        try:
            key = orjson.dumps(variables)
        except TypeError:  # JSON has no such values; who calls us in this process may.
            return Asked()
        return self._asked.get(key, Asked) if len(key) <= _VALUES_MAX else Asked()


class Documents:
    """The documents of one schema, within limits; without, for those that we write ourselves."""

    def __init__(self, schema: GraphQLSchema, model: Model, limits: Limits | None) -> None:
        self._schema = schema
        self._limits = limits
        self._model = model
        self._known: Recent[str, Document] = Recent(_KEPT, len)

    def read(
        self, text: str, operation_name: str | None = None, *, introspect: bool = True
    ) -> Document:
        """Raises Unfit. Who may not introspect is not told either what they may have meant."""
        document = self._known.find(text)
        if document is None:
            document = self._known.keep(text, self._made(text, suggest=introspect))
        if document.introspects and not introspect:
            raise Unfit(_bad("NOT_SIGNED_IN", "Sign in to ask for the schema itself."))
        name = document.operation.name
        if operation_name and (name is None or name.value != operation_name):
            raise Unfit(_bad("BAD_REQUEST", "The document has no operation of this name."))
        return document

    def cost(self, document: Document, variables: Mapping[str, Any]) -> int:
        """Points. Raises Unfit when they are too many, or there is too much in the values."""
        asked = document.asked(variables)
        if asked.cost is None:
            asked.cost = self._counted(document, variables)
        return asked.cost

    def values(self, document: Document, variables: Mapping[str, Any]) -> VariableValues:
        """Of the types that the document declares. Raises Unfit."""
        asked = document.asked(variables)
        if asked.values is None:
            values = get_variable_values(
                self._schema,
                document.operation.variable_definitions or (),
                dict(variables),
                _ERRORS_MAX,
                hide_suggestions=True,
            )
            if isinstance(values, list):
                raise Unfit(*values)
            asked.values = values
        return asked.values

    def _counted(self, document: Document, variables: Mapping[str, Any]) -> int:
        if self._limits and (errors := faults_of_values(variables, self._limits)):
            raise Unfit(*errors)
        operation, fragments = document.operation, document.fragments
        key = sizes(operation, variables)
        cost = document.costs.get(
            key, lambda: points(self._schema, self._model, operation, fragments, key)
        )
        if self._limits and cost > self._limits.cost:
            raise Unfit(exceeded("cost", self._limits.cost, cost))
        return cost

    def _made(self, text: str, *, suggest: bool) -> Document:
        node = self._parsed(text)
        if not all(isinstance(each, ExecutableDefinitionNode) for each in node.definitions):
            raise Unfit(_bad("BAD_REQUEST", "A document has an operation, and fragments: no more."))
        if self._limits and (errors := faults(node, self._limits)):
            raise Unfit(*errors)
        if errors := validate(
            self._schema, node, _RULES, _ERRORS_MAX, hide_suggestions=not suggest
        ):
            raise Unfit(*errors)
        operations = [n for n in node.definitions if isinstance(n, OperationDefinitionNode)]
        if len(operations) != 1:
            raise Unfit(_bad("BAD_REQUEST", "A document has one query or one mutation."))
        fragments = {
            each.name.value: each
            for each in node.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        is_straight = leads(self._model, operations[0], fragments)
        return Document(text, node, operations[0], fragments, _introspects(node), is_straight)

    def _parsed(self, text: str) -> DocumentNode:
        limits = self._limits
        if limits and len(text) > limits.characters:
            raise Unfit(exceeded("characters", limits.characters, len(text)))
        tokens = limits.tokens if limits else None
        parser = Parser(
            text,
            max_lexical_tokens=tokens,
            max_comments=tokens,
            allow_empty_selection_sets=False,
        )
        try:
            return parser.parse_document()
        except GraphQLSyntaxError as error:
            if tokens and parser.token_count > tokens:
                raise Unfit(exceeded("tokens", tokens, parser.token_count)) from error
            raise Unfit(error) from error
        except RecursionError:  # The parser raises it itself, long before it would be out of stack.
            raise Unfit(exceeded("nesting", MAX_NESTING_DEPTH, MAX_NESTING_DEPTH + 1)) from None


def _introspects(node: DocumentNode) -> bool:
    """Whether the schema itself is asked for anywhere in the document."""
    waiting: list[Any] = list(node.definitions)
    while waiting:
        selection = getattr(waiting.pop(), "selection_set", None)
        for each in selection.selections if selection else ():
            if isinstance(each, FieldNode) and each.name.value in ("__schema", "__type"):
                return True
            waiting.append(each)
    return False


def _bad(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
