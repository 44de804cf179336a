"""A conversion out of its whole history, row by row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.conversions.history import Decided, Party, Said, derive
from domain.conversions.rules import Policy, Sales, Terms, Verdict, Version

POLICY = Policy(settle_days=30, settle_floor_days=2)
DAY = date(2026, 7, 1)
NONE = Sales(0, 0, 0)


class Row(NamedTuple):
    id: UUID
    partnership_id: UUID
    store_id: UUID
    affiliate_id: UUID
    day: date
    status: str
    currency: str
    offer_version_id: UUID
    rate_bp: int
    orders: int
    units: int
    sales_minor: int
    commission_minor: int
    reported_orders: int
    reported_units: int
    reported_sales_minor: int
    reported_commission_minor: int
    first_seen_at: datetime
    changed_at: datetime
    settles_on: date
    settled_at: datetime | None
    decided_at: datetime | None


def at(number: float) -> datetime:
    return datetime(2026, 7, 1, 12, tzinfo=UTC) + timedelta(days=number)


def said(observed: float, minor: int, recorded: float | None = None) -> Said:
    sales = Sales(1, 2, minor) if minor else NONE
    return Said(at(observed), at(observed if recorded is None else recorded), sales)


def derived(
    *versions: Said, settled: list[float] | None = None, decided: Decided | None = None
) -> Any:
    party = Party(
        UUID(int=1),
        UUID(int=2),
        UUID(int=3),
        "USD",
        "UTC",
        Terms([DAY], [Version(UUID(int=4), 1_000)]),
        [(at(day).date(), at(day)) for day in settled or []],
    )
    row = derive(party, DAY, versions, decided, POLICY)
    return None if row is None else Row(*row)  # type: ignore[arg-type]


def test_a_day_that_never_showed_a_sale_is_no_conversion() -> None:
    """S50, S76i."""
    assert derived() is None
    assert derived(said(1, 0), said(2, 0), settled=[40]) is None


def test_a_pending_day_is_paid_by_the_last_word() -> None:
    """S70, S78i."""
    row = derived(said(1, 500), said(2, 900), said(3, 700))
    assert (row.status, row.sales_minor, row.commission_minor) == ("PENDING", 700, 70)
    assert (row.first_seen_at, row.changed_at, row.settles_on) == (at(1), at(3), date(2026, 7, 31))


def test_first_sight_is_of_a_sale_and_not_of_a_masked_row() -> None:
    """S75i, S76i."""
    row = derived(said(1, 0), said(40, 500))
    assert (row.first_seen_at, row.settles_on) == (at(40), date(2026, 8, 12))


def test_a_version_without_a_change_of_the_sales_is_no_change() -> None:
    row = derived(said(1, 500), said(2, 500), said(3, 500))
    assert row.changed_at == at(1)


def test_a_sale_all_of_which_came_back_stays_with_nothing_to_pay() -> None:
    """S71, S72."""
    row = derived(said(1, 500), said(2, 0))
    assert (row.units, row.sales_minor, row.commission_minor) == (0, 0, 0)
    assert row.first_seen_at == at(1)


def test_the_first_settlement_of_its_day_or_after_settles_it() -> None:
    """S67."""
    row = derived(said(1, 500), said(35, 900), settled=[10, 29, 33, 36])
    assert (row.status, row.settled_at, row.sales_minor) == ("SETTLED", at(33), 500)
    assert (row.reported_sales_minor, row.reported_commission_minor) == (900, 90)


def test_a_settlement_settles_what_it_knew_and_not_what_was_recorded_after_it() -> None:
    row = derived(said(1, 500), said(20, 900, recorded=34), settled=[33])
    assert (row.sales_minor, row.reported_sales_minor) == (500, 900)


def test_what_no_settlement_could_know_waits_for_the_next_one() -> None:
    """S75i."""
    hidden = said(2, 500, recorded=34)
    assert derived(hidden, settled=[33]).status == "PENDING"
    row = derived(hidden, settled=[33, 35])
    assert (row.settled_at, row.sales_minor) == (at(35), 500)


def test_an_earlier_first_sight_learned_late_does_not_settle_it_earlier() -> None:
    row = derived(said(1, 300, recorded=50), said(40, 700), settled=[41, 42])
    assert (row.settled_at, row.sales_minor) == (at(42), 700)


def test_a_decision_stands_over_its_frozen_figures() -> None:
    """S69."""
    verdict = Decided(Verdict.DENIED, at(34))
    row = derived(said(1, 500), said(35, 900), settled=[33], decided=verdict)
    assert (row.status, row.decided_at, row.sales_minor) == ("DENIED", at(34), 500)


versions = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([0, 10, 30, 500]), st.integers(0, 20)),
    max_size=6,
    unique_by=lambda version: version[0],
).map(lambda them: [said(seen, minor, seen + lag) for seen, minor, lag in sorted(them)])
# Settlements at night, reports at noon: never at one moment.
nights = st.lists(st.integers(0, 90), max_size=6, unique=True).map(
    lambda them: [night + 0.3 for night in sorted(them)]
)


@given(versions, nights, st.integers(61, 80), st.sampled_from([0, 10, 700]))
def test_nothing_that_is_said_after_settlement_moves_what_has_settled(
    told, settled, later, minor
) -> None:
    """Whatever comes later, and from however early it is."""
    before = derived(*told, settled=settled)
    if before is None or before.settled_at is None:
        return
    for observed in (later, 0.5):
        recorded = max((before.settled_at - at(0)).days + 1, observed)
        more = sorted([*told, said(observed, minor, recorded)])
        after = derived(*more, settled=settled)
        assert after is not None
        assert (after.settled_at, after.sales_minor) == (before.settled_at, before.sales_minor)


@given(versions, nights, st.integers(91, 99))
def test_a_further_settlement_never_takes_one_back(told, settled, night) -> None:
    before = derived(*told, settled=settled)
    after = derived(*told, settled=[*settled, night + 0.3])
    if before is not None and before.settled_at is not None:
        assert after == before
    elif before is not None:
        assert after is not None
        assert after.settled_at is not None
