"""The sandbox's clock: it stands still until it is moved, and never goes back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class ClockError(ValueError):
    """The clock was asked to do what it cannot."""


class Clock:
    """The world's one source of time, in UTC."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ClockError("the clock must start at a moment with a time zone")
        self._start = start.astimezone(UTC)
        self._now = self._start

    @property
    def start(self) -> datetime:
        return self._start

    def now(self) -> datetime:
        return self._now

    def ticking(self) -> float:
        """Seconds that have passed for a quota: real ones, and those the clock was moved by.

        A quota that listened to the standing clock alone would never refill.
        """
        return time.monotonic() + (self._now - self._start).total_seconds()

    def move_to(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ClockError("give the moment with its time zone, for example 2026-08-02T08:00:00Z")
        if moment < self._now:
            raise ClockError(
                f"the clock stands at {self._now.isoformat()} and cannot go back "
                f"to {moment.isoformat()}; start a new sandbox instead"
            )
        self._now = moment.astimezone(UTC)

    def after(self, hours: float) -> datetime:
        """The moment that many hours from now."""
        if hours < 0:
            raise ClockError("the clock can only be advanced, by zero or more hours")
        return self._now + timedelta(hours=hours)
