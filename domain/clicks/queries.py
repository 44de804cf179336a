"""SQL of clicks."""

from __future__ import annotations

from datetime import datetime

from db.pool import Database


async def count(db: Database, code: str, now: datetime) -> str | None:
    """Where the code leads; the click is committed when this returns. None: no such code."""
    row = await db.system_row(
        """WITH found AS (
               SELECT account_id, link_id, partnership_id, destination
                 FROM link_code WHERE code = $1),
             counted AS (
               INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
               SELECT account_id, partnership_id, link_id, $2 FROM found
               RETURNING id)
           SELECT destination FROM found""",
        code, now,
    )  # fmt: skip
    return None if row is None else row["destination"]


async def destination(db: Database, code: str) -> str | None:
    """Where the code leads; nothing is counted."""
    row = await db.system_row("SELECT destination FROM link_code WHERE code = $1", code)
    return None if row is None else row["destination"]
