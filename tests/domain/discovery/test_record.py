from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.discovery.record import Fit, Record, explain, fit

COUNTS = st.integers(0, 10_000)
BEST_FIRST = [Fit.EXCELLENT, Fit.GOOD, Fit.FAIR, Fit.LOW]


@st.composite
def records(draw):
    units, partnerships = draw(COUNTS), draw(st.integers(0, 30))
    return Record(
        clicks=draw(st.integers(100, 1_000_000)),
        orders=draw(COUNTS),
        units=units,
        returned_units=draw(st.integers(0, units)),
        partnerships=partnerships,
        visible_partnerships=draw(st.integers(0, partnerships)),
    )


@pytest.mark.parametrize(
    ("clicks", "orders", "units", "returned", "visible", "found"),
    [
        (1000, 50, 100, 10, 2, Fit.EXCELLENT),
        (1000, 49, 100, 10, 2, Fit.GOOD),
        (1000, 50, 100, 11, 2, Fit.GOOD),
        (1000, 50, 100, 10, 1, Fit.GOOD),
        (1000, 20, 100, 20, 1, Fit.GOOD),
        (1000, 19, 100, 20, 1, Fit.FAIR),
        (1000, 20, 100, 20, 0, Fit.FAIR),
        (1000, 5, 100, 35, 0, Fit.FAIR),
        (1000, 4, 100, 35, 0, Fit.LOW),
        (1000, 900, 100, 36, 4, Fit.LOW),
        (99, 99, 100, 0, 4, Fit.UNKNOWN),
        (100, 5, 0, 0, 4, Fit.EXCELLENT),
    ],
)
def test_a_fit_follows_from_orders_returns_and_what_can_be_seen(
    clicks, orders, units, returned, visible, found
):
    assert fit(Record(clicks, orders, units, returned, 4, visible)) is found


def test_who_has_no_record_is_unknown():
    assert fit(None) is Fit.UNKNOWN
    assert "no record yet" in explain(None)


@given(records(), st.integers(1, 100))
def test_more_orders_are_never_worse_and_more_returns_never_better(record, more):
    def place(one):
        return BEST_FIRST.index(fit(one))

    assert place(replace(record, orders=record.orders + more)) <= place(record)
    returned = record.returned_units + more
    assume(returned <= record.units)
    assert place(replace(record, returned_units=returned)) >= place(record)


@given(records())
def test_the_words_hold_the_figures(record):
    words = explain(record)

    assert f"{record.clicks:,} clicks" in words
    assert f"{record.visible_partnerships} of {record.partnerships} partnerships" in words
    assert "few" in explain(replace(record, clicks=99))
