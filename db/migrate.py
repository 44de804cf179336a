"""Bring the database to the newest schema: `python -m db.migrate` with DATABASE_URL set.

Runs under a lock, so that any number of releases at once are one after the other, and may be run
again at any time. Migrations only go forward; each is one transaction.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
from pogo_core.util import migrate as pogo

from db.pool import Database, Tx

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, as long as it is always the same.
_LOCK = 0x636C69636B
_MONTHS_BACK, _MONTHS_AHEAD = 14, 3


async def migrate(url: str, months: Sequence[date] | None = None) -> None:
    """Apply what has not been applied, and make the partitions of `months` (default: those around
    the present)."""
    connection = await asyncpg.connect(url, server_settings={"lock_timeout": "5s"})
    try:
        await connection.execute("SET lock_timeout = '300s'")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute("SET lock_timeout = '5s'")
        await pogo.apply(connection, MIGRATIONS, schema_name="public", logger=_log())
        today = datetime.now(UTC).date()
        await make_partitions(connection, months_around(today) if months is None else months)
    finally:
        await connection.close()


async def make_partitions(connection: Tx, months: Sequence[date]) -> None:
    """Monthly partitions that are not there yet. A row of a month without one is kept as well, in
    the default partition; it is only slower to find.

    A report may be using its table for long; the clicks', which shoppers wait for, is locked last.
    """
    for parent in ("report_row", "click"):
        for month in months:
            await connection.execute("SELECT ensure_month_partition($1, $2)", parent, month)


async def behind(db: Database) -> list[str]:
    """Migrations that this release knows and the database has not; one that is ahead is fine."""
    known = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))
    async with db.system() as tx:
        rows = await tx.fetch(
            "SELECT migration_id FROM _pogo_migration WHERE schema_name = 'public'"
        )
    applied = {row["migration_id"] for row in rows}
    return [name for name in known if name not in applied]


def months_around(today: date) -> list[date]:
    """First days of the months in which rows are expected: reports reach 13 months back."""
    first = today.year * 12 + today.month - 1
    return [
        date(month // 12, month % 12 + 1, 1)
        for month in range(first - _MONTHS_BACK, first + _MONTHS_AHEAD + 1)
    ]


def _log() -> logging.Logger:
    return logging.getLogger("db.migrate")


if __name__ == "__main__":
    import os

    url = os.environ.get("DATABASE_URL", "")
    if not url:
        sys.exit("db.migrate: set DATABASE_URL to the database to migrate (postgresql://…)")
    asyncio.run(migrate(url))
