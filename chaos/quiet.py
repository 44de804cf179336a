"""Waiting until nothing is left to do, as the database says it, past the product."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from chaos.hands import Hands
from chaos.history import History

_LOOK_S = 0.2
_WEBHOOKS_WAIT_H = 24
"""So that what was put off until tomorrow comes due."""
_LAST_DAYS = 2
"""That pass in peace at the least: their reports have all that Amazon has to say."""

_TO_DO = """
SELECT (SELECT count(*) FROM duty
         WHERE dead_at IS NULL AND (lease_token IS NOT NULL OR run_at <= $1)) AS duties,
       (SELECT count(*) FROM event) AS events,
       (SELECT count(*) FROM webhook_delivery WHERE status = 'PENDING') AS deliveries
"""


@dataclass(frozen=True, slots=True)
class Left:
    duties: int
    events: int
    deliveries: int
    files: int
    """With clicks that wait."""

    @property
    def due(self) -> bool:
        return bool(self.duties or self.events or self.files)


async def wait_until_quiet(
    url: str, spool: Path, hands: Hands, history: History, patience_s: float
) -> bool:
    """Days pass until nothing waits for another one. False when that takes too long."""
    begun, days = history.now(), 0
    connection = await asyncpg.connect(url)
    try:
        while True:
            left = await _left(connection, spool, hands)
            if not left.due:
                if days >= _LAST_DAYS and not left.deliveries:
                    history.write("quiet", took_s=round(history.now() - begun, 1))
                    return True
                await hands.advance(_WEBHOOKS_WAIT_H)
                days += 1
                await asyncio.sleep(1)  # for the product to see the new day, and to plan it
            if history.now() - begun > patience_s:
                history.write("not_quiet", left=str(left), duties=await _late(connection, hands))
                return False
            await asyncio.sleep(_LOOK_S)
    finally:
        await connection.close()


async def _left(connection: asyncpg.Connection[asyncpg.Record], spool: Path, hands: Hands) -> Left:
    row = await connection.fetchrow(_TO_DO, hands.now)
    assert row is not None
    return Left(row["duties"], row["events"], row["deliveries"], _files(spool))


def _files(spool: Path) -> int:
    return sum(file.stat().st_size > 0 for file in spool.glob("*.jsonl"))


async def _late(
    connection: asyncpg.Connection[asyncpg.Record], hands: Hands
) -> list[Mapping[str, str]]:
    rows = await connection.fetch(
        """SELECT kind, subject, run_at, attempts, lease_until, last_error FROM duty
            WHERE dead_at IS NULL AND (lease_token IS NOT NULL OR run_at <= $1)
            ORDER BY run_at LIMIT 10""",
        hands.now,
    )
    return [{name: str(value) for name, value in row.items()} for row in rows]
