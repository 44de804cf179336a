"""Which reports are asked for, and when one is not to be trusted. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from domain.errors import Refusal
from domain.reports.rows import Level
from domain.reports.versions import Key, Known, shows

WINDOW_DAYS = 30
"""Amazon restates at 1, 7 and 28 days and advises to read the last 30 days every day."""
LATE_DAYS = (45, 60)
"""Ages at which a day is read once more, after it has settled."""
MONTHS_BACK = 13
PRODUCTS_DAYS_BACK = 89
"""Amazon answers PRODUCTS for the last 90 days, PERFORMANCE for the last 13 months."""


class Purpose(StrEnum):
    DAILY = "DAILY"
    LATE = "LATE"
    BACKFILL = "BACKFILL"
    """The past of a store that has just been connected."""
    RELEASE = "RELEASE"
    """Past days that Amazon unmasked when the click threshold was crossed."""
    REQUESTED = "REQUESTED"


@dataclass(frozen=True, slots=True)
class Profile:
    """Amazon's profile that a report is about: one seller in one marketplace."""

    account_id: UUID
    id: UUID
    amazon_profile_id: str
    region: str
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class CalendarStore:
    account_id: UUID
    id: UUID
    profile_id: UUID
    time_zone: str


@dataclass(frozen=True, slots=True)
class Run:
    """One question to Amazon. Days are the profile's, both ends included."""

    account_id: UUID
    id: UUID
    profile_id: UUID
    level: Level
    purpose: str
    from_day: date
    to_day: date


def earliest(level: Level, today: date) -> date:
    """The first day that Amazon still answers for."""
    if level is Level.PRODUCTS:
        return today - timedelta(days=PRODUCTS_DAYS_BACK)
    month = today.year * 12 + today.month - 1 - MONTHS_BACK
    # The day after the one 13 months ago; the first of the next month where that day is missing.
    first, next_first = (date(m // 12, m % 12 + 1, 1) for m in (month, month + 1))
    return min(first + timedelta(days=today.day), next_first)


def daily_window(today: date) -> tuple[date, date]:
    return today - timedelta(days=WINDOW_DAYS - 1), today


def catch_up(window: tuple[date, date], last_read: date | None) -> tuple[date, date]:
    """The daily window, and the days that left it unread since the newest day that was read: an
    outage costs a day none of its readings."""
    from_day, to_day = window
    if last_read is None:
        return window
    return min(from_day, last_read - timedelta(days=WINDOW_DAYS - 2)), to_day


def late_windows(today: date) -> list[tuple[date, date]]:
    """Asked for once a week, a week of days at each age.

    They are counted from the week's Monday, so that no day falls between two weeks, on whichever
    of its days each is asked for.
    """
    monday = today - timedelta(days=today.weekday())
    return [(monday - timedelta(days=age + 6), monday - timedelta(days=age)) for age in LATE_DAYS]


def past_windows(level: Level, since: date, today: date) -> list[tuple[date, date]]:
    """The days before the daily window, newest first, in spans of at most its length."""
    start = max(since, earliest(level, today))
    end = daily_window(today)[0] - timedelta(days=1)
    windows = []
    while start <= end:
        first = max(start, end - timedelta(days=WINDOW_DAYS - 1))
        windows.append((first, end))
        end = first - timedelta(days=1)
    return windows


@dataclass(eq=False)
class Held(Refusal):
    """A report that is not taken in because it is probably wrong. A person may overrule that."""

    reason: str

    @property
    def message(self) -> str:
        return (
            f"{self.reason} The report is kept and not taken in; earlier figures stand. Compare "
            "with Amazon's console; if the report is right, accept it."
        )


class Incomplete(Held):
    """Amazon's pages went round in a circle, or stopped, instead of coming to an end."""

    def __init__(self) -> None:
        super().__init__("The report's last page names a next one, so some of it may be missing.")


@dataclass(eq=False)
class NotHeld(Refusal):
    """There is nothing to accept about this run."""

    state: str

    @property
    def message(self) -> str:
        return (
            f"Only a report that is held back can be accepted, and this one is "
            f"{self.state.lower()}. Look for runs whose state is HELD."
        )


def check_plausible(
    known: Mapping[Key, Known], seen: Collection[Key], seen_sales_minor: int
) -> None:
    """Raise Held for a report that has lost most of what was known of its days.

    Amazon has sent empty and cut reports with status 200. A day may go down to nothing by returns,
    but then its row is still there.
    """
    showing = {key: was for key, was in known.items() if shows(was.figures)}
    lost = sum(key not in seen for key in showing)
    if showing and not seen:
        raise Held(f"The report is empty, and {len(showing)} rows of its days were known.")
    if len(showing) >= 4 and lost * 2 > len(showing):
        raise Held(f"The report lacks {lost} of the {len(showing)} rows known of its days.")
    known_sales = sum(was.figures.total_sales_minor for was in showing.values())
    if len(showing) >= 10 and seen_sales_minor * 2 < known_sales:
        raise Held("The sales of the report are less than half of what was known of its days.")


def check_whole(known: Mapping[Key, Known], seen: Collection[Key]) -> None:
    """Raise Held for a report that lacks most of the rows known of its days, masked ones among
    them. That alone may be right, so it is worth another question and not a person's time."""
    lost = sum(key not in seen for key in known)
    if lost * 2 > len(known):
        raise Held(f"The report lacks {lost} of the {len(known)} rows known of its days.")


def check_totals(known: Mapping[Key, Known], degraded: list[str]) -> None:
    """Raise Held when Amazon refused the totals although it gave them before."""
    halo = any(was.figures.total_sales_minor != was.figures.sales_minor for was in known.values())
    if halo and any("total" in metric.lower() for metric in degraded):
        raise Held(
            "Amazon refused the metrics of the brand's other products, which it gave before."
        )
