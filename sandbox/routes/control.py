"""The control API under /sandbox: the clock, shopping, switches, faults and the world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import faults
from sandbox.clock import ClockError
from sandbox.faults import FaultError
from sandbox.routes.answers import Json
from sandbox.routes.deeds import do, moment_of
from sandbox.routes.description import describe
from sandbox.shopping.journal import ShoppingError
from sandbox.switches import SwitchError
from sandbox.truth.books import BooksError
from sandbox.world import World

Body = Mapping[str, object]
Control = Callable[[World, Request, Body], Awaitable[object]]

REFUSALS = (ClockError, FaultError, ShoppingError, SwitchError, BooksError, ValueError, TypeError)
"""What a caller did wrong. The text says what to do."""


def routes(world: World) -> list[Route]:
    def at(path: str, method: str, control: Control) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _answer(world, request, control)

        return Route(path, endpoint, methods=[method])

    lists = ("clicks", "purchases", "returns", "cancellations")
    return [
        at("/sandbox/world", "GET", _world),
        at("/sandbox/clock", "GET", _clock),
        at("/sandbox/clock", "POST", _move_clock),
        *(at(f"/sandbox/{name}", "POST", _deeds(name)) for name in lists),
        at("/sandbox/shopping", "POST", _shopping),
        at("/sandbox/shoppers", "GET", _shoppers),
        at("/sandbox/shoppers", "POST", _invite),
        at("/sandbox/revocations", "POST", _revoke),
        at("/sandbox/switches", "GET", _switches),
        at("/sandbox/switches", "PUT", _set_switches),
        at("/sandbox/faults", "GET", _faults),
        at("/sandbox/faults", "PUT", _order_faults),
        at("/sandbox/faults", "DELETE", _clear_faults),
        at("/sandbox/faults/{id}", "DELETE", _clear_faults),
        at("/sandbox/storm", "GET", _storm),
        at("/sandbox/storm", "PUT", _begin_storm),
        at("/sandbox/storm", "DELETE", _end_storm),
        at("/sandbox/calls", "GET", _calls),
    ]


async def _answer(world: World, request: Request, control: Control) -> Response:
    raw = await request.body()
    try:
        body = orjson.loads(raw) if raw else {}
        if not isinstance(body, dict):
            raise ValueError("the body must be a JSON object")
        return Json(await control(world, request, body))
    except REFUSALS as refused:
        return Json({"error": str(refused)}, 400)


async def _world(world: World, request: Request, body: Body) -> object:
    return describe(world)


async def _clock(world: World, request: Request, body: Body) -> object:
    return {"now": world.clock.now().isoformat(), "start": world.clock.start.isoformat()}


async def _move_clock(world: World, request: Request, body: Body) -> object:
    if "to" in body:
        world.move_to(moment_of(body["to"]))
    elif isinstance(hours := body.get("advance_hours"), (int, float)):
        world.move_to(world.clock.after(hours))
    else:
        raise ClockError('send {"advance_hours": 24} or {"to": "2026-08-02T08:00:00Z"}')
    return await _clock(world, request, body)


def _deeds(name: str) -> Control:
    """A list of deeds of one kind, or a single one without the list around it."""
    kind = {
        "clicks": "click",
        "purchases": "purchase",
        "returns": "return",
        "cancellations": "cancellation",
    }[name]

    async def control(world: World, request: Request, body: Body) -> object:
        listed = body.get(name, [body])
        if not isinstance(listed, list):
            raise ShoppingError(f"{name} must be a list")
        return {name: [do(world, {**deed, "type": kind}) for deed in listed]}

    return control


async def _shopping(world: World, request: Request, body: Body) -> object:
    """Deeds of every kind in the order given: a day of shopping in one call."""
    listed = body.get("deeds")
    if not isinstance(listed, list):
        raise ShoppingError('send {"deeds": [{"type": "click", …}, {"type": "purchase", …}]}')
    return {"deeds": [do(world, deed) for deed in listed]}


async def _shoppers(world: World, request: Request, body: Body) -> object:
    return {"crowds": [asdict(crowd) for crowd in world.shoppers.crowds.values()]}


async def _invite(world: World, request: Request, body: Body) -> object:
    listed = body.get("crowds", [body])
    if not isinstance(listed, list):
        raise ShoppingError("crowds must be a list")
    return {"crowds": [asdict(world.shoppers.invite(crowd)) for crowd in listed]}


async def _revoke(world: World, request: Request, body: Body) -> object:
    person, token = body.get("person"), body.get("refresh_token")
    if person is None and token is None:
        raise ValueError('send {"person": "june"} or {"refresh_token": "Atzr|…"}')
    return {
        "revoked": world.grants.revoke(
            None if person is None else str(person), None if token is None else str(token)
        )
    }


async def _switches(world: World, request: Request, body: Body) -> object:
    return world.switches.as_json()


async def _set_switches(world: World, request: Request, body: Body) -> object:
    world.change_switches(dict(body))  # type: ignore[arg-type]
    return world.switches.as_json()


async def _faults(world: World, request: Request, body: Body) -> object:
    return {"faults": [faults.as_json(one) for one in world.faults.all()]}


async def _order_faults(world: World, request: Request, body: Body) -> object:
    """One fault or a list of them, added to those that are on."""
    listed = body.get("faults", [body])
    if not isinstance(listed, list):
        raise FaultError("faults must be a list")
    return {"faults": [faults.as_json(world.faults.order(one)) for one in listed]}


async def _clear_faults(world: World, request: Request, body: Body) -> object:
    return {"cleared": world.faults.clear(request.path_params.get("id"))}


async def _storm(world: World, request: Request, body: Body) -> object:
    return world.storm.as_json()


async def _begin_storm(world: World, request: Request, body: Body) -> object:
    world.storm.begin(body)
    return world.storm.as_json()


async def _end_storm(world: World, request: Request, body: Body) -> object:
    world.storm.end()
    return world.storm.as_json()


async def _calls(world: World, request: Request, body: Body) -> object:
    """How often each call was made, and how often with which status."""
    counts: dict[str, dict[str, int]] = {}
    for call, status in world.calls:
        of_path = counts.setdefault(f"{call.method} {call.path}", {})
        of_path[str(status)] = of_path.get(str(status), 0) + 1
    return {"calls": counts}
