"""What affiliates should earn, from the world's own books and the agreed rates alone.

Nothing here is shared with the product: other code, another rounding, another source. The product
is believed in two things only: when it read a report, and when it settled a day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple


class Key(NamedTuple):
    """An affiliate's day at a store; a campaign is one affiliate of one store."""

    campaign: str
    day: date


class Figures(NamedTuple):
    """A day's sales of the brand's own goods; money in minor units."""

    orders: int
    units: int
    sales_minor: int


NOTHING = Figures(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Rate:
    """An agreed rate, from a day on."""

    from_day: date
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Read:
    """A report that the product took in: when, and of which days, both ends included."""

    observed_at: datetime
    from_day: date
    to_day: date


class Due(NamedTuple):
    """What a day should be in the product."""

    figures: Figures
    percent: Decimal
    commission_minor: int


class Difference(NamedTuple):
    key: Key
    expected: Due | None
    found: Due | None

    @property
    def minor(self) -> int:
        return abs(_commission(self.expected) - _commission(self.found))


def commission_minor(sales_minor: int, percent: Decimal) -> int:
    """The rate on the sales, rounded once, half to even."""
    exact = Decimal(sales_minor) * percent / 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


def percent_on(day: date, rates: Sequence[Rate]) -> Decimal:
    """The rate in force on a day; a day before the first is paid by the first."""
    begun = [rate for rate in rates if rate.from_day <= day] or [
        min(rates, key=lambda rate: rate.from_day)
    ]
    return max(begun, key=lambda rate: rate.from_day).percent


def stands_as_of(day: date, reads: Iterable[Read], until: datetime | None) -> datetime | None:
    """The moment whose figures a day has: the last report of it that was read before it settled.

    `until` is the settlement, None for a day that has not settled. Gives None for a day that was
    never read.
    """
    moments = [
        read.observed_at
        for read in reads
        if read.from_day <= day <= read.to_day and (until is None or read.observed_at <= until)
    ]
    return max(moments, default=None)


def asked_for(
    keys: Collection[Key], reads: Sequence[Read], settled_at: Mapping[Key, datetime | None]
) -> dict[datetime, list[Key]]:
    """Which days to look up in the books, by the moment of which their figures are."""
    found: dict[datetime, list[Key]] = {}
    for key in sorted(keys):
        moment = stands_as_of(key.day, reads, settled_at.get(key))
        if moment is not None:
            found.setdefault(moment, []).append(key)
    return found


def seen(rows: Iterable[Mapping[str, object]]) -> dict[Key, Figures]:
    """Rows of the books: what a perfect reader of the reports has of each campaign's day.

    Of level CAMPAIGN there is one row a day; of ADGROUP one for each subID, here added up.
    """
    found: dict[Key, Figures] = {}
    for row in rows:
        figures = row["seen"]
        assert isinstance(figures, dict)
        was = found.get(key := key_of(row), NOTHING)
        found[key] = Figures(
            was.orders + figures["total_purchases"],
            was.units + figures["total_units"],
            was.sales_minor + figures["total_sales_minor"],
        )
    return found


def key_of(row: Mapping[str, object]) -> Key:
    return Key(str(row["campaign"]), date.fromisoformat(str(row["date"])))


def due(key: Key, figures: Figures, rates: Sequence[Rate]) -> Due:
    percent = percent_on(key.day, rates)
    return Due(figures, percent, commission_minor(figures.sales_minor, percent))


def differences(expected: Mapping[Key, Due], found: Mapping[Key, Due]) -> list[Difference]:
    """Day by day. A day without sales that the product does not have is no difference."""
    return [
        Difference(key, expected.get(key), found.get(key))
        for key in sorted(expected.keys() | found.keys())
        if not _agree(expected.get(key), found.get(key))
    ]


def _agree(expected: Due | None, found: Due | None) -> bool:
    if found is None:
        return expected is None or expected.figures == NOTHING
    return expected == found


def _commission(due: Due | None) -> int:
    return 0 if due is None else due.commission_minor
