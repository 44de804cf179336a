"""GET /books: the world's own truth."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.routes.answers import Json
from sandbox.routes.deeds import moment_of
from sandbox.truth.books import Question
from sandbox.world import World

PARAMETERS = {"profile", "store", "from", "to", "as_of", "level"}


def routes(world: World) -> list[Route]:
    async def books(request: Request) -> Response:
        try:
            return Json(world.books.answer(_question(world, request)))
        except ValueError as refused:
            return Json({"error": str(refused)}, 400)

    return [Route("/books", books, methods=["GET"])]


def _question(world: World, request: Request) -> Question:
    query = request.query_params
    if strange := sorted(set(query) - PARAMETERS):
        raise ValueError(f"the books have no {', '.join(strange)}; ask by {sorted(PARAMETERS)}")
    as_of = moment_of(query["as_of"]) if "as_of" in query else world.clock.now()
    if as_of > world.clock.now():
        raise ValueError("as_of is in the future; advance the clock first")
    return Question(
        as_of=as_of,
        profile_id=query.get("profile"),
        store=query.get("store"),
        start=date.fromisoformat(query["from"]) if "from" in query else None,
        end=date.fromisoformat(query["to"]) if "to" in query else None,
        level=query.get("level", "CAMPAIGN"),
    )
