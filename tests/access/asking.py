"""Requests over HTTP, into the real application over the world, and what they gave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import httpx
import pytest
from graphql import GraphQLUnionType, get_named_type
from starlette.applications import Starlette

from api.app import create_app
from config import Config
from schema.root import schema
from tests.access.documents import GRAPHQL, Question, Row
from tests.access.world import Asker
from tests.environment import LEAST
from tests.factories import NOW

DENIALS: Final = {
    "NOT_SIGNED_IN", "WRONG_ROOM", "FORBIDDEN", "BAD_KEY", "CHOOSE_SEAT", "SIGN_IN_AGAIN",
}  # fmt: skip
_REFUSALS: Final = {
    type_.name
    for type_ in GRAPHQL.get_implementations(GRAPHQL.type_map["Refusal"]).objects  # type: ignore[arg-type]
}
_addresses = count(1)


class Standing:
    """A clock that stands at the moment of the world."""

    def now(self) -> Any:
        return NOW


@asynccontextmanager
async def a_house(database_url: str, redis_url: str) -> AsyncIterator[Starlette]:
    app = create_app(
        Config.from_env(
            {
                "DATABASE_URL": database_url,
                "REDIS_URL": redis_url,
                **LEAST,
                "BUDGET_CALLER": "1000000000",
                "BUDGET_ACCOUNT": "1000000000",
                "BUDGET_ADDRESS": "1000000000",
                "BUDGET_ANONYMOUS": "1000000000",
            }
        )
    )
    async with app.router.lifespan_context(app):
        app.state.clock = app.state.wall = Standing()
        yield app


async def ask(app: Starlette, asker: Asker, question: Question) -> httpx.Response:
    """From an address of its own, so that nobody has tried too often.

    What it cost, and what is left, is left out: that differs from one question to the next.
    """
    document, variables = question
    number = next(_addresses)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    transport = httpx.ASGITransport(app, client=(address, 40_000))
    body = {"query": document, "variables": variables}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        with pytest.MonkeyPatch.context() as lifted:
            # Every field is asked for in one document, which is more than a client may.
            lifted.setattr(schema, "_documents", schema._our_own)
            response = await client.post("/graphql", json=body, headers=asker.headers)
    answer = response.json()
    answer.pop("extensions", None)
    return httpx.Response(response.status_code, json=answer)


def outcome(row: Row, response: httpx.Response) -> str:
    """`allow`, `empty` or `deny`; anything else is told as it is."""
    answer = response.json()
    if errors := answer.get("errors"):
        codes = {error.get("extensions", {}).get("code") for error in errors}
        nothing = not any((answer.get("data") or {}).values())
        return "deny" if codes <= DENIALS and nothing else f"error: {errors[0]['message']}"
    (found,) = answer["data"].values()
    if row.kind == "mutation":
        return _outcome_of_act(row.name, found)
    if row.kind == "only":
        found = _deepest(found)
    return "allow" if _has_something(found) else "empty"


def _outcome_of_act(name: str, found: Any) -> str:
    assert GRAPHQL.mutation_type is not None
    answer = get_named_type(GRAPHQL.mutation_type.fields[name].type)
    success = answer.types[0].name if isinstance(answer, GraphQLUnionType) else answer.name
    refusals = [text for text in _typenames(found) if text in _REFUSALS]
    if not refusals and found["__typename"] == success:
        return "allow"
    return "empty" if refusals and set(refusals) == {"NotFound"} else f"refused: {refusals}"


def _typenames(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("__typename"), str):
            yield value["__typename"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _typenames(each)


def _deepest(value: Any) -> Any:
    """What the one field at the end of the way says: the first row that says something."""
    if isinstance(value, list):
        return next((found for each in value if _has_something(found := _deepest(each))), None)
    if isinstance(value, dict) and len(value) == 1 and "__typename" not in value:
        return _deepest(*value.values())
    return value


def _has_something(value: Any) -> bool:
    """A page is something when it has rows; so is an object, and any value but nothing."""
    if isinstance(value, dict) and "totalCount" in value:
        return bool(value["totalCount"])
    if isinstance(value, list):
        return any(each is not None for each in value)
    return value is not None and value != {} and value != ""
