"""A season of a small shop: connected as people do it, sold at, read and settled day by day.

What people and shoppers do is the same in every season, whatever befalls Amazon's answers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from domain.amazon.rules import Api
from domain.links.actions import create_link
from domain.links.landing import DetailPage
from tests.factories import a_partnership, an_offer
from tests.fire.conservation import lost_or_made_up
from tests.shop import BRAND, Affiliate, Shop, asins_of
from tests.stage import Stage
from workers.jobs import sweep

CLICKS = (
    lambda day: 6,  # shows itself within two days
    lambda day: 2,  # within a week
    lambda day: 1 if day % 8 == 0 else 6 * (day > 30),  # after a month, which is then read anew
    lambda day: 1 if day == 5 else 0,  # never
)
_PATIENT = timedelta(hours=2)


@dataclass
class Season:
    shop: Shop
    begun: date
    orders: list[tuple[int, str, str]] = field(default_factory=list)
    """Day, order and product of what may come back."""
    chance: random.Random = field(default_factory=lambda: random.Random("a season"))


async def until(stage: Stage, moment: datetime) -> None:
    """Work whenever something is due, as a worker does that looks every few seconds."""
    while True:
        await sweep(stage.deps)
        due = await stage.owner.fetchval("SELECT min(run_at) FROM duty WHERE dead_at IS NULL")
        if due is None or due >= moment:
            break
        stage.world.move_to(max(due, stage.now()))
    stage.world.move_to(max(moment, stage.now()))
    await sweep(stage.deps)


async def open_season(stage: Stage) -> Season:
    """From the consents to affiliates with links, at the same hour whatever it took."""
    begun = stage.now()
    seller = await stage.seller_account()
    for api in Api:
        for _ in range(20):  # a code works once: when the answer is lost, the person comes again
            await stage.decide(seller, api)
            await until(stage, stage.now() + timedelta(minutes=1))
            if await stage.owner.fetchval(
                "SELECT state = 'CONNECTED' FROM amazon_grant WHERE api = $1", api.value
            ):
                break
    await until(stage, begun + _PATIENT)
    [store_id] = [await stage.connect(await stage.profile(kind="SELLER"), BRAND)]
    await until(stage, begun + 2 * _PATIENT)
    offer_id = await an_offer(stage.owner, stage.account_id, store_id)
    affiliates = [await _affiliate(stage, store_id, offer_id, n) for n in range(len(CLICKS))]
    profile_id = await stage.profile(kind="SELLER")
    return Season(Shop(stage, profile_id, store_id, tuple(affiliates)), begun.date())


async def _affiliate(stage: Stage, store_id: Any, offer_id: Any, number: int) -> Affiliate:
    partnership_id = await a_partnership(stage.owner, stage.account_id, store_id, offer_id)
    page = f"https://www.amazon.com/dp/{asins_of(stage, BRAND)[number % 3]}"
    async with stage.db.transaction(stage.account_id) as tx:
        link = await create_link(
            tx, stage.account_id, partnership_id, page, f"sub{number}", stage.now()
        )
    assert isinstance(link.landing, DetailPage)
    return Affiliate(partnership_id, link.code, link.destination, link.landing.asin)


async def shop_a_day(season: Season, day: int) -> None:
    """Clicks, sales, sales that are counted late, and what comes back."""
    shop, chance = season.shop, season.chance
    for number, clicks in enumerate(CLICKS):
        shoppers = await shop.click(clicks(day), number) if clicks(day) else []
        for shopper in shoppers:
            if chance.random() < 0.5:
                continue
            asin = shop.affiliates[number].asin
            line = {"asin": asin, "price_minor": chance.randrange(500, 9_000)}
            late = {"late_days": chance.choice((1, 7, 28))} if chance.random() < 0.2 else {}
            wanted = {"shopper": shopper, "lines": [line], **late}
            order = (await shop.tell("purchases", wanted))["purchases"][0]["order_id"]
            season.orders.append((day, order, asin))
    for one in list(season.orders):
        if day - one[0] >= 3 and chance.random() < 0.02:
            season.orders.remove(one)
            await shop.tell("returns", {"order_id": one[1], "asin": one[2]})


async def play(stage: Stage, days: int) -> Season:
    """All of it; whatever must hold at the end of each day is looked at."""
    season = await open_season(stage)
    for day in range(days):
        noon = datetime.combine(season.begun + timedelta(days=day), time(20), UTC)
        await until(stage, noon)
        await shop_a_day(season, day)
        await until(stage, noon + timedelta(hours=11, minutes=30))  # past midnight at the store
        assert await lost_or_made_up(stage.owner) == [], f"day {day}"
    return season


async def outcome(season: Season) -> list[tuple[Any, ...]]:
    """Every conversion, by the number of its affiliate, without the ids of one database."""
    numbers = {one.partnership_id: n for n, one in enumerate(season.shop.affiliates)}
    return sorted(
        (
            numbers[row["partnership_id"]], row["day"], row["status"], row["orders"],
            row["units"], row["sales_minor"], row["commission_minor"],
            row["reported_sales_minor"], row["settles_on"],
            row["settled_at"] and row["settled_at"].date(),
        )
        for row in await season.shop.conversions()
    )  # fmt: skip
