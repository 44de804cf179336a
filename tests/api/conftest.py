from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.pool import Database
from tests.stage import Stage, a_stage


@pytest.fixture
async def stage(db: Database, owner: asyncpg.Connection) -> AsyncIterator[Stage]:
    async with a_stage(db, owner) as one:
        yield one
