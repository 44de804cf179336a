"""Promise, fail, give up, try again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from db.pool import Tx
from domain.duties import queries, rules
from domain.duties.rules import BeingDone, Duty, Kind, Promise
from domain.errors import NotFound, Refusal
from domain.ids import encode


async def promise(
    tx: Tx, kind: Kind, subject: str, account_id: UUID, payload: dict[str, Any], run_at: datetime
) -> None:
    """Write a duty in the transaction of the change that causes it.

    One duty per kind and subject is open at a time. Promised again, one that waits is done by the
    earlier of the two times, one that was given up starts afresh, and one that is being done is
    done once more after.
    """
    await queries.insert(tx, [Promise(kind, subject, account_id, payload)], run_at)


async def promise_all(tx: Tx, promises: Iterable[Promise], run_at: datetime) -> None:
    """As `promise`, many at once; of one kind and subject the last counts."""
    once = {(one.kind, one.subject): one for one in promises}
    await queries.insert(tx, once.values(), run_at)


async def fail(
    tx: Tx, duty: Duty, error: str, now: datetime, not_before: datetime | None = None
) -> rules.Again | rules.Dead:
    """Put a failed duty back for later, or give it up. Says which."""
    verdict = rules.after_failure(duty.attempts, now, not_before)
    if isinstance(verdict, rules.Again):
        await queries.release(tx, duty, verdict.at, None, error)
    else:
        await queries.release(tx, duty, now, now, error)
    return verdict


async def give_up(tx: Tx, duty: Duty, error: str, now: datetime) -> None:
    """Trying again can't help; a person has to look."""
    await queries.release(tx, duty, now, now, error)


async def retry(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], now: datetime
) -> dict[UUID, Refusal | None]:
    """Make duties of an account due at once, as if they had never been tried: given up or waiting.

    Says of each why not, None for done: NotFound when it is gone, which is what becomes of a duty
    that was kept, or BeingDone.
    """
    due = await queries.retry(tx, account_id, ids, now)
    return await _why_not(tx, ids, due)


async def retry_any(tx: Tx, ids: Sequence[UUID], now: datetime) -> dict[UUID, Refusal | None]:
    """As `retry`, of whatever account: for operators, in a transaction of the system."""
    due = await queries.retry_any(tx, ids, now)
    return await _why_not(tx, ids, due)


async def _why_not(tx: Tx, ids: Sequence[UUID], due: Sequence[UUID]) -> dict[UUID, Refusal | None]:
    there = await queries.open_ones(tx, ids) if len(due) < len(set(ids)) else due
    verdicts: dict[UUID, Refusal | None] = {}
    for id in ids:
        if id in due:
            verdicts[id] = None
        elif id in there:
            verdicts[id] = BeingDone(id)
        else:
            verdicts[id] = NotFound("duty", encode("duty", id))
    return verdicts
