"""SQL of the events themselves: who listens, what number comes next, and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.events.rules import EventType, Listeners

Row = tuple[str, str, int, bool, list[UUID], datetime, str]
"""Type, entity, sequence, to the account, to which affiliates, when, body."""


async def listeners(tx: Tx, account_id: UUID, types: Sequence[EventType]) -> Listeners:
    """Who listens to any of these: the account, and affiliates who are or were partners in it or
    have applied. Where nobody in the installation has an endpoint, no affiliate is looked at."""
    rows = await tx.fetch(
        """SELECT NULL::uuid AS affiliate_id, hears FROM account WHERE account_id = $1
           UNION ALL
           SELECT a.id, a.hears FROM affiliate a
            WHERE a.hears <> '{}' AND a.hears && $2
              AND (EXISTS (SELECT FROM partnership p
                            WHERE p.account_id = $1 AND p.affiliate_id = a.id)
                OR EXISTS (SELECT FROM application p
                            WHERE p.account_id = $1 AND p.affiliate_id = a.id))""",
        account_id, list(types),
    )  # fmt: skip
    account: frozenset[str] = frozenset()
    affiliates = {}
    wanted = frozenset(types)
    for affiliate_id, hears in rows:
        if affiliate_id is None:
            account = wanted & frozenset(hears)
        else:
            affiliates[affiliate_id] = wanted & frozenset(hears)
    return Listeners(account, affiliates)


async def number(tx: Tx, account_id: UUID, entities: Mapping[str, int]) -> dict[str, int]:
    """Take so many numbers of each entity; the last one of each. Nobody else takes numbers of them
    until the transaction ends, and one that is rolled back has taken none."""
    rows = await tx.fetch(
        """INSERT INTO event_sequence (account_id, entity, last)
           SELECT $1, new.entity, new.many
             FROM unnest($2::text[], $3::bigint[]) AS new (entity, many)
            ORDER BY new.entity -- in one order, so that two who take many don't deadlock
           ON CONFLICT (account_id, entity) DO UPDATE SET
                  last = event_sequence.last + excluded.last
           RETURNING entity, last""",
        account_id, list(entities), list(entities.values()),
    )  # fmt: skip
    return {row["entity"]: row["last"] for row in rows}


async def insert(tx: Tx, account_id: UUID, rows: Iterable[Row]) -> None:
    await tx.executemany(
        """INSERT INTO event
                  (account_id, type, entity, sequence, to_account, affiliate_ids, occurred_at, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        [(account_id, *row) for row in rows],
    )
