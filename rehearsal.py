"""A clock that follows the sandbox's, so that sixty days pass in a minute. Never in production."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from domain.clock import Clock, SystemClock

_POLL_S = 0.05


class FollowedClock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    async def follow(
        self, http: httpx.AsyncClient, url: str, on_jump: Callable[[], Awaitable[None]] | None
    ) -> None:
        """Read the other clock again and again; tell when it has moved."""
        while True:
            await asyncio.sleep(_POLL_S)
            try:
                moved = await _read(http, url)
            except (httpx.HTTPError, ValueError, LookupError):
                continue  # it is being restarted; the last time it told stands
            if moved != self._now:
                self._now = moved
                if on_jump is not None:
                    await on_jump()


@asynccontextmanager
async def clock(
    url: str, on_jump: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[Clock]:
    """The real time when `url` is empty; else the time that `url` tells as JSON, {"now": "…Z"}."""
    if not url:
        yield SystemClock()
        return
    async with httpx.AsyncClient(trust_env=False) as http:
        followed = FollowedClock(await _read(http, url))
        task = asyncio.create_task(followed.follow(http, url, on_jump))
        try:
            yield followed
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _read(http: httpx.AsyncClient, url: str) -> datetime:
    answer = await http.get(url)
    return datetime.fromisoformat(answer.raise_for_status().json()["now"]).astimezone(UTC)
