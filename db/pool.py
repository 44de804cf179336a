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
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """How much of a pool is in use; `waiting` is who asks for a connection and has none."""

    used: int
    idle: int
    most: int
    waiting: int


class _Asking:
    """Counts those between their asking for a connection and their giving it back."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0

    def __enter__(self) -> None:
        self.number += 1

    def __exit__(self, *_: object) -> None:
        self.number -= 1


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
        absence_s: float = 0,
    ) -> None:
        """Pools open with `async with`. Sizes are connections kept at most; a statement may take
        `patience_s`, or as long as it likes with 0. A process that lets a transaction wait for
        `absence_s`, or is gone, loses it, and the locks with it; with 0 it is waited for."""
        self._url = url
        self._turns: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()
        self._patience_s = patience_s
        self._absence_s = absence_s
        self._app_size = app_size
        self._affiliate_size = affiliate_size
        self._system_size = system_size
        self._asking = {role: _Asking() for role in (APP_ROLE, AFFILIATE_ROLE, SYSTEM_ROLE)}

    async def __aenter__(self) -> Database:
        patience = {"statement_timeout": f"{self._patience_s}s"}
        if self._absence_s:
            absence_ms = int(self._absence_s * 1000)
            patience["idle_in_transaction_session_timeout"] = f"{absence_ms}ms"
            patience["client_connection_check_interval"] = f"{absence_ms // 4}ms"
        self._app = await _pool(self._url, APP_ROLE, self._app_size, patience)
        self._affiliate = await _pool(self._url, AFFILIATE_ROLE, self._affiliate_size, patience)
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
        turn = self._turn(account_id, self._app_size)
        with self._asking[APP_ROLE]:
            async with turn, self._app.acquire() as connection:
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
        with self._asking[AFFILIATE_ROLE]:
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
        with self._asking[SYSTEM_ROLE]:
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

    async def system_connection(self, within_s: float) -> asyncpg.Connection[asyncpg.Record]:
        """A connection of the installation itself that is the caller's own, and theirs to close.

        Raises TimeoutError, OSError and what asyncpg raises.
        """
        patience = {"statement_timeout": f"{self._patience_s}s"}
        # Its few statements are planned once: a plan for each size of a group would be no better.
        plans = {"plan_cache_mode": "force_generic_plan"}
        return await asyncpg.connect(
            self._url,
            timeout=within_s,
            server_settings=_settings(SYSTEM_ROLE, patience | plans),
            max_cached_statement_lifetime=0,
        )

    async def system_row(self, sql: str, *args: object) -> asyncpg.Record | None:
        """One statement of the installation and its first row; one round trip."""
        with self._asking[SYSTEM_ROLE]:
            row: asyncpg.Record | None = await self._system.fetchrow(sql, *args)
        return row

    def pools(self) -> dict[str, PoolFigures]:
        """Each role's pool, as it is at this moment."""
        found = {}
        roles = {APP_ROLE: self._app, AFFILIATE_ROLE: self._affiliate, SYSTEM_ROLE: self._system}
        for role, pool in roles.items():
            used = pool.get_size() - pool.get_idle_size()
            waiting = max(self._asking[role].number - used, 0)
            found[role] = PoolFigures(used, pool.get_idle_size(), pool.get_max_size(), waiting)
        return found


async def _pool(
    url: str, role: str, size: int, settings: Mapping[str, str] | None = None
) -> asyncpg.Pool[asyncpg.Record]:
    pool: asyncpg.Pool[asyncpg.Record] = await asyncpg.create_pool(
        url,
        # None before it is needed: a process begins, and says so, while PostgreSQL is away.
        min_size=0,
        max_size=size,
        connection_class=RoomConnection,
        server_settings=_settings(role, settings or {}),
        init=_speak_json,
        # The compiled reads are long texts, planned once on each connection and not again. A plan
        # may take PostgreSQL a megabyte and a half.
        statement_cache_size=100,
        max_cacheable_statement_size=32_768,
        max_cached_statement_lifetime=0,
    )
    return pool


def _settings(role: str, more: Mapping[str, str]) -> dict[str, str]:
    """A role given at start-up is the session's own: RESET can't leave it."""
    return {
        "role": role,
        "timezone": "UTC",
        "application_name": role,
        "jit": "off",
        **more,
    }


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
async def stand_at_home(tx: Tx, affiliate_id: UUID) -> AsyncIterator[None]:
    """For a while, a transaction of an affiliate is one of the tenant that they are themselves, of
    what belongs to them and to no account."""
    await stand_in_account(tx, affiliate_id)
    yield
    await tx.execute(f"SET LOCAL ROLE {AFFILIATE_ROLE}")


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
