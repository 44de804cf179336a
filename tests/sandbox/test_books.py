"""The books against Amazon's side: two ways from the same events to the same figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.cast.draw import Size
from sandbox.faults import Call
from sandbox.shopping.events import Line
from sandbox.shopping.journal import ShoppingError
from sandbox.truth.books import LEVELS, Question, half_even
from sandbox.world import Plan, World

CALL = Call("/attribution/report", "POST")
SHARED = {
    "attributedDetailPageViewsClicks14d": "promoted_views",
    "attributedAddToCartClicks14d": "promoted_carts",
    "attributedPurchases14d": "promoted_purchases",
    "unitsSold14d": "promoted_units",
    "attributedSales14d": "promoted_sales_minor",
}
PERFORMANCE = SHARED | {
    "Click-throughs": "clicks",
    "attributedTotalDetailPageViewsClicks14d": "total_views",
    "attributedTotalAddToCartClicks14d": "total_carts",
    "attributedTotalPurchases14d": "total_purchases",
    "totalUnitsSold14d": "total_units",
    "totalAttributedSales14d": "total_sales_minor",
}
HALO = {
    "brandHaloDetailPageViewsClicks14d": "halo_views",
    "brandHaloAttributedAddToCartClicks14d": "halo_carts",
    "brandHaloAttributedPurchases14d": "halo_purchases",
    "brandHaloUnitsSold14d": "halo_units",
    "brandHaloAttributedSales14d": "halo_sales_minor",
}
NEW = {
    False: {
        "attributedNewToBrandPurchases14d": "new_customer_purchases",
        "attributedNewToBrandUnitsSold14d": "new_customer_units",
        "attributedNewToBrandSales14d": "new_customer_sales_minor",
    },
    True: {
        "brandHaloNewToBrandPurchases14d": "new_customer_purchases",
        "brandHaloNewToBrandUnitsSold14d": "new_customer_units",
        "brandHaloNewToBrandSales14d": "new_customer_sales_minor",
    },
}


def small_world(seed: int = 7) -> World:
    world = World(Plan(seed=seed, size=Size(products_per_brand=6, large_seller_products=3)))
    for profile in world.cast.by_advertiser.values():
        world.journal.measuring.add(profile.id)
    return world


def report(world: World, profile_id: str, level: str) -> list[dict[str, str]]:
    kind = {"reportType": "PRODUCTS"} if level == "PRODUCTS" else {"groupBy": level}
    start = world.clock.start - timedelta(days=2)
    profile = world.cast.profiles[profile_id]
    return world.reports.answer(profile, {**kind, "startDate": f"{start:%Y%m%d}"}, CALL)["reports"]


def minor(text: str) -> int:
    return round(Decimal(text) * 100)


def as_reported(rows: list[dict[str, str]], level: str) -> dict[tuple[str, ...], dict[str, int]]:
    """Figures by key, under the books' names."""
    found = {}
    for row in rows:
        halo = row.get("productConversionType") == "Brand Halo"
        names = PERFORMANCE if level != "PRODUCTS" else SHARED | HALO | NEW[halo]
        found[_key(row, level)] = {
            name: minor(row[metric]) if "Sales" in metric else int(row[metric])
            for metric, name in names.items()
        }
    return found


def _key(row: dict[str, str], level: str) -> tuple[str, ...]:
    names = {
        "CAMPAIGN": ("campaignId",),
        "ADGROUP": ("campaignId", "adGroupId", "publisher"),
        "CREATIVE": ("campaignId", "adGroupId", "publisher", "creativeId"),
        "PRODUCTS": (
            "campaignId",
            "adGroupId",
            "publisher",
            "productAsin",
            "productConversionType",
        ),
    }[level]
    return (row["date"], *(row[name] for name in names))


def as_booked(answer: dict, view: str) -> dict[tuple[str, ...], dict[str, int]]:
    """The books' rows that Amazon reports by then, under the report's keys."""
    found = {}
    for row in answer["rows"]:
        if not row["reported"]:
            continue
        key = [row["date"].replace("-", ""), row["campaign"]]
        key += [row[name] for name in ("adgroup", "publisher", "creative", "asin") if name in row]
        if "halo" in row:
            key.append("Brand Halo" if row["halo"] else "Promoted")
        found[tuple(key)] = row[view]
    return found


def agree(reported: dict, booked: dict) -> None:
    assert set(reported) == set(booked)
    for key, figures in reported.items():
        assert figures == {name: booked[key][name] for name in figures}, key


CLICKS = st.tuples(
    st.just("click"),
    st.integers(0, 2),
    st.sampled_from(["fernhollow", "fernhollow", "stonepath", "lumentide"]),
    st.integers(0, 3),
    st.integers(0, 2),
)
ORDERS = st.tuples(
    st.just("order"),
    st.integers(0, 2),
    st.lists(st.integers(0, 14), min_size=1, max_size=3, unique=True),
    st.integers(1, 3),
    st.sampled_from([None, None, 1, 7, 28]),
)
RETURNS = st.tuples(st.just("return"), st.integers(0, 20), st.booleans())
TIME = st.tuples(st.just("time"), st.integers(1, 24 * 9))
LIVES = st.lists(st.one_of(CLICKS, CLICKS, ORDERS, ORDERS, RETURNS, TIME), min_size=12, max_size=60)


def live(world: World, life: list[tuple]) -> dict:
    """Play a life; keep what every report said just before the clock moved.

    It ends early enough that a PRODUCTS report, which reaches back 90 days, still holds it all
    when the last restatement has passed.
    """
    seen = {}
    latest = world.clock.start + timedelta(days=24)
    asins = list(world.cast.products)
    orders = []
    for deed in life:
        if deed[0] == "click":
            _, shopper, brand_id, place, group = deed
            _click(world, f"s{shopper}", brand_id, place, group)
        elif deed[0] == "order":
            _, shopper, places, quantity, late = deed
            lines = [Line(asins[place % len(asins)], quantity, 1_999) for place in places]
            with_us = [line for line in lines if _sold_in_us(world, line.asin)]
            unique = list({line.asin: line for line in with_us}.values())
            if unique:
                orders.append(
                    world.journal.order(f"s{shopper}", unique, "ATVPDKIKX0DER", late_days=late)
                )
        elif deed[0] == "return" and orders:
            _, place, whole = deed
            order = orders[place % len(orders)]
            line = order.lines[place % len(order.lines)]
            left = world.journal.units_left(order, order.lines.index(line))
            if left:
                world.journal.give_back(order.id, line.asin, left if whole else 1)
        elif deed[0] == "time":
            seen[world.clock.now()] = everything(world)
            world.move_to(min(world.clock.after(deed[1]), latest))
    return seen


def _click(world: World, shopper: str, brand_id: str, place: int, group: int) -> None:
    brand = world.cast.brands[brand_id]
    profile = world.cast.measuring_profile(brand.seller_id, "ATVPDKIKX0DER")
    goods = [one for one in world.cast.by_seller[brand.seller_id] if one.brand_id == brand_id]
    asin = goods[place % len(goods)].asin
    world.journal.click(
        f"/dp/{asin}?maas=maas_adg_api_{profile.advertiser_id}_static_12_73&ref_=aa_maas&tag=maas"
        f"&aa_campaignid={profile.id}-c{place % 2}&aa_adgroupid=g{group}"
        f"&aa_creativeid={place // 2}",
        shopper,
    )


def _sold_in_us(world: World, asin: str) -> bool:
    return "ATVPDKIKX0DER" in world.cast.products[asin].prices_minor


def everything(world: World) -> dict:
    return {
        (profile_id, level): as_reported(report(world, profile_id, level), level)
        for profile_id in sorted(one.id for one in world.cast.by_advertiser.values())
        for level in LEVELS
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(life=LIVES, threshold=st.sampled_from([0, 2, 10]))
def test_every_report_of_a_life_is_what_the_books_say_was_seen_then(life, threshold):
    """As read at that moment, masking and all, at every level."""
    world = small_world()
    world.switches.mask_threshold = threshold

    seen = live(world, life)
    seen[world.clock.now()] = everything(world)

    for moment, reports in seen.items():
        for (profile_id, level), reported in reports.items():
            answer = world.books.answer(Question(moment, profile_id, level=level))
            agree(reported, as_booked(answer, "seen"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(life=LIVES)
def test_when_all_is_visible_the_report_is_what_happened(life):
    """Without returns that came after the last restatement, which no report ever shows."""
    world = small_world()
    world.switches.mask_threshold = 0
    world.switches.console_campaigns = False
    live(world, life)
    world.move_to(world.clock.after(24 * 31))

    for (profile_id, level), reported in everything(world).items():
        answer = world.books.answer(Question(world.clock.now(), profile_id, level=level))
        assert all(not any(row["awaited"].values()) for row in answer["rows"])
        for row in answer["rows"]:
            for name, figure in row["happened"].items():
                if not name.startswith("bonus"):
                    assert figure == row["visible"][name] + row["never"][name]
        agree(reported, as_booked(answer, "visible"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(life=LIVES, threshold=st.sampled_from([0, 2, 10]))
def test_children_never_exceed_their_parent(life, threshold):
    world = small_world()
    world.switches.mask_threshold = threshold
    world.switches.console_campaigns = False
    for reports in [*live(world, life).values(), everything(world)]:
        for parent, child in (("CAMPAIGN", "ADGROUP"), ("ADGROUP", "CREATIVE")):
            for (profile_id, level), rows in reports.items():
                if level != parent:
                    continue
                sums: dict[tuple[str, ...], dict[str, int]] = {}
                for key, figures in reports[profile_id, child].items():
                    into = sums.setdefault(key[: {"CAMPAIGN": 2, "ADGROUP": 4}[parent]], {})
                    for name, figure in figures.items():
                        into[name] = into.get(name, 0) + figure
                for key, figures in sums.items():
                    assert all(figures[name] <= rows[key][name] for name in figures), key


def crowded(seed: int, steps: int) -> World:
    """Forty days of shoppers at six links, the clock moved in steps of that many hours."""
    world = small_world(seed)
    brand = world.cast.brands["fernhollow"]
    profile = world.cast.measuring_profile(brand.seller_id, "ATVPDKIKX0DER")
    for place, product in enumerate(world.cast.by_seller[brand.seller_id][:6]):
        world.shoppers.invite(
            {
                "url": f"/dp/{product.asin}?maas=maas_adg_api_{profile.advertiser_id}_static_12_73"
                f"&ref_=aa_maas&tag=maas&aa_campaignid=c{place}&aa_adgroupid=g&aa_creativeid=p",
                "clicks_per_day": 6,
                "buy_rate": 0.4,
            }
        )
    for _ in range(40 * 24 // steps):
        world.move_to(world.clock.after(steps))
    return world


def test_a_world_is_the_same_for_a_seed_however_the_clock_is_moved():
    daily, weekly, other = crowded(7, 24), crowded(7, 160), crowded(8, 24)

    assert daily.journal.events == weekly.journal.events
    assert len(daily.journal.events) > 1_000
    assert everything(daily) == everything(weekly)
    assert everything(daily) != everything(other)


def test_a_crowd_does_all_that_shoppers_do():
    world = crowded(7, 24)
    figures = world.books.answer(Question(world.clock.now(), store="fernhollow:US"))["totals"]

    happened = figures["happened"]
    for name in ("clicks", "promoted_units", "halo_units", "returned_units", "cancelled_units"):
        assert happened[name] > 0, name
    assert any(event.renewal for event in world.journal.orders.values())


def test_the_bonus_is_rounded_half_even_from_ten_thousandths():
    assert [half_even(exact) for exact in (5_000, 15_000, 25_001, -5_000)] == [0, 2, 3, 0]


async def test_a_store_is_a_brand_and_only_that(rehearsal, tagged):
    profile = rehearsal.profile_of("fernhollow")
    template = await rehearsal.enable(profile)
    for brand in ("fernhollow", "stonepath"):
        asin = rehearsal.asins(brand)[0]
        url = tagged(f"/dp/{asin}", template, campaign=brand)
        await rehearsal.click(url, shopper=brand, times=10)
        await rehearsal.buy(f"{brand}-1", asin)
    await rehearsal.advance(48)

    fern = await rehearsal.books(store="fernhollow:US")
    both = await rehearsal.books(profile=profile)

    assert [row["campaign"] for row in fern["rows"]] == ["fernhollow"]
    assert fern["rows"][0]["stores"] == ["fernhollow:US"]
    assert {row["campaign"] for row in both["rows"]} == {"fernhollow", "stonepath"}
    assert fern["profiles"][0]["currency"] == "USD"
    assert all(isinstance(figure, int) for figure in fern["totals"]["seen"].values())
    assert fern["totals"]["seen"]["total_units"] == 1


async def test_the_bonus_follows_the_category_and_the_enrolment(rehearsal, tagged):
    furniture = next(
        one for one in rehearsal.brand("fernhollow")["products"] if one["group"] == "Furniture"
    )
    template = await rehearsal.enable(rehearsal.profile_of("fernhollow"))
    await rehearsal.click(tagged(f"/dp/{furniture['asin']}", template), shopper="ann")
    line = {"asin": furniture["asin"], "quantity": 2, "price_minor": 24_900}
    await rehearsal.control("POST", "purchases", {"shopper": "ann", "lines": [line]})

    figures = (await rehearsal.books(store="fernhollow:US"))["totals"]["happened"]

    assert figures["bonus_minor"] == 2 * (2_000 + 343)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"profile": "1"}, "there is no profile"),
        ({"store": "nobody:US"}, "there is no brand"),
        ({"level": "DAY"}, "level is one of"),
        ({"as_of": "2030-01-01T00:00:00Z"}, "in the future"),
        ({"stroe": "x"}, "the books have no stroe"),
    ],
)
async def test_a_question_that_the_books_cannot_answer(rehearsal, query, words):
    answer = await rehearsal.http.get("/books", params=query)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_days_are_cut_by_from_and_to(rehearsal, tagged):
    template = await rehearsal.enable(rehearsal.profile_of("fernhollow"))
    url = tagged(f"/dp/{rehearsal.asins('fernhollow')[0]}", template)
    for _ in range(3):
        await rehearsal.click(url)
        await rehearsal.advance(24)

    books = await rehearsal.books(
        store="fernhollow:US", **{"from": "2026-08-02", "to": "2026-08-02"}
    )

    assert [row["date"] for row in books["rows"]] == [date(2026, 8, 2).isoformat()]


def test_a_shopper_cannot_go_back_in_time():
    world = small_world()
    url = f"/dp/{next(iter(world.cast.products))}"
    world.journal.click(url, "ann")

    with pytest.raises(ShoppingError, match="already seen"):
        world.journal.click(url, "ann", world.clock.now() - timedelta(hours=1))
    with pytest.raises(ShoppingError, match="advance the clock first"):
        world.journal.click(url, "bob", world.clock.now() + timedelta(hours=1))
