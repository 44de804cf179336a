"""What row-level security costs: the same statements with it, and as the tables' owner without.

The statements are those that the schema makes of the questions below. An account's are read with
the role of accounts, an affiliate's with that of affiliates; the owner is a superuser, whom no
policy concerns. Both connections are of this process and prepare each statement once. Their answers
are compared first.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from rich.console import Console
from rich.progress import Progress

from bench import trade
from bench.plans import not_by_index
from db.pool import Database, Tx
from domain.access import Room, Scope
from schema.reading import Sight
from schema.root import schema

_VIEWERS = 10  # of each room, who ask one after the other
_ROUNDS = 11

_SALE = (
    "id day status orders units sales { amount currency } commission { amount currency }"
    " affiliate { name } offer { name } store { name }"
)
_SALES = f"{{ nodes {{ {_SALE} }} pageInfo {{ hasNextPage endCursor }} }}"
_SUMS = "totals { currency count orders sales { amount } commission { amount } }"
_PARTNERSHIPS = (
    "partnerships(first: 50) { nodes { id status createdAt affiliate { name } store { name }"
    " offer { name } progress { clicks of remaining reached pace daysToGo } } }"
)
_LINKS = (
    "links(first: 50) { nodes { id url subId landing clicks createdAt product { title }"
    " partnership { id } store { name } } }"
)
_NOW = datetime.now(UTC)
_RECENT = (_NOW - timedelta(days=7)).date()
# What people look at all day, from either room.
_ASKED = {
    Room.ACCOUNT: {
        "conversions": f"conversions(first: 50) {_SALES}",
        "conversions by status": f"conversions(first: 50, filter: {{status: [SETTLED]}}) {_SALES}",
        "conversions by days": (
            f'conversions(first: 50, filter: {{fromDay: "{_RECENT}"}}) {_SALES}'
        ),
        "conversions by commission": f"conversions(first: 50, orderBy: COMMISSION_DESC) {_SALES}",
        "totals": f"conversions {{ {_SUMS} }}",
        "partnerships": _PARTNERSHIPS,
        "links": _LINKS,
        "products": (
            'products(first: 50, filter: {title: "knife"}) { nodes { id sku title status'
            " price { amount currency } store { name } } }"
        ),
        "applications": (
            "applications(first: 50) { nodes { id status affiliateName audience submittedAt"
            " affiliate { name } offer { name } } }"
        ),
        "audit entries": "auditEntries(first: 50) { nodes { number action actorName at changes } }",
    },
    Room.AFFILIATE: {
        "own conversions": f"conversions(first: 50) {_SALES}",
        "own totals": f"conversions {{ {_SUMS} }}",
        "own partnerships": _PARTNERSHIPS,
        "own links": _LINKS,
        "my products": (
            "products(first: 50) { nodes { id title imageUrl price { amount currency }"
            " store { name brand { name } } link { url clicks } } }"
        ),
    },
}
_SOME = {
    Room.ACCOUNT: "SELECT account_id FROM account ORDER BY account_id LIMIT $1",
    Room.AFFILIATE: "SELECT id FROM affiliate ORDER BY id LIMIT $1",
}
_EACH = 5  # times that somebody asks the same before the next one asks


async def run(url: str) -> dict[str, Any]:
    """The 95th percentile of each question's time with row-level security over that without, as the
    median of the rounds; and what it costs a connection to be told whose rows it sees."""
    owner = await asyncpg.connect(url, server_settings={"timezone": "UTC", "jit": "off"})
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("making a trade", total=1)
        await trade.make(owner)
        progress.advance(task)
        async with Database(url, app_size=1, affiliate_size=1) as db:
            bench = _Bench(db, owner)
            questions = [await bench.made(room, name) for room in _ASKED for name in _ASKED[room]]
            faults = [fault for each in questions for fault in await bench.faults(each)]
            task = progress.add_task("reading", total=_ROUNDS)
            rounds: list[dict[str, tuple[float, float]]] = []
            for number in range(_ROUNDS + 1):
                found = {each.name: await bench.compare(each) for each in questions}
                if number:  # the first warms up
                    rounds.append(found)
                    progress.advance(task)
            room_ms = await bench.change_of_room(questions[0])
    await owner.close()
    ratios = {
        each.name: round(median(r[each.name][0] / r[each.name][1] for r in rounds), 2)
        for each in questions
    }
    return {
        "conversions": trade.AFFILIATES * trade.PARTNERSHIPS * trade.DAYS,
        "index": faults or True,
        "p95_ratio_worst": max(ratios.values()),
        "p95_ratio_median": round(median(ratios.values()), 2),
        "p95_ratio_of_each": ratios,
        "p95_ms_with_and_without": {
            each.name: [round(median(r[each.name][side] for r in rounds), 2) for side in (0, 1)]
            for each in questions
        },
        "change_of_room_ms": room_ms,
    }


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    room: Room
    statements: dict[UUID, tuple[str, Sequence[object]]]
    """By who asks: what the schema makes of it, and the values."""


@dataclass(frozen=True, slots=True)
class _Listener:
    """Takes the place of a request's context, and notes what is read."""

    sight: Sight
    room_id: UUID
    owner: asyncpg.Connection
    heard: list[tuple[str, Sequence[object]]] = field(default_factory=list)
    request_id: str = "bench"
    public_url: str = "https://links.example"

    async def read(self, sql: str, params: Sequence[object], /) -> asyncpg.Record | None:
        self.heard.append((sql, params))
        return await self.owner.fetchrow(sql, *params)


@dataclass(frozen=True, slots=True)
class _Bench:
    db: Database
    owner: asyncpg.Connection

    async def made(self, room: Room, name: str) -> _Question:
        statements = {}
        for (room_id,) in await self.owner.fetch(_SOME[room], _VIEWERS):
            listener = _Listener(Sight(room, frozenset(Scope)), room_id, self.owner)
            document = f"{{ {_ASKED[room][name]} }}"
            async with self.sides(room, room_id):
                result = await schema.execute(document, context_value=listener)
            assert not result.errors, result.errors
            (statements[room_id],) = listener.heard
        return _Question(name, room, statements)

    def door(self, room: Room, room_id: UUID) -> AbstractAsyncContextManager[Tx]:
        return self.db.account(room_id) if room is Room.ACCOUNT else self.db.affiliate(room_id)

    @asynccontextmanager
    async def sides(self, room: Room, room_id: UUID) -> AsyncIterator[list[Tx]]:
        """With row-level security and without. Both are told what statements ask for: who looks,
        and the time."""
        setting = "app.account_id" if room is Room.ACCOUNT else "app.affiliate_id"
        await self.owner.execute("SELECT set_config($1, $2, false)", setting, str(room_id))
        async with self.door(room, room_id) as tx:
            for side in (tx, self.owner):
                now = _NOW.isoformat()
                await side.execute("SELECT set_config('app.now', $1, false)", now)
            yield [tx, self.owner]

    async def faults(self, question: _Question) -> list[str]:
        """Where a large table is read otherwise than by an index of the one who asks. Both sides
        have to answer the same, and something."""
        first = {"account_id"} if question.room is Room.ACCOUNT else {"account_id", "affiliate_id"}
        for room_id, (sql, values) in question.statements.items():
            async with self.sides(question.room, room_id) as sides:
                answers = [tuple(await side.fetchrow(sql, *values) or ()) for side in sides]
                assert answers[0] == answers[1], f"{question.name}: the two sides differ"
                assert sum(map(len, answers[0])) > 100, (
                    f"{question.name}: nothing is there to be read"
                )
                plan = await sides[0].fetchval(f"EXPLAIN (FORMAT JSON, VERBOSE) {sql}", *values)
        found = await not_by_index(self.owner, orjson.loads(plan)[0]["Plan"], first)
        return [f"{question.name}: {fault}" for fault in found]

    async def compare(self, question: _Question) -> tuple[float, float]:
        """Milliseconds at the 95th percentile with and without, the two in turn."""
        spent: tuple[list[float], list[float]] = [], []
        for room_id, (sql, values) in question.statements.items():
            async with self.sides(question.room, room_id) as sides:
                pairs = list(zip(sides, spent, strict=True))
                for turn in range(_EACH):
                    for side, times in pairs if turn % 2 else pairs[::-1]:
                        started = time.perf_counter()
                        await side.fetchrow(sql, *values)
                        times.append((time.perf_counter() - started) * 1_000)
        return quantiles(spent[0], n=20)[-1], quantiles(spent[1], n=20)[-1]

    async def change_of_room(self, question: _Question) -> float:
        """Milliseconds, as a median."""
        times = []
        for _ in range(50):
            for room_id in question.statements:
                started = time.perf_counter()
                async with self.door(question.room, room_id):
                    times.append((time.perf_counter() - started) * 1_000)
        return round(median(times), 3)
