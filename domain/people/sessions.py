"""Browsers that people signed in with: begin, find out who asks, list, end.

Nothing is remembered between two requests: a session that has ended lets nobody in, anywhere.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Database, Tx
from domain.access import Role, Viewer
from domain.errors import NotFound
from domain.ids import encode, new_id
from domain.people import queries, rules
from domain.people.rules import Begun, Session
from domain.people.tokens import new_token, token_hash


async def begin(tx: Tx, person_id: UUID, browser: str, now: datetime) -> Begun:
    """A new session, whatever others the person has. `browser` is its own word for itself."""
    token, id, expires_at = new_token(), new_id(), now + rules.ABSOLUTE
    await queries.insert_session(
        tx, token_hash(token), id, person_id, rules.browser_name(browser), now, expires_at
    )
    return Begun(person_id, id, token, expires_at)


async def viewer_of(
    door: Database | Tx, token: str, acting_as: str | None, now: datetime
) -> Viewer | None:
    """Who asks, in which seat; None for a session that is unknown or over. One round trip.

    `acting_as` is what the request says: acct_…, affl_… or operator. Raises NoSuchSeat.
    """
    row = await queries.viewer(
        door,
        token_hash(token),
        now,
        now - rules.IDLE,
        now - rules.SEEN_EVERY,
        now - rules.FRESH_IN_USE,
    )
    if row is None:
        return None
    seats = rules.seats(
        zip(row["account_ids"], map(Role, row["roles"]), strict=True),
        row["affiliate_id"],
        operator=row["operator"],
    )
    return Viewer(
        actor=encode("pers", row["person_id"]),
        person_id=row["person_id"],
        seat=rules.chosen(seats, acting_as),
        seats=seats,
        fresh=rules.fresh(row["begun_at"], now, lapsed=row["lapsed"]),
        session_id=row["id"],
    )


async def of(tx: Tx, person_id: UUID, now: datetime) -> list[Session]:
    """The person's sessions that let them in, the last used first."""
    rows = await queries.sessions(tx, person_id, now, now - rules.IDLE)
    return [Session(**row) for row in rows]


async def end(tx: Tx, person_id: UUID, session_id: UUID) -> None:
    """From now on nobody is let in with it. Raises NotFound."""
    if not await queries.end_session(tx, person_id, session_id):
        raise NotFound("session", encode("sess", session_id))


async def end_all(tx: Tx, person_id: UUID) -> int:
    """Signed out everywhere; how many sessions that were."""
    return await queries.end_sessions(tx, person_id)


async def forget_old(tx: Tx, now: datetime) -> None:
    """Delete what no longer counts: old attempts, tokens and sessions. Takes a transaction of the
    system; once a day is enough."""
    await queries.delete_old(tx, now, now - rules.IDLE, rules.counted_since(now))
