"""A client of the schema: real context, real database, a clock that stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.access import Room, Scope, Seat, Viewer
from domain.sealing import Keyring
from schema.context import Context
from schema.reading import plain
from schema.root import schema
from tests.factories import NOW, an_account

KEYRING = Keyring("k1", {"k1": bytes(32)})


@dataclass
class Clock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


class Cookies:
    """What the answers told a browser to keep."""

    token: str | None = None

    def keep(self, token: str, expires: datetime) -> None:
        self.token = token

    def forget(self) -> None:
        self.token = None


@dataclass
class Client:
    """Asks as one account, or from the given seat; with neither it is somebody who sent no key."""

    db: Database
    account_id: UUID | None
    clock: Clock = field(default_factory=lambda: Clock(NOW))
    wall: Clock = field(default_factory=lambda: Clock(NOW))
    rings: int = 0
    seat: Seat | None = None
    scopes: frozenset[Scope] = frozenset(Scope)
    actor: str = "akey_test"
    person_id: UUID | None = None
    cookies: Cookies = field(default_factory=Cookies)
    idempotency_key: str | None = None
    webhook_receivers: tuple[str, ...] = ()

    def context(self) -> Context:
        async def ring() -> None:
            self.rings += 1

        return Context(
            viewer=self.viewer(),
            db=self.db,
            clock=self.clock,
            wall=self.wall,
            ring=ring,
            keyring=KEYRING,
            request_id="r3qu3st",
            public_url="https://links.example",
            front_end_url="https://app.example",
            client="192.0.2.1",
            browser="a test",
            session=self.cookies,
            idempotency_key=self.idempotency_key,
            webhook_receivers=self.webhook_receivers,
        )

    def viewer(self) -> Viewer | None:
        if self.seat is not None:
            return Viewer(self.actor, self.person_id, self.seat, (self.seat,))
        if self.account_id is None:
            return None
        seat = Seat(Room.ACCOUNT, self.account_id, self.scopes)
        return Viewer(self.actor, self.person_id, seat, (seat,))

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


def affiliate_client(db: Database, affiliate_id: UUID) -> Client:
    """Asks as an affiliate."""
    seat = Seat(Room.AFFILIATE, affiliate_id)
    return Client(db, None, seat=seat, actor="pers_test")


@pytest.fixture
def anonymous(db: Database) -> Client:
    return Client(db, None)
