"""The straight way: a query of compiled fields alone is answered without graphql-core's executor.

Nothing is left for it to do there but to call each root field and to put the answers side by side,
and it spends on that as long as everything else in Python takes together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping
from typing import Any, Final, NamedTuple

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    located_error,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path, is_awaitable

from schema.reading.executor import Completed
from schema.reading.model import Field, Model
from schema.reading.recent import Recent
from schema.reading.run import KEPT, Reading, switches_of

Fragments = Mapping[str, FragmentDefinitionNode]

_QUERY: Final = "Query"


class _Root(NamedTuple):
    key: str
    field: Field
    nodes: list[FieldNode]
    path: Path


class Straight:
    """Answers the queries of one schema for which `leads` says that it can."""

    def __init__(self, schema: GraphQLSchema, reading: Reading) -> None:
        self._schema = schema
        self._reading = reading
        self._roots: Recent[Hashable, tuple[_Root, ...]] = Recent(KEPT)

    async def answer(
        self,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        variables: VariableValues,
        given: dict[str, dict[str, Any]],
        context: Any,
    ) -> ExecutionResult:
        """What graphql-core would answer: its data, nulls and errors.

        `given` keeps the arguments of the root's fields for the next time with these variables.
        """
        assert operation.loc is not None, "the document is parsed with its locations"
        key = (operation.loc.source.body, switches_of(variables.coerced))
        try:
            roots = self._roots.get(key, lambda: self._found(operation, fragments, variables))
        except GraphQLError as error:  # A @skip or @include at the root is given null.
            return ExecutionResult(None, [error])
        found = [
            self._answer(each, operation, fragments, variables, given, context) for each in roots
        ]
        answers = await asyncio.gather(*found) if len(found) > 1 else [await each for each in found]
        errors = [answer for answer in answers if isinstance(answer, GraphQLError)]
        values = [None if isinstance(answer, GraphQLError) else answer.value for answer in answers]
        if any(v is None and not r.field.nullable for r, v in zip(roots, values, strict=True)):
            return ExecutionResult(None, errors)
        data = {root.key: value for root, value in zip(roots, values, strict=True)}
        return ExecutionResult(data, errors or None)

    async def _answer(
        self,
        root: _Root,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        variables: VariableValues,
        given: dict[str, dict[str, Any]],
        context: Any,
    ) -> Completed | GraphQLError:
        query = self._schema.query_type
        assert query is not None
        graphql = root.field.graphql
        info = GraphQLResolveInfo(
            root.field.name,
            root.nodes,
            graphql.type,
            query,
            root.path,
            self._schema,
            dict(fragments),
            None,
            operation,
            variables.coerced,  # type: ignore[arg-type]  # as Strawberry hands them to resolvers
            context,
            is_awaitable,
            None,
            None,  # type: ignore[arg-type]
        )
        try:
            if root.key not in given:
                given[root.key] = get_argument_values(graphql, root.nodes[0], variables)
            return await self._reading.answer(root.field, info, given[root.key])
        except Exception as error:
            return located_error(error, root.nodes, [root.key])

    def _found(
        self,
        operation: OperationDefinitionNode,
        fragments: Fragments,
        variables: VariableValues,
    ) -> tuple[_Root, ...]:
        query = self._schema.query_type
        assert query is not None
        details = {name: FragmentDetails(node) for name, node in fragments.items()}
        collected = collect_fields(self._schema, details, variables, query, operation)
        fields = self._reading.model.types[query.name].fields
        return tuple(
            _Root(
                key,
                fields[group[0].node.name.value],
                [each.node for each in group],
                Path(None, key, query.name),
            )
            for key, group in collected.grouped_field_set.items()
        )


def leads(model: Model, operation: OperationDefinitionNode, fragments: Fragments) -> bool:
    """Whether an operation asks for compiled fields alone."""
    fields = model.types[_QUERY].fields
    waiting: list[SelectionSetNode] = [operation.selection_set]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                if node.name.value not in fields:
                    return False
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            else:
                waiting.append(fragments[node.name.value].selection_set)  # type: ignore[attr-defined]
    return operation.operation is OperationType.QUERY
