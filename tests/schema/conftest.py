"""A client of the schema: real context, real database, a clock that stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.accounts.actions import Viewer
from schema.context import Context
from schema.reading import plain
from schema.root import schema
from tests.factories import NOW, an_account


@dataclass
class Clock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class Client:
    """Asks as one account; `account_id` None is somebody who sent no key."""

    db: Database
    account_id: UUID | None
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    rings: int = 0

    def context(self) -> Context:
        async def ring() -> None:
            self.rings += 1

        viewer = Viewer(self.account_id, "akey_test") if self.account_id else None
        return Context(viewer, self.db, self.clock, ring, "r3qu3st", "https://links.example")

    async def answer(self, document: str, /, **variables: object) -> dict[str, Any]:
        """Data and errors, as a client has them."""
        result = await schema.execute(document, variables, context_value=self.context())
        errors = [error.formatted for error in result.errors or []]
        return {"data": plain(result.data), "errors": errors}

    async def ask(self, document: str, /, **variables: object) -> dict[str, Any]:
        """The data of a document that has no errors."""
        answer = await self.answer(document, **variables)
        assert answer["errors"] == []
        return answer["data"]

    async def act(self, document: str, /, **variables: object) -> dict[str, Any]:
        """What the document's one mutation gave."""
        (result,) = (await self.ask(document, **variables)).values()
        return result


@pytest.fixture
async def account_id(owner: asyncpg.Connection) -> UUID:
    return await an_account(owner)


@pytest.fixture
def client(db: Database, account_id: UUID) -> Client:
    return Client(db, account_id)


@pytest.fixture
async def stranger(db: Database, owner: asyncpg.Connection) -> Client:
    """Another account, with nothing in it."""
    return Client(db, await an_account(owner, name="Birch"))


@pytest.fixture
def anonymous(db: Database) -> Client:
    return Client(db, None)
