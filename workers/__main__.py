"""The worker: `python -m workers`. It sweeps by itself, and rings of the API make it sooner.

Neither Redis nor PostgreSQL being away ends it: it says so once, and goes on when they are back. A
signal ends it, or a fault of ours.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import os
import signal
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import structlog
import uvloop

from config import BadConfig, Config
from domain.duties.rules import LEASE
from logs import set_up_logs
from rehearsal import clock
from workers.deps import open_deps
from workers.jobs import perform
from workers.lanes import SLOTS, Lanes
from workers.metrics import Place, told_to_prometheus
from workers.rings import listen
from workers.sweeping import Sweeper

log = structlog.get_logger()

GRACE_S: Final = 20.0
"""So long after a signal what is being done may take to be done."""
_LAST_WORDS_S: Final = 4.5
"""So long after that, at most, the process is there: hosts kill what has not gone in 30."""


async def run(config: Config, *, lease: timedelta = LEASE, grace_s: float = GRACE_S) -> None:
    """Work until told to stop; told twice, stop without grace."""
    told = _Told(grace_s)
    jumped, rung = asyncio.Event(), asyncio.Event()

    async def on_jump() -> None:
        jumped.set()

    async with AsyncExitStack() as stack:
        time = await stack.enter_async_context(clock(config.clock_url, on_jump))
        deps = await stack.enter_async_context(open_deps(config, time, lease))
        hidden = config.production and not config.metrics_token
        place = Place(config.metrics_host, config.metrics_port, config.metrics_token, hidden)
        await stack.enter_async_context(told_to_prometheus(place, deps.db, time))
        lanes = Lanes(deps, perform, lease)
        sweeper = Sweeper(deps, lanes.wake)
        looking = [
            asyncio.create_task(listen(config.redis_url, rung.set)),
            asyncio.create_task(sweeper.sweep_forever(jumped, config.sweep_s)),
            asyncio.create_task(sweeper.answer_forever(rung)),
        ]
        working = asyncio.create_task(lanes.work())
        log.info("worker_begins", slots=SLOTS, lease_s=lease.total_seconds())
        stopping = asyncio.create_task(told.to_stop.wait())
        await asyncio.wait([*looking, working, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in looking:
            task.cancel()
        await lanes.stop(grace_s, told.to_hurry)
        working.cancel()
        ended = await asyncio.gather(*looking, working, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
    log.info("worker_stops")
    told.forget()


class _Told:
    """What signals have said: the first to stop, the second to hurry."""

    def __init__(self, grace_s: float) -> None:
        self.to_stop, self.to_hurry = asyncio.Event(), asyncio.Event()
        self._grace_s = grace_s
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._hear)

    def _hear(self) -> None:
        if self.to_stop.is_set():
            self.to_hurry.set()
            return
        self.to_stop.set()
        # Whatever hangs then is shown and ended, even where nothing of ours runs any more.
        faulthandler.dump_traceback_later(self._grace_s + _LAST_WORDS_S, exit=True)
        asyncio.get_running_loop().call_later(self._grace_s + _LAST_WORDS_S - 1, _show_tasks)

    def forget(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)


def _show_tasks() -> None:
    """What is still waited for; the stacks of threads do not say."""
    log.error("still_at_it", tasks=[repr(task) for task in asyncio.all_tasks()])


def collect_less() -> None:
    """A report is a great many short-lived tuples, none of them in a circle: looking for circles
    after every 700 of them takes a sixth of the time, after every 50,000 none worth naming."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def main() -> None:
    collect_less()
    set_up_logs("worker")
    try:
        config = Config.from_env(os.environ)
    except BadConfig as error:
        raise SystemExit(str(error)) from None
    uvloop.run(run(config))


if __name__ == "__main__":
    main()
