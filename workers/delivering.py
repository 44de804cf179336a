"""Webhooks go out: events become deliveries, and each endpoint's deliveries are sent to it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from domain.clock import SystemClock
from domain.duties.rules import Duty
from domain.mail.rules import Sender as Letters
from domain.webhooks import delivering, relaying
from domain.webhooks.delivering import Batch
from domain.webhooks.rules import Answer, Delivery, Recorded
from workers.deps import Deps
from workers.errors import NotYet
from workers.metrics import answered
from workers.sending.sender import Line, TooLate

log = structlog.get_logger()

_BATCH: Final = 100
_AT_ONCE: Final = 8
_TURN_S: Final = 10
"""Whoever has more to send than goes in this time waits until others have had a turn."""
_GROUP: Final = 16
_GROUP_S: Final = 0.05
"""Answers are recorded when there are so many of them, or after this time."""
_UNRECORDED: Final = 32
"""Of so many it is not written down at any moment that they were sent: they are sent again when the
worker dies."""
_STOP_AFTER: Final = 5
"""Failures in a row, after which the rest is not tried for now."""
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_WALL: Final = SystemClock()
_monotonic: Final = time.monotonic


async def relay(deps: Deps) -> int:
    """Make deliveries of all events that there are; how many events."""
    done = 0
    while True:
        async with deps.db.system() as tx:
            some = await relaying.relay(tx, deps.clock.now())
        done += some
        if some < relaying.MOST:
            return done


async def deliver_webhooks(deps: Deps, duty: Duty) -> None:
    """Send what is due for an endpoint, which is the duty's subject."""
    run = _Run(deps, duty)
    line: Line | None = None
    try:
        while True:
            asked = _monotonic()
            async with deps.db.system() as tx:
                batch = await delivering.take(tx, deps.keyring, duty, deps.clock.now(), _BATCH)
            if batch is None:
                return
            if not batch.due:
                assert batch.next_due is not None, "otherwise there is no batch"
                raise NotYet(batch.next_due)
            if line is None or line.url != batch.url:
                if line is not None:
                    line.close()
                line = deps.sender.line(batch.url)
            if not await run.send(line, batch, asked + batch.lease_left_s):
                return
            if run.paused:
                resumes = run.resumes(deps.clock.now())
                async with deps.db.system() as tx:
                    await delivering.pause(tx, duty, resumes)
                raise NotYet(resumes)
            if run.over:
                raise NotYet(deps.clock.now())
    finally:
        if line is not None:
            line.close()


class _Run:
    """One turn of an endpoint."""

    def __init__(self, deps: Deps, duty: Duty) -> None:
        self._deps = deps
        self._duty = duty
        self._ends = _monotonic() + _TURN_S
        self._failures = 0
        self._takes = False
        self._again: list[datetime] = []
        self._done: list[Recorded] = []
        self._enough: asyncio.Future[None] | None = None
        self._room = asyncio.Semaphore(_UNRECORDED)
        self.paused = False
        """The receiver takes nothing just now."""

    @property
    def over(self) -> bool:
        return _monotonic() > self._ends

    def resumes(self, now: datetime) -> datetime:
        """With the first that is tried again: until then each of the others keeps its attempts."""
        return min([*self._again, now + _LONGEST_PAUSE])

    async def send(self, line: Line, batch: Batch, until: float) -> bool:
        """Send a batch and record what came of it; False when it is somebody else's by now.

        `until` is when the lease may have run out, by this machine's own clock: nothing is sent
        after that, however long this process was stopped.
        """
        sending = asyncio.create_task(self._send_all(line, batch, partial(_is_before, until)))
        try:
            while not sending.done():
                await self._wait_for_some(sending)
                if not await self._record():
                    return False
            await sending
            return True
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await self._record()  # also when the worker is told to stop: these have arrived

    async def _send_all(self, line: Line, batch: Batch, may: Callable[[], bool]) -> None:
        """One by one until the receiver takes something, then several at once."""
        waiting = iter(batch.due)
        if not self._takes:
            await self._send_some(line, batch, waiting, may, one_by_one=True)
        if not self._stops(may):
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._send_some(line, batch, waiting, may))

    async def _send_some(
        self, line: Line, batch: Batch, waiting: Iterator[Delivery], may: Callable[[], bool],
        *, one_by_one: bool = False,
    ) -> None:  # fmt: skip
        for delivery in waiting:
            await self._room.acquire()
            body = delivery.body.encode()

            def sign(delivery: Delivery = delivery, body: bytes = body) -> list[tuple[str, str]]:
                return batch.signer.headers(
                    delivery.event_id, delivery.event_type, body, _WALL.now()
                )

            try:
                answer = await line.post(sign, body, may)
            except TooLate:
                return
            self._note(delivery, answer)
            if self._stops(may) or (one_by_one and self._takes):
                return

    def _stops(self, may: Callable[[], bool]) -> bool:
        return self.paused or self.over or not may()

    def _note(self, delivery: Delivery, answer: Answer) -> None:
        answered(answer.status, timed_out=answer.timed_out)
        now = self._deps.clock.now()
        judged = delivering.judge(delivery, answer, now, _WALL.now(), random.random())
        self._done.append(judged)
        if self._enough is not None and len(self._done) >= _GROUP and not self._enough.done():
            self._enough.set_result(None)
        if answer.succeeded:
            self._failures = 0
            self._takes = True
            return
        self._failures += 1
        if judged.next_attempt_at is not None:
            self._again.append(judged.next_attempt_at)
        if answer.overloaded or answer.gone or self._failures >= _STOP_AFTER:
            self.paused = True

    async def _wait_for_some(self, sending: asyncio.Task[None]) -> None:
        if len(self._done) < _GROUP:
            self._enough = asyncio.get_running_loop().create_future()
            waits: set[asyncio.Future[Any]] = {sending, self._enough}
            await asyncio.wait(waits, timeout=_GROUP_S, return_when=asyncio.FIRST_COMPLETED)

    async def _record(self) -> bool:
        done, self._done = self._done, []
        if not done:
            return True
        deps, now = self._deps, self._deps.clock.now()
        post = Letters(deps.keyring, deps.front_end_url, now)
        async with deps.db.system() as tx:
            kept = await delivering.record(tx, post, self._duty, done, now)
        for _ in done:
            self._room.release()
        if not kept:
            log.warning("deliveries_not_recorded", count=len(done))
        return kept


def _is_before(until: float) -> bool:
    return _monotonic() < until
