"""Promise, claim, keep, fail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from db.pool import Tx
from domain.duties import queries, rules
from domain.duties.rules import Duty, Kind


async def promise(
    tx: Tx, kind: Kind, subject: str, account_id: UUID, payload: dict[str, Any], run_at: datetime
) -> None:
    """Write a duty in the transaction of the change that causes it.

    One duty per kind and subject is open at a time. Promised again, one that waits is done by the
    earlier of the two times, one that was given up starts afresh, and one that is being done is
    done once more after.
    """
    await queries.insert(tx, kind, subject, account_id, payload, run_at)


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
