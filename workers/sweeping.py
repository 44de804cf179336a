"""What every worker looks after by itself, every few seconds: the guarantee behind the rings.

Each step stands for itself, so that one that fails holds up none of the others. Asked as often as
one likes, by as many workers as there are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Final

import asyncpg
import structlog

from db.pool import Database
from domain.discovery import actions as discovery
from domain.duties.slots import promise_new
from domain.marketplace import actions as marketplace
from domain.reports.scheduling import calendar, make_room
from domain.reports.staleness import plan_staleness
from workers import delivering, forgetting, metrics
from workers.deps import Deps

log = structlog.get_logger()

Step = Callable[[Deps], Awaitable[object]]

_AT_ONCE: Final = 300
"""Names in one transaction, which then is one of a fraction of a second."""
_REST: Final = 100
"""Reading a calendar of many thousands takes a while: a hundred times as long it is left alone."""
_LONGEST_REST_S: Final = 60.0


class Planner:
    """Remembers which slots it has seen taken, and asks for those no more.

    It is only quicker with that: PostgreSQL says whose a slot is.
    """

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}
        self._rest_s = 0.0
        self._read: tuple[float, datetime] | None = None

    async def plan(self, db: Database, now: datetime) -> None:
        """Promise what is due by the calendar of each profile and store, once a slot."""
        if self._rests(now):
            return
        begun = time.monotonic()
        async with db.system() as tx:
            slots = await calendar(tx, now)
        rest_s = min((time.monotonic() - begun) * _REST, _LONGEST_REST_S)
        new = iter([one for one in slots if self._taken.get(one.name) != one.slot])
        while some := list(islice(new, _AT_ONCE)):
            async with db.system() as tx:
                await promise_new(tx, some, now)
            # Committed: what is forgotten before would never be promised by this process.
            self._taken |= {one.name: one.slot for one in some}
        self._taken = {one.name: one.slot for one in slots}
        self._rest_s, self._read = rest_s, (time.monotonic(), now)

    def _rests(self, now: datetime) -> bool:
        """Neither has time passed, nor has the clock of the trade jumped."""
        if self._read is None:
            return False
        at, then = self._read
        passed_s = max(time.monotonic() - at, abs((now - then).total_seconds()))
        return passed_s < self._rest_s


class Sweeper:
    """The steps again and again, whatever becomes of them."""

    def __init__(self, deps: Deps, wake: Callable[[], None]) -> None:
        """`wake` is called whenever there may be something due."""
        self._deps = deps
        self._wake = wake
        self._steps = steps(Planner())
        self._failing: set[str] = set()

    async def sweep_forever(self, jumped: asyncio.Event, every_s: float) -> None:
        """Every so many seconds, and at once when the clock jumps."""
        while True:
            jumped.clear()
            self._wake()  # what is due waits for no step that hangs
            for name in self._steps:
                await self._try(name)
            metrics.swept()
            self._wake()
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await jumped.wait()

    async def answer_forever(self, rung: asyncio.Event) -> None:
        """Somebody has just promised something, or something has happened: do what is due."""
        while await rung.wait():
            rung.clear()
            self._wake()
            await self._try("relay")
            self._wake()

    async def _try(self, name: str) -> None:
        """Says once that it fails, and once that it works again."""
        try:
            await self._steps[name](self._deps)
        except Exception as error:
            metrics.SWEEP_FAILURES.labels(name).inc()
            if name not in self._failing:
                away = isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.PostgresError)
                log.error(
                    "sweep_fails", step=name, exc_info=None if away else error, error=repr(error)
                )
            self._failing.add(name)
        else:
            if name in self._failing:
                log.info("sweep_works_again", step=name)
            self._failing.discard(name)


def steps(planner: Planner) -> Mapping[str, Step]:
    """Of one sweep, in their order, by what the log calls them."""

    async def plan(deps: Deps) -> None:
        await planner.plan(deps.db, deps.clock.now())

    return {
        "make_room": _make_room,
        "plan": plan,
        "plan_track_records": _plan_track_records,
        "plan_reputations": _plan_reputations,
        "plan_forgetting": _plan_forgetting,
        "plan_staleness": _plan_staleness,
        "relay": delivering.relay,
    }


async def _make_room(deps: Deps) -> None:
    try:
        async with deps.db.system() as tx:
            await make_room(tx, deps.clock.now())
    except asyncpg.LockNotAvailableError:
        log.info("partitions_wait")  # a table is in use; there are months left to find it idle


async def _plan_track_records(deps: Deps) -> None:
    async with deps.db.system() as tx:
        await discovery.plan_measuring(tx, deps.clock.now())


async def _plan_reputations(deps: Deps) -> None:
    async with deps.db.system() as tx:
        await marketplace.plan_measuring(tx, deps.clock.now())


async def _plan_forgetting(deps: Deps) -> None:
    async with deps.db.system() as tx:
        await forgetting.plan_forgetting(tx, deps.clock.now())


async def _plan_staleness(deps: Deps) -> None:
    async with deps.db.system() as tx:
        await plan_staleness(tx, deps.clock.now())
