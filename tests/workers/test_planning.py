"""Several planners, restarted at random, over months of days: each slot is planned exactly once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from db.pool import Database
from domain.clock import local_day
from domain.reports.runs import Purpose
from tests.factories import a_profile, a_seller_account, a_store, an_account
from tests.shop import empty
from workers.sweeping import Planner

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONES = ("America/Los_Angeles", "Europe/London", "Asia/Tokyo", "Australia/Lord_Howe")
"""The last goes forward by half an hour."""


@pytest_asyncio.fixture(loop_scope="module")
async def owner(shared_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared_url)
    yield connection
    await empty(connection)
    await connection.close()


async def a_store_in(owner: asyncpg.Connection, zone: str) -> UUID:
    """Its profile."""
    account_id = await an_account(owner)
    seller_id = await a_seller_account(owner, account_id)
    profile_id = await a_profile(owner, account_id, seller_id, time_zone=zone)
    await owner.execute(
        """INSERT INTO amazon_grant (account_id, seller_account_id, api, state)
           VALUES ($1, $2, 'ADS', 'CONNECTED')""",
        account_id, seller_id,
    )  # fmt: skip
    await a_store(owner, account_id, profile_id, time_zone=zone)
    return profile_id


async def take_what_is_promised(owner: asyncpg.Connection) -> list[dict[str, Any]]:
    rows = await owner.fetch(
        """DELETE FROM duty
        RETURNING kind, payload ->> 'profile_id' AS profile, payload ->> 'purpose' AS purpose"""
    )
    return [dict(row) for row in rows]


@pytest.mark.parametrize(
    "begin", [datetime(2028, 2, 20, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)],
    ids=["leap day and spring", "autumn"],
)  # fmt: skip
async def test_three_planners_plan_each_slot_once_over_months(
    owner: asyncpg.Connection, shared_db: Database, begin: datetime
):
    """A thousand slots, with restarts, outages of four days, and changes of the hour."""
    zone_of = {str(await a_store_in(owner, zone)): zone for zone in ZONES}
    rng = random.Random(f"{begin}")
    planners = [Planner() for _ in range(3)]
    planned: Counter[tuple[str, str, str]] = Counter()
    turns: set[tuple[str, str, str]] = set()
    now, end = begin, begin + timedelta(days=100)
    while now < end:
        now += timedelta(minutes=rng.choice((90, 300, 700)))
        if rng.random() < 0.005:
            now += timedelta(days=4)  # nobody was there
        for number in range(3):
            if rng.random() < 0.1:
                planners[number] = Planner()
        # Their clocks differ by seconds, as those of machines do.
        moments = [now + timedelta(seconds=number) for number in range(3)]
        await asyncio.gather(
            *(one.plan(shared_db, at) for one, at in zip(planners, moments, strict=True))
        )
        for one in await take_what_is_promised(owner):
            day = local_day(moments[-1], zone_of[one["profile"]])
            slot = f"{day:%G-W%V}" if one["purpose"] == Purpose.LATE else str(day)
            planned[one["profile"], one["purpose"] or one["kind"], slot] += 1
        for profile, zone in zone_of.items():
            day = local_day(now, zone)
            turns |= {(profile, what, str(day)) for what in (Purpose.DAILY, "settle")}
            turns |= {(profile, Purpose.LATE, f"{day:%G-W%V}")}

    assert len(turns) > 700
    assert set(planned) == turns
    per_slot = {Purpose.DAILY: 4, Purpose.LATE: 8, "settle": 1}
    assert {(what, times) for (_, what, _), times in planned.items()} == set(per_slot.items())


async def test_a_planner_that_fails_half_way_plans_the_rest_next_time(
    owner: asyncpg.Connection, shared_db: Database
):
    """What it remembers is only what was committed."""
    await a_store_in(owner, ZONES[0])
    now = datetime(2026, 8, 2, 20, tzinfo=UTC)
    planner = Planner()
    await owner.execute("ALTER TABLE duty ADD CONSTRAINT no_duty CHECK (false) NOT VALID")
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await planner.plan(shared_db, now)
    finally:
        await owner.execute("ALTER TABLE duty DROP CONSTRAINT no_duty")
    assert await owner.fetch("SELECT FROM slot") == []

    await planner.plan(shared_db, now)

    assert Counter(one["purpose"] for one in await take_what_is_promised(owner)) == {
        "DAILY": 4, "LATE": 8, None: 1,
    }  # fmt: skip


async def test_what_is_new_is_found_and_what_is_known_is_not_asked_again(
    owner: asyncpg.Connection, shared_db: Database
):
    now = datetime(2026, 8, 2, 20, tzinfo=UTC)
    planner = Planner()
    await a_store_in(owner, ZONES[0])
    await planner.plan(shared_db, now)
    await take_what_is_promised(owner)
    await owner.execute("DELETE FROM slot")  # so that asking again would show
    await a_store_in(owner, ZONES[1])

    await planner.plan(shared_db, now + timedelta(minutes=30))

    promised = await take_what_is_promised(owner)
    assert len({one["profile"] for one in promised}) == 1
    assert await owner.fetchval("SELECT count(*) FROM slot") == 3
