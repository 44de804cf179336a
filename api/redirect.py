"""/l/{code}: count the click, send the shopper on to Amazon or to the brand's own shop.

A click is committed before the shopper is sent on, so what was answered with a redirect is counted.
Programs, HEAD and pages fetched ahead of time are sent on without being counted.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import asyncpg
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from db.pool import Database
from domain.clicks import actions as clicks
from domain.clicks.queries import Way
from domain.clicks.rules import Counted, counts
from domain.clock import Clock
from domain.links.rules import may_lead_to, read_code

_log = logging.getLogger(__name__)

# A shopper does not wait longer for a link.
_PATIENCE_S: Final = 5
_RETRY_AFTER_S: Final = "2"

# Every visit is asked for anew, or only the first of a shopper would count.
_NOT_KEPT: Final = {"cache-control": "private, no-store"}
# The store sees which site the shopper comes from, as outside traffic, but not which page.
_HEADERS: Final = _NOT_KEPT | {"referrer-policy": "strict-origin-when-cross-origin"}

# What says that the database cannot be reached or is not taking work, as against a fault of ours.
_UNAVAILABLE: Final = (
    OSError,  # a time-out is one
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


async def follow(request: Request) -> Response:
    """302 to the brand's page, 404 for no link, 503 while no click can be counted."""
    code = read_code(request.path_params["code"])
    if code is None:
        return _nowhere()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            way = await _visit(request, code)
    except _UNAVAILABLE as error:
        _log.error("link %s could not be followed: %r", code, error)
        return _later()
    if way is None:
        return _nowhere()
    if not may_lead_to(way.destination, way.shop_host):
        where = way.shop_host or "Amazon"
        _log.error("link %s leads to %r, which is not a page on %s", code, way.destination, where)
        return _nowhere()
    return Response(status_code=302, headers=_HEADERS | {"location": way.destination})


async def _visit(request: Request, code: str) -> Way | None:
    db: Database = request.app.state.db
    clock: Clock = request.app.state.clock
    match counts(request.method, request.headers):
        case Counted():
            return await clicks.count(db, code, clock.now())
        case _:
            return await clicks.look_up(db, code)


def _nowhere() -> Response:
    return PlainTextResponse(
        "This link leads nowhere. Ask whoever gave it to you for a new one.\n",
        status_code=404,
        headers=_NOT_KEPT,
    )


def _later() -> Response:
    return PlainTextResponse(
        "This link cannot be followed at the moment. Please try again.\n",
        status_code=503,
        headers=_NOT_KEPT | {"retry-after": _RETRY_AFTER_S},
    )


routes: Final = [Route("/l/{code}", follow, methods=["GET"])]
