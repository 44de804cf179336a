"""The HTTP side of the house, put together."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.routing import Route

from api import health, oauth, redirect
from api.graphql import View
from config import Config
from db.pool import Database
from domain.duties.rules import QUEUE, RING
from domain.sealing import Keyring
from logs import set_up_logs
from rehearsal import clock
from schema.root import schema

log = structlog.get_logger()


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
        async with Database(config.database_url) as db, clock(config.clock_url) as time:
            app.state.db, app.state.clock = db, time
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
    )
    app.state.config = config
    app.state.keyring = Keyring.parse(config.sealing_keys)
    return app


async def ring(redis: ArqRedis) -> None:
    """Wake a worker. Redis may be away: the workers look every few seconds anyway."""
    try:
        await redis.enqueue_job(RING)
    except (RedisError, OSError) as error:
        log.warning("ring_failed", error=str(error))
