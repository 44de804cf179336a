from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest


@pytest.fixture(scope="session")
def shared_clone(postgres_url: str, template: str) -> Iterator[str]:
    """One database for all tests that only look at the schema."""
    name = f"house_{uuid.uuid4().hex}"
    asyncio.run(_execute(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield postgres_url.replace("/postgres?", f"/{name}?")
    asyncio.run(_execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def schema_only(shared_clone: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection in a transaction that is rolled back, with whatever was planted."""
    connection = await asyncpg.connect(shared_clone)
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield connection
    finally:
        await transaction.rollback()
        await connection.close()


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
