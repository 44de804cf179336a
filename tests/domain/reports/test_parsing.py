import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.parsing import MalformedPage, Page, parse, peek
from domain.reports.rows import Asked, Level, Row

START, END = date(2026, 10, 1), date(2026, 10, 30)

CAMPAIGN_ROW = {
    "date": "20261005",
    "advertiserName": "Acme",
    "campaignId": "s1-a1",
    "Click-throughs": "11",
    "attributedDetailPageViewsClicks14d": "12",
    "attributedAddToCartClicks14d": "13",
    "attributedPurchases14d": "14",
    "unitsSold14d": "15",
    "attributedSales14d": "191.95999999999998",
    "attributedTotalDetailPageViewsClicks14d": "22",
    "attributedTotalAddToCartClicks14d": "23",
    "attributedTotalPurchases14d": "24",
    "totalUnitsSold14d": "25",
    "totalAttributedSales14d": "214.280000000000001",
    "brb_bonus_amount": "19.2",
}
PRODUCT_ROW = {
    "date": "20261005",
    "advertiserName": "Acme",
    "campaignId": "s1-a1",
    "adGroupId": "none",
    "publisher": "Email - Other",
    "marketplace": "AMAZON.COM",
    "productAsin": "B000000001",
    "productConversionType": "Promoted",
    "attributedDetailPageViewsClicks14d": "12",
    "attributedAddToCartClicks14d": "13",
    "attributedPurchases14d": "14",
    "unitsSold14d": "15",
    "attributedSales14d": "16.5",
    "brandHaloDetailPageViewsClicks14d": "22",
    "brandHaloAttributedAddToCartClicks14d": "23",
    "brandHaloAttributedPurchases14d": "24",
    "brandHaloUnitsSold14d": "25",
    "brandHaloAttributedSales14d": "26.5",
    "attributedNewToBrandPurchases14d": "31",
    "attributedNewToBrandUnitsSold14d": "32",
    "attributedNewToBrandSales14d": "33.5",
    "brandHaloNewToBrandPurchases14d": "41",
    "brandHaloNewToBrandUnitsSold14d": "42",
    "brandHaloNewToBrandSales14d": "43.5",
}


def asked(level: Level = Level.CAMPAIGN, currency: str = "USD") -> Asked:
    return Asked(level, START, END, currency)


def page(*rows: Any, level: Level = Level.CAMPAIGN, **envelope: Any) -> Page:
    return parse(json.dumps({"reports": rows, **envelope}).encode(), asked(level))


def reason(row: Any, level: Level = Level.CAMPAIGN) -> str:
    found = page(row, level=level)
    assert found.rows == []
    return found.quarantined[0].reason


def test_a_campaign_row_fills_its_own_fields() -> None:
    assert page(CAMPAIGN_ROW).rows == [
        Row(
            date=date(2026, 10, 5),
            campaign_id="s1-a1",
            ad_group_id=None,
            creative_id=None,
            publisher=None,
            asin=None,
            halo=None,
            clicks=11,
            detail_page_views=12,
            add_to_carts=13,
            purchases=14,
            units=15,
            sales_minor=19196,
            total_detail_page_views=22,
            total_add_to_carts=23,
            total_purchases=24,
            total_units=25,
            total_sales_minor=21428,
            new_to_brand_purchases=None,
            new_to_brand_units=None,
            new_to_brand_sales_minor=None,
            brb_minor=1920,
        )
    ]


def test_a_creative_row_has_all_three_ids_and_its_publisher() -> None:
    ids = {"adGroupId": "sub ", "creativeId": "B000000001", "publisher": "Email - Other"}
    (row,) = page(CAMPAIGN_ROW | ids, level=Level.CREATIVE).rows
    assert (row.ad_group_id, row.creative_id, row.publisher) == (
        "sub ",
        "B000000001",
        "Email - Other",
    )


@pytest.mark.parametrize(
    ("relation", "halo", "figures", "new_to_brand"),
    [
        ("Promoted", False, (12, 13, 14, 15, 1650), (31, 32, 3350)),
        ("Brand Halo", True, (22, 23, 24, 25, 2650), (41, 42, 4350)),
    ],
)
def test_a_product_row_has_the_figures_of_its_relation(
    relation: str, halo: bool, figures: tuple[int, ...], new_to_brand: tuple[int, ...]
) -> None:
    (row,) = page(PRODUCT_ROW | {"productConversionType": relation}, level=Level.PRODUCTS).rows
    assert (row.asin, row.halo, row.clicks, row.brb_minor) == ("B000000001", halo, None, None)
    assert (
        row.detail_page_views, row.add_to_carts, row.purchases, row.units, row.sales_minor
    ) == figures  # fmt: skip
    assert (
        row.new_to_brand_purchases, row.new_to_brand_units, row.new_to_brand_sales_minor
    ) == new_to_brand  # fmt: skip
    assert row.total_sales_minor is None


def test_an_absent_bonus_is_none_and_not_zero() -> None:
    without = {key: value for key, value in CAMPAIGN_ROW.items() if key != "brb_bonus_amount"}
    first, second = page(without, CAMPAIGN_ROW | {"brb_bonus_amount": "0"}).rows
    assert (first.brb_minor, second.brb_minor) == (None, 0)


def test_a_figure_sent_as_a_json_number_never_becomes_a_float() -> None:
    body = b'{"reports":[{"date":"20261005","campaignId":"c","attributedSales14d":0.125}]}'
    (row,) = parse(body, asked()).rows
    assert row.sales_minor == 12


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"date": "20261032"}, "date is '20261032', which is no day"),
        ({"date": None}, "date is None, which is no day"),
        ({"date": 20261005}, "which is no day"),
        ({"date": "20260930"}, "outside the days asked for"),
        ({"date": "20261031"}, "outside the days asked for"),
        ({"campaignId": None}, "campaignId is missing"),
        ({"campaignId": ""}, "campaignId is missing"),
        ({"campaignId": 7}, "campaignId is not text"),
        ({"campaignId": "{campaignId}"}, "a placeholder that the link never filled"),
        ({"campaignId": "{{campaign.id}}"}, "a placeholder that the link never filled"),
        ({"campaignId": "a\0b"}, "control character"),
        ({"campaignId": "x" * 600}, "too long"),
        ({"unitsSold14d": "-1"}, "unitsSold14d: '-1' is negative"),
        ({"unitsSold14d": "many"}, "unitsSold14d: 'many' is not a number"),
        ({"unitsSold14d": ["3"]}, "unitsSold14d: list is not a number"),
        ({"attributedSales14d": "-0.01"}, "attributedSales14d: '-0.01' is negative"),
        (
            {"totalAttributedSales14d": {"amount": 3}},
            "totalAttributedSales14d: dict is not a number",
        ),
        ({"date": []}, "a list or an object where Amazon writes text"),
    ],
)
def test_a_malformed_row_is_kept_apart_with_its_reason(change: dict[str, Any], why: str) -> None:
    found = page(CAMPAIGN_ROW, CAMPAIGN_ROW | change, CAMPAIGN_ROW)

    assert len(found.rows) == 2
    (kept,) = found.quarantined
    assert why in kept.reason
    assert kept.position == 1
    assert "s1-a1" in kept.raw or "campaignId" in change


@pytest.mark.parametrize(
    ("level", "row", "why"),
    [
        (Level.ADGROUP, CAMPAIGN_ROW, "adGroupId is missing"),
        (
            Level.CREATIVE,
            CAMPAIGN_ROW | {"adGroupId": "s", "creativeId": None},
            "creativeId is missing",
        ),
        (Level.PRODUCTS, PRODUCT_ROW | {"productAsin": None}, "productAsin is missing"),
        (Level.PRODUCTS, PRODUCT_ROW | {"productConversionType": "?"}, "neither 'Promoted'"),
        (Level.CAMPAIGN, "a row", "cannot be read"),
        (Level.CAMPAIGN, None, "cannot be read"),
    ],
)
def test_a_row_without_the_ids_of_its_level_is_kept_apart(level: Level, row: Any, why: str) -> None:
    assert why in reason(row, level)


@pytest.mark.parametrize(
    "envelope",
    [
        {"count": 1, "cursorId": "next"},
        {"size": 1, "cursorId": "next"},
        {"cursorId": "next", "requestId": "unknown keys do not matter"},
    ],
)
def test_both_spellings_of_the_envelope_are_read(envelope: dict[str, Any]) -> None:
    assert page(CAMPAIGN_ROW, **envelope).cursor == "next"


@pytest.mark.parametrize("envelope", [{}, {"cursorId": None}, {"cursorId": ""}])
def test_a_page_without_a_cursor_is_the_last(envelope: dict[str, Any]) -> None:
    assert page(CAMPAIGN_ROW, **envelope).cursor is None


def test_the_cursor_is_kept_verbatim() -> None:
    cursor = '{"values":[17103463201,1644192000000],"page":1,"fields":["creative_id"]}'
    body = json.dumps({"reports": [], "cursorId": cursor}).encode()
    assert peek(body).cursor == cursor
    assert peek(body).empty


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b'{"reports":[{"date":"202610',
        b'{"message":"This profileID is not authorized to use Amazon Attribution"}',
        b'{"reports":null}',
        b'{"reports":[],"cursorId":{"page":2}}',
        b"[" * 100_000,
        b'{"reports":' + b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_report_page_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedPage, match="no report page"):
        parse(body, asked())
    with pytest.raises(MalformedPage):
        peek(body)


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\ude00", "\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83dx\ude00", "\ufffdx\ufffd"),
        (r"\\ud83d", r"\ud83d"),
        (r"\"\n\u00e9", '"\né'),
    ],
)
def test_half_a_character_in_a_name_does_not_cost_the_page(escaped: str, read: str) -> None:
    body = json.dumps({"reports": [CAMPAIGN_ROW, CAMPAIGN_ROW | {"campaignId": "ID"}]})
    body = body.replace("ID", escaped).replace("Acme", r"\udc00")
    assert [row.campaign_id for row in parse(body.encode(), asked()).rows] == ["s1-a1", read]


@given(st.binary(), st.sampled_from(Level))
def test_no_bytes_crash_the_parser(body: bytes, level: Level) -> None:
    for framed in (body, b'{"reports":[' + body + b"]}"):
        try:
            found = parse(framed, asked(level))
        except MalformedPage:
            continue
        assert all(kept.reason for kept in found.quarantined)


odd_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.lists(st.dictionaries(st.sampled_from([*CAMPAIGN_ROW, *PRODUCT_ROW]), odd_values)),
    st.sampled_from(Level),
)
def test_every_row_is_either_used_or_kept_apart(rows: list[dict[str, Any]], level: Level) -> None:
    body = json.dumps({"reports": [(PRODUCT_ROW | CAMPAIGN_ROW) | row for row in rows]})
    try:
        found = parse(body.encode(), asked(level))
    except MalformedPage:
        assert "NaN" in body or "Infinity" in body or "\\ud" in body
        return
    assert len(found.rows) + len(found.quarantined) == len(rows)
    assert all("\0" not in kept.raw for kept in found.quarantined)


days = st.integers(0, 29).map(lambda n: START + timedelta(days=n))


@given(st.lists(st.tuples(days, st.integers(0, 10**6), st.integers(0, 10**9), st.integers(0, 99))))
def test_sums_are_preserved(facts: list[tuple[date, int, int, int]]) -> None:
    rows = [
        CAMPAIGN_ROW
        | {
            "date": f"{day:%Y%m%d}",
            "unitsSold14d": str(units),
            # The noise that a sum of binary fractions leaves behind.
            "totalAttributedSales14d": f"{cents // 100}.{cents % 100:02}0000000000{noise:02}",
        }
        for day, units, cents, noise in facts
    ]
    found = page(*rows)

    assert found.quarantined == []
    assert sum(row.units or 0 for row in found.rows) == sum(fact[1] for fact in facts)
    assert sum(row.total_sales_minor or 0 for row in found.rows) == sum(fact[2] for fact in facts)
