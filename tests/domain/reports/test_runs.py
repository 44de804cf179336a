"""Which days are asked for, and which answers are doubted."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.rows import Level
from domain.reports.runs import (
    WINDOW_DAYS,
    Held,
    Incomplete,
    catch_up,
    check_plausible,
    check_totals,
    check_whole,
    daily_window,
    earliest,
    late_windows,
    past_windows,
)
from domain.reports.versions import NOTHING, Key, Known

todays = st.dates(date(2024, 1, 1), date(2032, 12, 31))
PARTNER = UUID(int=1)
TODAY = date(2026, 7, 31)


@given(todays)
def test_every_day_the_last_thirty_days_are_read(today) -> None:
    """S57, S70: Amazon restates up to the 28th day."""
    first, last = daily_window(today)
    assert last == today
    assert (last - first).days + 1 == 30


@given(todays)
def test_a_day_is_read_until_the_day_before_it_settles(today) -> None:
    """S67, S70."""
    read_last = max(day for day in (today + timedelta(n) for n in range(60)) if reads(day, today))
    assert read_last == today + timedelta(days=29)


def reads(on: date, day: date) -> bool:
    first, last = daily_window(on)
    return first <= day <= last


@given(todays, st.lists(st.integers(0, 6), min_size=3, max_size=5))
def test_weekly_late_sweeps_leave_no_day_out(today, weekdays) -> None:
    """On whichever day of its week a sweep is asked for, each sale is read once more at an age
    of 45 days or a little more, and again at 60."""
    monday = today - timedelta(days=today.weekday())
    asked_on = [monday + timedelta(weeks=n, days=day) for n, day in enumerate(weekdays)]
    for sweep, age in enumerate((45, 60)):
        windows = [late_windows(day)[sweep] for day in asked_on]
        for (_, end), (start, _) in pairwise(windows):
            assert start == end + timedelta(days=1)
        for day, (start, end) in zip(asked_on, windows, strict=True):
            assert age <= (day - end).days <= age + 6
            assert (end - start).days == 6


@pytest.mark.parametrize(
    ("today", "first"),
    [
        ("2026-07-31", "2025-07-01"),
        ("2026-07-15", "2025-06-16"),
        ("2026-03-31", "2025-03-01"),
        ("2026-01-15", "2024-12-16"),
        ("2026-07-29", "2025-06-30"),
        ("2026-07-30", "2025-07-01"),
        ("2029-03-29", "2028-03-01"),
        ("2028-03-28", "2027-03-01"),
        ("2026-12-31", "2025-12-01"),
    ],
)
def test_amazon_answers_for_thirteen_months(today, first) -> None:
    assert earliest(Level.CAMPAIGN, date.fromisoformat(today)) == date.fromisoformat(first)


@given(todays, st.sampled_from([Level.CAMPAIGN, Level.ADGROUP, Level.CREATIVE]))
def test_nothing_older_than_thirteen_months_is_asked_for(today, level) -> None:
    first = earliest(level, today)
    months = today.year * 12 + today.month - first.year * 12 - first.month
    assert (months, -first.day) < (13, -today.day)
    before = first - timedelta(days=1)
    months = today.year * 12 + today.month - before.year * 12 - before.month
    assert (months, -before.day) >= (13, -today.day)


@given(todays)
def test_products_are_asked_for_within_ninety_days(today) -> None:
    assert (today - earliest(Level.PRODUCTS, today)).days + 1 == 90


@given(todays, st.sampled_from(list(Level)), st.integers(0, 500))
def test_the_past_is_asked_for_without_a_gap_and_without_the_daily_days(today, level, back) -> None:
    """S53: on release as on connecting, every day that Amazon still answers for."""
    since = today - timedelta(days=back)
    days = []
    for first, last in past_windows(level, since, today):
        assert 1 <= (last - first).days + 1 <= 30
        days += [last - timedelta(days=n) for n in range((last - first).days + 1)]
    start = max(since, earliest(level, today))
    end = daily_window(today)[0] - timedelta(days=1)
    assert days == [end - timedelta(days=n) for n in range((end - start).days + 1)]


def known(count: int, minor: int = 100, masked: int = 0) -> dict[Key, Known]:
    figures = NOTHING._replace(units=1, sales_minor=minor, total_sales_minor=minor)
    showing = {key(n): Known(PARTNER, figures) for n in range(count)}
    return showing | {key(count + n): Known(PARTNER, NOTHING) for n in range(masked)}


def key(number: int) -> Key:
    return Key(UUID(int=number), TODAY, "", False)


def test_an_empty_answer_is_held_when_figures_were_known() -> None:
    with pytest.raises(Held, match="empty, and 1 rows"):
        check_plausible(known(1), [], 0)


def test_an_empty_answer_is_fine_when_nothing_showed() -> None:
    """S50: a store whose affiliates are all masked, or that has none."""
    check_plausible(known(0), [], 0)
    check_plausible(known(0, masked=20), [], 0)


@pytest.mark.parametrize(("had", "kept"), [(4, 1), (5, 2), (12, 5), (100, 49)])
def test_an_answer_without_most_of_its_rows_is_held(had, kept) -> None:
    """However much it sells."""
    with pytest.raises(Held, match=f"lacks {had - kept} of the {had} rows"):
        check_plausible(known(had), [key(n) for n in range(kept)], 10**9)


@pytest.mark.parametrize(("had", "kept"), [(4, 2), (5, 3), (100, 50)])
def test_an_answer_with_half_of_its_rows_or_more_is_taken_in(had, kept) -> None:
    check_plausible(known(had), [key(n) for n in range(kept)], had * 100)


def test_masked_rows_are_not_missed() -> None:
    """S76i: only rows that showed something count."""
    check_plausible(known(4, masked=50), [key(n) for n in range(4)], 400)


@pytest.mark.parametrize(("had", "kept"), [(1, 0), (4, 1), (20, 9)])
def test_an_answer_without_most_of_its_masked_rows_is_worth_another_question(had, kept) -> None:
    """As of the past days that are read when Amazon unmasks them."""
    with pytest.raises(Held, match=f"lacks {had - kept} of the {had} rows"):
        check_whole(known(0, masked=had), [key(n) for n in range(kept)])
    check_whole(known(0, masked=had), [key(n) for n in range((had + 1) // 2)])
    check_whole({}, [])


def test_an_answer_with_less_than_half_of_the_sales_is_held() -> None:
    """Of ten rows or more; fewer may well have been returned."""
    seen = [key(n) for n in range(10)]
    with pytest.raises(Held, match="less than half"):
        check_plausible(known(10), seen, 499)
    check_plausible(known(10), seen, 500)
    check_plausible(known(9), seen[:9], 0)


def test_an_answer_without_totals_is_held_when_totals_made_a_difference() -> None:
    """S64."""
    halo = NOTHING._replace(sales_minor=100, total_sales_minor=150)
    with pytest.raises(Held, match="other products"):
        check_totals({key(0): Known(PARTNER, halo)}, ["totalAttributedSales14d"])
    check_totals({key(0): Known(PARTNER, halo)}, [])
    check_totals({key(0): Known(PARTNER, halo)}, ["brb_bonus_amount"])
    check_totals(known(3), ["totalAttributedSales14d"])


def test_a_held_report_says_what_a_person_can_do() -> None:
    message = Incomplete().message
    assert "may be missing" in message
    assert "accept it" in message


@given(last_read=st.dates(date(2026, 1, 1), date(2026, 9, 1)), days_later=st.integers(0, 60))
def test_an_outage_costs_no_day_a_reading_that_it_would_have_had(
    last_read: date, days_later: int
) -> None:
    """Every day is read at every age below the window's length, or at once after the outage."""
    today = last_read + timedelta(days=days_later)

    from_day, to_day = catch_up(daily_window(today), last_read)

    assert to_day == today
    unread_since = {last_read - timedelta(days=n) for n in range(WINDOW_DAYS - 1)}
    assert all(day >= from_day for day in unread_since)
    assert days_later > 1 or (to_day - from_day).days == WINDOW_DAYS - 1


def test_the_first_report_of_all_reads_the_daily_window() -> None:
    assert catch_up(daily_window(date(2026, 9, 1)), None) == daily_window(date(2026, 9, 1))
