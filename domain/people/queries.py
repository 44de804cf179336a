"""SQL of people and of what proves who they are. All of it is the system's."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from db.pool import Database, Tx
from domain.people.rules import Person, Purpose


async def person(tx: Tx, person_id: UUID) -> Person | None:
    row = await tx.fetchrow(
        """SELECT p.id, p.email, p.name, p.email_verified_at, a.id AS affiliate_id,
                  p.operator_since IS NOT NULL AS operator, p.created_at
             FROM person p LEFT JOIN affiliate a ON a.person_id = p.id
            WHERE p.id = $1""",
        person_id,
    )
    return None if row is None else Person(**row)


async def credentials(db: Database, email: str) -> asyncpg.Record | None:
    return await db.system_row(
        "SELECT id, email, password_hash FROM person WHERE email = $1", email
    )


async def credentials_of(db: Database, person_id: UUID) -> asyncpg.Record | None:
    return await db.system_row(
        "SELECT id, email, name, password_hash FROM person WHERE id = $1", person_id
    )


async def holder_of(
    db: Database, token_hash: bytes, purpose: Purpose, now: datetime
) -> asyncpg.Record | None:
    """Whom a one-time token that is still good was sent to."""
    return await db.system_row(
        """SELECT p.id, p.email, p.name, p.password_hash
             FROM one_time_token t JOIN person p ON p.id = t.person_id
            WHERE t.token_hash = $1 AND t.purpose = $2 AND t.expires_at > $3""",
        token_hash, purpose, now,
    )  # fmt: skip


async def sign_up(
    tx: Tx, email: str, name: str, password_hash: str, wants_affiliate: bool, now: datetime
) -> bool:
    """False when the address is that of somebody who has shown it to be theirs.

    While nobody has, the last to sign up with it says the name and the password.
    """
    created = await tx.fetchval(
        """INSERT INTO person (email, name, password_hash, wants_affiliate, created_at)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (email) DO UPDATE
              SET name = excluded.name, password_hash = excluded.password_hash,
                  wants_affiliate = excluded.wants_affiliate
            WHERE person.email_verified_at IS NULL
           RETURNING true""",
        email, name, password_hash, wants_affiliate, now,
    )  # fmt: skip
    return bool(created)


async def put_verified(tx: Tx, email: str, name: str, now: datetime) -> UUID:
    """The person of that address, who is believed. A name that is there stays."""
    id: UUID = await tx.fetchval(
        """INSERT INTO person (email, name, email_verified_at, created_at)
           VALUES ($1, $2, $3, $3)
           ON CONFLICT (email) DO UPDATE
              SET email_verified_at =
                  COALESCE(person.email_verified_at, excluded.email_verified_at),
                  password_hash = CASE WHEN person.email_verified_at IS NULL
                                       THEN NULL ELSE person.password_hash END
           RETURNING id""",
        email, name, now,
    )  # fmt: skip
    return id


async def make_operator(tx: Tx, person_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE person SET operator_since = COALESCE(operator_since, $2) WHERE id = $1",
        person_id, now,
    )  # fmt: skip


async def only_beginning(tx: Tx) -> bool:
    """Whether there is no operator yet. Whoever asks at the same time waits for the answer."""
    await tx.execute("SELECT id FROM installation FOR UPDATE")
    found = await tx.fetchval("SELECT EXISTS (SELECT FROM person WHERE operator_since IS NOT NULL)")
    return not found


async def join(tx: Tx, account_id: UUID, person_id: UUID, role: str, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO membership (account_id, person_id, role, joined_at)
           VALUES ($1, $2, $3, $4)""",
        account_id, person_id, role, now,
    )  # fmt: skip


async def lock(tx: Tx, person_id: UUID) -> asyncpg.Record:
    row = await tx.fetchrow(
        """SELECT id, email, name, password_hash, email_verified_at, wants_affiliate
             FROM person WHERE id = $1 FOR NO KEY UPDATE""",
        person_id,
    )  # fmt: skip
    assert row is not None, "people are not deleted"
    return row


async def set_password(tx: Tx, person_id: UUID, password_hash: str) -> None:
    await tx.execute("UPDATE person SET password_hash = $2 WHERE id = $1", person_id, password_hash)


async def set_verified(tx: Tx, person_id: UUID, now: datetime) -> None:
    await tx.execute(
        """UPDATE person SET email_verified_at = COALESCE(email_verified_at, $2),
                  wants_affiliate = false
            WHERE id = $1""",
        person_id, now,
    )  # fmt: skip


async def put_token(
    tx: Tx, email: str, purpose: Purpose, token_hash: bytes, expires_at: datetime
) -> bool:
    """In place of those that were sent before. False, and as much work, for an address that nobody
    has, or that is not to be verified any more."""
    await tx.execute(
        """DELETE FROM one_time_token
            WHERE purpose = $2 AND person_id = (SELECT id FROM person WHERE email = $1)""",
        email, purpose,
    )  # fmt: skip
    put = await tx.fetchval(
        """INSERT INTO one_time_token (token_hash, purpose, person_id, expires_at)
           SELECT $3, $2, id, $4 FROM person
            WHERE email = $1 AND ($2 <> 'VERIFY_EMAIL' OR email_verified_at IS NULL)
           RETURNING true""",
        email, purpose, token_hash, expires_at,
    )  # fmt: skip
    return bool(put)


async def take_token(tx: Tx, token_hash: bytes, purpose: Purpose, now: datetime) -> UUID | None:
    """Whose it was. Of many who take it at once, one gets it."""
    id: UUID | None = await tx.fetchval(
        """DELETE FROM one_time_token
            WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
           RETURNING person_id""",
        token_hash, purpose, now,
    )  # fmt: skip
    return id


async def drop_tokens(tx: Tx, person_id: UUID) -> None:
    await tx.execute("DELETE FROM one_time_token WHERE person_id = $1", person_id)


async def affiliate_of(tx: Tx, person_id: UUID) -> UUID | None:
    id: UUID | None = await tx.fetchval("SELECT id FROM affiliate WHERE person_id = $1", person_id)
    return id


async def put_affiliate(
    tx: Tx, person_id: UUID, email: str, name: str, now: datetime
) -> UUID | None:
    """The affiliate of that address becomes this person's, new or known under the name it has.

    None when it is somebody else's.
    """
    id: UUID | None = await tx.fetchval(
        """INSERT INTO affiliate (email, name, person_id, created_at) VALUES ($2, $3, $1, $4)
           ON CONFLICT (email) DO UPDATE SET person_id = excluded.person_id
            WHERE affiliate.person_id IS NULL
           RETURNING id""",
        person_id, email, name, now,
    )  # fmt: skip
    return id


async def insert_session(
    tx: Tx, token_hash: bytes, id: UUID, person_id: UUID, browser: str, now: datetime,
    expires_at: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """INSERT INTO session (token_hash, id, person_id, browser, begun_at, seen_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $5, $6)""",
        token_hash, id, person_id, browser, now, expires_at,
    )  # fmt: skip


_VIEWER: Final = """
    WITH found AS (
        SELECT s.id, s.person_id, s.begun_at, s.lapsed OR s.seen_at <= $5 AS lapsed,
               p.operator_since IS NOT NULL AS operator
          FROM session s JOIN person p ON p.id = s.person_id
         WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3
    ), noted AS (
        UPDATE session SET seen_at = $2, lapsed = lapsed OR seen_at <= $5
         WHERE token_hash = $1 AND seen_at <= $4 AND EXISTS (SELECT FROM found)
    )
    SELECT f.id, f.person_id, f.begun_at, f.lapsed, f.operator, a.id AS affiliate_id,
           ARRAY(SELECT m.account_id FROM membership m
                  WHERE m.person_id = f.person_id ORDER BY m.account_id) AS account_ids,
           ARRAY(SELECT m.role FROM membership m
                  WHERE m.person_id = f.person_id ORDER BY m.account_id) AS roles
      FROM found f LEFT JOIN affiliate a ON a.person_id = f.person_id"""


async def viewer(
    door: Database | Tx,
    token_hash: bytes,
    now: datetime,
    idle_since: datetime,
    written_before: datetime,
    lapsed_before: datetime,
) -> asyncpg.Record | None:
    """Session, person and all their seats; and a note that the session is in use, where the last
    one is from `written_before` or earlier. Once left unused since `lapsed_before` it has lapsed,
    and stays so."""
    given = (token_hash, now, idle_since, written_before, lapsed_before)
    if isinstance(door, Database):
        return await door.system_row(_VIEWER, *given)
    return await door.fetchrow(_VIEWER, *given)


async def sessions(
    tx: Tx, person_id: UUID, now: datetime, idle_since: datetime
) -> list[asyncpg.Record]:
    return await tx.fetch(
        """SELECT id, browser, begun_at, seen_at, expires_at FROM session
            WHERE person_id = $1 AND expires_at > $2 AND seen_at > $3
            ORDER BY seen_at DESC, id""",
        person_id, now, idle_since,
    )  # fmt: skip


async def end_session(tx: Tx, person_id: UUID, session_id: UUID) -> bool:
    """False when the person has no such session."""
    ended = await tx.fetchval(
        "DELETE FROM session WHERE person_id = $1 AND id = $2 RETURNING true",
        person_id, session_id,
    )  # fmt: skip
    return bool(ended)


async def end_sessions(tx: Tx, person_id: UUID) -> int:
    rows = await tx.fetch("DELETE FROM session WHERE person_id = $1 RETURNING true", person_id)
    return len(rows)


async def wait_for(tx: Tx, number: int) -> None:
    """Until nobody else counts the attempts of this subject; to the transaction's end."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", number)


async def attempts(tx: Tx, subjects: list[bytes], since: datetime) -> list[asyncpg.Record]:
    return await tx.fetch(
        "SELECT subject, slot, attempts FROM attempt WHERE subject = ANY($1) AND slot > $2",
        subjects, since,
    )  # fmt: skip


async def count_attempt(tx: Tx, subjects: list[bytes], slot: datetime) -> None:
    """`subjects` in their order, which is everybody's: nobody waits for one who waits for them."""
    await tx.execute(
        """INSERT INTO attempt (subject, slot, attempts)
           SELECT subject, $2, 1 FROM unnest($1::bytea[]) AS new (subject)
           ON CONFLICT (subject, slot) DO UPDATE
              SET attempts = attempt.attempts + excluded.attempts""",
        subjects, slot,
    )  # fmt: skip


async def take_back(tx: Tx, subjects: list[bytes], slot: datetime) -> None:
    """In the order in which they are counted."""
    await tx.execute(
        """UPDATE attempt SET attempts = attempts - 1
            WHERE slot = $2 AND subject = ANY(ARRAY(
                  SELECT subject FROM attempt
                   WHERE subject = ANY($1) AND slot = $2 AND attempts > 0
                   ORDER BY subject FOR UPDATE))""",
        subjects, slot,
    )  # fmt: skip


async def delete_old(tx: Tx, now: datetime, idle_since: datetime, counted_since: datetime) -> None:
    """Attempts that no longer count, tokens too old, sessions that have ended."""
    await tx.execute("DELETE FROM attempt WHERE slot <= $1", counted_since)
    await tx.execute("DELETE FROM one_time_token WHERE expires_at <= $1", now)
    await tx.execute("DELETE FROM session WHERE expires_at <= $1 OR seen_at <= $2", now, idle_since)
