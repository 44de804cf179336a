"""Endpoints, events and a worker that sends them, as tests need them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson

from db.pool import Database
from domain.ids import new_id
from domain.sealing import Keyring
from domain.webhooks import actions
from domain.webhooks.signing import Secret
from tests.factories import insert
from workers.deps import Deps
from workers.jobs import do_due
from workers.post import Outbox, Post
from workers.sending.sender import Patience, Sender

KEYRING = Keyring("k1", {"k1": bytes(range(32))})
START = datetime(2026, 9, 1, 12, tzinfo=UTC)
EVERYTHING = ("conversion.created", "conversion.approved", "offer.changed")
_numbers = count(1)


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at


async def an_endpoint(
    owner: asyncpg.Connection, account_id: UUID, url: str, **fields: Any
) -> tuple[UUID, Secret]:
    """With its secret."""
    values = {
        "account_id": account_id,
        "url": url,
        "event_types": list(EVERYTHING),
        "signature": "STANDARD",
        "created_at": START,
    }
    id = await insert(owner, "webhook_endpoint", values | fields)
    return id, await actions.add_secret(owner, KEYRING, account_id, id, START)


async def an_event(tx: asyncpg.Connection, account_id: UUID, **fields: Any) -> UUID:
    """Told to the account alone, unless it says otherwise."""
    id, number = new_id(), next(_numbers)
    values = {
        "account_id": account_id,
        "id": id,
        "type": "conversion.created",
        "entity": f"conv_{uuid4().hex}",
        "sequence": 1,
        "to_account": True,
        "affiliate_ids": [],
        "occurred_at": START,
        "body": orjson.dumps({"type": "conversion.created", "number": number}).decode(),
    }
    return await insert(tx, "event", values | fields)


def webhook_ids(events: Sequence[UUID]) -> list[str]:
    return [f"evnt_{id.hex}" for id in events]


@dataclass
class Postroom:
    """A worker that knows nothing but webhooks and letters."""

    deps: Deps
    owner: asyncpg.Connection
    clock: Clock
    outbox: Any
    _receivers: list[str] = field(default_factory=list)

    def allow(self, *origins: str) -> None:
        self._receivers += origins

    async def work(self) -> int:
        return await do_due(self.deps)

    def pass_time(self, **how_long: float) -> None:
        self.clock.at += timedelta(**how_long)

    async def deliveries(self, *, order: str = "occurred_at, id") -> list[dict[str, Any]]:
        rows = await self.owner.fetch(f"SELECT * FROM webhook_delivery ORDER BY {order}")
        return [dict(row) for row in rows]

    async def delivery(self) -> dict[str, Any]:
        [one] = await self.deliveries()
        return one

    async def endpoint(self, id: UUID) -> dict[str, Any]:
        return dict(await self.owner.fetchrow("SELECT * FROM webhook_endpoint WHERE id = $1", id))

    async def attempts(self) -> list[dict[str, Any]]:
        rows = await self.owner.fetch("SELECT * FROM webhook_attempt ORDER BY id")
        return [dict(row) for row in rows]

    async def duty(self) -> dict[str, Any] | None:
        row = await self.owner.fetchrow("SELECT * FROM duty WHERE kind = 'deliver_webhooks'")
        return None if row is None else dict(row)

    async def letters(self) -> list[tuple[str, str]]:
        """To whom, and about what, the first first."""
        rows = await self.owner.fetch("SELECT recipient, subject FROM mail ORDER BY id")
        return [tuple(row) for row in rows]


@asynccontextmanager
async def a_postroom(
    db: Database, owner: asyncpg.Connection, folder: Any, patience: Patience | None = None
) -> AsyncIterator[Postroom]:
    clock = Clock()
    allowed: list[str] = []
    sender = Sender(allowed, patience=patience or Patience(connect_s=0.5, whole_s=0.5))
    post = Post("Clickledger <clickledger@example.com>", Outbox(folder))
    url = "https://clickledger.test"
    deps = Deps(db, clock, KEYRING, None, url, post, url, sender)
    yield Postroom(deps, owner, clock, folder, allowed)
