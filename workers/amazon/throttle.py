"""Quotas, and how long to wait before asking again.

The Selling Partner API gives every operation a token bucket per application and seller; we keep
the same buckets, so that we seldom hear 429. They live in this process: another process has its
own, and what they take together above the quota is caught by waiting as for any 429.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import tenacity

from workers.amazon.errors import TryLater
from workers.metrics import AMAZON_WAITED

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient one call is, and the clock it waits by.

    `patience_s` bounds one call in all, from its first attempt to the beginning of its last one; a
    wait that would pass it is not begun, and the call ends with TryLater, so that no worker sits
    out a long quota.
    """

    attempts: int = 6
    patience_s: float = 120.0
    longest_backoff_s: float = 32.0
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random

    async def insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat an attempt that ends with TryLater; its last error comes through."""
        begun = self.now()

        def is_over(state: tenacity.RetryCallState) -> bool:
            spent_s = self.now() - begun + state.upcoming_sleep
            return state.attempt_number >= self.attempts or spent_s > self.patience_s

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TryLater),
            wait=self._wait,
            stop=is_over,
            sleep=self.sleep,
            before_sleep=_count_wait,
            reraise=True,
        )

        async def once() -> T:
            return await attempt()

        answer: T = await retrying(once)
        return answer

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """What Amazon asked for, else 2, 4, 8 … seconds; up to a second more, to spread us out."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_s if isinstance(error, TryLater) else None
        backoff = min(2.0**state.attempt_number, self.longest_backoff_s)
        return (backoff if asked is None else asked) + self.jitter()


def _count_wait(state: tenacity.RetryCallState) -> None:
    AMAZON_WAITED.labels("retry").inc(state.upcoming_sleep)


def retry_after_s(response: httpx.Response) -> float | None:
    """The wait that Amazon asks for, in seconds; None when it says nothing that we can use."""
    text = response.headers.get("retry-after", "")
    return float(text) if len(text) < 8 and text.isascii() and text.isdigit() else None


SHORT_WAIT_S = 5.0
"""A quota's wait up to this long is slept through; a longer one is handed to `Pace.insist`."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests a second in the long run, and how many at once after a rest."""

    rate_per_s: float
    burst: int


QUOTAS = {
    "createReport": Quota(0.0167, 15),
    "getReport": Quota(2, 15),
    "getReportDocument": Quota(0.0167, 15),
    "searchCatalogItems": Quota(2, 2),
    "searchListingsItems": Quota(5, 5),
}
"""Amazon's defaults of August 2026 for the operations that we use."""


@dataclass(slots=True)
class Bucket:
    """The tokens of one quota; fewer than none means that requests are already waiting."""

    quota: Quota
    tokens: float
    filled_at: float

    def take(self, now: float, patience_s: float) -> float:
        """Take one token and say how many seconds to wait until it is there.

        Raises TryLater, and takes nothing, when that is longer than `patience_s`.
        """
        grown = self.tokens + (now - self.filled_at) * self.quota.rate_per_s
        self.tokens, self.filled_at = min(grown, float(self.quota.burst)), now
        wait_s = max(0.0, (1 - self.tokens) / self.quota.rate_per_s)
        if wait_s > patience_s:
            raise TryLater(f"Amazon's quota allows the next request in {wait_s:.0f} s.", wait_s)
        self.tokens -= 1
        return wait_s

    def drain(self) -> None:
        """Believe Amazon's 429 rather than our own count."""
        self.tokens = min(self.tokens, 0.0)


@dataclass(slots=True)
class Throttle:
    """All buckets of this process, by application, seller and operation."""

    pace: Pace = field(default_factory=Pace)
    _buckets: dict[tuple[str, str, str], Bucket] = field(default_factory=dict)

    async def admit(self, application_id: str, seller_id: str, operation: str) -> Bucket:
        """Wait a moment for a token of the operation. Raises TryLater when it takes longer."""
        key = application_id, seller_id, operation
        bucket = self._buckets.get(key)
        if bucket is None:
            quota = QUOTAS[operation]
            bucket = self._buckets[key] = Bucket(quota, float(quota.burst), self.pace.now())
        wait_s = bucket.take(self.pace.now(), SHORT_WAIT_S)
        if wait_s:
            AMAZON_WAITED.labels("quota").inc(wait_s)
            await self.pace.sleep(wait_s)
        return bucket
