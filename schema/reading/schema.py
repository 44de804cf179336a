"""A Strawberry schema whose declared fields are answered by compiled statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, cast
from uuid import UUID

import strawberry
from graphql import GraphQLObjectType, GraphQLResolveInfo
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import get_object_definition
from strawberry.types.info import Info

from schema.reading.executor import Completed, Executor
from schema.reading.model import Field, bind
from schema.reading.run import Reading
from schema.reading.types import SCALARS

READING: Final = "reading"
"""The key of the built schema's extensions under which its compiled reads are."""


class Schema(strawberry.Schema):
    """Takes what strawberry.Schema takes. Raises Misdeclared, naming every faulty field."""

    reading: Reading

    def __init__(
        self,
        query: type,
        mutation: type | None = None,
        *,
        config: StrawberryConfig | None = None,
        execution_context_class: type[Executor] = Executor,
        **rest: Any,
    ) -> None:
        config = config or StrawberryConfig()
        config.scalar_map = {**SCALARS, **config.scalar_map}
        super().__init__(
            query,
            mutation,
            config=config,
            execution_context_class=execution_context_class,
            **rest,
        )
        self.reading = Reading(bind(self._schema))
        self._schema.extensions[READING] = self.reading
        for type_ in self.reading.model.types.values():
            graphql = cast(GraphQLObjectType, self._schema.type_map[type_.name])
            for field in type_.fields.values():
                if type_.table is None and field.needs_no_row:
                    graphql.fields[field.name].resolve = _resolver(self.reading, field)


def _resolver(reading: Reading, field: Field) -> Callable[..., Awaitable[Completed]]:
    async def resolve(_: object, info: GraphQLResolveInfo[Any], **given: object) -> Completed:
        return await reading.answer(field, info, given)

    return resolve


async def read_one(info: Info[Any, Any], type_: type, id: UUID) -> Any:
    """A row as the current field selects it, for a mutation to return, also into a union."""
    reading, raw, name = _of(info, type_)
    return await reading.one(raw, name, id, info.context.read)


async def read_many(
    info: Info[Any, Any], type_: type, ids: Sequence[UUID], at: str
) -> dict[UUID, Any]:
    """Rows by id, as they are selected at the path `at` below the current field.

    For a batch whose payload has outcomes with a conversion in each, `at` is
    "outcomes.conversion". Each answer is put where its row belongs; ids not found are absent.
    """
    reading, raw, name = _of(info, type_)
    return await reading.many(raw, name, ids, at, info.context.read)


def _of(info: Info[Any, Any], type_: type) -> tuple[Reading, GraphQLResolveInfo[Any], str]:
    schema = info.schema
    assert isinstance(schema, Schema)
    return schema.reading, info._raw_info, get_object_definition(type_, strict=True).name
