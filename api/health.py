"""Is it alive, may it have traffic, how is it doing: /healthz, /readyz, /metrics."""

from __future__ import annotations

import asyncio

import asyncpg
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

_PATIENCE_S = 2


async def alive(request: Request) -> Response:
    """The process answers; says nothing about anything behind it."""
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """200 when the database lets every room in, else 503: send the traffic elsewhere."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            missing = await request.app.state.db.missing_roles()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return JSONResponse({"ready": False, "database": type(error).__name__}, 503)
    if missing:
        words = f"the login is no member of {', '.join(missing)}"
        return JSONResponse({"ready": False, "database": words}, 503)
    return JSONResponse({"ready": True})


async def metrics(request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


routes = [
    Route("/healthz", alive),
    Route("/readyz", ready),
    Route("/metrics", metrics),
]
