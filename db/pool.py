"""The one door to a connection.

Three roles stand behind it. `Database.account` sees one account and nothing else, held there by
row-level security; `Database.affiliate` sees what is about one affiliate; `Database.system` is for
the work that crosses them. All are roles that own nothing: whoever `DATABASE_URL` logs in as only
has to be a member of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from math import ceil
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias, cast
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

APP_ROLE = "clickledger_app"
AFFILIATE_ROLE = "clickledger_affiliate"
SYSTEM_ROLE = "clickledger_system"


if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection


class RoomConnection(_Connection):
    """A connection that remembers whose rows it sees, so that the next borrower for the same room
    need not say it again."""

    _room_id: UUID | None = None

    async def see(self, setting: str, room_id: UUID) -> None:
        """From now on, only the rows of this account, or of this affiliate."""
        if self._room_id == room_id:
            return
        # Unknown while it changes: a cancelled change must not be taken for a finished one.
        self._room_id = None
        await self.execute("SELECT set_config($1, $2, false)", setting, str(room_id))
        self._room_id = room_id

    def get_reset_query(self) -> str:
        """Nothing to reset: the app sets one setting, and every borrower sets it for itself.

        asyncpg's own reset is a round trip per borrowing, a fifth of a short read.
        """
        return ""


# What domain code takes: a connection inside a transaction that somebody else commits.
Tx: TypeAlias = "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"


class Database:
    def __init__(
        self,
        url: str,
        *,
        app_size: int = 8,
        affiliate_size: int = 4,
        system_size: int = 4,
        patience_s: int = 0,
    ) -> None:
        """Pools open with `async with`. Sizes are connections kept at most; a statement may take
        `patience_s`, or as long as it likes with 0."""
        self._url = url
        self._turns: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()
        self._patience_s = patience_s
        self._app_size = app_size
        self._affiliate_size = affiliate_size
        self._system_size = system_size

    async def __aenter__(self) -> Database:
        patience = {"statement_timeout": f"{self._patience_s}s"}
        self._app = await _pool(self._url, APP_ROLE, self._app_size, patience)
        self._affiliate = await _pool(
            self._url, AFFILIATE_ROLE, self._affiliate_size, patience, kept=0
        )
        self._system = await _pool(self._url, SYSTEM_ROLE, self._system_size, patience)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self._app.close()
        await self._affiliate.close()
        await self._system.close()

    @asynccontextmanager
    async def account(self, account_id: UUID) -> AsyncIterator[Tx]:
        """A connection that sees the rows of one account; each statement commits by itself."""
        async with self._turn(account_id, self._app_size), self._app.acquire() as connection:
            await cast(RoomConnection, connection).see("app.account_id", account_id)
            yield connection

    @asynccontextmanager
    async def transaction(self, account_id: UUID) -> AsyncIterator[Tx]:
        """A transaction that sees the rows of one account; a raised refusal rolls it back."""
        async with self.account(account_id) as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def affiliate(self, affiliate_id: UUID) -> AsyncIterator[Tx]:
        """A connection that sees what is about one affiliate; each statement commits by itself."""
        turn = self._turn(affiliate_id, self._affiliate_size)
        async with turn, self._affiliate.acquire() as connection:
            await cast(RoomConnection, connection).see("app.affiliate_id", affiliate_id)
            yield connection

    @asynccontextmanager
    async def affiliate_transaction(self, affiliate_id: UUID) -> AsyncIterator[Tx]:
        """A transaction that sees what is about one affiliate; a refusal rolls it back."""
        async with self.affiliate(affiliate_id) as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Tx]:
        """A transaction of the installation itself, across accounts."""
        async with self._system.acquire() as connection, connection.transaction():
            yield connection

    def _turn(self, room_id: UUID, size: int) -> asyncio.Semaphore:
        """One room has three quarters of the connections at once and no more: however slow what it
        asks for is, nobody else waits for it."""
        turn = self._turns.get(room_id)
        if turn is None:
            turn = self._turns[room_id] = asyncio.Semaphore(ceil(size * 0.75))
        return turn

    async def missing_roles(self) -> list[str]:
        """Roles that the login is no member of; a pool may show that only when it is first used."""
        rows = await self._system.fetch(
            "SELECT name FROM unnest($1::text[]) AS name"
            " WHERE NOT pg_has_role(session_user, name, 'MEMBER')",
            [APP_ROLE, AFFILIATE_ROLE, SYSTEM_ROLE],
        )
        return [row["name"] for row in rows]

    async def system_row(self, sql: str, *args: object) -> asyncpg.Record | None:
        """One statement of the installation and its first row; one round trip."""
        row: asyncpg.Record | None = await self._system.fetchrow(sql, *args)
        return row


async def _pool(
    url: str, role: str, size: int, settings: Mapping[str, str] | None = None, *, kept: int = 1
) -> asyncpg.Pool[asyncpg.Record]:
    pool: asyncpg.Pool[asyncpg.Record] = await asyncpg.create_pool(
        url,
        min_size=kept,
        max_size=size,
        connection_class=RoomConnection,
        # A role given at start-up is the session's own: RESET can't leave it.
        server_settings={
            "role": role,
            "timezone": "UTC",
            "application_name": role,
            "jit": "off",
            **(settings or {}),
        },
        init=_speak_json,
        # The compiled reads are long texts, planned once on each connection and not again. A plan
        # may take PostgreSQL a megabyte and a half.
        statement_cache_size=100,
        max_cacheable_statement_size=32_768,
        max_cached_statement_lifetime=0,
    )
    return pool


async def _speak_json(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )


async def stand_in_account(tx: Tx, account_id: UUID) -> None:
    """Until the transaction of an affiliate ends, it is one of this account."""
    await tx.execute(f"SET LOCAL ROLE {APP_ROLE}")
    await tx.execute("SELECT set_config('app.account_id', $1, true)", str(account_id))


@asynccontextmanager
async def stand_as_affiliate(tx: Tx) -> AsyncIterator[Tx]:
    """For a while, a transaction that stands in an account is the affiliate's again."""
    await tx.execute(f"SET LOCAL ROLE {AFFILIATE_ROLE}")
    yield tx
    await tx.execute(f"SET LOCAL ROLE {APP_ROLE}")


@asynccontextmanager
async def seen_by(
    tx: Tx, *, account_id: UUID | None = None, affiliate_id: UUID | None = None
) -> AsyncIterator[Tx]:
    """For a while, a transaction of the system sees what one account, or one affiliate, sees."""
    role, setting, id = (
        (APP_ROLE, "app.account_id", account_id)
        if account_id is not None
        else (AFFILIATE_ROLE, "app.affiliate_id", affiliate_id)
    )
    await tx.execute("SELECT set_config($1, $2, true)", setting, str(id))
    await tx.execute(f"SET LOCAL ROLE {role}")
    yield tx
    await tx.execute(f"SET LOCAL ROLE {SYSTEM_ROLE}")
