"""How well an affiliate sells, over all accounts, and what a brand may conclude from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

PERIOD: Final = timedelta(days=90)
"""What the record looks back on."""

FEWEST_CLICKS: Final = 100
"""With fewer than these a single sale would decide."""


class Fit(StrEnum):
    EXCELLENT = "EXCELLENT"
    GOOD = "GOOD"
    FAIR = "FAIR"
    LOW = "LOW"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Record:
    """Figures of the period. No account, store or amount can be read from them."""

    clicks: int
    orders: int
    """Of sales that have settled."""
    units: int
    """The most that was reported of each of those sales."""
    returned_units: int
    """How many of them the newest report has no more."""
    partnerships: int
    """With Amazon stores, the ended ones left out."""
    visible_partnerships: int
    """Of these, those over Amazon's click threshold, so that their sales can be seen at all."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A record belongs here with at least so many orders and at most so many returns."""

    fit: Fit
    orders_per_1000_clicks: int
    returned_percent: int
    visible_percent: int


_STEPS: Final = (
    _Step(Fit.EXCELLENT, orders_per_1000_clicks=50, returned_percent=10, visible_percent=50),
    _Step(Fit.GOOD, orders_per_1000_clicks=20, returned_percent=20, visible_percent=25),
    _Step(Fit.FAIR, orders_per_1000_clicks=5, returned_percent=35, visible_percent=0),
)


def fit(record: Record | None) -> Fit:
    """In whole numbers throughout, so that a figure on the line is on the line everywhere."""
    if record is None or record.clicks < FEWEST_CLICKS:
        return Fit.UNKNOWN
    for step in _STEPS:
        if (
            record.orders * 1000 >= step.orders_per_1000_clicks * record.clicks
            and record.returned_units * 100 <= step.returned_percent * record.units
            and record.visible_partnerships * 100 >= step.visible_percent * record.partnerships
        ):
            return step.fit
    return Fit.LOW


def explain(record: Record | None) -> str:
    """The fit in words, with the figures that it was made of."""
    days = PERIOD.days
    if record is None:
        return "There is no record yet. It is measured once a day while the profile is published."
    if record.clicks < FEWEST_CLICKS:
        return (
            f"{record.clicks} clicks in the last {days} days are too few to judge by; "
            f"{FEWEST_CLICKS} are needed."
        )
    returned = f"{_percent(record.returned_units, record.units)} of {record.units:,} units"
    return (
        f"In the last {days} days {_percent(record.orders, record.clicks)} of {record.clicks:,} "
        f"clicks became orders that settled, {returned} came back, and "
        f"{record.visible_partnerships} of {record.partnerships} partnerships on Amazon sent "
        "enough clicks for Amazon to show sales."
    )


def _percent(part: int, whole: int) -> str:
    tenths = 1000 * part // whole if whole else 0
    return f"{tenths // 10}.{tenths % 10}%"
