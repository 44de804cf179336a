from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from db.pool import Database
from tests.conftest import a_database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_url(postgres_url: str, template: str) -> AsyncIterator[str]:
    """A database for all tests of a module: each has an account of its own in it."""
    async with a_database(postgres_url, template) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(shared_url: str) -> AsyncIterator[Database]:
    async with Database(shared_url) as database:
        yield database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(shared_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared_url)
    yield connection
    await connection.close()
