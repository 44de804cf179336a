"""One connection of one's own, that is dropped rather than waited for.

A pool waits for a connection whose server hangs, however long, before it lends it again. Whoever
has to be done in a second keeps a line.
"""

from __future__ import annotations

import asyncio

import asyncpg

from db.pool import Database


class Line:
    """To the role that works across accounts; each statement commits by itself."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    async def fetch(self, sql: str, *args: object, within_s: float) -> list[asyncpg.Record]:
        """Raises TimeoutError, OSError and what asyncpg raises. After a time-out, and when the
        connection is lost, nobody knows whether the statement was committed."""
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = self._connection = await self._db.system_connection(within_s)
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        timer = loop.call_at(until, connection.terminate)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *args)
        except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
            connection.terminate()
            if loop.time() >= until:
                raise TimeoutError(f"PostgreSQL did not answer within {within_s} s") from None
            raise
        except asyncio.CancelledError:
            connection.terminate()
            raise
        finally:
            timer.cancel()
        return rows

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close(timeout=1)
