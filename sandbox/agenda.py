"""What the world will do by itself when the clock is moved."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

from sandbox.clock import Clock, ClockError


class Agenda:
    """Things due at a moment, done in order of time and then of entry."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def add(self, at: datetime, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (at, self._count, what))

    def move_to(self, moment: datetime) -> None:
        """Move the clock, stopping at each thing that is due on the way.

        So what happens by itself does not depend on the steps in which the clock is moved.
        Raises ClockError for a moment in the past, or one without a time zone.
        """
        if moment.tzinfo is None or moment < self._clock.now():
            self._clock.move_to(moment)
            raise ClockError("the clock cannot go back")
        while self._due and self._due[0][0] <= moment:
            at, _, what = heapq.heappop(self._due)
            self._clock.move_to(max(at, self._clock.now()))
            what()
        self._clock.move_to(moment)
