"""A page of conversions over HTTP: ours, by hand, PostGraphile's, and resolvers with DataLoaders.

All four have the same database, roles with row-level security, keys, load and machine, and a
process each. They run side by side and are measured in turn, so whatever else the machine does
falls on all of them; server, PostgreSQL and the load share its cores. Before that, their answers to
every key are compared.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
from rich.console import Console
from rich.progress import Progress

from bench import trade
from bench.asking import load, servers
from bench.asking.peer import NotThere
from bench.asking.ways import BY_HAND, DATA_LOADERS, OURS, Running, Way, postgraphile, running
from db.pool import Database
from domain.accounts.actions import create_api_key
from embedded import valkey

_PARTNERSHIPS = 3  # of each affiliate, with fifty days each: 300,000 conversions
_SIZES = (10, 50, 200)
_ROUNDS = 5
_ROUND_S, _WARM_UP_S = 3, 2
# What the others are to us.
_RATIOS = {"by_hand": "limit", "postgraphile": "peer", "data_loaders": "naive"}

Rounds = dict[str, list[load.Figures]]


async def run(url: str) -> dict[str, Any]:
    """Requests per second and p99 of each way at each size, the medians of the rounds; and ours
    over each other, the median of the rounds' ratios."""
    skipped: dict[str, str] = {}
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("making a trade", total=1)
        owner = await asyncpg.connect(url)
        await trade.make(owner, partnerships=_PARTNERSHIPS)
        conversions = await owner.fetchval("SELECT count(*) FROM conversion")
        await owner.close()
        progress.advance(task)
        keys = list((await keys_of_accounts(url)).values())
        with started(_ways(progress.console, skipped), url, keys) as ways:
            task = progress.add_task("asking", total=len(_SIZES) * _ROUNDS)
            found: dict[int, Rounds] = {}
            for size in _SIZES:
                compare(ways, size)
                for each in ways:
                    each.figures(size, _WARM_UP_S)
                found[size] = {each.way.name: [] for each in ways}
                for number in range(_ROUNDS):
                    for each in ways if number % 2 else ways[::-1]:
                        found[size][each.way.name].append(each.figures(size, _ROUND_S))
                    progress.advance(task)
    return {
        "conversions": conversions,
        "connections": load.CONNECTIONS,
        "load": load.generator(),
        **({"skipped": skipped} if skipped else {}),
        "rps": {str(size): _median_of(found[size], "rps", 0) for size in _SIZES},
        "p99_ms": {str(size): _median_of(found[size], "p99_ms", 1) for size in _SIZES},
        **{
            f"ratio_{to}_{size}": _ratio(found[size], name)
            for name, to in _RATIOS.items()
            for size in _SIZES
            if name in found[size]
        },
    }


def _median_of(rounds: Rounds, figure: str, digits: int) -> dict[str, float]:
    return {
        name: round(median(getattr(each, figure) for each in all_), digits)
        for name, all_ in rounds.items()
    }


def _ratio(rounds: Rounds, name: str) -> float:
    pairs = zip(rounds["ours"], rounds[name], strict=True)
    return round(median(ours.rps / other.rps for ours, other in pairs), 2)


def _ways(console: Console, skipped: dict[str, str]) -> list[Way]:
    """All that this machine can have; `skipped` is told of the others, and why."""
    ways = [OURS, BY_HAND, DATA_LOADERS]
    try:
        ways.insert(2, postgraphile(data_folder() / "postgraphile"))
    except NotThere as why:
        console.print(str(why))
        skipped["postgraphile"] = str(why)
    return ways


async def keys_of_accounts(url: str) -> dict[UUID, str]:
    """A new key of every account."""
    async with Database(url) as db, db.system() as tx:
        accounts = await tx.fetch("SELECT account_id FROM account ORDER BY account_id")
        return {
            each["account_id"]: (await create_api_key(tx, each["account_id"], "bench")).text
            for each in accounts
        }


def data_folder() -> Path:
    return (Path(os.environ.get("DATA_DIR", ".data")) / "bench" / "ask").resolve()


@contextmanager
def started(ways: Sequence[Way], url: str, keys: Sequence[str]) -> Iterator[list[Running]]:
    """The ways with their processes, and the Valkey that ours wants; all gone at the end."""
    data = data_folder()
    with ExitStack() as stack:
        stack.enter_context(servers.unwound())
        redis_url = stack.enter_context(valkey(data / "valkey"))
        env = servers.production(url, redis_url, data / "outbox")
        yield [stack.enter_context(running(way, env, keys, data)) for way in ways]


def compare(ways: Sequence[Running], size: int) -> None:
    """Raises Failed unless everybody answers the same rows with the same values to each key."""
    expected = ways[0].pages(size)
    for page in expected:
        if len(page.nodes) != size:
            raise load.Failed(f"{ways[0].way.name} answers {len(page.nodes)} rows of {size}")
    for each in ways[1:]:
        for ours, other in zip(expected, each.pages(size), strict=True):
            if (*other[:2], other.end_cursor or ours.end_cursor) != ours:
                raise load.Failed(f"{each.way.name} answers otherwise than {ways[0].way.name}")
