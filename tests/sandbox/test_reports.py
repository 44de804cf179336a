"""The report call: rows, metrics, pages, and what is refused."""

from __future__ import annotations

import json

import pytest

PROMOTED = [
    "Click-throughs",
    "attributedDetailPageViewsClicks14d",
    "attributedAddToCartClicks14d",
    "attributedPurchases14d",
    "unitsSold14d",
    "attributedSales14d",
]
TOTALS = [
    "attributedTotalDetailPageViewsClicks14d",
    "attributedTotalAddToCartClicks14d",
    "attributedTotalPurchases14d",
    "totalUnitsSold14d",
    "totalAttributedSales14d",
]
PERIOD = {"startDate": "20260801", "endDate": "20260830"}


@pytest.fixture
async def shop(rehearsal, tagged):
    """Two campaigns of ten clicks and a sale each, on three days, all of it visible."""
    template = await rehearsal.enable(rehearsal.profile_of("fernhollow"))

    class Shop:
        profile = rehearsal.profile_of("fernhollow")
        asin, other = rehearsal.asins("fernhollow")[:2]

        def link(self, campaign: str) -> str:
            return tagged(f"/dp/{self.asin}", template, campaign=campaign)

    one = Shop()
    for day in range(3):
        for campaign in ("a", "b"):
            shopper = f"{campaign}{day}"
            await rehearsal.click(one.link(campaign), shopper=shopper, times=10)
            await rehearsal.buy(f"{shopper}-1", one.asin, one.other)
        await rehearsal.advance(24)
    await rehearsal.advance(48)
    return one


async def test_the_dimensions_and_metrics_of_each_level(rehearsal, shop):
    keys = {
        level: list((await rehearsal.rows(shop.profile, level))[0])
        for level in ("CAMPAIGN", "ADGROUP", "CREATIVE")
    }

    head = ["date", "advertiserName", "campaignId"]
    assert keys == {
        "CAMPAIGN": [*head, *PROMOTED, *TOTALS],
        "ADGROUP": [*head, "adGroupId", "publisher", *PROMOTED, *TOTALS],
        "CREATIVE": [*head, "adGroupId", "creativeId", "publisher", *PROMOTED, *TOTALS],
    }


async def test_a_products_row_names_the_product_and_its_kind(rehearsal, shop):
    rows = await rehearsal.rows(shop.profile, "PRODUCTS")

    product = rehearsal.brand("fernhollow")["products"][1]
    halo = next(row for row in rows if row["productAsin"] == shop.other)
    assert list(halo)[:13] == [
        "date",
        "advertiserName",
        "campaignId",
        "adGroupId",
        "publisher",
        "marketplace",
        "brandName",
        "productAsin",
        "productName",
        "productGroup",
        "productCategory",
        "productSubcategory",
        "productConversionType",
    ]
    assert halo["marketplace"] == "AMAZON.COM"
    assert halo["brandName"] == "Fernhollow"
    assert halo["productName"] == product["title"]
    assert halo["productConversionType"] == "Brand Halo"
    assert (halo["brandHaloUnitsSold14d"], halo["unitsSold14d"]) == ("1", "0")
    assert "Click-throughs" not in halo


async def test_there_is_a_row_for_each_day_and_group(rehearsal, shop):
    rows = await rehearsal.rows(shop.profile)

    assert [(row["campaignId"], row["date"]) for row in rows] == [
        (campaign, f"2026080{day}") for campaign in "ab" for day in (1, 2, 3)
    ]


async def test_every_metric_is_text_and_money_is_noisy(rehearsal, shop):
    rows = await rehearsal.rows(shop.profile, "PRODUCTS")
    rows += await rehearsal.rows(shop.profile)

    assert all(isinstance(value, str) for row in rows for value in row.values())
    sales = {row["totalAttributedSales14d"] for row in rows if "totalUnitsSold14d" in row}
    sales |= {row["attributedSales14d"] for row in rows}
    assert any(len(text.partition(".")[2]) > 10 for text in sales)
    assert "0" in sales


async def test_money_can_be_clean(rehearsal, shop):
    await rehearsal.switch(float_noise=False)

    rows = await rehearsal.rows(shop.profile)

    assert all(len(row["totalAttributedSales14d"].partition(".")[2]) <= 2 for row in rows)


async def test_rows_can_be_ordered_by_day_or_not_at_all(rehearsal, shop):
    by_group = [(row["campaignId"], row["date"]) for row in await rehearsal.rows(shop.profile)]
    await rehearsal.switch(row_order="date")
    by_day = [row["date"] for row in await rehearsal.rows(shop.profile)]
    await rehearsal.switch(row_order="shuffled")
    mixed = [(row["campaignId"], row["date"]) for row in await rehearsal.rows(shop.profile)]

    assert by_day == sorted(by_day)
    assert mixed != by_group
    assert sorted(mixed) == by_group


async def test_rows_can_be_summed_over_the_range(rehearsal, shop):
    await rehearsal.switch(rows="range")

    rows = await rehearsal.rows(shop.profile, **PERIOD)

    assert [(row["date"], row["Click-throughs"]) for row in rows] == [("20260801", "30")] * 2


async def test_the_range_is_inclusive_or_by_switch_not(rehearsal, shop):
    days = {"startDate": "20260802", "endDate": "20260803"}
    inclusive = await rehearsal.rows(shop.profile, **days)
    await rehearsal.switch(end_date="exclusive")
    exclusive = await rehearsal.rows(shop.profile, **days)

    assert {row["date"] for row in inclusive} == {"20260802", "20260803"}
    assert {row["date"] for row in exclusive} == {"20260802"}


@pytest.mark.parametrize(
    ("switch", "keys"),
    [("count", {"count"}), ("size", {"size"}), ("both", {"count", "size"})],
)
async def test_the_number_of_rows_comes_under_either_key(rehearsal, shop, switch, keys):
    await rehearsal.switch(count_key=switch)

    body = (await rehearsal.ask_report(shop.profile, **PERIOD)).json()

    assert set(body) == {"reports", "cursorId"} | keys
    assert {body[key] for key in keys} == {6}


async def test_pages_follow_a_cursor_that_is_json_text(rehearsal, shop):
    whole = await rehearsal.rows(shop.profile, "CREATIVE")
    cursor: str | None = ""
    paged, cursors = [], []
    while cursor is not None:
        answer = await rehearsal.ask_report(
            shop.profile, "CREATIVE", **PERIOD, count=4, cursorId=cursor
        )
        paged += answer.json()["reports"]
        cursor = answer.json()["cursorId"]
        cursors.append(cursor)

    assert paged == whole
    assert len(cursors) == 2
    read = json.loads(cursors[0])
    assert read["version"] == "V2"
    assert read["fields"] == ["creative_id", "day_timestamp"]


@pytest.mark.parametrize(("switch", "last"), [("null", None), ("empty", "")])
async def test_the_last_cursor_is_null_or_empty(rehearsal, shop, switch, last):
    await rehearsal.switch(last_cursor=switch)

    assert (await rehearsal.ask_report(shop.profile, **PERIOD)).json()["cursorId"] == last


async def test_the_last_cursor_can_be_missing(rehearsal, shop):
    await rehearsal.switch(last_cursor="missing")

    assert "cursorId" not in (await rehearsal.ask_report(shop.profile, **PERIOD)).json()


async def test_only_the_metrics_asked_for_come(rehearsal, shop):
    rows = await rehearsal.rows(shop.profile, metrics="Click-throughs,totalUnitsSold14d")

    assert list(rows[0])[3:] == ["Click-throughs", "totalUnitsSold14d"]


async def test_another_advertiser_has_no_rows(rehearsal, shop):
    assert await rehearsal.rows(shop.profile, advertiserIds="1,2") == []


@pytest.mark.parametrize("level", ["CAMPAIGN", "ADGROUP"])
async def test_the_bonus_comes_when_it_is_named(rehearsal, shop, level):
    rows = await rehearsal.rows(shop.profile, level, metrics="brb_bonus_amount,unitsSold14d")
    books = await rehearsal.books(profile=shop.profile, level=level)

    found = [round(float(row["brb_bonus_amount"]) * 1_000_000) for row in rows]
    assert found == [row["seen"]["bonus_exact"] for row in books["rows"]]
    assert all(found)
    assert "brb_bonus_amount" not in (await rehearsal.rows(shop.profile, level))[0]


async def test_the_bonus_is_absent_for_a_seller_that_is_not_enrolled(rehearsal, tagged):
    profile = rehearsal.profile_of("lumentide")
    template = await rehearsal.enable(profile, "lucas")
    await rehearsal.click(tagged(f"/dp/{rehearsal.asins('lumentide')[0]}", template), times=10)
    await rehearsal.advance(24)

    answer = await rehearsal.ask_report(
        profile, person="lucas", metrics="brb_bonus_amount,Click-throughs"
    )

    assert answer.status_code == 200
    assert list(answer.json()["reports"][0])[3:] == ["Click-throughs"]


@pytest.mark.parametrize(
    ("level", "body", "words"),
    [
        ("CREATIVE", {"metrics": "brb_bonus_amount"}, "brb_bonus_amount is not supported"),
        ("PRODUCTS", {"groupBy": "CAMPAIGN"}, "groupBy is not supported"),
        ("PRODUCTS", {"startDate": "20260401"}, "startDate must be within the last 90 days"),
        ("PRODUCTS", {"metrics": "Click-throughs"}, "Invalid metric: Click-throughs"),
        ("CAMPAIGN", {"startDate": "20250101"}, "startDate must be within the last 396 days"),
        ("CAMPAIGN", {"startDate": "2026-08-01"}, "Invalid startDate"),
        ("CAMPAIGN", {"startDate": "20260805", "endDate": "20260801"}, "must not be after"),
        ("CAMPAIGN", {"metrics": "clicks"}, "Invalid metric: clicks"),
        ("CAMPAIGN", {"metrics": ["unitsSold14d"]}, "must be a comma-delimited string"),
        ("CAMPAIGN", {"count": 0}, "count must be between 1 and 5000"),
        ("CAMPAIGN", {"count": 5001}, "count must be between 1 and 5000"),
        ("CAMPAIGN", {"cursorId": "mine"}, "Invalid cursorId"),
        ("DAY", {}, "Invalid groupBy"),
    ],
)
async def test_a_report_that_cannot_be_is_400(rehearsal, level, body, words):
    profile = rehearsal.profile_of("fernhollow")
    await rehearsal.enable(profile)

    answer = await rehearsal.ask_report(profile, level, **body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "400"
    assert words in answer.json()["details"]


async def test_totals_can_be_invalid_metrics(rehearsal, shop):
    await rehearsal.switch(total_metrics=False)

    asked = await rehearsal.ask_report(shop.profile, metrics="attributedTotalPurchases14d")
    default = await rehearsal.rows(shop.profile)

    assert asked.status_code == 400
    assert asked.json()["details"] == "Invalid metric: attributedTotalPurchases14d"
    assert list(default[0])[3:] == PROMOTED


async def test_the_kindle_metrics_come_by_switch(rehearsal, shop):
    await rehearsal.switch(kindle_metrics=True)

    assert (await rehearsal.rows(shop.profile))[0]["kindleEditionNormalizedPagesRead14d"] == "0"


async def test_products_are_cut_to_the_hundred_best_of_a_campaign(rehearsal, tagged):
    world = rehearsal.world
    profile = rehearsal.profile_of("fernhollow")
    template = await rehearsal.enable(profile)
    first = world.cast.products[rehearsal.asins("fernhollow")[0]]
    await rehearsal.switch(mask_threshold=0)
    await rehearsal.click(tagged(f"/dp/{first.asin}", template), shopper="ann")
    await rehearsal.advance(72)
    sheet = world.ledger.sheet(profile, world.clock.now())
    (key,) = sheet.products
    day = next(iter(sheet.products[key]))
    for place, asin in enumerate(world.cast.products):
        sheet.products[(*key[:3], asin, True)][day] = [0, 0, 1, 1, 1_000 + place, 0, 0, 0]
    many = {f"X{place}": first for place in range(150)}
    world.cast.products.update(many)
    for place, asin in enumerate(many):
        sheet.products[(*key[:3], asin, True)][day] = [0, 0, 1, 1, 5_000 + place, 0, 0, 0]
    sheet.version += 1

    rows = await rehearsal.rows(profile, "PRODUCTS")

    assert {row["productAsin"] for row in rows} == {f"X{place}" for place in range(50, 150)}


async def test_console_campaigns_stand_in_the_same_report_by_name(rehearsal, shop):
    await rehearsal.switch(console_campaigns=True)
    await rehearsal.advance(5 * 24)

    rows = await rehearsal.rows(shop.profile, "CREATIVE")

    console = [row for row in rows if row["campaignId"] == "Google Adwords 3"]
    assert console
    assert {row["publisher"] for row in console} == {"Google Adwords"}
    assert {row["creativeId"] for row in console} == {"google "}


async def test_a_body_that_is_not_json_is_400(rehearsal):
    token = await rehearsal.log_in()
    headers = rehearsal.headers(token, rehearsal.profile_of("fernhollow"))

    answer = await rehearsal.http.post("/attribution/report", content=b"{", headers=headers)

    assert answer.status_code == 400
