"""The demo's own idea of what is owed: it must be right without the product."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.expected import (
    NOTHING,
    Due,
    Figures,
    Key,
    Rate,
    Read,
    asked_for,
    commission_minor,
    differences,
    due,
    percent_on,
    seen,
    stands_as_of,
)

DAY = date(2026, 6, 10)
KEY = Key("campaign", DAY)


def morning(day: int, month: int = 6) -> datetime:
    return datetime(2026, month, day, 8, tzinfo=UTC)


def read(day: int, month: int = 6) -> Read:
    """A report of the last thirty days, as on the morning of a day."""
    at = morning(day, month)
    return Read(at, date.fromordinal(at.toordinal() - 29), at.date())


@pytest.mark.parametrize(
    ("sales_minor", "percent", "commission"),
    [
        (10_000, "12.50", 1_250),
        (4, "12.50", 0),  # 0.5 goes to the even neighbour
        (12, "12.50", 2),  # 1.5 too
        (20, "12.50", 2),  # 2.5 too
        (13, "12.50", 2),
        (0, "12.50", 0),
        (999_999_999_999, "100", 999_999_999_999),
        (1_000, "0", 0),
    ],
)
def test_a_commission_is_rounded_half_to_even(
    sales_minor: int, percent: str, commission: int
) -> None:
    assert commission_minor(sales_minor, Decimal(percent)) == commission


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_commission_is_never_more_than_half_a_cent_off(sales_minor: int, rate_bp: int) -> None:
    exact = Fraction(sales_minor * rate_bp, 10_000)
    rounded = commission_minor(sales_minor, Decimal(rate_bp) / 100)
    assert abs(rounded - exact) <= Fraction(1, 2)


def test_a_new_rate_pays_from_its_day_on_and_no_past_day() -> None:
    rates = [Rate(date(2026, 6, 1), Decimal("12.5")), Rate(DAY, Decimal(15))]
    assert percent_on(date(2026, 6, 9), rates) == Decimal("12.5")
    assert percent_on(DAY, rates) == 15
    assert percent_on(date(2026, 7, 9), rates) == 15


def test_a_day_before_the_first_rate_is_paid_by_the_first() -> None:
    rates = [Rate(DAY, Decimal(15)), Rate(date(2026, 6, 1), Decimal("12.5"))]
    assert percent_on(date(2026, 5, 31), rates) == Decimal("12.5")


def test_a_day_stands_as_it_was_last_read_before_it_settled() -> None:
    reads = [read(11), read(12), read(8, month=7), read(9, month=7), read(10, month=7)]
    assert stands_as_of(DAY, reads, morning(10, month=7)) == morning(9, month=7)


def test_a_report_after_the_settlement_changes_nothing() -> None:
    late = Read(morning(20, month=7), date(2026, 6, 1), date(2026, 7, 20))
    assert stands_as_of(DAY, [read(11), late], morning(10, month=7)) == morning(11)


def test_a_day_that_has_not_settled_is_as_it_was_last_read() -> None:
    assert stands_as_of(DAY, [read(11), read(13), read(12)], None) == morning(13)


def test_a_day_that_was_never_read_is_looked_up_nowhere() -> None:
    assert stands_as_of(DAY, [read(9)], None) is None
    assert asked_for([KEY], [read(9)], {}) == {}


def test_days_are_looked_up_once_for_each_moment() -> None:
    other = Key("other", date(2026, 6, 11))
    reads = [read(11), read(12)]
    found = asked_for([other, KEY], reads, {KEY: morning(11), other: None})
    assert found == {morning(11): [KEY], morning(12): [other]}


def test_what_a_perfect_reader_sees_is_taken_from_the_books() -> None:
    row = {
        "campaign": "campaign",
        "date": "2026-06-10",
        "seen": {"total_purchases": 2, "total_units": 3, "total_sales_minor": 4_500, "clicks": 9},
        "happened": {"total_purchases": 5, "total_units": 6, "total_sales_minor": 9_900},
    }
    assert seen([row]) == {KEY: Figures(2, 3, 4_500)}


def test_the_sub_ids_of_a_day_are_added_up() -> None:
    figures = {"total_purchases": 1, "total_units": 2, "total_sales_minor": 700}
    rows = [
        {"campaign": "campaign", "date": "2026-06-10", "adgroup": name, "seen": figures}
        for name in ("blog", "mail")
    ]
    assert seen(rows) == {KEY: Figures(2, 4, 1_400)}


def test_a_cent_of_difference_is_found() -> None:
    expected = due(KEY, Figures(1, 1, 1_000), [Rate(DAY, Decimal(10))])
    found = expected._replace(commission_minor=101)
    (difference,) = differences({KEY: expected}, {KEY: found})
    assert difference.minor == 1


def test_figures_that_pay_the_same_and_differ_are_found() -> None:
    expected = Due(Figures(1, 1, 1_000), Decimal(10), 100)
    found = Due(Figures(1, 2, 1_000), Decimal(10), 100)
    (difference,) = differences({KEY: expected}, {KEY: found})
    assert difference.minor == 0


def test_a_missing_conversion_and_one_too_many_are_found() -> None:
    paid = Due(Figures(1, 1, 1_000), Decimal(10), 100)
    other = Key("other", DAY)
    found = differences({KEY: paid}, {other: paid})
    assert [(one.key, one.minor) for one in found] == [(KEY, 100), (other, 100)]


def test_a_day_without_sales_needs_no_conversion() -> None:
    assert differences({KEY: Due(NOTHING, Decimal(10), 0)}, {}) == []


def test_rates_that_are_written_otherwise_are_the_same() -> None:
    expected = Due(Figures(1, 1, 1_000), Decimal("12.5"), 125)
    found = Due(Figures(1, 1, 1_000), Decimal("12.50"), 125)
    assert differences({KEY: expected}, {KEY: found}) == []
