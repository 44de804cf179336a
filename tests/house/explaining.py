"""The real door to the database, which notes how PostgreSQL goes about each question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import orjson

from bench.plans import Plan
from db.pool import Database, Tx


class Explained:
    """A connection that explains each statement of one row before it runs it."""

    def __init__(self, tx: Tx, plans: list[Plan]) -> None:
        self._tx, self._plans = tx, plans

    async def execute(self, sql: str, *args: object) -> str:
        return await self._tx.execute(sql, *args)

    async def fetchrow(self, sql: str, *args: object) -> object:
        (explained,) = orjson.loads(
            await self._tx.fetchval(f"EXPLAIN (FORMAT JSON, VERBOSE) {sql}", *args)
        )
        self._plans.append(explained["Plan"])
        return await self._tx.fetchrow(sql, *args)


class ExplainingDatabase(Database):
    """The real door; `plans` are those of the statements that went through it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.plans: list[Plan] = []

    @asynccontextmanager
    async def account(self, account_id: UUID) -> AsyncIterator[Tx]:
        async with super().account(account_id) as tx:
            yield Explained(tx, self.plans)  # type: ignore[misc]

    @asynccontextmanager
    async def affiliate(self, affiliate_id: UUID) -> AsyncIterator[Tx]:
        async with super().affiliate(affiliate_id) as tx:
            yield Explained(tx, self.plans)  # type: ignore[misc]
