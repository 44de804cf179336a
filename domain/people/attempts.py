"""How often something was tried that can be guessed at, or that sends a letter.

Each try is counted and committed before anything is looked at: by whom it is about and by where it
comes from, whatever request, document or process it comes in. What is counted are hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from db.pool import Database, Tx
from domain.people import queries, rules
from domain.people.rules import TooManyAttempts


@dataclass(frozen=True, slots=True)
class Counted:
    """Attempts that were counted, and where."""

    subjects: tuple[bytes, ...]
    slot: datetime


async def count(db: Database, what: str, client: str, email: str | None, now: datetime) -> Counted:
    """Count one try of `what`, such as "sign in", from a client's address, about an e-mail address
    where there is one. Raises TooManyAttempts; a try that is refused does not count.

    Has a transaction of its own, which commits.
    """
    limits = {_subject(what, "client", rules.network_of(client)): rules.PER_CLIENT}
    if email is not None:
        limits[_subject(what, "email", rules.same_address(email))] = rules.PER_EMAIL
    slot = rules.slot_of(now)
    async with db.system() as tx:
        # In the same order for everybody, so that nobody waits for one who waits for them.
        subjects = sorted(limits)
        for subject in subjects:
            await queries.wait_for(tx, int.from_bytes(subject[:8], signed=True))
        wait_s = await _wait_s(tx, limits, now)
        if wait_s:
            raise TooManyAttempts(wait_s)
        await queries.count_attempt(tx, subjects, slot)
    return Counted(tuple(subjects), slot)


async def take_back(tx: Tx, counted: Counted) -> None:
    """It was no guess: whoever knows the password may sign in as often as they like."""
    await queries.take_back(tx, list(counted.subjects), counted.slot)


async def _wait_s(tx: Tx, limits: dict[bytes, int], now: datetime) -> int:
    found: dict[bytes, dict[datetime, int]] = {subject: {} for subject in limits}
    for row in await queries.attempts(tx, list(limits), rules.counted_since(now)):
        found[row["subject"]][row["slot"]] = row["attempts"]
    return max(rules.wait_s(found[subject], limit, now) for subject, limit in limits.items())


def _subject(*words: str) -> bytes:
    return sha256("\0".join(words).encode(errors="replace")).digest()
