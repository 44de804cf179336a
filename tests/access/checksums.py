"""What there is in a database, as a checksum per table: of all, and of what is somebody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import asyncpg

_TOLD_BY_LOOKING: Final = "'{seen_at,last_used_at}'::text[]"
"""Columns that say when somebody was here."""
COUNTED: Final = {"attempt"}
"""Tables that say how often something was tried."""
_OF_AFFILIATES: Final = {
    "affiliate": "id",
    "affiliate_profile": "id",
    "published_profile": "id",
    "track_record": "id",
    "webhook_attempt": "account_id",
    "webhook_delivery": "account_id",
    "webhook_endpoint": "account_id",
    "webhook_secret": "account_id",
}
_OF_PEOPLE: Final = {"person": "id", "session": "person_id"}

Sums = Mapping[tuple[UUID | None, str], str]
"""By whose rows, None for everybody's, and table."""


async def everything(owner: asyncpg.Connection) -> Sums:
    tables = await _tables(owner)
    return await _sums(owner, ((None, table, "true") for table in tables))


async def of_each(
    owner: asyncpg.Connection, accounts: Iterable[UUID], affiliates: Iterable[UUID]
) -> Sums:
    """Of all rows of these accounts; of each affiliate those that lie in no account, and the person
    who is it."""
    tables = await _tables(owner)
    parts = [
        (id, table, f"account_id = '{id}'")
        for id in accounts
        for table, columns in tables.items()
        if "account_id" in columns
    ]
    for id in affiliates:
        person = f"(SELECT person_id FROM affiliate WHERE id = '{id}')"
        parts += [(id, t, f"{column} = '{id}'") for t, column in _OF_AFFILIATES.items()]
        parts += [(id, t, f"{column} = {person}") for t, column in _OF_PEOPLE.items()]
    return await _sums(owner, parts)


async def _tables(owner: asyncpg.Connection) -> dict[str, list[str]]:
    rows = await owner.fetch(
        """SELECT c.relname AS name, array_agg(a.attname::text) AS columns
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition AND a.attnum > 0
            GROUP BY c.relname"""
    )
    return {row["name"]: row["columns"] for row in rows if row["name"] not in COUNTED}


async def _sums(
    owner: asyncpg.Connection, parts: Iterable[tuple[UUID | None, str, str]]
) -> dict[tuple[UUID | None, str], str]:
    """One statement: for each part its number of rows and a hash of them, whatever their order."""
    asked = list(parts)
    statement = " UNION ALL ".join(
        f"SELECT {number}, count(*) || ' ' || coalesce(sum(hashtextextended("
        f"(to_jsonb(t) - {_TOLD_BY_LOOKING})::text, 0)), 0) FROM {table} t WHERE {where}"
        for number, (_, table, where) in enumerate(asked)
    )
    rows = await owner.fetch(statement)
    return {asked[number][:2]: sums for number, sums in rows}
