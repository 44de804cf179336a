"""One world a run. Whoever changes it has it put back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest_asyncio
from starlette.applications import Starlette

from db.pool import Database
from tests.access import checksums
from tests.access.asking import a_house
from tests.access.checksums import Sums
from tests.access.readers import a_told_world
from tests.access.restoring import Kept
from tests.access.world import World
from tests.conftest import a_database


@dataclass(frozen=True)
class Stand:
    """The application over the world, a superuser who looks at it, and how it was made."""

    world: World
    app: Starlette
    owner: asyncpg.Connection
    everything: Sums
    of_each: Sums
    """Of Fern, Birch and each affiliate."""
    kept: Kept

    async def changed(self) -> set[str]:
        """Tables that are not as they were made, which they are again from now on."""
        now = await checksums.everything(self.owner)
        found = {table for (_, table), sums in now.items() if self.everything[None, table] != sums}
        await self.kept.restore({*found, *checksums.COUNTED})
        return found

    async def of_others(self, *concerned: object) -> set[str]:
        """Tables in which rows changed of an account or affiliate that is not among these."""
        sides = self.world.accounts, self.world.affiliates.values()
        now = await checksums.of_each(self.owner, *sides)
        return {
            f"{table} of {id}"
            for (id, table), sums in now.items()
            if self.of_each[id, table] != sums and id not in concerned
        }


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stand(postgres_url: str, template: str, redis_url: str) -> AsyncIterator[Stand]:
    async with a_database(postgres_url, template) as url, a_house(url, redis_url) as app:
        owner = await asyncpg.connect(url)
        async with Database(url) as db:
            world = await a_told_world(db, owner)
        everything = await checksums.everything(owner)
        of_each = await checksums.of_each(owner, world.accounts, world.affiliates.values())
        kept = await Kept.all(owner)
        yield Stand(world, app, owner, everything, of_each, kept)
        await owner.close()
