from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.offers.lifecycle import offer_name
from domain.offers.rules import (
    Channel,
    OneStorePerOffer,
    StartsInThePast,
    Terms,
    Version,
    check_store,
    check_terms,
    with_version,
)

PLAIN = Terms(rate_bp=1_500)
TODAY = date(2026, 3, 15)


def test_a_percentage_of_sales_is_offered_on_amazon():
    """S21."""
    assert check_terms(Channel.AMAZON, PLAIN) is None


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("rate", [0, 1, 10_000])
def test_a_rate_from_nothing_to_everything_is_accepted(channel, rate):
    assert check_terms(channel, Terms(rate_bp=rate)) is None


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("rate", [-1, 10_001, 150_000])
def test_a_rate_that_makes_no_sense_is_refused(channel, rate):
    with pytest.raises(InvalidInput) as refused:
        check_terms(channel, Terms(rate_bp=rate))

    assert refused.value.field == "rateBp"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"new_customer_rate_bp": 10_001}, "newCustomerRateBp"),
        ({"returning_customer_rate_bp": -1}, "returningCustomerRateBp"),
        ({"sku_rates_bp": {"A": 100, "B": 20_000}}, "skuRatesBp B"),
        ({"cookie_days": 0}, "cookieDays"),
        ({"cookie_days": 366}, "cookieDays"),
        ({"fixed_per_order_minor": -1}, "fixedPerOrder"),
    ],
)
def test_a_figure_that_makes_no_sense_is_refused_in_a_shop_too(values, field):
    with pytest.raises(InvalidInput) as refused:
        check_terms(Channel.DTC, replace(PLAIN, **values))

    assert refused.value.field == field


def test_an_offer_serves_the_store_it_was_made_for():
    assert check_store(UUID(int=1), UUID(int=1)) is None


def test_an_offer_cannot_serve_a_second_store():
    """S19."""
    with pytest.raises(OneStorePerOffer, match="create a separate offer"):
        check_store(UUID(int=1), UUID(int=2))


def test_an_offers_name_is_trimmed():
    assert offer_name("  Summer 15%  ") == "Summer 15%"


@pytest.mark.parametrize("name", ["", "   ", "a" * 101, "two\nlines"])
def test_an_offer_needs_a_readable_name(name):
    with pytest.raises(InvalidInput):
        offer_name(name)


def version(starts_on: date, rate_bp: int) -> Version:
    return Version(starts_on, Terms(rate_bp=rate_bp))


def test_an_offer_can_be_edited_from_today_on():
    """S21."""
    first = version(date(2026, 1, 1), 1_000)
    edited = version(TODAY, 2_000)

    assert with_version([first], edited, TODAY) == (first, edited)


def test_an_edit_of_a_past_day_is_refused():
    with pytest.raises(StartsInThePast, match="2026-03-14"):
        with_version([], version(TODAY - timedelta(days=1), 2_000), TODAY)


def test_an_edit_takes_the_place_of_a_planned_change():
    first = version(date(2026, 1, 1), 1_000)
    planned = version(TODAY + timedelta(days=7), 2_000)
    edited = version(TODAY + timedelta(days=14), 3_000)

    assert with_version([first, planned], edited, TODAY) == (first, edited)


def test_a_second_edit_on_the_same_day_takes_the_place_of_the_first():
    first = version(date(2026, 1, 1), 1_000)

    once = with_version([first], version(TODAY, 2_000), TODAY)
    twice = with_version(once, version(TODAY, 3_000), TODAY)

    assert twice == (first, version(TODAY, 3_000))


EDITS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 10_000)), max_size=12
)


def in_force(versions: tuple[Version, ...], day: date) -> Version | None:
    started = [each for each in versions if each.starts_on <= day]
    return max(started, key=lambda each: each.starts_on, default=None)


@given(EDITS)
def test_no_edit_ever_touches_a_past_day(edits):
    """S21: whatever is edited, in whatever order, the days before the edit keep their terms."""
    versions: tuple[Version, ...] = ()
    today = TODAY
    for passing, planned, rate in edits:
        today += timedelta(days=passing)
        past = [TODAY + timedelta(days=day) for day in range((today - TODAY).days)]
        before = [in_force(versions, day) for day in past]

        versions = with_version(versions, version(today + timedelta(days=planned), rate), today)

        assert [in_force(versions, day) for day in past] == before
        assert sorted({each.starts_on for each in versions}) == [v.starts_on for v in versions]
        assert sum(each.starts_on > today for each in versions) <= 1
        assert in_force(versions, today + timedelta(days=planned)) == versions[-1]
