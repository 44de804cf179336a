"""Remember an act, and tell whether what is remembered is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.audit import queries, rules
from domain.audit.rules import Broken, Entry, Head, Whole


async def record(
    tx: Tx, account_id: UUID, actor: str, action: str, input: Mapping[str, object],
    changes: Sequence[object], request_id: str | None, at: datetime,
) -> None:  # fmt: skip
    """The last statement of a transaction: its lock is held until the commit, and whoever takes
    another lock after it can wait in a circle.

    `actor` is the id of the key or person, `action` the mutation's name in GraphQL, `input` its
    arguments, of which secrets are left out by name; `changes` what the API showed of each row
    before and after.
    """
    kept, shown = rules.redacted(input), rules.storable(changes)
    locked = await queries.lock_head(tx, account_id, kept, shown)
    if locked is None:
        await queries.begin(tx, account_id, Head())
        locked = await queries.lock_head(tx, account_id, kept, shown)
    assert locked is not None, "it has begun"
    head, input_text, changes_text = locked
    entry = Entry(
        account_id, head.number + 1, actor, action, input_text, changes_text, request_id, at
    )
    await queries.insert(tx, entry, kept, shown, rules.hash_after(head.hash, entry))


async def record_outside(
    tx: Tx, actor: str, action: str, input: Mapping[str, object], changes: Sequence[object],
    request_id: str | None, at: datetime,
) -> None:  # fmt: skip
    """The same of what happens in no account: people, affiliates' own matters, operators."""
    await queries.insert_outside(
        tx, actor, action, rules.redacted(input), rules.storable(changes), request_id, at
    )


async def verify(tx: Tx, account_id: UUID, at_once: int = 1_000) -> Whole | Broken:
    """Walk the account's chain from its first entry to its last; what is written meanwhile is
    walked too. Entries of releases that had no chain yet have no number and are not in it."""
    walked, erased = Head(), 0
    while True:
        batch = await queries.entries_after(tx, account_id, walked.number, at_once)
        if batch:
            step = rules.follow(walked, batch)
            if isinstance(step, Broken):
                return step
            walked = step
            erased += sum(entry.erased for entry, _ in batch)
            continue
        head = await queries.head(tx, account_id)
        if head == walked:
            return Whole(walked.number, erased)
        # Written since the batch: the next one has it, or it is gone.
        if not await queries.entries_after(tx, account_id, walked.number, 1):
            return rules.torn_off(walked, head)
