"""One database for all tests of a module: they are about a single table, which is soon emptied."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from db.pool import Database
from tests.conftest import a_database


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(postgres_url: str, template: str) -> AsyncIterator[str]:
    async with a_database(postgres_url, template) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(url: str) -> AsyncIterator[Database]:
    async with Database(url) as database:
        yield database


@pytest_asyncio.fixture(loop_scope="module")
async def owner(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.execute("DELETE FROM duty")
    await connection.close()
