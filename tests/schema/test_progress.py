"""The way to Amazon's threshold, as brand and affiliate see it, and what crossing it releases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.pool import Database
from domain.ids import encode
from tests.factories import NOW, a_link, a_partnership, a_store, an_affiliate, an_offer
from tests.reporting import MASKED, a_desk, campaign_row, day, morning, sold
from tests.schema.conftest import Client, affiliate_client

ASK = """query($id: ID!) { partnership(id: $id) { progress {
  clicks of remaining reached ourClicks amazonClicks pace daysToGo crossedAt visibleAt
  released { nodes { day sales { amount } commission { amount } status }
             totals { count commission { amount } } }
} } }"""
WEEK = timedelta(days=7)


async def progress(client: Client, partnership_id: UUID) -> dict[str, Any]:
    found = await client.ask(ASK, id=encode("part", partnership_id))
    answer: dict[str, Any] = found["partnership"]["progress"]
    return answer


async def clicked(
    owner: asyncpg.Connection, account_id: UUID, partnership_id: UUID, moments: Sequence[datetime]
) -> None:
    code = await a_link(owner, account_id, partnership_id)
    await owner.execute(
        """INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
           SELECT k.account_id, k.partnership_id, k.link_id, m.moment
             FROM link_code k, unnest($2::timestamptz[]) AS m (moment) WHERE k.code = $1""",
        code, moments,
    )  # fmt: skip


def days_ago(*numbers: float) -> list[datetime]:
    return [NOW - timedelta(days=number) for number in numbers]


HOURS = st.integers(0, 24 * 20)


@given(age=HOURS, ago=st.lists(HOURS, max_size=15))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_pace_is_the_clicks_of_a_week_and_tells_the_days_to_go(
    client: Client, owner: asyncpg.Connection, account_id: UUID, age: int, ago: list[int]
) -> None:
    """S52."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(
        owner, account_id, store_id, offer_id, created_at=NOW - timedelta(hours=age)
    )
    ago = [min(hours, age) for hours in ago]
    await clicked(
        owner, account_id, partnership_id, [NOW - timedelta(hours=hours) for hours in ago]
    )

    found = await progress(client, partnership_id)

    days = min(Fraction(7), max(Fraction(1), Fraction(age, 24)))
    pace = sum(hours < 24 * 7 for hours in ago) / days
    assert abs(Fraction(found["pace"]) - pace) <= Fraction(1, 200)
    remaining = max(10 - len(ago), 0)
    assert (found["ourClicks"], found["remaining"]) == (len(ago), remaining)
    assert found["daysToGo"] == (0 if not remaining else ceil(remaining / pace) if pace else None)
    crossed = sorted(NOW - timedelta(hours=hours) for hours in ago)[9:10]
    assert found["crossedAt"] == (f"{crossed[0]:%Y-%m-%dT%H:%M:%SZ}" if crossed else None)


async def test_there_is_no_day_without_a_pace(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    id = await a_partnership(owner, account_id, store_id, offer_id, created_at=NOW - 9 * WEEK)
    await clicked(owner, account_id, id, days_ago(8, 9, 10, 11, 12, 13, 14))

    found = await progress(client, id)

    assert found == {
        "clicks": 7, "of": 10, "remaining": 3, "reached": False, "ourClicks": 7,
        "amazonClicks": None, "pace": "0.00", "daysToGo": None, "crossedAt": None,
        "visibleAt": None, "released": {"nodes": [], "totals": []},
    }  # fmt: skip


async def test_seven_clicks_in_a_week_leave_about_three_days(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    id = await a_partnership(owner, account_id, store_id, offer_id, created_at=NOW - 9 * WEEK)
    await clicked(owner, account_id, id, days_ago(0, 1, 2, 3, 4, 5, 6))

    found = await progress(client, id)

    assert (found["clicks"], found["of"], found["pace"], found["daysToGo"]) == (7, 10, "1.00", 3)


async def test_crossing_releases_the_days_that_amazon_had_masked(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S53, S54."""
    desk = await a_desk(db, owner, affiliates=2, account_id=account_id)
    ours, theirs = desk.partnership_ids
    token, other = desk.tokens
    await clicked(owner, account_id, ours, [morning(n / 2) for n in range(10)])
    for n in (1, 2, 3, 4):
        masked = [campaign_row(token, day(before), MASKED) for before in range(n)]
        seen = [campaign_row(other, day(0), sold(7_000))]
        await desk.report(masked + seen, morning(n))
    assert (await progress(client, ours))["amazonClicks"] is None
    assert (await progress(client, ours))["released"]["nodes"] == []

    days = [
        (0, sold(1_000, clicks=4)), (1, sold(0, 0, 0, clicks=3)), (2, sold(2_500, clicks=2)),
        (4, sold(300, clicks=5)),
    ]  # fmt: skip
    rest = [campaign_row(other, day(0), sold(7_000))]
    await desk.report([campaign_row(token, day(n), it) for n, it in days] + rest, morning(5))
    days += [(5, sold(9_999, clicks=6))]
    days[0] = (0, sold(900, clicks=5))
    await desk.report([campaign_row(token, day(n), it) for n, it in days] + rest, morning(6))

    for who in (client, affiliate_client(db, await affiliate_of(owner, ours))):
        found = await progress(who, ours)
        assert (found["ourClicks"], found["amazonClicks"]) == (10, 5 + 3 + 2 + 5 + 6)
        assert found["crossedAt"] == f"{morning(4.5):%Y-%m-%dT%H:%M:%SZ}"
        assert found["visibleAt"] == f"{morning(5):%Y-%m-%dT%H:%M:%SZ}"
        assert found["released"] == {
            "nodes": [
                {
                    "day": str(day(n)), "sales": {"amount": sales},
                    "commission": {"amount": paid}, "status": "PENDING",
                }
                for n, sales, paid in ((4, "3.00", "0.30"), (2, "25.00", "2.50"),
                                       (0, "9.00", "0.90"))
            ],
            "totals": [{"count": 3, "commission": {"amount": "3.70"}}],
        }  # fmt: skip
    shown = await progress(client, theirs)
    assert [node["day"] for node in shown["released"]["nodes"]] == [str(day(0))]


async def test_amazon_may_get_there_before_our_own_count(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S53."""
    desk = await a_desk(db, owner, account_id=account_id)
    [id] = desk.partnership_ids
    await clicked(owner, account_id, id, [morning(9)] * 12)
    await desk.says(morning(1), (0, sold(1_000, clicks=11)))

    found = await progress(client, id)

    assert found["crossedAt"] == found["visibleAt"] == f"{morning(1):%Y-%m-%dT%H:%M:%SZ}"
    assert (found["ourClicks"], found["amazonClicks"]) == (12, 11)


@pytest.mark.parametrize("time_zone", ["America/Los_Angeles", "Asia/Tokyo"])
async def test_the_day_on_which_amazon_shows_is_the_stores(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID, time_zone: str
) -> None:
    """At 8 in Los Angeles it is midnight in Tokyo: the day before is over there, and here not."""
    desk = await a_desk(db, owner, account_id=account_id, time_zone=time_zone)
    await desk.says(morning(1), (0, sold(1_000)), (1, sold(2_000)))

    found = await progress(client, desk.partnership_ids[0])

    days = [node["day"] for node in found["released"]["nodes"]]
    assert days == [str(day(n)) for n in ((0,) if "America" in time_zone else (1, 0))]


async def test_an_affiliate_sees_their_own_way_alone(
    db: Database, owner: asyncpg.Connection, account_id: UUID
) -> None:
    affiliate_id = await an_affiliate(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    mine = await a_partnership(owner, account_id, store_id, offer_id, affiliate_id)
    others = await a_partnership(owner, account_id, store_id, offer_id)
    for id in (mine, others):
        await clicked(owner, account_id, id, days_ago(0, 0, 0))
    ann = affiliate_client(db, affiliate_id)

    assert (await progress(ann, mine))["ourClicks"] == 3
    assert (await ann.ask(ASK, id=encode("part", others)))["partnership"] is None


async def affiliate_of(owner: asyncpg.Connection, partnership_id: UUID) -> UUID:
    id: UUID = await owner.fetchval(
        "SELECT affiliate_id FROM partnership WHERE id = $1", partnership_id
    )
    return id
