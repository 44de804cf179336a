"""The one door to a connection.

Two roles stand behind it. `Database.account` sees one account and nothing else, held there by
row-level security; `Database.system` is for the work that crosses accounts. Both are roles that own
nothing: whoever `DATABASE_URL` logs in as only has to be a member of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias, cast
from uuid import UUID

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

APP_ROLE = "clickledger_app"
SYSTEM_ROLE = "clickledger_system"


if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection


class AccountConnection(_Connection):
    """A connection that remembers whose rows it sees, so that the next borrower of the same account
    need not say it again."""

    _account: UUID | None = None

    async def see(self, account_id: UUID) -> None:
        """From now on, only the rows of this account."""
        if self._account == account_id:
            return
        # Unknown while it changes: a cancelled change must not be taken for a finished one.
        self._account = None
        await self.execute("SELECT set_config('app.account_id', $1, false)", str(account_id))
        self._account = account_id

    def get_reset_query(self) -> str:
        """Nothing to reset: the app sets one setting, and every borrower sets it for itself.

        asyncpg's own reset is a round trip per borrowing, a fifth of a short read.
        """
        return ""


# What domain code takes: a connection inside a transaction that somebody else commits.
Tx: TypeAlias = "PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]"


class Database:
    def __init__(self, url: str, *, app_size: int = 8, system_size: int = 4) -> None:
        """Pools open with `async with`. Sizes are connections kept at most."""
        self._url = url
        self._app_size = app_size
        self._system_size = system_size

    async def __aenter__(self) -> Database:
        self._app = await _pool(self._url, APP_ROLE, self._app_size)
        self._system = await _pool(self._url, SYSTEM_ROLE, self._system_size)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self._app.close()
        await self._system.close()

    @asynccontextmanager
    async def account(self, account_id: UUID) -> AsyncIterator[Tx]:
        """A connection that sees the rows of one account; each statement commits by itself."""
        async with self._app.acquire() as connection:
            await cast(AccountConnection, connection).see(account_id)
            yield connection

    @asynccontextmanager
    async def transaction(self, account_id: UUID) -> AsyncIterator[Tx]:
        """A transaction that sees the rows of one account; a raised refusal rolls it back."""
        async with self.account(account_id) as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Tx]:
        """A transaction of the installation itself, across accounts."""
        async with self._system.acquire() as connection, connection.transaction():
            yield connection

    async def system_row(self, sql: str, *args: object) -> asyncpg.Record | None:
        """One statement of the installation and its first row; one round trip."""
        row: asyncpg.Record | None = await self._system.fetchrow(sql, *args)
        return row


async def _pool(url: str, role: str, size: int) -> asyncpg.Pool[asyncpg.Record]:
    pool: asyncpg.Pool[asyncpg.Record] = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        connection_class=AccountConnection,
        # A role given at start-up is the session's own: RESET can't leave it.
        server_settings={"role": role, "timezone": "UTC", "application_name": role, "jit": "off"},
        init=_speak_json,
    )
    return pool


async def _speak_json(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )
