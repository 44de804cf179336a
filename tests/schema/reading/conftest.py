import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from tests.schema.reading.library import TABLES, Viewer
from tests.schema.reading.stock import Rows, fill, make_rows


@pytest.fixture(scope="session")
def rows() -> Rows:
    return make_rows(seed=7)


@pytest.fixture(scope="session")
def library_url(postgres_url: str, rows: Rows) -> Iterator[str]:
    """A database of the small world, which no test changes."""
    name = f"library_{uuid.uuid4().hex}"
    url = postgres_url.replace("/postgres?", f"/{name}?")

    async def make() -> None:
        await _run(postgres_url, f"create database {name} template template0 locale 'C'")
        connection = await asyncpg.connect(url)
        await connection.execute(TABLES)
        await fill(connection, rows)
        await connection.close()

    asyncio.run(make())
    yield url
    asyncio.run(_run(postgres_url, f"drop database {name} with (force)"))


async def _run(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


@pytest.fixture
async def connection(library_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(library_url)
    yield connection
    await connection.close()


@pytest.fixture
def viewer(connection: asyncpg.Connection, rows: Rows) -> Viewer:
    """The library called Alder."""
    return Viewer(connection, rows["library"][0]["id"])


@pytest.fixture
def stranger(connection: asyncpg.Connection, rows: Rows) -> Viewer:
    """The library called Birch."""
    return Viewer(connection, rows["library"][1]["id"])
