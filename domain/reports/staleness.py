"""Which stores are behind: their reports have not been read for longer than may be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from db.pool import Tx
from domain.duties.queries import take_slots
from domain.events import news
from domain.events.rules import EventType

FRESH_FOR: Final = timedelta(hours=36)
"""Reports are read every day; a day and a half says that one of them did not come."""

_LOOK_EVERY_S: Final = 600


async def plan_staleness(tx: Tx, now: datetime) -> None:
    """Note since when stores are behind, and tell it once; forget it when they are fresh again.

    As often asked as one likes; it looks once in ten minutes.
    """
    turn = str(int(now.timestamp()) // _LOOK_EVERY_S)
    if await take_slots(tx, {"staleness": turn}, now):
        await note_staleness(tx, now)


async def note_staleness(tx: Tx, now: datetime) -> None:
    """A store is behind when it is connected and measured and the last days of its CAMPAIGN report
    were last read completely, or could first have been, more than 36 hours ago. One that was gone
    could be read again when it came back."""
    for account_id, store_id, stale_since in await _otherwise(tx, now, FRESH_FOR):
        await _note(tx, account_id, store_id, stale_since)
        if stale_since is not None:
            await news.stores(tx, account_id, [store_id], EventType.STORE_STALE, now)


async def _otherwise(
    tx: Tx, now: datetime, fresh_for: timedelta
) -> list[tuple[UUID, UUID, datetime | None]]:
    """Stores of all accounts that are behind and not noted as such, with since when; and those that
    are noted and are not behind, with None. In one order, in which they are locked."""
    rows = await tx.fetch(
        """SELECT f.account_id, f.id, CASE WHEN f.due < $1 THEN f.due END AS stale_since
             FROM (SELECT s.account_id, s.id, s.stale_since,
                          CASE WHEN s.disconnected_at IS NULL
                               THEN GREATEST(s.reconnected_at,
                                             COALESCE(r.observed_at,
                                                      GREATEST(s.connected_at,
                                                               p.measuring_since))) + $2
                                END AS due
                     FROM store s
                     JOIN profile p ON p.account_id = s.account_id AND p.id = s.profile_id
                     LEFT JOIN LATERAL
                          (SELECT n.observed_at FROM report_run n
                            WHERE n.account_id = s.account_id AND n.profile_id = s.profile_id
                              AND n.level = 'CAMPAIGN' AND n.state = 'APPLIED'
                              AND n.purpose IN ('DAILY', 'REQUESTED')
                            ORDER BY n.observed_at DESC LIMIT 1) r ON true
                    WHERE p.measuring_since IS NOT NULL) f
            WHERE COALESCE(f.due < $1, false) <> (f.stale_since IS NOT NULL)
            ORDER BY f.account_id, f.id""",
        now, fresh_for,
    )  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]


async def _note(tx: Tx, account_id: UUID, store_id: UUID, stale_since: datetime | None) -> None:
    await tx.execute(
        "UPDATE store SET stale_since = $3 WHERE account_id = $1 AND id = $2",
        account_id, store_id, stale_since,
    )  # fmt: skip
