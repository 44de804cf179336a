"""One million due conversions settled, against one bare UPDATE of the same rows."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import Progress

from bench import world
from db.pool import Database
from domain.conversions import actions as conversions
from domain.reports import queries

_ROWS = world.STORES * world.AFFILIATES * world.DAYS


async def run(url: str) -> dict[str, Any]:
    """Rows per second of the bare UPDATE and of the settlement of every store."""
    owner = await asyncpg.connect(url)
    account_id, stores = await world.make(owner)
    now = datetime.now(UTC)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("making a million due conversions", total=2)
        await _fill(owner)
        started = time.perf_counter()
        await owner.execute("UPDATE conversion SET status = 'SETTLED', settled_at = $1", now)
        limit_s = time.perf_counter() - started
        progress.advance(task)
        await owner.execute("TRUNCATE conversion")
        await _fill(owner)
        progress.advance(task)
        task = progress.add_task("settling", total=len(stores))
        async with Database(url) as db:
            started = time.perf_counter()
            for store in stores:
                async with db.transaction(account_id) as tx:
                    profile = await queries.lock_profile(tx, account_id, store.profile_id)
                    assert profile is not None
                    await conversions.settle(tx, profile, store.store_id, now)
                progress.advance(task)
            settle_s = time.perf_counter() - started
    settled = await owner.fetchval("SELECT count(*) FROM conversion WHERE status = 'SETTLED'")
    assert settled == _ROWS, f"{settled} of {_ROWS} settled"
    await owner.close()
    return {
        "rows": _ROWS,
        "limit_rows_per_s": round(_ROWS / limit_s),
        "settled_rows_per_s": round(_ROWS / settle_s),
        "ratio_limit": round(limit_s / settle_s, 2),
    }


async def _fill(owner: asyncpg.Connection) -> None:
    await owner.execute(
        """INSERT INTO conversion
                  (account_id, id, partnership_id, store_id, affiliate_id, day, source, status,
                   currency, offer_version_id, rate_bp, orders, units, sales_minor,
                   commission_minor, reported_orders, reported_units, reported_sales_minor,
                   reported_commission_minor, first_seen_at, changed_at, settles_on)
           SELECT p.account_id, gen_random_uuid(), p.id, p.store_id, p.affiliate_id, d.day,
                  'AMAZON', 'PENDING', 'USD', p.offer_id, 1250, 1, 1, 1000, 125, 1, 1, 1000, 125,
                  now(), now(), current_date - 1
             FROM partnership p,
                  generate_series(current_date - 49, current_date, '1 day') AS d (day)
            ORDER BY p.id, d.day"""
    )
    await owner.execute("VACUUM ANALYZE conversion")
    await owner.execute("CHECKPOINT")
