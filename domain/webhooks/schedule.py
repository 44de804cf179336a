"""When a delivery is tried again. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from domain.webhooks.rules import Answer

WAITS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Before each attempt, after the one before: ten attempts in a little more than three days, as
Standard Webhooks proposes."""
ATTEMPTS: Final = len(WAITS)
OVERLOADED: Final = timedelta(minutes=1)
"""Whoever cannot keep up is left alone for so long at least."""
JITTER: Final = 0.1
"""So much of a wait is added at most: what failed together does not come back together."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


def next_attempt(
    attempts: int, answer: Answer, now: datetime, wall: datetime, chance: float
) -> datetime | None:
    """After so many attempts, the last of which failed just now; None when that was the tenth.

    `chance` is from 0 to 1. What the receiver asked for with Retry-After is done up to twice the
    wait, and its dates are of the `wall`'s clock, whatever clock the trade goes by.
    """
    if attempts >= ATTEMPTS:
        return None
    usual = WAITS[attempts]
    wait = max(usual, min(retry_after(answer.retry_after, wall), 2 * usual))
    if answer.overloaded:
        wait = max(wait, OVERLOADED)
    return now + wait * (1 + JITTER * chance)


def retry_after(header: str | None, now: datetime) -> timedelta:
    """How long a receiver asks us to wait, in seconds or until a date; nothing, of nonsense."""
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
        if at.tzinfo is None:  # a date of HTTP is of UTC, also where it does not say so
            at = at.replace(tzinfo=UTC)
        return max(at - now, timedelta(0))
    except (ValueError, TypeError, IndexError, OverflowError):
        return timedelta(0)
