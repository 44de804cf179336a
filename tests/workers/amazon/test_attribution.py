import json
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from starlette.responses import JSONResponse

from domain.catalog.marketplaces import Region
from domain.reports.parsing import MalformedPage, parse, peek
from domain.reports.rows import Asked, Level, Row
from workers.amazon import attribution
from workers.amazon.ads import Ads, Profile
from workers.amazon.attribution import Question, ReceivedPage, report
from workers.amazon.errors import NotEligible, NotUnderstood, Rejected, TryLater

START, END = date(2026, 8, 1), date(2026, 8, 12)
A_PROFILE = Profile(
    Region.NORTH_AMERICA, "1", "seller", "A1", "Acme", "ATVPDKIKX0DER", "US", "USD", "UTC"
)


@dataclass
class Shop:
    """A client, its profile, and what three affiliates sold on four days."""

    ads: Ads
    profile: Profile
    units: int = 0
    sales_minor: int = 0


@pytest.fixture
async def shop(rehearsal: Any) -> Shop:
    ads, _ = await rehearsal.ads("june")
    (profile,) = await ads.profiles()
    ((_, tag),) = (await ads.tag_templates(profile, "12")).items()
    fixed = tag.removeprefix("?").split("&aa_campaignid=")[0]
    brands = [b for b in rehearsal.world["brands"] if b["seller_id"] == profile.merchant_id]
    first, second = brands[0]["products"][:2]
    prices = [product["prices_minor"][profile.marketplace_id] for product in (first, second)]
    sold = Shop(ads, profile)
    for _ in range(4):
        for affiliate in ("a1", "a2", "a3"):
            ids = f"aa_campaignid=s1-{affiliate}&aa_adgroupid=none&aa_creativeid={first['asin']}"
            url = f"https://www.amazon.com/dp/{first['asin']}?{fixed}&{ids}"
            clicks = await rehearsal.control("POST", "clicks", {"url": url, "times": 12})
            lines = [{"asin": first["asin"]}, {"asin": second["asin"], "quantity": 2}]
            purchase = {"shopper": clicks["clicks"][0]["shoppers"][0], "lines": lines}
            await rehearsal.control("POST", "purchases", purchase)
            sold.units += 3
            sold.sales_minor += prices[0] + 2 * prices[1]
        await rehearsal.control("POST", "clock", {"advance_hours": 24})
    await rehearsal.control("POST", "clock", {"advance_hours": 120})
    assert await ads.profiles()  # The token has run out in those days; a fault shall not meet that.
    return sold


async def fetched(
    shop: Shop, level: Level = Level.CAMPAIGN, page_rows: int = attribution.PAGE_ROWS
) -> list[ReceivedPage]:
    question = Question.of(level, START, END)
    async with aclosing(report(shop.ads, shop.profile, question, page_rows)) as pages:
        return [page async for page in pages]


def rows_of(pages: list[ReceivedPage]) -> list[Row]:
    parsed = [parse(page.body, Asked(page.question.level, START, END, "USD")) for page in pages]
    assert [kept for page in parsed for kept in page.quarantined] == []
    return [row for page in parsed for row in page.rows if row.campaign_id.startswith("s1-")]


@pytest.mark.parametrize("level", [Level.CAMPAIGN, Level.ADGROUP, Level.CREATIVE])
async def test_every_level_of_performance_is_fetched_to_the_cent(shop: Shop, level: Level) -> None:
    """S55."""
    pages = await fetched(shop, level)
    rows = rows_of(pages)

    assert len(rows) == 12
    assert sum(row.total_units or 0 for row in rows) == shop.units
    assert sum(row.total_sales_minor or 0 for row in rows) == shop.sales_minor
    assert all((row.brb_minor is None) == (level is Level.CREATIVE) for row in rows)


async def test_products_are_fetched_without_a_level_and_add_up(shop: Shop) -> None:
    rows = rows_of(await fetched(shop, Level.PRODUCTS))
    assert {row.halo for row in rows} == {False, True}
    assert sum(row.sales_minor or 0 for row in rows) == shop.sales_minor


@pytest.mark.parametrize(
    "switches",
    [
        {"count_key": "size", "last_cursor": "missing"},
        {"count_key": "both", "last_cursor": "empty"},
        {"row_order": "shuffled", "float_noise": False, "kindle_metrics": True},
    ],
)
async def test_each_spelling_of_a_page_gives_the_same_report(
    rehearsal: Any, shop: Shop, switches: dict[str, Any]
) -> None:
    plain = rows_of(await fetched(shop))
    await rehearsal.switch(**switches)
    assert sorted(rows_of(await fetched(shop, page_rows=5))) == sorted(plain)


async def test_pages_follow_the_cursor_to_the_end(shop: Shop) -> None:
    whole = await fetched(shop)
    paged = await fetched(shop, page_rows=5)
    assert [page.number for page in paged] == list(range(1, len(paged) + 1))
    assert len(paged) > 2
    assert rows_of(paged) == rows_of(whole)


async def test_a_page_is_handed_out_before_anything_in_it_is_read(
    rehearsal: Any, shop: Shop
) -> None:
    await rehearsal.fault("truncated", path="/attribution/report")
    question = Question.of(Level.CAMPAIGN, START, END)
    async with aclosing(report(shop.ads, shop.profile, question)) as pages:
        page = await anext(pages)
        assert page.body.startswith(b'{"reports":[{')
        with pytest.raises(MalformedPage):
            await anext(pages)


@pytest.mark.parametrize("fault", ["repeated_cursor", "empty_page"])
async def test_paging_ends_when_amazon_goes_round_in_circles(
    rehearsal: Any, shop: Shop, fault: str
) -> None:
    await rehearsal.fault(fault)
    pages = await fetched(shop, page_rows=5)
    assert len(pages) <= 3
    assert peek(pages[-1].body).cursor is not None, "the caller can tell that it is incomplete"


async def test_refused_totals_leave_the_promoted_metrics(rehearsal: Any, shop: Shop) -> None:
    await rehearsal.switch(total_metrics=False)
    (page,) = await fetched(shop)

    assert page.question.degraded
    assert len(page.question.metrics) == 6
    rows = rows_of([page])
    assert all(row.total_sales_minor is None and row.brb_minor is None for row in rows)
    assert any(row.sales_minor for row in rows)


async def test_a_refused_bonus_leaves_all_other_metrics(rehearsal: Any, shop: Shop) -> None:
    await rehearsal.fault("brb_refused", times=None)
    (page,) = await fetched(shop)

    assert not page.question.degraded
    assert attribution.BRB not in page.question.metrics
    assert sum(row.total_sales_minor or 0 for row in rows_of([page])) == shop.sales_minor


async def test_a_brand_that_is_not_enrolled_has_no_bonus_at_all(rehearsal: Any, shop: Shop) -> None:
    await rehearsal.fault("brb_absent")
    (page,) = await fetched(shop)
    assert attribution.BRB in page.question.metrics
    assert all(row.brb_minor is None for row in rows_of([page]))


async def test_one_level_that_is_down_does_not_touch_another(rehearsal: Any, shop: Shop) -> None:
    await rehearsal.fault("status", status=500, level="ADGROUP", times=None)
    with pytest.raises(TryLater):
        await fetched(shop, Level.ADGROUP)
    assert await fetched(shop, Level.CAMPAIGN)


async def test_a_profile_without_attribution_has_no_report(rehearsal: Any, shop: Shop) -> None:
    await rehearsal.fault("not_eligible")
    with pytest.raises(NotEligible):
        await fetched(shop)


async def test_a_token_that_runs_out_between_pages_is_renewed(rehearsal: Any, shop: Shop) -> None:
    expected = rows_of(await fetched(shop, page_rows=5))
    question = Question.of(Level.CAMPAIGN, START, END)
    pages = []
    async with aclosing(report(shop.ads, shop.profile, question, 5)) as received:
        async for page in received:
            pages.append(page)
            if page.number == 1:
                await rehearsal.fault("expired_token", path="/attribution/report")
    assert rows_of(pages) == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (Level.CAMPAIGN, {"reportType": "PERFORMANCE", "groupBy": "CAMPAIGN"}),
        (Level.ADGROUP, {"reportType": "PERFORMANCE", "groupBy": "ADGROUP"}),
        (Level.CREATIVE, {"reportType": "PERFORMANCE", "groupBy": "CREATIVE"}),
        (Level.PRODUCTS, {"reportType": "PRODUCTS"}),
    ],
)
async def test_what_is_asked_has_amazons_form(
    scripted: Any, level: Level, expected: dict[str, str]
) -> None:
    cursor = '{"values":[1,2],"page":1}'
    first = JSONResponse({"reports": [{}], "cursorId": cursor})
    amazon = scripted([first, JSONResponse({"reports": [{}]})])
    await fetched(Shop(amazon.ads, A_PROFILE), level)

    bodies = [json.loads(body) for _, body in amazon.script.asked]
    metrics = [body.pop("metrics").split(",") for body in bodies]
    dates = {"startDate": "20260801", "endDate": "20260812", "count": 5000}
    assert bodies == [expected | dates | {"cursorId": c} for c in ("", cursor)]
    assert ("brb_bonus_amount" in metrics[0]) == (level in {Level.CAMPAIGN, Level.ADGROUP})
    assert ("Click-throughs" in metrics[0]) == (level is not Level.PRODUCTS)


NO_BONUS = JSONResponse({"code": "400", "details": "brb_bonus_amount is not allowed"}, 400)
NO_METRIC = JSONResponse({"code": "400", "details": "Invalid metric"}, 400)
PAGE = JSONResponse({"reports": []})


async def test_bonus_and_totals_may_both_be_refused(scripted: Any) -> None:
    amazon = scripted([NO_BONUS, NO_METRIC, PAGE])
    (page,) = await fetched(Shop(amazon.ads, A_PROFILE))
    assert (page.question.degraded, len(page.question.metrics)) == (True, 6)


async def test_the_promoted_metrics_are_tried_once(scripted: Any) -> None:
    amazon = scripted([NO_METRIC])
    with pytest.raises(Rejected, match="Invalid metric"):
        await fetched(Shop(amazon.ads, A_PROFILE))
    assert len(amazon.script.asked) == 2


async def test_another_refusal_is_not_answered_by_asking_for_less(scripted: Any) -> None:
    amazon = scripted([JSONResponse({"code": "400", "details": "Invalid startDate"}, 400)])
    with pytest.raises(Rejected, match="Invalid startDate"):
        await fetched(Shop(amazon.ads, A_PROFILE))
    assert len(amazon.script.asked) == 1


async def test_a_report_without_end_is_given_up(
    scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution, "MOST_PAGES", 3)
    endless = [JSONResponse({"reports": [{}], "cursorId": str(n)}) for n in range(9)]
    with pytest.raises(NotUnderstood, match="does not end"):
        await fetched(Shop(scripted(endless).ads, A_PROFILE))
