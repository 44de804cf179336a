from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import pytest
import pytest_asyncio

from db.pool import Database
from tests.conftest import a_database
from tests.shop import Shop, a_shop, empty
from tests.stage import Stage, a_stage


@pytest.fixture
async def stage(db: Database, owner: asyncpg.Connection) -> AsyncIterator[Stage]:
    async with a_stage(db, owner) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_url(postgres_url: str, template: str) -> AsyncIterator[str]:
    """A database for all tests of a module, which is quicker emptied than made."""
    async with a_database(postgres_url, template) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_db(shared_url: str) -> AsyncIterator[Database]:
    async with Database(shared_url) as database:
        yield database


@pytest_asyncio.fixture(loop_scope="module")
async def shop(shared_url: str, shared_db: Database) -> AsyncIterator[Shop]:
    """For modules whose tests run in one loop."""
    owner = await asyncpg.connect(shared_url)
    async with a_stage(shared_db, owner) as stage:
        yield await a_shop(stage)
    await empty(owner)
    await owner.close()


@pytest_asyncio.fixture(loop_scope="module")
async def another_stage(
    shared_url: str, shared_db: Database
) -> AsyncIterator[Callable[[], AbstractAsyncContextManager[Stage]]]:
    """As many stages as a test wants, one after the other, each in an empty database."""
    owner = await asyncpg.connect(shared_url)

    @asynccontextmanager
    async def begin() -> AsyncIterator[Stage]:
        async with a_stage(shared_db, owner) as stage:
            yield stage
        await empty(owner)

    yield begin
    await owner.close()
