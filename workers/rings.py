"""Listening for rings over Redis: whoever promised something says that a look is worth it.

It is only sooner with them. A Redis that is away, restarts or hangs ends arq's worker, which is
started anew until it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import orjson
import structlog
from arq import Worker, func
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from domain.duties.rules import QUEUE, RING

log = structlog.get_logger()

_POLL_S: Final = 0.1
_PATIENCE_S: Final = 5
_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0)


async def listen(redis_url: str, on_ring: Callable[[], None]) -> None:
    """Until cancelled. Says once that there are no rings, and once that there are again."""
    failures = 0

    async def heard(ctx: dict[str, Any]) -> None:
        nonlocal failures
        if failures:
            log.info("rings_again", after=failures)
        failures = 0
        on_ring()  # for those that nobody heard

    async def ring(ctx: dict[str, Any]) -> None:
        on_ring()

    while True:
        try:
            await _listen(redis_url, ring, heard)
        except (RedisError, OSError, TimeoutError) as error:
            if not failures:
                log.warning("no_rings", error=repr(error))
            failures += 1
        except Exception as error:
            # A fault in a library that only makes things sooner stops nothing.
            log.error("no_rings", exc_info=error)
            failures += 1
        await asyncio.sleep(_PAUSES_S[min(max(failures, 1), len(_PAUSES_S)) - 1])


async def _listen(redis_url: str, ring: Any, heard: Any) -> None:
    """Ends with an error as soon as Redis does not answer."""
    redis = ArqRedis(
        ConnectionPool.from_url(
            redis_url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S
        ),
        job_serializer=_json,
        job_deserializer=orjson.loads,
        default_queue_name=QUEUE,
    )
    worker = Worker(
        functions=[func(ring, name=RING)],
        redis_pool=redis,
        queue_name=QUEUE,
        on_startup=heard,
        poll_delay=_POLL_S,
        max_tries=1,  # retries are the duty's
        keep_result=0,
        job_serializer=_json,
        job_deserializer=orjson.loads,
        handle_signals=False,
    )
    try:
        await worker.async_run()
    finally:
        tasks = [*worker.tasks.values(), *([worker.main_task] if worker.main_task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(RedisError, OSError, TimeoutError):
            await redis.aclose(close_connection_pool=True)


def _json(value: object) -> bytes:
    """Never pickle: whoever writes to Redis would run code. Errors among arq's results as text."""
    return orjson.dumps(value, default=repr)
