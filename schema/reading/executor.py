"""Handing a finished answer through graphql-core, so that no Python runs for each row of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class Completed:
    """A finished answer, which the executor puts into the response as it is.

    `value` is raw JSON (an orjson.Fragment), plain JSON values, or None. When one row is asked for
    under several aliases, `by_path` holds its answer for each response path instead.
    """

    __slots__ = ("by_path", "value")

    def __init__(
        self, value: object, by_path: Mapping[tuple[str, ...], object] | None = None
    ) -> None:
        self.value = value
        self.by_path = by_path

    def at(self, path: Path) -> object:
        return self.value if self.by_path is None else self.by_path[response_path(path)]


class Executor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, which does not walk into what is Completed."""

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if type(result) is Completed:
            result = result.at(path)
            if result is not None:
                return result
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )


def response_path(path: Path) -> tuple[str, ...]:
    """The response keys from the root to here, without the places in lists."""
    return tuple(key for key in path.as_list() if isinstance(key, str))


def plain(data: object) -> Any:
    """An answer's data as plain dicts and lists, for tests and tools."""
    return orjson.loads(orjson.dumps(data))
