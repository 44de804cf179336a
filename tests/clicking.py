"""Visits to a link, one by one, as the redirect counts them in groups."""

from __future__ import annotations

from datetime import datetime

from db.line import Line
from db.pool import Database
from domain.clicks import actions
from domain.clicks.known import Way
from domain.clicks.queries import Visit
from domain.ids import new_id

_PATIENCE_S = 5


async def visit(db: Database, code: str, at: datetime, *, is_click: bool = True) -> Way | None:
    """Where the code leads; the click is counted, if it is one."""
    line = Line(db)
    try:
        [found] = await actions.count(line, [Visit(new_id(), code, at, is_click)], _PATIENCE_S)
    finally:
        await line.close()
    if isinstance(found, Exception):
        raise found
    return found
