"""The worker: `python -m workers`. Rings of the API and a sweep every few seconds wake it."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import Any

import orjson
import structlog
import uvloop
from arq import Worker, cron, func
from arq.connections import RedisSettings

from config import BadConfig, Config
from domain.duties.rules import QUEUE, RING
from logs import set_up_logs
from rehearsal import clock
from workers.deps import open_deps
from workers.jobs import do_due, sweep

log = structlog.get_logger()

_JOB_TIMEOUT_S = 3600  # a sweep goes on as long as there is something due


async def ring(ctx: dict[str, Any]) -> None:
    """Somebody has just promised something: do what is due."""
    await do_due(ctx["deps"])


async def look(ctx: dict[str, Any]) -> None:
    """The guarantee behind the rings: what none of them woke is found within seconds."""
    await sweep(ctx["deps"])


def _json(value: object) -> bytes:
    """Never pickle: whoever writes to Redis would run code. Errors among arq's results as text."""
    return orjson.dumps(value, default=repr)


async def run(config: Config) -> None:
    """Work until told to stop."""
    ctx: dict[str, Any] = {}
    jumped = asyncio.Event()

    async def on_jump() -> None:
        jumped.set()

    async def after_jumps() -> None:
        while await jumped.wait():
            jumped.clear()
            try:
                await sweep(ctx["deps"])
            except Exception as error:
                log.error("sweep_failed", exc_info=error)

    async with clock(config.clock_url, on_jump) as time, open_deps(config, time) as deps:
        ctx["deps"] = deps
        jumps = asyncio.create_task(after_jumps())
        worker = Worker(
            functions=[func(ring, name=RING)],
            cron_jobs=[cron(look, second=set(range(0, 60, config.sweep_s)), run_at_startup=True)],
            redis_settings=RedisSettings.from_dsn(config.redis_url),
            queue_name=QUEUE,
            ctx=ctx,
            poll_delay=0.1,
            max_tries=1,  # retries are the duty's
            keep_result=0,
            job_timeout=_JOB_TIMEOUT_S,
            job_serializer=_json,
            job_deserializer=orjson.loads,
            handle_signals=True,
        )
        try:
            await worker.async_run()
        except asyncio.CancelledError:
            log.info("worker_stops")  # a signal has told it to
        finally:
            jumps.cancel()
            await asyncio.gather(jumps, *worker.tasks.values(), return_exceptions=True)
            worker.tasks.clear()  # closing would raise anew that they were cancelled
            await worker.close()


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
