"""Is it alive, may it have traffic: /healthz and /readyz.

What a process cannot do without makes it unready: the database with every role and the newest
schema. What it does without, for a while, is only told.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from db.migrate import behind
from db.pool import Database
from domain.clicks.counting import Clicks

_PATIENCE_S: Final = 2
_GOOD: Final = "ok"
_AWAY: Final = (
    OSError,  # a time-out is one
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that is cut at the wrong moment
)


async def alive(request: Request) -> Response:
    """The process answers; says nothing about anything behind it."""
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """200 when traffic may come, else 503: send it elsewhere. The body says what of each part."""
    state = request.app.state
    database, redis = await asyncio.gather(_database(state.db), _redis(state.redis))
    stopping = state.stopping or _is_there(state.draining)
    fit = database == _GOOD and not stopping
    clicks: Clicks = state.clicks
    kept = "kept in files until PostgreSQL takes them" if clicks.is_away else _GOOD
    parts = {"database": database, "redis": redis, "clicks": kept, "stopping": stopping}
    return JSONResponse({"ready": fit, **parts}, 200 if fit else 503)


def _is_there(marker: Path | None) -> bool:
    return marker is not None and marker.exists()


async def _database(db: Database) -> str:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            if missing := await db.missing_roles():
                return f"the login is no member of {', '.join(missing)}"
            if late := await behind(db):
                return f"lacks migrations, the first is {late[0]}: run the release"
    except asyncpg.InsufficientPrivilegeError:
        return "lacks migrations: run the release"
    except _AWAY as error:
        return f"away: {type(error).__name__}"
    return _GOOD


async def _redis(redis: Redis) -> str:
    """The API works without: workers look by themselves, and budgets hold for each process."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await redis.ping()
    except (OSError, TimeoutError, RedisError) as error:
        return f"away: {type(error).__name__}"
    return _GOOD


routes = [Route("/healthz", alive), Route("/readyz", ready)]
