"""What a question costs is what it reads: nothing reads rows that its cost does not tell of.

Rows are those that PostgreSQL comes by, also when it throws them away, and those of the policies.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, fields
from typing import Final

import asyncpg
import orjson
import pytest
from graphql import ExecutionResult
from hypothesis import HealthCheck, Phase, given, settings

from bench.plans import Plan
from db.pool import Database
from domain.ids import encode
from schema.context import Context
from schema.documents import Document, Documents
from schema.root import schema
from tests.access.questions import Values, by_prefix, questions
from tests.access.world import World
from tests.conftest import a_database
from tests.loops import a_loop
from tests.schema.a_crowded_house import a_crowded_house
from tests.schema.conftest import Client
from tests.schema.every_field import MODEL, every_field

EXAMPLES: Final = int(os.environ.get("EXAMPLES", "100"))
"""Generated documents, beside some 1,700 with a field each."""

WHO: Final = ("owner", "affiliate", "operator")
A_POINT: Final = {"owner": 3, "operator": 3, "affiliate": 15}
"""Rows for a point. To an affiliate others prove of each row that it is theirs: the policies look
them up."""
ONCE: Final = {"owner": 200, "operator": 200, "affiliate": 500}
"""Rows for each question at the root: what is looked up once for all of its rows, such as whom an
account knows or what an affiliate has to do with, and its list when that is sorted."""

DOCUMENTS: Final = Documents(schema._schema, MODEL, None)


def rows_read(plan: Plan) -> float:
    """By the scans of tables; an index that leads to rows of a heap counts with the heap."""
    own = 0.0
    if "Relation Name" in plan:
        ways = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        own = sum(plan.get(way, 0) for way in ways) * plan["Actual Loops"]
    return own + sum(map(rows_read, plan.get("Plans", [])))


@dataclass(slots=True)
class Listening(Context):
    """Notes of each statement how PostgreSQL went about it."""

    plans: list[Plan] = field(default_factory=list)

    async def read(self, sql: str, params: Sequence[object], /) -> Iterable[str] | None:
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS OFF, FORMAT JSON) {sql}"
        (text,) = await Context.read(self, explain, params) or ()
        self.plans.append(orjson.loads(text)[0]["Plan"])
        return await Context.read(self, sql, params)


@dataclass(frozen=True)
class Stand:
    runner: asyncio.Runner
    askers: Mapping[str, Client]
    ids: Mapping[str, list[str]]
    world: World

    def check(self, who: str, document: str) -> str | None:
        """What is wrong with the cost of a document; None when nothing is, or it is refused."""
        asked = DOCUMENTS.read(document)
        answer, plans = self.answer(who, asked)
        if answer.errors or answer.data is None:
            return None
        roots = len(answer.data)
        assert len(plans) <= roots, document
        rows, points = sum(map(rows_read, plans)), DOCUMENTS.cost(asked, {})
        allowed = A_POINT[who] * points + ONCE[who] * roots
        return f"{rows:.0f} rows for {points} points" if rows > allowed else None

    def answer(self, who: str, document: Document) -> tuple[ExecutionResult, list[Plan]]:
        context = self.askers[who].context()
        listening = Listening(**{one.name: getattr(context, one.name) for one in fields(context)})
        return self.runner.run(schema.answer(document, {}, listening)), listening.plans


@pytest.fixture(scope="module")
def stand(postgres_url: str, template: str) -> Iterator[Stand]:
    with a_loop() as (runner, stack):
        yield runner.run(_stand(stack, runner, postgres_url, template))


async def _stand(
    stack: AsyncExitStack, runner: asyncio.Runner, postgres_url: str, template: str
) -> Stand:
    url = await stack.enter_async_context(a_database(postgres_url, template))
    owner = await asyncpg.connect(url)
    async with Database(url) as db:
        house, world = await a_crowded_house(db, owner)
    name = await owner.fetchval("SELECT current_database()")
    # As in tables that are far too large to be read through for a row or a page.
    for way in ("seqscan", "bitmapscan"):
        await owner.execute(f"ALTER DATABASE {name} SET enable_{way} = off")
    ids = [
        encode(prefix, row["id"])
        for prefix, type_ in MODEL.by_prefix.items()
        for row in await owner.fetch(f"SELECT id FROM {type_.rows.name} ORDER BY id LIMIT 50")
    ]
    await owner.close()
    db = await stack.enter_async_context(Database(url))
    askers = {name: Client(db, None, seat=seat) for name, seat in house.items()}
    return Stand(runner, askers, by_prefix(ids), world)


@pytest.mark.parametrize("who", WHO)
def test_every_field_order_and_filter_reads_what_it_costs(stand: Stand, who: str) -> None:
    sight = stand.askers[who].context().sight
    asked = list(every_field(sight, lambda prefix: f'"{stand.world[prefix]}"'))
    assert len(asked) > 50

    faults = {what: stand.check(who, document) for what, document in asked}

    assert {what: fault for what, fault in faults.items() if fault} == {}


@pytest.mark.parametrize("who", WHO)
def test_any_document_reads_what_it_costs(stand: Stand, who: str) -> None:
    texts = ["", "a", "Fern", "store", "Crowd", "%", "SKU", "partner"]
    sight = stand.askers[who].context().sight

    @settings(
        max_examples=max(EXAMPLES // len(WHO), 1),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        print_blob=True,
    )
    @given(questions(sight, Values(stand.ids, texts, {})))
    def check(document: str) -> None:
        assert stand.check(who, document) is None

    check()


def test_a_cost_that_is_too_small_is_found(stand: Stand) -> None:
    """Of a page whose rows each look through the network, as if that were nothing."""
    document = "{ discovery(first: 50) { nodes { similar { id } } } }"
    _, plans = stand.answer("owner", DOCUMENTS.read(document))

    rows, of_the_rows = sum(map(rows_read, plans)), 1 + 50 * (1 + 10)
    assert rows > A_POINT["owner"] * of_the_rows + ONCE["owner"]
