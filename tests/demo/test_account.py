"""The printed account: plain, in a hundred columns, and nothing of a masked affiliate's sales."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from demo import account
from demo.diary import Entry
from demo.expected import Difference, Due, Figures, Key, Rate
from demo.ledger import Conversion, Ledger, Standing
from demo.reckoning import Reckoning, Truth
from demo.rooms import TwoRooms
from demo.scene import OpenStore, Partner, Refusal, Step

DAY = date(2026, 6, 10)
STORE = OpenStore(
    "stor_1", "Fernhollow on Amazon US", "fernhollow", "fernhollow:US",
    rates=[Rate(date(2026, 6, 1), Decimal("12.50")), Rate(date(2026, 7, 1), Decimal("15.00"))],
)  # fmt: skip
ADA = Partner("part_1", "Ada Marsh", STORE, campaign="ada")
FINN = Partner("part_2", "Finn Doyle", STORE, campaign="finn")
DUE = Due(Figures(2, 3, 123_456), Decimal("12.50"), 15_432)
MOMENT = datetime(2026, 7, 10, 8, tzinfo=UTC)


def a_conversion(**over: Any) -> Conversion:
    fields: dict[str, Any] = {
        "key": Key("ada", DAY),
        "partner": ADA,
        "channel": "AMAZON",
        "status": "APPROVED",
        "due": DUE,
        "reported": Figures(1, 1, 100_000),
        "adjustment": Figures(-1, -2, -23_456),
        "adjustment_minor": -2_932,
        "first_seen_at": MOMENT,
        "settled_at": MOMENT,
        "children": (),
        "remainder": None,
    }
    return Conversion(**(fields | over))


def a_ledger(*conversions: Conversion) -> Ledger:
    return Ledger(
        list(conversions), {"ada": Standing(180, True), "finn": Standing(5, False)}, [], []
    )


def a_reckoning(*differences: Difference) -> Reckoning:
    truths = {
        "ada": Truth(180, False, 123_456, 2_000, 2),
        "finn": Truth(5, True, 77_700, 0, 1),
    }
    return Reckoning({Key("ada", DAY): DUE}, list(differences), truths, {}, {})


def printed(table: Table) -> list[str]:
    out = StringIO()
    Console(file=out, width=account.WIDTH).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def row_of(table: Table, name: str) -> list[str]:
    (line,) = [line for line in printed(table) if line.strip().startswith(name)]
    return line.split()


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00"), (5, "0.05"), (123_456, "1,234.56"), (-5, "-0.05")]
)
def test_money_is_written_in_dollars_and_cents(minor: int, text: str) -> None:
    assert account.dollars(minor) == text


def test_a_store_shows_what_each_affiliate_sold() -> None:
    table = account.store_table(STORE, [ADA, FINN], a_ledger(a_conversion()), a_reckoning())
    assert printed(table)[0] == "Fernhollow on Amazon US: 12.50% then 15.00% of sales"
    assert row_of(table, "Ada Marsh")[2:] == [
        "180", "visible", "1", "1,234.56", "-20.00", "154.32", "-", "1", "-",
    ]  # fmt: skip


def test_a_masked_affiliate_shows_clicks_and_no_figure() -> None:
    """S50."""
    table = account.store_table(STORE, [FINN], a_ledger(), a_reckoning())
    assert row_of(table, "Finn Doyle")[2:] == ["5", "masked", *"-------"]


def test_the_way_through_the_threshold_says_what_became_visible() -> None:
    """S53."""
    entries = [
        Entry(date(2026, 6, 3), 1, 10, False, 0, (), Decimal(0), ()),
        Entry(date(2026, 7, 10), 10, 10, True, 1, (DAY,), Decimal("12.30"), (date(2026, 7, 12),)),
        Entry(date(2026, 7, 12), 11, 10, True, 1, (), Decimal("9.30"), ()),
    ]
    rows = [" ".join(line.split()) for line in printed(account.way_table("Elsa", entries))]
    assert "Jun 3 1 of 10 masked - clicked" in rows
    assert "Jul 10 10 visible 12.30 shown: Jun 10 (settles Jul 12)" in rows
    assert "Jul 12 11 visible 9.30 restated by -3.00" in rows


def test_a_restated_day_shows_both_figures() -> None:
    row = row_of(account.adjustment_table([a_conversion()]), "Ada Marsh")
    assert row[4:] == ["approved", "1,234.56", "1,000.00", "154.32", "-29.32"]


def test_a_difference_is_shown_in_the_reckoning_and_as_a_sentence() -> None:
    difference = Difference(Key("ada", DAY), DUE, DUE._replace(commission_minor=15_431))
    table = account.reckoning_table([ADA, FINN], a_ledger(a_conversion()), a_reckoning(difference))
    assert row_of(table, "Fernhollow")[-1] == "0.01"
    assert account.difference_line(difference) == (
        "ada on 2026-06-10: expected 2 orders, 3 units, 1,234.56 at 12.50% = 154.32, "
        "found 2 orders, 3 units, 1,234.56 at 12.50% = 154.31"
    )


def test_what_a_store_should_have_counts_also_when_it_has_no_conversion() -> None:
    missing = Difference(Key("ada", DAY), DUE, None)
    table = account.reckoning_table([ADA, FINN], a_ledger(), a_reckoning(missing))
    assert row_of(table, "Fernhollow")[-5:] == ["0", "0.00", "0.00", "154.32", "154.32"]


def test_long_messages_are_broken_within_a_hundred_columns() -> None:
    table = account.refusal_table([Refusal("Tried " * 20, "Refused because " * 40)])
    assert max(map(len, printed(table))) <= account.WIDTH
    assert "…" not in "".join(printed(table))


def test_a_step_says_who_and_what_within_a_hundred_columns() -> None:
    table = account.steps_table([Step("Nora Winter", "finds a brand " * 20)])
    assert row_of(table, "Nora")[:5] == ["Nora", "Winter", "finds", "a", "brand"]
    assert max(map(len, printed(table))) <= account.WIDTH


def test_an_affiliates_room_is_told_with_its_money_and_its_days() -> None:
    room = TwoRooms(
        name="Nora Winter", days=19, commission_minor=95_379, approved_minor=90_000,
        settles=(date(2026, 7, 1), date(2026, 8, 29)), clicks="10 of 10", released=2,
        released_minor=28_087, standing="it approved 90%", difference_minor=3,
    )  # fmt: skip
    told = " ".join(account.room_lines(room))
    for words in ("280.87", "953.79", "900.00", "Jul 1 to Aug 29", "differ by 0.03", "90%"):
        assert words in told
