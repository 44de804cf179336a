"""The HTTP side of the house, put together."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

from api import health, oauth, redirect
from api.auth import OURS
from api.graphql import View
from config import Config
from db.pool import Database
from domain.clock import SystemClock
from domain.duties.rules import QUEUE, RING
from domain.sealing import Keyring
from logs import set_up_logs
from rehearsal import clock
from schema.root import schema

log = structlog.get_logger()

_PATIENCE_S: Final = 10
"""So long a statement of a request may take."""


def from_environment() -> Starlette:
    """What the server loads: `api.app:from_environment`, a factory."""
    set_up_logs("web")
    return create_app(Config.from_env(os.environ))


def create_app(config: Config) -> Starlette:
    """The application over one configuration; its servers are reached for when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # Connects when it is first used: the API starts, and works, while Redis is away.
        redis = ArqRedis(
            ConnectionPool.from_url(config.redis_url),
            job_serializer=orjson.dumps,
            job_deserializer=orjson.loads,
            default_queue_name=QUEUE,
        )
        async with (
            Database(config.database_url, patience_s=_PATIENCE_S) as db,
            clock(config.clock_url) as time,
        ):
            app.state.db, app.state.clock, app.state.wall = db, time, SystemClock()
            app.state.ring = lambda: ring(redis)
            yield
        await redis.aclose(close_connection_pool=True)

    view: View = View(
        schema,
        graphql_ide=None if config.production else "graphiql",
        allow_queries_via_get=False,
        subscription_protocols=(),
    )
    app = Starlette(
        routes=[
            Route("/graphql", view),
            *redirect.routes,
            *oauth.routes,
            *health.routes,
        ],
        lifespan=lifespan,
        middleware=_front_end_elsewhere(config),
    )
    app.state.config = config
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
