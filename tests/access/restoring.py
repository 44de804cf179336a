"""A database put back as it was: a second or more less than another clone of it takes."""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg

_COLUMNS = """SELECT c.relname AS name,
       array_agg(quote_ident(a.attname)) FILTER (WHERE a.attgenerated = '') AS columns
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
 GROUP BY c.relname"""


class Kept:
    """All rows as they were, in a schema beside, which no role of the product can see."""

    def __init__(self, owner: asyncpg.Connection, columns: dict[str, str]) -> None:
        self._owner, self._columns = owner, columns

    @classmethod
    async def all(cls, owner: asyncpg.Connection) -> Kept:
        columns = {row["name"]: ", ".join(row["columns"]) for row in await owner.fetch(_COLUMNS)}
        copies = (f"CREATE TABLE kept.{table} AS TABLE {table}" for table in columns)
        await owner.execute("; ".join(("CREATE SCHEMA kept", *copies)))
        return cls(owner, columns)

    async def restore(self, tables: Iterable[str]) -> None:
        """As superuser, and past every constraint: all that was there met them."""
        undone = [
            f"DELETE FROM {table}; INSERT INTO {table} ({self._columns[table]})"
            f" OVERRIDING SYSTEM VALUE SELECT {self._columns[table]} FROM kept.{table}"
            for table in tables
        ]
        replica, back = "SET LOCAL session_replication_role = replica", "COMMIT"
        await self._owner.execute("; ".join(("BEGIN", replica, *undone, back)))
