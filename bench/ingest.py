"""One million CAMPAIGN rows through the real parsing, versioning and derivation.

The limit is a bare COPY of the same parsed rows into an unindexed table: what this PostgreSQL can
take from this Python at all.
"""

from __future__ import annotations

import asyncio
import random
import resource
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from rich.console import Console
from rich.progress import Progress

from bench import world
from db.pool import Database
from domain.ids import new_id
from domain.reports import actions, queries
from domain.reports.parsing import parse
from domain.reports.rows import Asked, Level, Row
from domain.reports.runs import Purpose, Run

_AT_ONCE = 4  # what a worker does side by side
_BATCH = 20  # bodies in memory at a time, 2.4 MB each
_ROWS = world.STORES * world.AFFILIATES * world.DAYS


async def run(url: str) -> dict[str, Any]:
    """Rows per second of the limit, of a first and of an identical second fetch; peak memory."""
    owner = await asyncpg.connect(url)
    account_id, stores = await world.make(owner)
    with Progress(console=Console(stderr=True)) as progress:
        limit_s = await _bare_copy(owner, stores, progress)
        await owner.execute("CHECKPOINT")
        async with Database(url) as db:
            first_s = await _all(db, account_id, stores, "first fetch", progress)
            await owner.execute("CHECKPOINT")
            second_s = await _all(db, account_id, stores, "the same again", progress)
    conversions = await owner.fetchval("SELECT count(*) FROM conversion")
    assert conversions == _ROWS, f"{conversions} conversions came of {_ROWS} rows"
    await owner.close()
    return {
        "rows": _ROWS,
        "limit_rows_per_s": round(_ROWS / limit_s),
        "first_rows_per_s": round(_ROWS / first_s),
        "second_rows_per_s": round(_ROWS / second_s),
        "ratio_limit": round(limit_s / first_s, 3),
        "ratio_second_to_first": round(first_s / second_s, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def _all(
    db: Database, account_id: UUID, stores: list[world.Store], label: str, progress: Progress
) -> float:
    """Seconds for every store's report, a few at once. Bodies are made outside of that time."""
    task = progress.add_task(label, total=len(stores))
    spent = 0.0
    for start in range(0, len(stores), _BATCH):
        batch = range(start, start + _BATCH)
        waiting = [(stores[number], _body(stores[number], number)) for number in batch]

        async def worker(waiting: list[tuple[world.Store, bytes]] = waiting) -> None:
            while waiting:
                await _fetch(db, account_id, *waiting.pop())
                progress.advance(task)

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
        spent += time.perf_counter() - started
    return spent


async def _fetch(db: Database, account_id: UUID, store: world.Store, body: bytes) -> None:
    """What a worker does with a report, from the moment its page is here."""
    now = datetime.now(UTC)
    run = Run(
        account_id, new_id(), store.profile_id, Level.CAMPAIGN, Purpose.DAILY,
        world.FIRST_DAY, world.TODAY,
    )  # fmt: skip
    async with db.transaction(account_id) as tx:
        await queries.insert_run(tx, run, now)
        await actions.store_page(tx, run, 1, {}, body, now)
    async with db.transaction(account_id) as tx:
        await actions.take_in(tx, run, datetime.now(UTC), degraded=[])


async def _bare_copy(
    owner: asyncpg.Connection, stores: list[world.Store], progress: Progress
) -> float:
    kinds = ["date", *["text"] * 5, "bool", *["bigint"] * 15]
    columns = ", ".join(f"{n} {k}" for n, k in zip(Row._fields, kinds, strict=True))
    await owner.execute(f"CREATE TABLE bare ({columns})")
    asked = Asked(Level.CAMPAIGN, world.FIRST_DAY, world.TODAY, "USD")
    task = progress.add_task("limit: bare COPY", total=len(stores))
    spent = 0.0
    for number, store in enumerate(stores):
        rows = parse(_body(store, number), asked).rows
        started = time.perf_counter()
        await owner.copy_records_to_table("bare", records=rows)
        spent += time.perf_counter() - started
        progress.advance(task)
    await owner.execute("DROP TABLE bare")
    return spent


def _body(store: world.Store, seed: int) -> bytes:
    """A page as Amazon sends it: every metric text, money with the noise of binary fractions."""
    draw = random.Random(seed)
    return orjson.dumps(
        {
            "reports": [
                _row(token, world.day(number).strftime("%Y%m%d"), draw)
                for number in range(world.DAYS)
                for token in store.tokens
            ],
            "cursorId": None,
            "size": world.AFFILIATES * world.DAYS,
        }
    )


def _row(token: str, day: str, draw: random.Random) -> dict[str, str]:
    n = draw.randint(1, 9)
    promoted, halo = n * draw.randint(500, 9_999) / 100, draw.randint(0, 5_000) / 100
    return {
        "date": day,
        "advertiserName": "Bench",
        "campaignId": token,
        "Click-throughs": str(n * 11),
        "attributedDetailPageViewsClicks14d": str(n * 8),
        "attributedAddToCartClicks14d": str(n * 2),
        "attributedPurchases14d": str(n),
        "unitsSold14d": str(n),
        "attributedSales14d": str(promoted),
        "attributedTotalDetailPageViewsClicks14d": str(n * 9),
        "attributedTotalAddToCartClicks14d": str(n * 3),
        "attributedTotalPurchases14d": str(n + 1),
        "totalUnitsSold14d": str(n + 1),
        "totalAttributedSales14d": str(promoted + halo),
        "brb_bonus_amount": str(promoted * 0.1),
    }
