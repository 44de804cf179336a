"""Who finds whom: an account with an offer, and affiliates in transactions of their own role."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from tests.factories import a_store, an_account, an_offer


@dataclass(frozen=True)
class Brand:
    account_id: UUID
    store_id: UUID
    offer_id: UUID


@asynccontextmanager
async def as_affiliate(db: Database, affiliate_id: UUID):
    async with db.affiliate(affiliate_id) as connection, connection.transaction():
        yield connection


async def a_brand(owner: asyncpg.Connection) -> Brand:
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    return Brand(account_id, store_id, await an_offer(owner, account_id, store_id, name="Summer"))


@pytest.fixture
async def brand(owner: asyncpg.Connection) -> Brand:
    return await a_brand(owner)
