"""While a duty is a worker's own: nothing is done for it a moment longer than that.

The database fences what becomes of the duty itself, by its token. This fences the work: a worker
that was stopped, or cut off from the database, for longer than its lease finds it over before it
takes another step, since somebody else may be at it by now.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import coroutine
from typing import TYPE_CHECKING, Any

import structlog

from domain.duties import queries
from domain.duties.rules import BEAT, LEASE, Duty

if TYPE_CHECKING:
    from workers.deps import Deps  # which counts its connections by the slots

log = structlog.get_logger()


class LeaseLost(BaseException):
    """The duty is another worker's, or may be. No handler takes it for a failure of its work; and
    no `wait_for` swallows it, as it does a cancellation that comes with what was waited for."""


class Lease:
    """`since` is a moment of `time.monotonic` at which the duty was certainly not leased yet."""

    def __init__(self, lasts: timedelta, since: float | None = None) -> None:
        self.lasts = lasts
        self.renew(time.monotonic() if since is None else since)

    def renew(self, since: float) -> None:
        self._until = since + self.lasts.total_seconds()

    def lose(self) -> None:
        self._until = float("-inf")

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._until

    @property
    def left_s(self) -> float:
        return self._until - time.monotonic()


@coroutine
def _step_by_step(work: Coroutine[Any, Any, None], lease: Lease) -> Generator[Any, Any, None]:
    """As `await work`, but for LeaseLost."""
    answer: Any = None
    thrown: BaseException | None = None
    lost = False
    while True:
        if lease.over and not lost:
            lost, thrown = True, LeaseLost()
        try:
            waited_for = work.send(answer) if thrown is None else work.throw(thrown)
        except StopIteration:
            return
        answer, thrown = None, None
        try:
            answer = yield waited_for
        except BaseException as error:
            thrown = error


async def work_while_held(work: Coroutine[Any, Any, None], lease: Lease) -> None:
    """Raises LeaseLost at the first step that would be taken after the lease.

    Tasks of the work's own are ended by the work, and hold themselves back until then.
    """
    await _step_by_step(work, lease)


@asynccontextmanager
async def kept(
    deps: Deps, duty: Duty, lease: Lease, work: asyncio.Task[None]
) -> AsyncIterator[None]:
    """Meanwhile the lease is extended again and again; when that ends, so does the work."""

    async def beat() -> None:
        await _keep(deps, duty, lease)
        work.cancel()

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def _keep(deps: Deps, duty: Duty, lease: Lease) -> None:
    """Until it is over."""
    pause_s = lease.lasts.total_seconds() * (BEAT / LEASE)
    said = False
    while not lease.over:
        await asyncio.sleep(pause_s)
        since = time.monotonic()
        try:
            # A database that does not answer is as good as one that is away.
            async with asyncio.timeout(max(lease.left_s, 0)), deps.db.system() as tx:
                still_ours = await queries.extend(tx, duty, lease.lasts)
        except Exception as error:
            if not said:
                log.warning("lease_not_extended", error=repr(error))
            said = True
            continue
        if not still_ours:
            lease.lose()
            return
        lease.renew(since)
