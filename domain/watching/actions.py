"""Look at everything, at once."""

from __future__ import annotations

from datetime import datetime

from db.pool import Tx
from domain.watching import queries
from domain.watching.rules import Situation, all_kinds


async def look(tx: Tx, now: datetime) -> Situation:
    """In a transaction of the system. A few milliseconds, and some more per hundred stores."""
    return Situation(
        reads=await queries.reads(tx, now),
        backlogs=all_kinds(await queries.backlogs(tx, now)),
        outbox=await queries.outbox(tx, now),
        trade=await queries.trade(tx, now),
        database_clock=await queries.clock(tx),
    )
