"""/l/{code}: count the click, send the shopper on to Amazon or to the brand's own shop.

A click is committed, or on the disk while PostgreSQL is away, before the shopper is sent on: what
was answered with a redirect is counted.
Programs, HEAD and pages fetched ahead of time are sent on without being counted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.metrics import REDIRECTS
from domain.clicks.counting import Clicks, Unavailable
from domain.clicks.known import Way
from domain.clicks.rules import LOOKED_AT, Counted, counts
from domain.clock import Clock
from domain.links.rules import may_lead_to, read_code

_log = logging.getLogger(__name__)

_RETRY_AFTER_S: Final = "2"

# Every visit is asked for anew, or only the first of a shopper would count.
_NOT_KEPT: Final = {"cache-control": "private, no-store"}
# The store sees which site the shopper comes from, as outside traffic, but not which page.
_HEADERS: Final = [
    (b"cache-control", b"private, no-store"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"content-length", b"0"),
]

_LOOKED_AT: Final = frozenset(name.encode("ascii") for name in LOOKED_AT)
_LONGEST_REMEMBERED: Final = 512

_SENT_ON, _NOWHERE, _UNAVAILABLE = (
    REDIRECTS.labels(outcome) for outcome in ("sent_on", "nowhere", "unavailable")
)


class Follow:
    """302 to the brand's page, 404 for no link, 503 while no click can be kept.

    It speaks ASGI by itself: Starlette's request and response would take as long as all the rest.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = read_code(scope["path_params"]["code"])
        if code is None:
            return await _nowhere()(scope, receive, send)
        await _follow(scope["app"].state, code, scope, receive, send)


async def _follow(state: State, code: str, scope: Scope, receive: Receive, send: Send) -> None:
    clicks: Clicks = state.clicks
    clock: Clock = state.clock
    is_click = _is_click(scope["method"], scope["headers"])
    try:
        way = await clicks.visit(code, clock.now(), is_click=is_click)
    except Unavailable:
        return await _later()(scope, receive, send)
    if way is None:
        return await _nowhere()(scope, receive, send)
    location = _location(way)
    if location is None:
        _log.error(
            "link %s leads to %r, which is not a page on %s",
            code,
            way.destination,
            way.shop_host or "Amazon",
        )
        return await _nowhere()(scope, receive, send)
    _SENT_ON.inc()
    await send({"type": "http.response.start", "status": 302, "headers": [*_HEADERS, location]})
    await send({"type": "http.response.body"})


def _is_click(method: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    told = tuple([(name, value) for name, value in headers if name in _LOOKED_AT])
    if len(told) == 1 and len(told[0][1]) <= _LONGEST_REMEMBERED:
        return _remembered(method, told)
    return _told(method, told)


def _told(method: str, told: tuple[tuple[bytes, bytes], ...]) -> bool:
    headers: dict[str, str] = {}
    for name, value in told:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return isinstance(counts(method, headers), Counted)


# Most people's browsers say the same few hundred texts.
_remembered = lru_cache(4096)(_told)


@lru_cache(16_384)
def _location(way: Way) -> tuple[bytes, bytes] | None:
    """The header of a way; None when nobody may be sent there."""
    if not may_lead_to(way.destination, way.shop_host):
        return None
    # Letters, digits and signs of addresses alone, as `may_lead_to` has it.
    return b"location", way.destination.encode("ascii")


class Straight:
    """Before the application: the usual visit to a link does not go through its layers and routes,
    which take as long as the visit. Everything else does, and so do visits that are not usual."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._state = app.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            path: str = scope["path"]
            if path.startswith("/l/") and (code := read_code(path[3:])) is not None:
                return await _follow(self._state, code, scope, receive, send)
        await self._app(scope, receive, send)


def _nowhere() -> Response:
    _NOWHERE.inc()
    return PlainTextResponse(
        "This link leads nowhere. Ask whoever gave it to you for a new one.\n",
        status_code=404,
        headers=_NOT_KEPT,
    )


def _later() -> Response:
    _UNAVAILABLE.inc()
    return PlainTextResponse(
        "This link cannot be followed at the moment. Please try again.\n",
        status_code=503,
        headers=_NOT_KEPT | {"retry-after": _RETRY_AFTER_S},
    )


routes: Final = [Route("/l/{code}", Follow(), methods=["GET"])]
