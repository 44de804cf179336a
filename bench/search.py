"""Searches of the marketplace and of discovery through the product's road, against SQL by hand.

By hand is what would stand in an endpoint written for this one search: a statement with just its
conditions, and its rows made into the same JSON. Both sides share the process, the connections, the
roles with row-level security and the search's own functions in the database; both end in bytes.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from rich.console import Console
from rich.progress import Progress

from bench import network
from bench.searches import SEARCHES, Search
from db.pool import Database
from domain.access import Room, Scope, Seat, Viewer
from domain.clock import SystemClock
from domain.sealing import Keyring
from schema.context import Context
from schema.root import schema

_AFFILIATES, _ACCOUNTS = 100_000, 10_000
_AT_ONCE = 4
_ROUNDS, _REQUESTS = 11, 600

Ask = Callable[[Search], Awaitable[bytes]]


async def run(url: str) -> dict[str, Any]:
    """Requests per second and p95 of both sides, the median of the rounds' ratios, and how each
    search compares by the time that it takes."""
    owner = await asyncpg.connect(url)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("making a network", total=1)
        await network.make(owner, affiliates=_AFFILIATES, accounts=_ACCOUNTS)
        progress.advance(task)
        account_id = await owner.fetchval("SELECT account_id FROM discovery_mark LIMIT 1")
        affiliate_id = await owner.fetchval("SELECT id FROM published_profile ORDER BY id LIMIT 1")
        await owner.close()
        async with Database(url, app_size=_AT_ONCE, affiliate_size=_AT_ONCE) as db:
            sides = [Road(db, account_id, affiliate_id), ByHand(db, account_id, affiliate_id)]
            for search in SEARCHES:
                answers = [orjson.loads(await side.ask(search)) for side in sides]
                assert answers[0] == answers[1], f"{search.name}: the two sides differ"
            task = progress.add_task("searching", total=_ROUNDS)
            rounds = []
            for number in range(_ROUNDS + 1):
                order = sides if number % 2 else sides[::-1]
                found = {side.__class__: await _round(side.ask) for side in order}
                if number:  # the first warms up
                    rounds.append((found[Road], found[ByHand]))
                    progress.advance(task)
    ours, limit = zip(*rounds, strict=True)
    return {
        "affiliates": _AFFILIATES,
        "listings": _ACCOUNTS,
        "searches": len(SEARCHES),
        "limit_per_s": round(median(each.per_s for each in limit)),
        "ours_per_s": round(median(each.per_s for each in ours)),
        "limit_p95_ms": round(median(each.p95_ms for each in limit), 2),
        "ours_p95_ms": round(median(each.p95_ms for each in ours), 2),
        "ratio_limit": round(median(o.per_s / b.per_s for o, b in rounds), 2),
        "ratio_of_each": {
            search.name: round(_typical(limit, search) / _typical(ours, search), 2)
            for search in SEARCHES
        },
    }


def _typical(rounds: Sequence[_Figures], search: Search) -> float:
    """Seconds that this search takes."""
    return median(second for each in rounds for second in each.spent[search.name])


@dataclass(frozen=True, slots=True)
class Road:
    """The schema, asked as an HTTP request would ask it."""

    db: Database
    account_id: UUID
    affiliate_id: UUID

    async def ask(self, search: Search) -> bytes:
        document, variables = search.question
        result = await schema.execute(document, variables, context_value=self._context(search.room))
        assert not result.errors, result.errors
        return orjson.dumps(result.data)

    def _context(self, room: Room) -> Context:
        async def ring() -> None:
            pass

        room_id = self.account_id if room is Room.ACCOUNT else self.affiliate_id
        seat = Seat(room, room_id, frozenset(Scope))
        return Context(
            viewer=Viewer("bench", None, seat, (seat,)),
            db=self.db,
            clock=SystemClock(),
            wall=SystemClock(),
            ring=ring,
            keyring=Keyring("k1", {"k1": bytes(32)}),
            request_id="bench",
            public_url="https://links.example",
            front_end_url="https://app.example",
            client="192.0.2.1",
            browser="",
            session=_Cookies(),
        )


class _Cookies:
    def keep(self, token: str, expires: datetime) -> None:
        pass

    def forget(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class ByHand:
    """An endpoint's body for each search."""

    db: Database
    account_id: UUID
    affiliate_id: UUID

    async def ask(self, search: Search) -> bytes:
        sql, args, answer = search.by_hand
        if search.room is Room.ACCOUNT:
            async with self.db.account(self.account_id) as tx:
                rows = await tx.fetch(sql, self.account_id, *args)
        else:
            async with self.db.affiliate(self.affiliate_id) as tx:
                rows = await tx.fetch(sql, self.affiliate_id, *args)
        return orjson.dumps(answer(rows))


@dataclass(frozen=True, slots=True)
class _Figures:
    per_s: float
    p95_ms: float
    spent: dict[str, list[float]]
    """Seconds of each request, by the search's name."""


async def _round(ask: Ask) -> _Figures:
    """The searches in turn, a few at once, in the same order for everybody."""
    chance = random.Random(1)
    waiting = [search for _ in range(_REQUESTS // len(SEARCHES)) for search in SEARCHES]
    chance.shuffle(waiting)
    count = len(waiting)
    spent: dict[str, list[float]] = {search.name: [] for search in SEARCHES}

    async def client() -> None:
        while waiting:
            search = waiting.pop()
            started = time.perf_counter()
            await ask(search)
            spent[search.name].append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(_AT_ONCE)))
    elapsed = time.perf_counter() - started
    p95_s = quantiles([second for each in spent.values() for second in each], n=20)[-1]
    return _Figures(count / elapsed, p95_s * 1000, spent)
