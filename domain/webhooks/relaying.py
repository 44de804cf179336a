"""From events to deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from db.pool import Tx
from domain.duties.actions import promise_all
from domain.duties.rules import Kind, Promise
from domain.webhooks import delivery_queries
from domain.webhooks.rules import KEPT

MOST: Final = 500
"""Events in one transaction."""


async def relay(tx: Tx, now: datetime) -> int:
    """Make deliveries of up to `MOST` events, which are gone then; how many.

    Takes a transaction of the system. Several may do it at the same time.
    """
    events = await delivery_queries.take_events(tx, MOST)
    if not events:
        return 0
    account_ids = list({account_id for account_id, _ in events})
    event_ids = [id for _, id in events]
    woken = await delivery_queries.insert_deliveries(tx, account_ids, event_ids, now)
    await promise_all(
        tx,
        [
            Promise(Kind.DELIVER_WEBHOOKS, str(endpoint_id), account_id, {}, paused_until)
            for account_id, endpoint_id, paused_until in woken
        ],
        now,
    )
    await delivery_queries.delete_events(tx, account_ids, event_ids)
    return len(events)


async def forget_old(tx: Tx, now: datetime, most: int = 10_000) -> int:
    """Delete deliveries of long ago, at most so many; how many. Takes one of the system, too."""
    return await delivery_queries.delete_old(tx, now - KEPT, most)
