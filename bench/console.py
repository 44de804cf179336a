"""A console's day over a million conversions: ours over HTTP, beside the SQL by hand.

Twenty requests fall due in a second, whether those before are answered or not, and each is measured
from the moment when it was due: nobody waits unseen. They are of ten operations in turn and of
accounts by their size. Ours is the server as it is shipped, one process with its production
configuration; by hand is SQL for just that operation, with the same role and row-level security,
without HTTP. Both are asked the same at the same pace, one after the other. Answers are compared
first.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
from rich.console import Console
from rich.progress import Progress

from bench import brands
from bench.ask import keys_of_accounts
from bench.asking import servers
from bench.operations import OPERATIONS, Brand, Operation
from db.pool import Database
from embedded import valkey

_PER_S, _SECONDS, _WARM_UP_S = 20, 60, 10
_COMPARED = 4  # draws of each operation in each of the accounts that are compared
_SHARES = (40, 30, 30)  # of the requests, for the big account, those of the middle and the others


async def run(url: str) -> dict[str, Any]:
    """Milliseconds at the 95th and 99th percentile of both sides, and of each operation the 95th
    of ours and of the SQL. `errors` are requests that were not answered, or not without errors."""
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("making brands", total=1)
        owner = await asyncpg.connect(url)
        await brands.make(owner)
        conversions = await owner.fetchval("SELECT count(*) FROM conversion")
        found = await _brands(owner)
        await owner.close()
        progress.advance(task)
        async with Database(url) as db, httpx.AsyncClient(trust_env=False, timeout=30) as client:
            keys = await keys_of_accounts(url)
            with _server(url) as address:
                ours, sql = Served(client, address, keys), ByHand(db)
                await _compare(ours, sql, found)
                figures = []
                for name, side in (("asking", ours), ("by hand", sql)):
                    warm, turns = _turns(found, _WARM_UP_S, seed=1), _turns(found, _SECONDS, seed=2)
                    task = progress.add_task(name, total=len(turns))
                    await _load(side.ask, warm)
                    figures.append(await _load(side.ask, turns, partial(progress.advance, task)))
    of_ours, of_sql = figures
    return {
        "conversions": conversions,
        "operations": len(OPERATIONS),
        "per_s": _PER_S,
        "p95_ms": _percentile(of_ours.all_ms, 95),
        "p99_ms": _percentile(of_ours.all_ms, 99),
        "sql_p95_ms": _percentile(of_sql.all_ms, 95),
        "sql_p99_ms": _percentile(of_sql.all_ms, 99),
        "errors": of_ours.errors,
        "of_each": {
            each.name: [_percentile(side.ms[each.name], 95) for side in figures]
            for each in OPERATIONS
        },
    }


async def _brands(owner: asyncpg.Connection) -> list[Brand]:
    """What there is to ask about in each account, in the order of `brands`: the big one first."""
    found = []
    for row in await owner.fetch(
        """SELECT account_id, count(*) AS conversions, current_date AS today
             FROM conversion JOIN account a USING (account_id)
            GROUP BY account_id, a.name ORDER BY substr(a.name, 9)::int"""
    ):
        account_id = row["account_id"]

        async def ids(sql: str, *, of: UUID = account_id) -> list[UUID]:
            return [each[0] for each in await owner.fetch(sql, of)]

        # The last rows of pages 195 to 204, or of the last ones of a smaller account.
        last = min(204 * 50, row["conversions"] - 50)
        far = await owner.fetch(
            """SELECT day, id FROM (SELECT day, id, row_number() OVER (ORDER BY day DESC, id DESC)
                                      FROM conversion WHERE account_id = $1) c
                WHERE row_number BETWEEN $2 AND $3 AND row_number % 50 = 0""",
            account_id, last - 9 * 50, last,
        )  # fmt: skip
        found.append(
            Brand(
                account_id,
                row["today"],
                affiliates=await ids(
                    "SELECT affiliate_id FROM partnership WHERE account_id = $1 ORDER BY id"
                ),
                offers=await ids("SELECT id FROM offer WHERE account_id = $1 ORDER BY id"),
                conversions=await ids(
                    """SELECT id FROM conversion WHERE account_id = $1
                        AND day BETWEEN current_date - 60 AND current_date - 4 ORDER BY id"""
                ),
                far=[(each["day"], each["id"]) for each in far],
            )
        )
    return found


@contextmanager
def _server(url: str) -> Iterator[str]:
    """The product's web process and the Valkey that it wants; yields its address."""
    data = (Path(os.environ.get("DATA_DIR", ".data")) / "bench" / "console").resolve()
    port = servers.free_port()
    with valkey(data / "valkey") as redis_url:
        env = servers.production(url, redis_url, data / "outbox")
        with servers.server(servers.python("api"), env, port, data / "web.log"):
            yield f"http://127.0.0.1:{port}/graphql"


@dataclass(frozen=True, slots=True)
class Turn:
    """A request that is to be made."""

    operation: Operation
    account_id: UUID
    document: str
    variables: dict[str, Any]


class Failed(Exception):
    """It was not answered, or not without errors."""


Ask = Callable[[Turn], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Served:
    """The product, by HTTP."""

    client: httpx.AsyncClient
    address: str
    keys: Mapping[UUID, str]

    async def ask(self, turn: Turn) -> bytes:
        """What stands in `data`, and all around it. Raises Failed."""
        try:
            answer = await self.client.post(
                self.address,
                content=orjson.dumps({"query": turn.document, "variables": turn.variables}),
                headers={
                    "authorization": f"Bearer {self.keys[turn.account_id]}",
                    "content-type": "application/json",
                },
            )
        except httpx.HTTPError as error:
            raise Failed(f"{turn.operation.name}: {error!r}") from error
        if answer.status_code != 200 or b'"errors":' in answer.content:
            raise Failed(f"{turn.operation.name}: {answer.status_code} {answer.text[:1_000]}")
        return answer.content


@dataclass(frozen=True, slots=True)
class ByHand:
    """An endpoint's body for each operation."""

    db: Database

    async def ask(self, turn: Turn) -> bytes:
        async with self.db.account(turn.account_id) as tx:
            data = await turn.operation.by_hand(tx, turn.account_id, turn.variables)
        return orjson.dumps({"data": data})


def _turns(found: Sequence[Brand], seconds: int, *, seed: int) -> list[Turn]:
    """The operations in turn, each time in another order, so that none always meets the same."""
    chance = random.Random(seed)
    turns: list[Turn] = []
    after_middle = brands.BIG + brands.MIDDLE
    sizes = found[: brands.BIG], found[brands.BIG : after_middle], found[after_middle:]
    while len(turns) < seconds * _PER_S:
        for operation in chance.sample(OPERATIONS, len(OPERATIONS)):
            (of_size,) = chance.choices(sizes, _SHARES)
            turns.append(_turn(operation, chance.choice(of_size), chance))
    return turns


def _turn(operation: Operation, brand: Brand, chance: random.Random) -> Turn:
    return Turn(operation, brand.account_id, *operation.ask(brand, chance))


async def _compare(ours: Served, sql: ByHand, found: Sequence[Brand]) -> None:
    chance = random.Random(0)
    for brand in (found[0], found[brands.BIG], found[-1]):
        for operation in OPERATIONS:
            for _ in range(_COMPARED):
                turn = _turn(operation, brand, chance)
                answers = [orjson.loads(await side.ask(turn))["data"] for side in (ours, sql)]
                assert answers[0] == answers[1], f"{operation.name}: the two sides differ"


@dataclass(frozen=True, slots=True)
class _Figures:
    ms: dict[str, list[float]]
    """Milliseconds of each answer, by the operation's name."""
    errors: int

    @property
    def all_ms(self) -> list[float]:
        return [each for all_ in self.ms.values() for each in all_]


async def _load(
    ask: Ask, turns: Sequence[Turn], answered: Callable[[], object] = lambda: None
) -> _Figures:
    """Makes each request when it is due. One that fails has no time, and is an error."""
    ms: dict[str, list[float]] = {each.name: [] for each in OPERATIONS}
    errors, begin = 0, perf_counter()  # uvloop's own time counts whole milliseconds

    async def one(turn: Turn, due: float) -> None:
        nonlocal errors
        try:
            await ask(turn)
        except Failed as error:
            errors += 1
            Console(stderr=True).print(str(error))
        else:
            ms[turn.operation.name].append((perf_counter() - due) * 1_000)
        answered()

    async with asyncio.TaskGroup() as requests:
        for number, turn in enumerate(turns):
            due = begin + number / _PER_S
            await asyncio.sleep(due - perf_counter())
            requests.create_task(one(turn, due))
    return _Figures(ms, errors)


def _percentile(values: Sequence[float], percent: int) -> float:
    return round(quantiles(values, n=100)[percent - 1], 1)
