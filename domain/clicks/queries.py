"""SQL of clicks."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from db.pool import Database


class Way(NamedTuple):
    """Where a code leads; `shop_host` is the only host that it may be at, None for Amazon's."""

    destination: str
    shop_host: str | None


async def count(db: Database, code: str, now: datetime) -> Way | None:
    """Where the code leads; the click is committed when this returns. None: no such code."""
    row = await db.system_row(
        """WITH found AS (
               SELECT account_id, link_id, partnership_id, destination, shop_host
                 FROM link_code WHERE code = $1),
             counted AS (
               INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
               SELECT account_id, partnership_id, link_id, $2 FROM found
               RETURNING id)
           SELECT destination, shop_host FROM found""",
        code, now,
    )  # fmt: skip
    return None if row is None else Way(*row)


async def way(db: Database, code: str) -> Way | None:
    """Where the code leads; nothing is counted."""
    row = await db.system_row("SELECT destination, shop_host FROM link_code WHERE code = $1", code)
    return None if row is None else Way(*row)
