"""Write down what happened, for whoever listens, in the transaction in which it did."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from db.pool import Tx
from domain.events import queries, rules
from domain.events.rules import Event, EventType, Listeners


async def listeners(tx: Tx, account_id: UUID, *types: EventType) -> Listeners:
    """Who listens to any of these. To be asked before anything else is done about an event: it is
    one small statement, and where it says nobody, all that there is to pay."""
    return await queries.listeners(tx, account_id, types)


async def record(
    tx: Tx, account_id: UUID, events: Iterable[Event], heard_by: Listeners | None = None
) -> int:
    """Write down those of the events that anybody listens to; how many.

    Each has the next number of its entity. Whoever calls holds the entities' locks, so their events
    stand in the order of the changes. `heard_by` is who listens, where that was asked before.
    """
    happened = list(events)
    if not happened:
        return 0
    if heard_by is None:
        types = sorted({event.type for event in happened})
        heard_by = await queries.listeners(tx, account_id, types)
    told = [(event, *whom) for event in happened if any(whom := heard_by.of(event))]
    if not told:
        return 0
    many = rules.counted(event for event, *_ in told)
    last = await queries.number(tx, account_id, many)
    next_one = {entity: last[entity] - taken + 1 for entity, taken in many.items()}
    rows: list[queries.Row] = []
    for event, to_account, affiliate_ids in told:
        sequence = next_one[event.entity]
        next_one[event.entity] += 1
        body = rules.body(event, sequence, account_id)
        rows.append(
            (
                event.type, event.entity, sequence, to_account, affiliate_ids, event.occurred_at,
                body,
            )
        )  # fmt: skip
    await queries.insert(tx, account_id, rows)
    return len(rows)
