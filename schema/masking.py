"""Expected refusals keep their words; what is our fault is logged and shown as a number."""

from __future__ import annotations

import structlog
from graphql import GraphQLError
from strawberry.types.execution import ExecutionContext

from domain.errors import Refusal
from schema.reading import Schema

log = structlog.get_logger()


class MaskedSchema(Schema):
    """A schema whose answers never show what went wrong inside."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Strawberry hands over the very list that it answers with, once for each request."""
        context = execution_context and execution_context.context
        request_id = context.request_id if context else "nothing"
        errors[:] = [_shown(error, request_id) for error in errors]


def _shown(error: GraphQLError, request_id: str) -> GraphQLError:
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError | Refusal):
        return error
    log.error("graphql_fault", request_id=request_id, path=error.path, exc_info=cause)
    return GraphQLError(
        f"Something went wrong on our side. Quote {request_id} to whoever runs this installation.",
        path=error.path,
        extensions={"code": "INTERNAL", "requestId": request_id},
    )
