"""When Amazon shows what: delays, restatements, the threshold and its release."""

from __future__ import annotations

import pytest


@pytest.fixture
async def shop(rehearsal, tagged):
    enabled = await rehearsal.enable(rehearsal.profile_of("fernhollow"))

    class Shop:
        profile = rehearsal.profile_of("fernhollow")
        asin = rehearsal.asins("fernhollow")[0]
        price = rehearsal.brand("fernhollow")["products"][0]["prices_minor"]["ATVPDKIKX0DER"]
        template = enabled

        def link(self, **ids: str) -> str:
            return tagged(f"/dp/{self.asin}", self.template, **ids)

        async def day(self, level: str = "CAMPAIGN", **row: str) -> dict[str, str] | None:
            found = await rehearsal.rows(self.profile, level)
            kept = [one for one in found if row.items() <= one.items()]
            assert len(kept) <= 1, kept
            return kept[0] if kept else None

        async def units(self) -> int:
            row = await self.day()
            return 0 if row is None else int(row["totalUnitsSold14d"])

    return Shop()


async def test_clicks_show_after_24_hours_and_sales_after_48(rehearsal, shop):
    """S57."""
    await rehearsal.click(shop.link(), shopper="ann", times=10)
    await rehearsal.buy("ann-1", shop.asin)

    assert await shop.day() is None
    await rehearsal.advance(24)
    first = await shop.day()
    await rehearsal.advance(23.9)
    same = await shop.day()
    await rehearsal.advance(0.1)
    last = await shop.day()

    assert first == same
    assert (first["Click-throughs"], first["totalUnitsSold14d"]) == ("10", "0")
    assert (last["Click-throughs"], last["totalUnitsSold14d"]) == ("10", "1")
    assert round(float(last["totalAttributedSales14d"]) * 100) == shop.price


async def test_a_row_has_the_day_of_the_event_in_the_profiles_zone(rehearsal, shop):
    """Half past six in the morning, UTC, is still the day before in Los Angeles."""
    await rehearsal.switch(mask_threshold=0)
    await rehearsal.advance(22.5)
    assert f"{rehearsal.now():%m-%d %H:%M}" == "08-02 06:30"
    await rehearsal.click(shop.link())
    await rehearsal.advance(1)
    await rehearsal.click(shop.link())
    await rehearsal.advance(48)

    assert [one["date"] for one in await rehearsal.rows(shop.profile)] == ["20260801", "20260802"]


async def test_days_can_be_counted_in_utc(rehearsal, shop):
    await rehearsal.switch(row_dates="utc", mask_threshold=0)
    await rehearsal.advance(22.5)
    await rehearsal.click(shop.link())
    await rehearsal.advance(48)

    assert [one["date"] for one in await rehearsal.rows(shop.profile)] == ["20260802"]


async def test_a_return_lowers_the_sales_day_at_the_next_restatement(rehearsal, shop):
    """S70, S72: the day of the sale goes down, at midnight 7 days after it ended."""
    await rehearsal.click(shop.link(), shopper="ann", times=10)
    order = await rehearsal.buy("ann-1", shop.asin)
    await rehearsal.advance(72)
    assert await shop.units() == 1
    await rehearsal.control("POST", "returns", {"order_id": order, "asin": shop.asin})

    await rehearsal.control("POST", "clock", {"to": "2026-08-09T06:59:59Z"})
    before = await shop.units()
    await rehearsal.control("POST", "clock", {"to": "2026-08-09T07:00:00Z"})
    row = await shop.day()

    assert before == 1
    assert row["totalUnitsSold14d"] == "0"
    assert row["attributedTotalPurchases14d"] == "0"
    assert row["totalAttributedSales14d"] == "0"
    assert row["Click-throughs"] == "10"


@pytest.mark.parametrize(
    ("told", "lowered"), [("2026-08-09T07:00:00Z", True), ("2026-08-09T07:00:01Z", False)]
)
async def test_a_return_at_the_moment_of_a_restatement_is_in_it(rehearsal, shop, told, lowered):
    await rehearsal.click(shop.link(), shopper="ann", times=10)
    order = await rehearsal.buy("ann-1", shop.asin)
    await rehearsal.control("POST", "clock", {"to": told})
    await rehearsal.control("POST", "returns", {"order_id": order, "asin": shop.asin})

    assert await shop.units() == (0 if lowered else 1)


async def test_a_sale_counts_as_a_purchase_until_its_last_unit_is_back(rehearsal, shop):
    await rehearsal.click(shop.link(), shopper="ann", times=10)
    lines = [{"asin": shop.asin, "quantity": 3}]
    body = {"shopper": "ann-1", "lines": lines}
    order = (await rehearsal.control("POST", "purchases", body))["purchases"][0]["order_id"]
    found = []
    for quantity in (1, 2):
        back = {"order_id": order, "asin": shop.asin, "quantity": quantity}
        await rehearsal.control("POST", "returns", back)
        await rehearsal.advance(20 * 24)
        row = await shop.day()
        found.append((row["totalUnitsSold14d"], row["attributedTotalPurchases14d"]))

    assert found == [("2", "1"), ("0", "0")]


async def test_a_cancelled_order_goes_the_same_way(rehearsal, shop):
    """S70."""
    await rehearsal.click(shop.link(), shopper="ann", times=10)
    order = await rehearsal.buy("ann-1", shop.asin)
    await rehearsal.advance(3)
    await rehearsal.control("POST", "cancellations", {"order_id": order})
    await rehearsal.advance(45)

    assert await shop.units() == 0


async def test_a_return_after_the_last_restatement_is_never_reported(rehearsal, shop):
    await rehearsal.click(shop.link(), shopper="ann", times=10)
    order = await rehearsal.buy("ann-1", shop.asin)
    await rehearsal.advance(29 * 24)
    await rehearsal.control("POST", "returns", {"order_id": order, "asin": shop.asin})
    await rehearsal.advance(30 * 24)

    assert await shop.units() == 1
    (row,) = (await rehearsal.books(profile=shop.profile))["rows"]
    assert row["visible"]["total_units"] == 1
    assert row["happened"]["total_units"] == 0
    assert row["never"]["total_units"] == -1


@pytest.mark.parametrize(
    ("days", "moment"),
    [(1, "2026-08-03T08:00:00Z"), (7, "2026-08-09T07:00:00Z"), (28, "2026-08-30T07:00:00Z")],
)
async def test_a_late_sale_comes_with_its_restatement(rehearsal, shop, days, moment):
    """S78i: a day can still grow."""
    await rehearsal.click(shop.link(), shopper="ann", times=10)
    await rehearsal.buy("ann-1", shop.asin, late_days=days)

    await rehearsal.control("POST", "clock", {"to": moment.replace("00:00Z", "00:00.5Z")})
    assert await shop.units() == 1
    books = await rehearsal.books(profile=shop.profile, as_of=moment)
    just_before = moment.replace("-03T08:00:00Z", "-03T07:59:59Z").replace("T07:00:00", "T06:59:59")
    earlier = await rehearsal.books(profile=shop.profile, as_of=just_before)

    assert books["totals"]["visible"]["total_units"] == 1
    assert earlier["totals"]["visible"]["total_units"] == 0


async def test_under_ten_clicks_a_row_is_there_with_zeros(rehearsal, shop):
    """S50."""
    await rehearsal.click(shop.link(), shopper="ann", times=9)
    await rehearsal.buy("ann-1", shop.asin)
    await rehearsal.advance(72)

    row = await shop.day()

    assert row["date"] == "20260801"
    assert row["campaignId"] == "c1"
    assert {value for name, value in row.items() if "14d" in name or "Click" in name} == {"0"}


async def test_the_tenth_click_releases_the_days_before_it(rehearsal, shop):
    """S53."""
    await rehearsal.click(shop.link(), shopper="ann", times=9)
    await rehearsal.buy("ann-1", shop.asin)
    await rehearsal.advance(10 * 24)
    masked = await shop.day(date="20260801")

    await rehearsal.click(shop.link(), shopper="bob")
    await rehearsal.advance(23)
    still = await shop.day(date="20260801")
    await rehearsal.advance(1)
    released = await shop.day(date="20260801")

    assert (masked["Click-throughs"], masked["totalUnitsSold14d"]) == ("0", "0")
    assert still == masked
    assert (released["Click-throughs"], released["totalUnitsSold14d"]) == ("9", "1")


async def test_the_threshold_counts_each_level_by_itself(rehearsal, shop):
    """S52: ten clicks over two ad groups show at CAMPAIGN and at neither ad group."""
    await rehearsal.click(shop.link(adgroup="g1", page="x"), shopper="ann", times=6)
    await rehearsal.click(shop.link(adgroup="g2", page="y"), shopper="bob", times=4)
    await rehearsal.advance(24)

    campaign = await rehearsal.rows(shop.profile)
    adgroups = await rehearsal.rows(shop.profile, "ADGROUP")

    assert [one["Click-throughs"] for one in campaign] == ["10"]
    assert [one["Click-throughs"] for one in adgroups] == ["0", "0"]


async def test_one_campaigns_clicks_do_not_help_another(rehearsal, shop):
    """S54."""
    await rehearsal.click(shop.link(campaign="a", page="x"), shopper="ann", times=10)
    await rehearsal.click(shop.link(campaign="b", page="y"), shopper="bob", times=9)
    await rehearsal.advance(24)

    rows = await rehearsal.rows(shop.profile)

    assert {one["campaignId"]: one["Click-throughs"] for one in rows} == {"a": "10", "b": "0"}


async def test_the_threshold_is_a_setting(rehearsal, shop):
    """S51."""
    await rehearsal.switch(mask_threshold=3)
    await rehearsal.click(shop.link(), shopper="ann", times=3)
    await rehearsal.advance(24)

    assert (await shop.day())["Click-throughs"] == "3"


async def test_masked_rows_can_be_absent(rehearsal, shop):
    await rehearsal.switch(masked_form="absent")
    await rehearsal.click(shop.link(), shopper="ann", times=9)
    await rehearsal.advance(24)

    assert await shop.day() is None


async def test_masked_rows_can_show_their_clicks(rehearsal, shop):
    await rehearsal.switch(masked_form="clicks_shown")
    await rehearsal.click(shop.link(), shopper="ann", times=9)
    await rehearsal.buy("ann-1", shop.asin)
    await rehearsal.advance(48)

    row = await shop.day()
    assert (row["Click-throughs"], row["totalUnitsSold14d"]) == ("9", "0")


async def test_masked_creatives_can_lose_their_ids_and_ad_groups_their_rows(rehearsal, shop):
    await rehearsal.switch(masked_form="null_ids")
    await rehearsal.click(shop.link(), shopper="ann", times=9)
    await rehearsal.advance(24)

    (creative,) = await rehearsal.rows(shop.profile, "CREATIVE")
    assert creative == {
        "date": "20260801",
        "advertiserName": "Juniper Row Trading",
        "campaignId": "c1",
        "adGroupId": "g1",
        "creativeId": None,
        "publisher": "Email - Other",
    }
    assert await rehearsal.rows(shop.profile, "ADGROUP") == []


async def test_what_is_injected_late_is_not_reported_before(rehearsal, shop):
    """A day told of afterwards is first seen when it was told of."""
    day = rehearsal.now().isoformat()
    await rehearsal.advance(30)
    await rehearsal.click(shop.link(), shopper="ann", times=10, at=day)

    assert (await shop.day())["Click-throughs"] == "10"
    books = await rehearsal.books(profile=shop.profile, as_of="2026-08-02T13:00:00Z")
    assert books["totals"]["visible"]["clicks"] == 0
