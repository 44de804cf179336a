"""Count a click and say where it leads."""

from __future__ import annotations

from datetime import datetime

from db.pool import Database
from domain.clicks import queries
from domain.clicks.queries import Way


async def count(db: Database, code: str, now: datetime) -> Way | None:
    """Where a shopper's code leads, or None for no link. The click is durable when this returns.

    It is one statement that commits by itself: a shopper waits for it.
    """
    return await queries.count(db, code, now)


async def look_up(db: Database, code: str) -> Way | None:
    """Where a code leads, for a visit that is not counted; None for no link."""
    return await queries.way(db, code)
