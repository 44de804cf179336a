from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from sandbox.app import create_app
from sandbox.cast.draw import Size
from sandbox.world import Plan, World
from tests.workers.amazon.rehearsal import (
    ENDPOINTS,
    AnyTokens,
    FakeTime,
    Rehearsal,
    Script,
    Scripted,
)
from workers.amazon.ads import Ads


@pytest.fixture
async def rehearsal() -> AsyncIterator[Rehearsal]:
    world = World(Plan(size=Size(products_per_brand=12, large_seller_products=640)))
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport) as http:
        rehearsed = Rehearsal(http, FakeTime())
        rehearsed.world = await rehearsed.control("GET", "world")
        yield rehearsed


@pytest.fixture
def scripted() -> Any:
    """A function that makes an Ads client whose Amazon gives the prepared answers in turn."""

    def make(answers: Iterable[Response]) -> Scripted:
        script, tokens = Script(list(answers)), AnyTokens()
        ads = Ads(script.http(), ENDPOINTS, "client", tokens, script.time.pace())
        return Scripted(ads, script, tokens)

    return make
