"""A request carried out: a document, the values of its variables, and who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from graphql import ExecutionResult
from graphql.pyutils import is_awaitable

from schema.documents import Document, Documents, Unfit
from schema.limits import LIMITS
from schema.masking import masked
from schema.reading import Schema
from schema.reading.straight import Straight

_ERRORS_MAX: Final = 10


class AskedSchema(Schema):
    """A schema that is asked within limits, and whose answers never show what went wrong inside."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        model = self.reading.model
        self._documents = Documents(self._schema, model, LIMITS)
        self._straight = Straight(self._schema, self.reading)
        self._our_own = Documents(self._schema, model, None)

    def document(
        self, text: str, operation_name: str | None = None, *, introspect: bool = True
    ) -> Document:
        """Raises Unfit."""
        return self._documents.read(text, operation_name, introspect=introspect)

    def cost(self, document: Document, variables: Mapping[str, Any]) -> int:
        """Points. Raises Unfit when they are too many."""
        return self._documents.cost(document, variables)

    async def answer(
        self, document: Document, variables: Mapping[str, Any], context: Any
    ) -> ExecutionResult:
        """Raises Unfit for values that do not fit the variables' types."""
        if document.is_straight:
            values = self._documents.values(document, variables)
            given = document.asked(variables).given
            result = await self._straight.answer(
                document.operation, document.fragments, values, given, context
            )
        else:
            result = await self._executed(document, variables, context)
        if result.errors:
            result.errors[:] = [masked(error, context.request_id) for error in result.errors]
        return result

    async def _executed(
        self, document: Document, variables: Mapping[str, Any], context: Any
    ) -> ExecutionResult:
        executor = self.execution_context_class.build(
            self._schema,
            document.node,
            context_value=context,
            raw_variable_values=dict(variables),
            max_coercion_errors=_ERRORS_MAX,
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            raise Unfit(*executor)
        done = executor.execute_operation()
        return cast(ExecutionResult, await done if is_awaitable(done) else done)

    async def execute(  # type: ignore[override]
        self,
        query: str,
        variable_values: Mapping[str, Any] | None = None,
        context_value: Any = None,
    ) -> ExecutionResult:
        """For documents that we write ourselves: without limits."""
        try:
            document = self._our_own.read(query)
            return await self.answer(document, variable_values or {}, context_value)
        except Unfit as unfit:
            return ExecutionResult(None, unfit.errors)
