"""The one clock of a journey, and whoever meets on the way."""

from __future__ import annotations

import asyncpg
import pytest

from db.pool import Database
from tests.factories import NOW
from tests.journeys.actors import Affiliate, Brand, a_brand, somebody
from tests.schema.conftest import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
async def brand(db: Database, owner: asyncpg.Connection, clock: Clock) -> Brand:
    """Sells on Amazon."""
    return await a_brand(db, owner, clock)


@pytest.fixture
async def ann(db: Database, owner: asyncpg.Connection, clock: Clock) -> Affiliate:
    return await somebody(db, owner, clock)


@pytest.fixture
async def ben(db: Database, owner: asyncpg.Connection, clock: Clock) -> Affiliate:
    return await somebody(db, owner, clock)
