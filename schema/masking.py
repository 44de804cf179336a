"""Expected refusals keep their words; what is our fault is logged and shown as a number."""

from __future__ import annotations

import structlog
from asyncpg import QueryCanceledError
from graphql import GraphQLError

from domain.errors import Refusal

log = structlog.get_logger()


def masked(error: GraphQLError, request_id: str) -> GraphQLError:
    """The error as it is shown."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError | Refusal):
        return error
    if isinstance(cause, QueryCanceledError):  # Ours are cancelled by nothing but their time-out.
        log.warning("statement_too_slow", request_id=request_id, path=error.path)
        return GraphQLError(
            "This took longer to read than one question may, and was given up: ask for smaller"
            " pages, or for less of a list as a whole.",
            path=error.path,
            extensions={"code": "TOO_SLOW"},
        )
    return fault(cause, request_id, error.path)


def code_of(error: GraphQLError) -> str:
    """INVALID of a document that is no GraphQL, or does not fit the schema."""
    return str((error.extensions or {}).get("code", "INVALID"))


def fault(cause: Exception, request_id: str, path: list[str | int] | None = None) -> GraphQLError:
    """What is shown of something that is our fault; the log has the rest."""
    log.error("graphql_fault", request_id=request_id, path=path, exc_info=cause)
    return GraphQLError(
        f"Something went wrong on our side. Quote {request_id} to whoever runs this installation.",
        path=path,
        extensions={"code": "INTERNAL", "requestId": request_id},
    )
