"""What a report adds to what was known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.reports.rows import Row
from domain.reports.versions import (
    NOTHING,
    Applied,
    Change,
    Figures,
    Key,
    Known,
    figures,
    shows,
    steps,
    vanished,
)

DAY = date(2026, 7, 1)
PARTNER = UUID(int=9)


def at(number: int) -> datetime:
    return datetime(2026, 8, 1, tzinfo=UTC) + timedelta(hours=number)


def key(subject: int, number: int = 0) -> Key:
    return Key(UUID(int=subject), DAY + timedelta(days=number), "", False)


def worth(minor: int) -> Figures:
    return NOTHING._replace(sales_minor=minor, total_sales_minor=minor)


def row(**figures: int | None) -> Row:
    bare = Row(DAY, "c", *(None,) * 20)
    return bare._replace(**figures)


def test_totals_are_amazons_and_never_our_sums() -> None:
    """S64."""
    found = figures(row(sales_minor=500, total_sales_minor=700, units=1, total_units=4))
    assert (found.sales_minor, found.total_sales_minor) == (500, 700)
    assert (found.units, found.total_units) == (1, 4)


def test_a_total_of_nothing_is_a_total() -> None:
    """S71."""
    assert figures(row(sales_minor=500, total_sales_minor=0)).total_sales_minor == 0


def test_without_totals_the_promoted_products_are_all_there_is() -> None:
    found = figures(row(purchases=1, units=2, sales_minor=500))
    assert (found.total_purchases, found.total_units, found.total_sales_minor) == (1, 2, 500)


def test_a_bonus_that_was_not_given_is_not_a_bonus_of_nothing() -> None:
    assert figures(row(sales_minor=5)).brb_bonus_minor is None
    assert figures(row(sales_minor=5, brb_minor=0)).brb_bonus_minor == 0


def test_a_masked_row_shows_nothing_and_any_figure_shows_something() -> None:
    """S50, S76i."""
    assert not shows(NOTHING)
    assert not shows(NOTHING._replace(brb_bonus_minor=0))
    for name in Figures._fields:
        assert shows(NOTHING._replace(**{name: 1}))


def test_only_what_showed_can_vanish() -> None:
    """S71, S76i."""
    known = {key(n): Known(PARTNER, worth(100 * n)) for n in range(3)}
    assert vanished(known, [key(2)]) == [Change(key(1), PARTNER, worth(100), NOTHING)]


def test_a_change_is_written_at_its_moment_when_nothing_newer_was_taken_in() -> None:
    change = Change(key(1), PARTNER, NOTHING, worth(5))
    older = [Applied(at(1), DAY, DAY)]
    assert steps([change], at(2), older, set()) == {at(2): [(key(1), PARTNER, worth(5))]}


def test_a_step_in_the_past_ends_where_a_newer_report_said_otherwise() -> None:
    """The newer one wrote nothing then, because it told nothing new."""
    change = Change(key(1), PARTNER, worth(3), worth(5))
    newer = [Applied(at(4), DAY, DAY), Applied(at(3), DAY, DAY), Applied(at(2), DAY, DAY)]
    newer[2] = newer[2]._replace(from_day=DAY + timedelta(days=1), to_day=DAY + timedelta(days=2))
    assert steps([change], at(1), newer, set()) == {
        at(1): [(key(1), PARTNER, worth(5))],
        at(3): [(key(1), PARTNER, worth(3))],
    }
    assert steps([change], at(1), newer, {(key(1), at(3))}).keys() == {at(1)}


answers = st.tuples(
    st.tuples(st.integers(0, 2), st.integers(0, 2)).map(sorted),
    st.dictionaries(
        st.builds(key, st.integers(0, 1), st.integers(0, 2)),
        st.sampled_from([0, 1, 2]).map(worth),
        max_size=6,
    ),
)


@given(st.lists(answers, min_size=1, max_size=6), st.data())
def test_versions_are_the_same_step_function_in_whatever_order_reports_are_taken_in(
    history, data
) -> None:
    """What holds at every moment is what the last answer before it said."""
    asked = []
    for number, ((first, last), said) in enumerate(history):
        window = Applied(at(number), DAY + timedelta(days=first), DAY + timedelta(days=last))
        rows = {k: f for k, f in said.items() if window.from_day <= k.day <= window.to_day}
        asked.append((window, rows))
    written: dict[tuple[Key, datetime], Figures] = {}
    done: list[Applied] = []
    for window, rows in data.draw(st.permutations([*asked, asked[-1]])):
        known = {
            k: Known(PARTNER, written[k, moment])
            for k, moment in sorted(written, key=lambda version: version[1])
            if moment <= window.observed_at and window.from_day <= k.day <= window.to_day
        }
        changes = [
            Change(k, PARTNER, known[k].figures if k in known else NOTHING, now)
            for k, now in rows.items()
            if k not in known or known[k].figures != now
        ]
        changes += vanished(known, rows)
        for moment, versions in steps(changes, window.observed_at, done, set(written)).items():
            for version in versions:
                assert (version.key, moment) not in written
                written[version.key, moment] = version.figures
        done.append(window)
    for k in (key(subject, number) for subject in range(2) for number in range(3)):
        true = NOTHING
        for window, rows in asked:
            if window.from_day <= k.day <= window.to_day:
                true = rows.get(k, NOTHING)
            past = [moment for of, moment in written if of == k and moment <= window.observed_at]
            assert (written[k, max(past)] if past else NOTHING) == true
