from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from math import gcd
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversions.rules import (
    AlreadyDecided,
    NotSettled,
    Policy,
    Sales,
    Status,
    Terms,
    Verdict,
    Version,
    conversion_id,
    floor_day,
    may_decide,
    pays,
    settles_on,
    settles_up_to,
)

POLICY = Policy(settle_days=30, settle_floor_days=2)
DAY = date(2026, 7, 1)
AT = datetime(2026, 8, 3, tzinfo=UTC)


@given(st.integers(-(10**12), 10**12), st.integers(0, 10_000))
def test_commission_is_the_rate_of_the_whole_sales_rounded_half_to_even(minor, rate_bp) -> None:
    """S64."""
    exact = Decimal(minor) * rate_bp / 10_000
    expected = int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
    assert pays(Sales(1, 1, minor), rate_bp) == expected


@pytest.mark.parametrize(("minor", "paid"), [(10, 0), (30, 2), (50, 2), (70, 4), (71, 4), (9, 0)])
def test_half_a_cent_goes_to_the_even_one(minor, paid) -> None:
    assert pays(Sales(1, 1, minor), 500) == paid


def test_half_a_cent_is_seen_at_every_rate() -> None:
    """A tenth, or seven hundredths, is no number that a float can hold."""
    for rate_bp in range(1, 10_001):
        half, rest = divmod(10_000 // gcd(rate_bp, 10_000), 2)
        for minor in () if rest else range(half, 10 * half, 2 * half):
            below = minor * rate_bp // 10_000
            assert pays(Sales(1, 1, minor), rate_bp) == below + below % 2


@given(st.integers(0, 10_000), st.integers(0, 100), st.integers(0, 100))
def test_without_sales_nothing_is_paid_whatever_the_units(rate_bp, orders, units) -> None:
    """S71."""
    assert pays(Sales(orders, units, 0), rate_bp) == 0


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(0, 400))
def test_a_sale_settles_on_the_later_of_its_age_and_the_floor(day, seen_after) -> None:
    """S67, S75i."""
    floor = day + timedelta(days=seen_after)
    found = settles_on(day, floor, POLICY)
    assert found in {day + timedelta(days=30), floor}
    assert (found - day).days >= 30
    assert found >= floor


@given(
    st.integers(0, 3_000_000).map(lambda minutes: AT + timedelta(minutes=minutes)),
    st.sampled_from(["America/Los_Angeles", "Europe/Berlin", "Asia/Tokyo", "Pacific/Auckland"]),
    st.timedeltas(timedelta(0), timedelta(days=3)),
)
def test_the_floor_moves_on_with_first_sight_and_never_back(seen, zone, later) -> None:
    """S75i."""
    floor = floor_day(seen, zone, POLICY)
    assert floor <= floor_day(seen + later, zone, POLICY)
    assert timedelta(days=1) <= floor - seen.date() <= timedelta(days=3)


@given(st.uuids(), st.dates(), st.uuids(), st.dates())
def test_a_conversion_is_named_by_its_partnership_and_day(one, day, other, another_day) -> None:
    same = (one, day) == (other, another_day)
    assert (conversion_id(one, day) == conversion_id(other, another_day)) == same


def test_the_days_of_a_partnership_are_neighbours_in_an_index() -> None:
    id = uuid4()
    ids = [conversion_id(id, DAY + timedelta(days=n)) for n in range(400)]
    assert ids == sorted(ids)
    assert ids[-1].int - ids[0].int == 399


@given(st.lists(st.integers(0, 30), min_size=1, unique=True).map(sorted), st.integers(-5, 40))
def test_terms_hold_from_their_day_until_the_next(starts, on) -> None:
    """S62, S64."""
    versions = [Version(UUID(int=start + 1), start) for start in starts]
    terms = Terms([DAY + timedelta(days=start) for start in starts], versions)
    in_force = [start for start in starts if start <= on]
    expected = in_force[-1] if in_force else starts[0]
    assert terms.on(DAY + timedelta(days=on)).rate_bp == expected


def decide(status: Status, verdict: Verdict) -> bool:
    decided_at = AT if status in (Status.APPROVED, Status.DENIED) else None
    return may_decide("conv_1", DAY, status, date(2026, 7, 31), decided_at, verdict)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_too_early_is_refused_with_the_day_from_which_it_may_be(verdict) -> None:
    """S68."""
    with pytest.raises(NotSettled, match="2026-07-31"):
        decide(Status.PENDING, verdict)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_has_settled_may_be_decided_either_way(verdict) -> None:
    """S69."""
    assert decide(Status.SETTLED, verdict)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_same_verdict_again_is_no_new_one(verdict) -> None:
    """S69."""
    assert not decide(Status(verdict.value), verdict)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(Status.APPROVED, Verdict.DENIED), (Status.DENIED, Verdict.APPROVED)],
)
def test_a_verdict_stands(status, verdict) -> None:
    """S69, S79i: no way round it, either."""
    with pytest.raises(AlreadyDecided, match=f"{status.value.lower()} on 2026-08-03"):
        decide(status, verdict)


@pytest.mark.parametrize(
    ("read_on", "settled_to", "up_to"),
    [
        (-1, None, 0),  # the day before, as on every day
        (0, None, 0),
        (-2, None, -1),  # yesterday's report is missing
        (-13, None, -12),
        (-14, None, -13),
        (-15, None, -14),  # from here on it follows
        (-99, None, -14),
        (None, None, -14),
        (-2, -3, -1),
        (-9, -2, -2),  # it never goes back, as when a store is connected again
    ],
)
def test_a_store_settles_as_far_as_it_was_read(read_on, settled_to, up_to) -> None:
    """S67."""
    today = date(2026, 3, 29)

    def day(number):
        return None if number is None else today + timedelta(days=number)

    assert settles_up_to(today, day(read_on), day(settled_to)) == day(up_to)
