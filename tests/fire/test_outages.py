"""What is away for days: a level, a consent, the right to ask at all; and a worker too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from db.pool import Database
from domain.amazon.rules import Api
from domain.conversions.verifying import rebuild_account
from domain.reports.rows import Level
from tests.fire.conservation import lost_or_made_up
from tests.fire.season import until
from tests.shop import Shop, a_shop
from tests.stage import Stage
from workers.jobs import sweep

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPORT = "/na/attribution/report"


async def days_pass(shop: Shop, days: int, sales_minor: int = 0) -> None:
    """A worker looks at every moment at which something is due; perhaps a sale at each noon."""
    for _ in range(days):
        if sales_minor:
            await shop.sell(sales_minor)
        await until(shop.stage, shop.now() + timedelta(days=1))
        assert await lost_or_made_up(shop.owner) == []


async def kept(shop: Shop, level: Level) -> dict[Any, int]:
    """Sales by day, as the newest versions of a level have them."""
    rows = await shop.owner.fetch(
        """SELECT day, sum(total_sales_minor)::int AS minor
             FROM (SELECT DISTINCT ON (subject_id, day, asin, halo) * FROM report_row
                    WHERE level = $1
                    ORDER BY subject_id, day, asin, halo, observed_at DESC) newest
            GROUP BY day HAVING sum(total_sales_minor) > 0""",
        level.value,
    )
    return {row["day"]: row["minor"] for row in rows}


async def test_a_level_that_is_down_for_a_week_is_complete_afterwards(shop: Shop):
    """The others go on, the money among them."""
    await shop.click(12)
    await days_pass(shop, 3, 1_000)
    shop.fault("status", level="ADGROUP")
    await days_pass(shop, 7, 2_000)
    paid = {one["day"]: one["sales_minor"] for one in await shop.conversions()}
    assert len(paid) >= 8, "the money goes on"
    assert kept_less_than(await kept(shop, Level.ADGROUP), paid)
    assert await kept(shop, Level.CREATIVE) == paid

    shop.stage.world.faults.clear()
    await days_pass(shop, 1)

    paid = {one["day"]: one["sales_minor"] for one in await shop.conversions()}
    assert await kept(shop, Level.ADGROUP) == paid
    assert await shop.owner.fetchval("SELECT count(*) FROM duty WHERE dead_at IS NOT NULL") == 0


def kept_less_than(some: dict[Any, int], all: dict[Any, int]) -> bool:
    return some.keys() < all.keys()


async def test_a_profile_that_loses_attribution_is_asked_for_once_a_day_until_it_has_it(
    shop: Shop,
):
    """The brand sees why, and what was sold meanwhile is there afterwards."""
    await shop.click(12)
    await days_pass(shop, 3, 1_000)
    shop.fault("not_eligible")
    asked = shop.stage.count(REPORT)
    await days_pass(shop, 5, 1_000)

    assert shop.stage.count(REPORT) - asked <= 5 * len(Level) + 2 * len(Level)
    eligible = "SELECT attribution FROM profile WHERE id = $1"
    assert await shop.owner.fetchval(eligible, shop.profile_id) == "NOT_ELIGIBLE"
    assert "not authorized" in (await shop.last_run())["problem"]

    shop.stage.world.faults.clear()
    await days_pass(shop, 2)

    assert await shop.owner.fetchval(eligible, shop.profile_id) == "ELIGIBLE"
    assert len(await shop.conversions()) == 8
    assert await shop.owner.fetchval("SELECT count(*) FROM duty WHERE dead_at IS NOT NULL") == 0


async def a_sale_that_comes_back(shop: Shop) -> None:
    """Sold on the first day and returned on the tenth, which Amazon counts after the 28th."""
    [shopper, *_] = await shop.click(12)
    order = await shop.buy(shopper)
    await days_pass(shop, 10)
    wanted = {"order_id": order, "asin": shop.affiliates[0].asin}
    await shop.tell("returns", wanted)
    await days_pass(shop, 15)


async def test_nothing_settles_by_what_was_read_before_an_outage(shop: Shop):
    """S67: the consent is lost from the 25th day to the 33rd; on the 30th a sale would have
    settled that had come back meanwhile."""
    first_day = shop.today()
    await a_sale_that_comes_back(shop)
    [pending] = await shop.conversions()
    assert (pending["day"], pending["sales_minor"]) == (first_day, 2_500)
    await shop.tell("revocations", {"person": "june"})
    before = shop.stage.count("refresh_token")
    await days_pass(shop, 8, 1_000)

    grant = await shop.stage.row("SELECT * FROM amazon_grant WHERE api = 'ADS'")
    assert grant["state"] == "RECONNECT"
    assert "Connect again" in grant["problem"]
    assert shop.stage.count("refresh_token") - before <= len(Api), "one try for each consent"
    [waiting] = await shop.conversions()
    assert shop.today() > waiting["settles_on"]
    assert (waiting["status"], waiting["sales_minor"]) == ("PENDING", 2_500)

    await shop.stage.consent(grant["seller_account_id"])
    await days_pass(shop, 2)

    settled, *caught_up = await shop.conversions()
    assert (settled["status"], settled["sales_minor"]) == ("SETTLED", 0)
    assert [one["sales_minor"] for one in caught_up] == [1_000] * 8
    await rebuilt_the_same(shop)


async def test_an_affiliate_does_not_wait_for_ever(shop: Shop):
    """S67: two weeks after its time a day settles by what is known of it."""
    await a_sale_that_comes_back(shop)
    await shop.tell("revocations", {"person": "june"})
    await days_pass(shop, 18)
    [one] = await shop.conversions()
    assert (one["status"], shop.today()) == ("PENDING", one["settles_on"] + timedelta(days=13))

    await days_pass(shop, 1)

    [one] = await shop.conversions()
    assert (one["status"], one["sales_minor"]) == ("SETTLED", 2_500)
    await rebuilt_the_same(shop)


async def rebuilt_the_same(shop: Shop) -> None:
    before = await shop.conversions()
    async with shop.stage.db.transaction(shop.stage.account_id) as tx:
        assert await rebuild_account(tx, shop.stage.account_id) == len(before)
    assert await shop.conversions() == before


async def test_two_workers_on_one_store_end_as_one(another_stage: Any, shared_url: str):
    """And ask Amazon for nothing twice."""
    ends = []
    for workers in (1, 2):
        async with another_stage() as stage, crew(stage, shared_url, workers) as sweep_at_once:
            shop = await a_shop(stage)
            for day in range(12):
                await shop.click(3, 0)
                await shop.click(1 if day < 4 else 3, 1)
                await shop.sell(1_000 + day, day % 2)
                shop.pass_days(1)
                await sweep_at_once()
            assert await lost_or_made_up(shop.owner) == []
            places = {one.partnership_id: n for n, one in enumerate(shop.affiliates)}
            sales = sorted(
                (places[one["partnership_id"]], one["day"], one["sales_minor"], one["status"])
                for one in await shop.conversions()
            )
            open_duties = await shop.owner.fetchval("SELECT count(*) FROM duty")
            ends.append((sales, len(await shop.versions()), stage.count(REPORT), open_duties))
    assert ends[0] == ends[1]
    assert len(ends[0][0]) > 5


@asynccontextmanager
async def crew(stage: Stage, url: str, workers: int) -> AsyncIterator[Any]:
    """So many workers, each with connections of its own; all of them sweep at once."""
    async with Database(url) as second:
        all_of_them = [stage.deps, replace(stage.deps, db=second)][:workers]

        async def sweep_at_once() -> None:
            await asyncio.gather(*(sweep(deps) for deps in all_of_them))

        yield sweep_at_once
