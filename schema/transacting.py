"""A mutation, its answer included, is one transaction: opened, audited and committed here.

Under an idempotency key the answer is kept in the same transaction, and given again to whoever
asks the same again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import orjson
from graphql import GraphQLError, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from domain.errors import Refusal
from domain.idempotency import actions as idempotency
from domain.idempotency.rules import Claimed, Known, request_hash
from schema.act import Acting
from schema.acting import RULE, Rule
from schema.context import Context
from schema.reading.executor import Executor
from schema.reading.schema import READING


class _Refused(Exception):
    """Carries an answer out of a transaction that is to be rolled back."""

    def __init__(self, answer: object) -> None:
        self.answer = answer


class MutationExecutor(Executor):
    """Puts a transaction around every mutation that is declared by `change`."""

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: list[FieldDetails],
        path: Path,
        position_context: Any,
    ) -> Any:
        def run() -> Any:
            return super(MutationExecutor, self).execute_field(
                parent_type, source, field_details_list, path, position_context
            )

        if parent_type is not self.schema.mutation_type:
            return run()
        definition = self.schema.get_field(parent_type, field_details_list[0].node.name.value)
        declared = definition and definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if not isinstance(declared, StrawberryField) or RULE not in declared.metadata:
            return run()
        return self._whole(declared.metadata[RULE], definition, field_details_list, path, run)

    async def _whole(
        self,
        rule: Rule,
        definition: Any,
        details: list[FieldDetails],
        path: Path,
        run: Callable[[], Any],
    ) -> Any:
        nodes = [each.node for each in details]
        context: Context = self.context_value
        try:
            given = get_argument_values(definition, nodes[0], self.variable_values)
            rule.admit(context)
            root = cast(GraphQLObjectType, self.schema.mutation_type)
            raw = self.build_resolve_info(definition, nodes, root, path)
            reading = self.schema.extensions[READING]
            acting = Acting(context, rule, raw, given, reading, context.now())
            context.acting = acting
            try:
                answer = await self._transact(acting, run)
            except _Refused as refused:
                context.refused = True
                return refused.answer
            finally:
                context.acting = None
        except Exception as error:
            self.handle_field_error(error, definition.type, details, path)
            return None
        for do in acting.afterwards:
            do()
        await context.ring()
        return answer

    async def _transact(self, acting: Acting, run: Callable[[], Any]) -> Any:
        context = acting.context
        async with acting.doors:
            if not acting.rule.late:
                await acting.begin()
            claimed = await self._claim(acting)
            if isinstance(claimed, Known):
                return orjson.Fragment(idempotency.open(claimed, context.keyring))
            answer = run()
            if self.is_awaitable(answer):
                answer = await answer
            if acting.refused:
                raise _Refused(answer)
            if claimed is not None:
                async with acting.as_viewer() as tx:
                    await idempotency.keep(tx, claimed, orjson.dumps(answer), context.keyring)
            if acting.rule.audited:
                await acting.record()
            return answer

    async def _claim(self, acting: Acting) -> Claimed | Known | None:
        key = acting.context.idempotency_key
        if key is None or acting.rule.late:
            return None
        source = acting.raw.operation.loc
        assert source is not None, "the document is parsed with its locations"
        document = (source.source.body, source.start)  # and which of its operations
        viewer = acting.context.viewer
        scopes = sorted(viewer.seat.scopes) if viewer and viewer.seat else []  # less sees less
        asked = request_hash([document, acting.raw.variable_values, scopes])
        place, wall = str(acting.raw.path.key), acting.context.wall.now()
        try:
            return await idempotency.claim(
                acting.tx, acting.room_id, acting.actor, key, place, asked, wall
            )
        except Refusal as refusal:
            code = {"code": "BAD_IDEMPOTENCY_KEY"}
            raise GraphQLError(refusal.message, extensions=code) from refusal
