"""A month in which one call in ten fails, beside the same month in which none does."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from db.pool import Database
from sandbox.cast.draw import Size
from tests.conftest import a_database
from tests.fire.box import SLOW_MS, over_http
from tests.fire.season import Season, outcome, play
from tests.stage import Stage, a_stage

DAYS = int(os.environ.get("FIRE_DAYS", "35"))
SEED = int(os.environ.get("FIRE_SEED", "1"))
ONE_IN = float(os.environ.get("FIRE_ONE_IN", "10"))


@asynccontextmanager
async def _season(postgres_url: str, template: str, *, storm: bool) -> AsyncIterator[Season]:
    async with a_database(postgres_url, template) as url, Database(url) as db:
        owner = await asyncpg.connect(url)
        size = Size(products_per_brand=4, large_seller_products=2)
        async with a_stage(db, owner, size) as stage, over_http(stage) as stage:
            stage.world.change_switches({"page_rows": 60})
            if storm:
                stage.world.storm.begin({"one_in": ONE_IN, "seed": SEED, "slow_ms": SLOW_MS})
            yield await play(stage, DAYS)
        await owner.close()


def _asked(stage: Stage) -> Counter[str]:
    return Counter(call.path for call, _ in stage.world.calls if not call.path.startswith("/ap"))


async def _stuck(stage: Stage) -> list[dict[str, object]]:
    """Duties that were given up, or are due and not done."""
    rows = await stage.owner.fetch(
        "SELECT kind, subject, run_at, dead_at, last_error FROM duty"
        " WHERE dead_at IS NOT NULL OR run_at <= $1 OR lease_token IS NOT NULL",
        stage.now(),
    )
    return [dict(row) for row in rows]


@pytest.mark.timeout(60 + 10 * DAYS)
async def test_a_month_in_which_one_call_in_ten_fails_ends_as_one_without(
    postgres_url: str, template: str
):
    async with _season(postgres_url, template, storm=False) as season:
        right = await outcome(season)
        enough = _asked(season.shop.stage)
        assert await _stuck(season.shop.stage) == []
    statuses = Counter((row[0], row[2]) for row in right)
    assert statuses[0, "SETTLED"] > 0, "the month is too short for a settlement"
    assert statuses[1, "PENDING"] > 0
    assert any(row[0] == 2 for row in right) is (DAYS > 33), "a late threshold"
    assert not any(row[0] == 3 for row in right), "who has one click is never shown"

    async with _season(postgres_url, template, storm=True) as season:
        found = await outcome(season)
        asked = _asked(season.shop.stage)
        storm = season.shop.stage.world.storm
        assert await _stuck(season.shop.stage) == []

    sys.stdout.write(
        f"{asked.total()} calls instead of {enough.total()};"
        f" {storm.struck().total()} of {storm.calls} struck: {dict(storm.struck())}\n"
    )
    assert found == right
    assert storm.struck().total() >= 0.5 * storm.calls / ONE_IN
    assert asked.total() <= 1.5 * enough.total()
