"""How a handler ends when it does not simply return; Amazon's own errors may end it too.

TryAgain   it failed and may succeed later: one attempt is used up
GiveUp     it failed and will fail again: kept for a person to look at
NotYet     it did what could be done for now and goes on later: no attempt is used up
"""

from __future__ import annotations

from datetime import datetime


class TryAgain(Exception):
    """`not_before` is what the other side asked for, None when it did not say."""

    def __init__(self, message: str, not_before: datetime | None = None) -> None:
        super().__init__(message)
        self.not_before = not_before


class GiveUp(Exception):
    """The message says what a person has to do."""


class NotYet(Exception):
    def __init__(self, at: datetime) -> None:
        super().__init__(f"goes on at {at.isoformat()}")
        self.at = at
