"""Real servers for the tests: one PostgreSQL and one Valkey a run, one database a test."""

from __future__ import annotations

import asyncio
import gc
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from db.migrate import migrate
from db.pool import Database
from embedded import database_url, start_postgres, valkey

# Tests may lose their data; what they may not do is wait for a disk.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "300",
    "jit": "off",
    "timezone": "UTC",
    # Thousands of databases come and go: to look after each costs more than it gives.
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def pytest_collection_finish() -> None:
    """What was imported stays: looking through it for garbage took a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    folder = Path(os.environ.get("DATA_DIR", ".data")).resolve() / "test"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def postgres_url(data_dir: Path) -> str:
    """The server's maintenance database; the superuser is logged in."""
    return database_url(start_postgres(data_dir / "postgres", SETTINGS), "postgres")


@pytest.fixture(scope="session")
def template(postgres_url: str) -> Iterator[str]:
    """A migrated database that others are cloned from."""
    name = f"template_{uuid.uuid4().hex}"
    asyncio.run(_execute(postgres_url, f"CREATE DATABASE {name}"))
    # Without monthly partitions, which cost every clone forty milliseconds of copied files.
    asyncio.run(migrate(_database(postgres_url, name), months=()))
    yield name
    asyncio.run(_execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database_of_test(postgres_url: str, template: str) -> AsyncIterator[str]:
    """The URL, as superuser, of a database that this test has for itself."""
    async with a_database(postgres_url, template) as url:
        yield url


@asynccontextmanager
async def a_database(postgres_url: str, template: str) -> AsyncIterator[str]:
    """The URL, as superuser, of a new migrated database, which is gone afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    await _execute(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _database(postgres_url, name)
    await _execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture
async def db(database_of_test: str) -> AsyncIterator[Database]:
    """The door that the product uses: row-level security is on."""
    async with Database(database_of_test) as database:
        yield database


@pytest.fixture
async def owner(database_of_test: str) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection, which sees everything: for checking, never for the product."""
    connection = await asyncpg.connect(database_of_test)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def redis_url(data_dir: Path, worker_id: str) -> Iterator[str]:
    with valkey(data_dir / f"valkey-{worker_id}") as url:
        yield url
