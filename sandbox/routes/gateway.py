"""What stands before every endpoint of Amazon's: the faults that strike any call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.faults import Call, Fault
from sandbox.reporting.request import level_of
from sandbox.routes.answers import advertising_error, html_error, selling_error
from sandbox.world import World

Handler = Callable[[World, Request], Awaitable[Response]]
"""An endpoint. It finds the region in `request.state.region`."""

REGIONS = ("na", "eu", "fe")


def guarded(world: World, path: str, handler: Handler, methods: list[str]) -> list[Route]:
    """The routes of one endpoint: for North America by its path, for the others with a prefix."""

    def endpoint_of(region: str) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            request.state.region = region
            return await _pass(world, request, handler)

        return endpoint

    routes = [Route(path, endpoint_of("na"), methods=methods)]
    for region in REGIONS:
        routes.append(Route(f"/{region}{path}", endpoint_of(region), methods=methods))
    return routes


def call_of(request: Request, body: bytes) -> Call:
    """What a fault is matched against: the path without its region, and the report's level."""
    path = request.url.path
    for region in REGIONS:
        if path.startswith(f"/{region}/"):
            path = path[len(region) + 1 :]
    level = None
    if path == "/attribution/report":
        try:
            read = orjson.loads(body)
            level = level_of(read) if isinstance(read, dict) else None
        except orjson.JSONDecodeError:
            level = None
    return Call(path, request.method, level, request.headers.get("Amazon-Advertising-API-Scope"))


async def _pass(world: World, request: Request, handler: Handler) -> Response:
    call = world.storm.over(call_of(request, await request.body()))
    request.state.call = call
    response = await _answer(world, request, handler, call)
    world.note(call, response.status_code)
    return response


async def _answer(world: World, request: Request, handler: Handler, call: Call) -> Response:
    if slow := world.faults.strike(call, "slow"):
        await asyncio.sleep(slow.ms / 1000)
    if fault := world.faults.strike(call, "throttled", "status", "expired_token"):
        return _struck(fault, call)
    response = await handler(world, request)
    if fault := world.faults.strike(call, "truncated", "lost", "blank", "html", "mistyped"):
        return _spoiled(fault, response)
    return response


def _spoiled(fault: Fault, response: Response) -> Response:
    """What was done is done; only the answer does not arrive as it was sent."""
    body = bytes(response.body)
    half = body[: len(body) // 2]
    match fault.kind:
        case "lost":
            return _Lost(half, response.status_code, media_type=response.media_type)
        case "truncated":
            return Response(half, response.status_code, media_type="application/json")
        case "blank":
            return Response(b"", 200, media_type="application/json")
        case "html":
            return html_error(200, "OK")
    return Response(body, response.status_code, media_type="text/plain")


class _Lost(Response):
    """An answer in the middle of which the connection breaks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
        raise ConnectionResetError("this answer was to be lost")


def _struck(fault: Fault, call: Call) -> Response:
    selling = _is_selling(call.path)
    if fault.kind == "expired_token":
        if selling:
            return denied()
        return advertising_error(401, "Authentication failed")
    status = 429 if fault.kind == "throttled" else fault.status
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    title = _title(status)
    if fault.body == "html":
        return html_error(status, title, headers)
    if selling:
        code = "QuotaExceeded" if status == 429 else "InternalFailure"
        message = QUOTA if status == 429 else "We encountered an internal error. Please try again."
        answer = selling_error(status, code, message)
        answer.headers.update(headers)
        return answer
    return advertising_error(status, title, headers=headers)


QUOTA = "You exceeded your quota for the requested resource."


def denied(details: bool = True) -> Response:
    """The selling API's answer to a token it does not take: 403, not 401."""
    return selling_error(
        403,
        "Unauthorized",
        "Access to requested resource is denied.",
        "The access token you provided is revoked, malformed or invalid." if details else "",
    )


def _is_selling(path: str) -> bool:
    return path.startswith(("/sellers/", "/listings/", "/catalog/", "/reports/"))


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
