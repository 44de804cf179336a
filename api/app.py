"""The HTTP side of the house, put together."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import orjson
import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

import gauges
from api import health, metrics, oauth, redirect
from api.auth import OURS
from api.budgets import Budgets
from api.graphql import View
from api.orphans import end_with_parent
from api.sharing import shared
from api.trusted import Trusted
from config import Config
from db.pool import Database
from domain.clicks.counting import Clicks
from domain.clock import SystemClock
from domain.duties.rules import QUEUE, RING
from domain.sealing import Keyring
from logs import set_up_logs
from rehearsal import clock
from schema.root import schema

log = structlog.get_logger()

_PATIENCE_S: Final = 3
"""So long a statement of a request may take; the request itself, `api.graphql.PATIENCE_S`."""
_RING_S: Final = 0.3
"""So long a worker's bell is waited for. What it is rung for is committed by then: a Redis that
hangs must not use up the time of whoever did it."""
DRAINING: Final = "CLICKLEDGER_DRAINING"
COUNTS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Both are set by `api.__main__`, for its processes; the second is prometheus-client's own name."""
_GRAPHIQL: Final = Path(__file__).with_name("graphiql.html")


def from_environment() -> ASGIApp:
    """What the server loads: `api.app:from_environment`, a factory."""
    set_up_logs("web")
    end_with_parent()
    marker, counts = os.environ.get(DRAINING), os.environ.get(COUNTS)
    app = create_app(
        Config.from_env(os.environ), draining=Path(marker) if marker else None, counts=counts
    )
    return redirect.Straight(app)


def create_app(
    config: Config,
    *,
    queries_by_get: bool = False,
    draining: Path | None = None,
    counts: str | None = None,
) -> Starlette:
    """The application over one configuration; its servers are reached for when it starts.

    `draining` is a file that is there from the signal to stop on, `counts` the folder in which the
    processes of one port count together. Queries by GET are for tests of the protocol's other half.

    Raises UntrustedList.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # Connects when it is first used: the API starts, and works, while Redis is away.
        redis = ArqRedis(
            ConnectionPool.from_url(
                config.redis_url, socket_timeout=_RING_S, socket_connect_timeout=_RING_S
            ),
            job_serializer=orjson.dumps,
            job_deserializer=orjson.loads,
            default_queue_name=QUEUE,
        )
        async with (
            Database(config.database_url, patience_s=_PATIENCE_S) as db,
            clock(config.clock_url) as time,
            shared(app.state.budgets, config.redis_url),
            Clicks(db, Path(config.click_spool), told=metrics.tell_of_clicks) as clicks,
        ):
            app.state.clicks = clicks
            app.state.db, app.state.clock = db, time
            app.state.redis, app.state.ring = redis, lambda: ring(redis)
            standing = gauges.Standing(db, time, app.state.wall)
            app.state.metrics = metrics.Metrics(config, standing, counts)
            watch = asyncio.create_task(gauges.keep_watch(db))
            # The schema stays: looking through it for garbage would halt requests now and then.
            gc.collect()
            gc.freeze()
            try:
                yield
            finally:
                app.state.stopping = True
                watch.cancel()
                app.state.metrics.forget_process()
        await redis.aclose(close_connection_pool=True)

    view = View(
        schema,
        Trusted.read(config.trusted_documents, schema, only=config.only_trusted),
        page=None if config.production else _GRAPHIQL.read_bytes(),
        queries_by_get=queries_by_get,
    )
    app = Starlette(
        routes=[
            Route("/graphql", view),
            *redirect.routes,
            *oauth.routes,
            *health.routes,
            *metrics.routes,
        ],
        lifespan=lifespan,
        middleware=_front_end_elsewhere(config),
    )
    app.state.draining, app.state.stopping = draining, False
    app.state.config, app.state.wall = config, SystemClock()
    app.state.budgets = Budgets.of(config, app.state.wall)
    app.state.keyring = Keyring.parse(config.sealing_keys)
    return app


def _front_end_elsewhere(config: Config) -> list[Middleware]:
    """Lets the pages of a front end on another origin ask with their sessions; no others."""
    origin = "/".join(config.front_end_url.split("/")[:3])
    if config.public_url.startswith(origin):
        return []
    headers = ["content-type", OURS, "acting-as", "idempotency-key"]
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=[origin],
            allow_credentials=True,
            allow_methods=["POST"],
            allow_headers=headers,
            expose_headers=["x-request-id", "retry-after"],
        )
    ]


async def ring(redis: ArqRedis) -> None:
    """Wake a worker. Redis may be away: the workers look every few seconds anyway."""
    try:
        await redis.enqueue_job(RING)
    except (RedisError, OSError) as error:
        log.warning("ring_failed", error=str(error))
