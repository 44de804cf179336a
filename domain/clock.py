"""Time comes in as an argument. Whoever starts an action asks the clock once and passes it on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def local_day(now: datetime, time_zone: str) -> date:
    """The calendar day of a moment where the store is: Amazon's reporting day."""
    return now.astimezone(ZoneInfo(time_zone)).date()
