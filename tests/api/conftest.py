from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from db.pool import Database
from tests.api.browsers import a_browser, an_app
from tests.api.walking import Walk, a_walk
from tests.factories import a_store, an_account
from tests.people import an_api_key
from tests.stage import Stage, a_stage


@pytest.fixture
async def stage(db: Database, owner: asyncpg.Connection) -> AsyncIterator[Stage]:
    async with a_stage(db, owner) as one:
        yield one


@pytest.fixture
async def app(database_of_test: str, redis_url: str) -> AsyncIterator[Starlette]:
    async with an_app(database_of_test, redis_url) as one:
        yield one


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with a_browser(app) as client:
        yield client


@pytest.fixture
async def key(owner: asyncpg.Connection) -> dict[str, str]:
    """Headers of a program that may do everything in an account with a store."""
    account_id = await an_account(owner)
    await a_store(owner, account_id)
    return {"authorization": f"Bearer {await an_api_key(owner, account_id)}"}


@pytest.fixture
async def walk(
    database_of_test: str, redis_url: str, db: Database, owner: asyncpg.Connection, tmp_path: Path
) -> AsyncIterator[Walk]:
    async with a_walk(database_of_test, redis_url, db, owner, tmp_path) as made:
        yield made
