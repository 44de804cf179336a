"""Who waits for whom: kinds of duties share lanes, and each lane has so many slots.

A slot is filled again as soon as its duty is done, so nothing waits for the slowest of others, and
a night full of reports holds up neither letters nor consents. There is one `Lanes` a process, which
rings, sweeps and jumps of the clock all wake: its slots are the process's, whoever woke it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

import structlog

from db.pool import Tx
from domain.duties import queries
from domain.duties.rules import LEASE, Duty, Kind
from workers.leases import Lease

if TYPE_CHECKING:
    from workers.deps import Deps  # which counts its connections by the slots

log = structlog.get_logger()

# Does a duty while its lease is held. It never raises.
Perform: TypeAlias = Callable[["Deps", Duty, Lease], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Lane:
    slots: int
    kinds: tuple[Kind, ...]
    of_one: int | None = None
    """So many of the slots one owner has at most."""


QUICK: Final = Lane(
    4,
    (
        Kind.EXCHANGE_CODE, Kind.DISCOVER_PROFILES, Kind.ENABLE_MEASUREMENT, Kind.SETTLE,
        Kind.SEND_MAIL, Kind.MEASURE_REPUTATION, Kind.MEASURE_TRACK_RECORD, Kind.FORGET_OLD,
    ),
)  # fmt: skip
REPORTS: Final = Lane(3, (Kind.PULL_REPORT,))
"""Each holds pages in memory."""
CATALOG: Final = Lane(1, (Kind.SYNC_CATALOG,))
"""Amazon's quota for catalogues is small."""
WEBHOOKS: Final = Lane(8, (Kind.DELIVER_WEBHOOKS,), of_one=2)
"""Each waits for a receiver, most of the time, and nobody for the receivers of others."""
LANES: Final = (QUICK, REPORTS, CATALOG, WEBHOOKS)
SLOTS: Final = sum(lane.slots for lane in LANES)

_PAUSES_S: Final = (0.1, 0.5, 1.0, 2.0)
"""Between looks at a database that is away, the last again and again."""
_LAST_WORDS_S: Final = 3.0
"""So long those that were told to stop may take to be put back."""


class Lanes:
    def __init__(
        self,
        deps: Deps,
        perform: Perform,
        lease: timedelta = LEASE,
        lanes: Sequence[Lane] = LANES,
    ) -> None:
        self._deps = deps
        self._perform = perform
        self._lease = lease
        self._lanes = lanes
        self._at_it: dict[Lane, dict[asyncio.Task[None], UUID]] = {lane: {} for lane in lanes}
        """Whose duty each does."""
        self._woken = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._stopped = False

    def wake(self) -> None:
        """There may be something due."""
        self._woken.set()

    async def work(self) -> None:
        """Do what is due whenever woken, until stopped. A database that is away is waited for."""
        failures = 0
        while not self._stopped:
            self._woken.clear()
            try:
                await self._fill()
            except Exception as error:
                if not failures:
                    log.error("claiming_fails", error=repr(error))
                failures += 1
                await asyncio.sleep(_PAUSES_S[min(failures, len(_PAUSES_S)) - 1])
                continue
            if failures:
                log.info("claiming_works_again", after=failures)
                failures = 0
            await self._woken.wait()

    async def until_idle(self) -> int:
        """Do what is due, and what that makes due, until nothing is; how many duties were done."""
        done = 0
        try:
            while True:
                self._woken.clear()
                started = await self._fill()
                done += started
                if not started and not self._tasks and not self._woken.is_set():
                    return done
                await self._woken.wait()
        finally:
            await self.stop(grace_s=0)

    async def stop(self, grace_s: float, hurry: asyncio.Event | None = None) -> None:
        """Claim nothing any more. What is being done has `grace_s`, or until somebody is in a
        `hurry`; what is not done by then is put back."""
        self._stopped = True
        self.wake()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S), self._claiming:
                pass  # what is being claimed at this moment has been begun
        if self._tasks and grace_s:
            finished = asyncio.create_task(asyncio.wait(self._tasks))
            hurried = asyncio.create_task((hurry or asyncio.Event()).wait())
            waits = {finished, hurried}
            await asyncio.wait(waits, timeout=grace_s, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_WORDS_S)

    @property
    def _tasks(self) -> set[asyncio.Task[None]]:
        return set().union(*self._at_it.values())

    async def _fill(self) -> int:
        """Claim as much as there are free slots for, and begin with it; how much that was."""
        claimed: list[tuple[Lane, Duty]] = []
        async with self._claiming:
            if self._stopped:
                return 0
            since = time.monotonic()
            async with self._deps.db.system() as tx:
                now = self._deps.clock.now()
                for lane in self._lanes:
                    if free := lane.slots - len(self._at_it[lane]):
                        claimed += [(lane, duty) for duty in await self._claim(tx, now, lane, free)]
            for lane, duty in claimed:
                task = asyncio.create_task(
                    self._perform(self._deps, duty, Lease(self._lease, since))
                )
                self._at_it[lane][task] = duty.account_id
                task.add_done_callback(partial(self._done, lane))
        return len(claimed)

    async def _claim(self, tx: Tx, now: datetime, lane: Lane, free: int) -> list[Duty]:
        if lane.of_one is None:
            return await queries.claim_due(tx, now, free, lane.kinds, self._lease)
        held = list(self._at_it[lane].values())
        return await queries.claim_in_turn(
            tx, now, free, lane.kinds, held, lane.of_one, self._lease
        )

    def _done(self, lane: Lane, task: asyncio.Task[None]) -> None:
        del self._at_it[lane][task]
        self.wake()
