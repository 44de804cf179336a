from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest_asyncio

from db.pool import Database
from tests.conftest import _database, _execute
from tests.reporting import a_desk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desks(postgres_url: str, template: str) -> AsyncIterator[partial]:
    """Makes stores that take reports in: `desk = await desks(affiliates=2)`.

    All of a module live in one database, each in an account of its own, as customers do: to clone
    a database for each of them would take most of the tests' time.
    """
    name = f"test_{uuid.uuid4().hex}"
    await _execute(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = _database(postgres_url, name)
    owner = await asyncpg.connect(url)
    async with Database(url) as db:
        yield partial(a_desk, db, owner)
    await owner.close()
    await _execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
