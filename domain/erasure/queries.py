"""SQL of forgetting somebody. All of it is the system's: they may be known in every account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.erasure.rules import ERASED, NOBODY, Somebody, Words

Told: TypeAlias = "asyncpg.cursor.CursorFactory[asyncpg.Record]"
"""Account, id and body of each, some at a time."""


async def by_email(tx: Tx, email: str) -> Somebody:
    row = await tx.fetchrow(
        """SELECT p.id AS person_id, a.id AS affiliate_id
             FROM (SELECT $1::text AS email) asked
             LEFT JOIN person p ON p.email = asked.email AND p.erased_at IS NULL
             LEFT JOIN affiliate a ON (a.email = asked.email OR a.person_id = p.id)
                                  AND a.erased_at IS NULL
            ORDER BY a.person_id = p.id DESC NULLS LAST LIMIT 1""",
        email,
    )
    assert row is not None, "one row is asked for"
    return Somebody(*row)


async def by_id(tx: Tx, id: UUID) -> Somebody:
    row = await tx.fetchrow(
        """SELECT p.id AS person_id, a.id AS affiliate_id
             FROM (SELECT id, NULL::uuid AS affiliate_id FROM person
                    WHERE id = $1 AND erased_at IS NULL
                   UNION ALL
                   SELECT person_id, id FROM affiliate WHERE id = $1 AND erased_at IS NULL) found
             LEFT JOIN person p ON p.id = found.id
             LEFT JOIN affiliate a ON a.id = found.affiliate_id OR a.person_id = found.id""",
        id,
    )
    return Somebody(None, None) if row is None else Somebody(*row)


async def owned_alone(tx: Tx, person_id: UUID) -> list[str]:
    """Names of the accounts that would be left without an owner."""
    rows = await tx.fetch(
        """SELECT a.name FROM membership m JOIN account a ON a.account_id = m.account_id
            WHERE m.person_id = $1 AND m.role = 'OWNER'
              AND NOT EXISTS (SELECT FROM membership o
                               WHERE o.account_id = m.account_id AND o.role = 'OWNER'
                                 AND o.person_id <> m.person_id)
            ORDER BY a.name""",
        person_id,
    )
    return [row["name"] for row in rows]


async def emails(tx: Tx, who: Somebody) -> set[str]:
    rows = await tx.fetch(
        """SELECT email FROM person WHERE id = $1
           UNION SELECT email FROM affiliate WHERE id = $2""",
        who.person_id, who.affiliate_id,
    )  # fmt: skip
    return {row["email"] for row in rows}


async def names(tx: Tx, who: Somebody) -> set[str]:
    rows = await tx.fetch(
        """SELECT name FROM person WHERE id = $1
           UNION SELECT name FROM affiliate WHERE id = $2
           UNION SELECT name FROM affiliate_profile WHERE id = $2
           UNION SELECT name FROM published_profile WHERE id = $2
           UNION SELECT affiliate_name FROM application WHERE affiliate_id = $2
           UNION SELECT affiliate_name FROM invitation WHERE affiliate_id = $2""",
        who.person_id, who.affiliate_id,
    )  # fmt: skip
    return {row["name"] for row in rows}


async def texts(tx: Tx, who: Somebody) -> set[str]:
    """What they have said of themselves and to brands, and brands of them, wherever it stands."""
    rows = await tx.fetch(
        """SELECT bio AS text FROM affiliate_profile WHERE id = $2
           UNION SELECT bio FROM published_profile WHERE id = $2
           UNION SELECT channel ->> 'url'
                   FROM affiliate_profile, jsonb_array_elements(channels) channel WHERE id = $2
           UNION SELECT channel ->> 'url'
                   FROM published_profile, jsonb_array_elements(channels) channel WHERE id = $2
           UNION SELECT message FROM application WHERE affiliate_id = $2
           UNION SELECT answer ->> 'answer'
                   FROM application, jsonb_array_elements(answers) answer WHERE affiliate_id = $2
           UNION SELECT message FROM invitation WHERE affiliate_id = $2
           UNION SELECT unnest(tags || ARRAY[note]) FROM partnership WHERE affiliate_id = $2
           UNION SELECT browser FROM session WHERE person_id = $1
           UNION SELECT unnest(ARRAY[url, description]) FROM webhook_endpoint
                  WHERE account_id = $2""",
        who.person_id, who.affiliate_id,
    )  # fmt: skip
    return {row["text"] for row in rows if row["text"]}


async def documents(tx: Tx, who: Somebody) -> set[str]:
    """Ids, as they are shown outside, of what is about them and nobody else."""
    rows = await tx.fetch(
        """SELECT 'appl_' || replace(id::text, '-', '') AS id FROM application
            WHERE affiliate_id = $1
           UNION ALL SELECT 'invt_' || replace(id::text, '-', '') FROM invitation
            WHERE affiliate_id = $1
           UNION ALL SELECT 'part_' || replace(id::text, '-', '') FROM partnership
            WHERE affiliate_id = $1""",
        who.affiliate_id,
    )
    return {row["id"] for row in rows}


async def audit_entries(tx: Tx, who: Somebody, words: Words) -> list[asyncpg.Record]:
    """Entries of all accounts that name them, or that they caused."""
    rows: list[asyncpg.Record] = await tx.fetch(
        """SELECT account_id, id, actor, input, changes FROM audit_entry
            WHERE actor = ANY($1) OR input::text ILIKE ANY($2) OR changes::text ILIKE ANY($2)
            ORDER BY account_id, id""",
        who.ids, _anywhere([*words.ids, *words.emails]),
    )  # fmt: skip
    return rows


async def network_entries(tx: Tx, who: Somebody, words: Words) -> list[asyncpg.Record]:
    """The same of what happened outside of every account."""
    rows: list[asyncpg.Record] = await tx.fetch(
        """SELECT id, actor, input, changes FROM network_audit_entry
            WHERE actor = ANY($1) OR input::text ILIKE ANY($2) OR changes::text ILIKE ANY($2)
            ORDER BY id""",
        who.ids, _anywhere([*words.ids, *words.emails]),
    )  # fmt: skip
    return rows


async def rewrite_entry(
    tx: Tx, account_id: UUID, id: UUID, input: Any, changes: Any, now: datetime
) -> None:
    """The hash stays: the next entry holds on to it."""
    await tx.execute(
        """UPDATE audit_entry SET input = $3, changes = $4, erased_at = $5
            WHERE account_id = $1 AND id = $2""",
        account_id, id, input, changes, now,
    )  # fmt: skip


async def rewrite_network_entry(tx: Tx, id: UUID, input: Any, changes: Any) -> None:
    await tx.execute(
        "UPDATE network_audit_entry SET input = $2, changes = $3 WHERE id = $1", id, input, changes
    )


async def erase_person(tx: Tx, person_id: UUID, now: datetime) -> None:
    """They can't sign in any more, belong to no account, and have neither name nor address."""
    await tx.execute("DELETE FROM session WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM one_time_token WHERE person_id = $1", person_id)
    await tx.execute("DELETE FROM membership WHERE person_id = $1", person_id)
    await tx.execute(
        "DELETE FROM idempotent_answer WHERE caller = 'pers_' || replace($1::text, '-', '')",
        str(person_id),
    )
    await tx.execute(
        """UPDATE person
              SET name = $2, email = 'erased-' || $3 || '@erased.invalid', password_hash = NULL,
                  email_verified_at = NULL, operator_since = NULL, wants_affiliate = false,
                  erased_at = $4
            WHERE id = $1""",
        person_id, NOBODY, person_id.hex, now,
    )  # fmt: skip


async def erase_invitations_of_members(tx: Tx, emails: Collection[str], now: datetime) -> None:
    await tx.execute(
        """UPDATE member_invitation
              SET email = 'erased@erased.invalid', revoked_at = COALESCE(revoked_at, $2)
            WHERE email = ANY($1)""",
        list(emails), now,
    )  # fmt: skip


async def delete_letters(tx: Tx, emails: Collection[str]) -> None:
    """Those to them."""
    await tx.execute("DELETE FROM mail WHERE lower(recipient) = ANY($1)", list(emails))


async def letters_about(tx: Tx, names: Collection[str]) -> list[tuple[UUID, str]]:
    """Those to others with a name in their subject, and the subject."""
    rows = await tx.fetch(
        """SELECT id, subject FROM mail
            WHERE EXISTS (SELECT FROM unnest($1::text[]) AS n (name)
                           WHERE strpos(subject, n.name) > 0)""",
        list(names),
    )
    return [(row["id"], row["subject"]) for row in rows]


async def set_subjects(tx: Tx, subjects: Collection[tuple[UUID, str]]) -> None:
    await tx.executemany("UPDATE mail SET subject = $2 WHERE id = $1", subjects)


async def erase_affiliate(tx: Tx, affiliate_id: UUID, now: datetime) -> None:
    """Their sales and partnerships stay; nobody sees whose they were."""
    await tx.execute(
        """DELETE FROM search_word
            WHERE word IN (SELECT unnest(tsvector_to_array(p.search)) FROM published_profile p
                            WHERE p.id = $1)
              AND NOT EXISTS (SELECT FROM published_profile p
                               WHERE p.id <> $1 AND p.search @@ word::tsquery)
              AND NOT EXISTS (SELECT FROM listing l WHERE l.search @@ word::tsquery)""",
        affiliate_id,
    )
    await tx.execute("DELETE FROM published_profile WHERE id = $1", affiliate_id)
    await tx.execute("DELETE FROM affiliate_profile WHERE id = $1", affiliate_id)
    await tx.execute("DELETE FROM track_record WHERE id = $1", affiliate_id)
    await tx.execute("DELETE FROM discovery_mark WHERE affiliate_id = $1", affiliate_id)
    await tx.execute("DELETE FROM idempotent_answer WHERE room_id = $1", affiliate_id)
    await tx.execute(
        """UPDATE affiliate
              SET name = $2, email = 'erased-' || $3 || '@erased.invalid', person_id = NULL,
                  hears = '{}', erased_at = $4
            WHERE id = $1""",
        affiliate_id, NOBODY, affiliate_id.hex, now,
    )  # fmt: skip


async def lock_partnerships(tx: Tx, affiliate_id: UUID) -> dict[UUID, list[UUID]]:
    """Their partnerships by account."""
    rows = await tx.fetch(
        """SELECT account_id, id FROM partnership WHERE affiliate_id = $1
            ORDER BY account_id, id FOR UPDATE""",
        affiliate_id,
    )
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        found[row["account_id"]].append(row["id"])
    return found


async def end_partnerships(tx: Tx, affiliate_id: UUID, now: datetime) -> None:
    """Those that have ended already did so when they did; what was said of them goes."""
    await tx.execute(
        """UPDATE partnership
              SET status = 'ENDED',
                  status_reason = CASE WHEN status <> 'ENDED' OR status_reason IS NOT NULL
                                       THEN $2 END,
                  status_changed_at = CASE status WHEN 'ENDED' THEN status_changed_at ELSE $3 END,
                  status_changed_by = CASE status WHEN 'ENDED' THEN status_changed_by
                                                  ELSE 'AFFILIATE' END,
                  tags = '{}', note = '', custom_fields = '{}'
            WHERE affiliate_id = $1""",
        affiliate_id, ERASED, now,
    )  # fmt: skip


async def erase_correspondence(tx: Tx, affiliate_id: UUID) -> None:
    """What they and brands said to one another. That it was said, and how it ended, stays."""
    await tx.execute(
        """UPDATE application_event e SET reason = $2
             FROM application a
            WHERE a.account_id = e.account_id AND a.id = e.application_id AND a.affiliate_id = $1
              AND e.reason IS NOT NULL""",
        affiliate_id, ERASED,
    )  # fmt: skip
    await tx.execute(
        """UPDATE application
              SET affiliate_name = $2, message = '', answers = '[]',
                  reason = CASE WHEN reason IS NULL THEN NULL ELSE $3 END
            WHERE affiliate_id = $1""",
        affiliate_id, NOBODY, ERASED,
    )  # fmt: skip
    await tx.execute(
        """UPDATE invitation
              SET affiliate_name = $2, message = '',
                  reason = CASE WHEN reason IS NULL THEN NULL ELSE $3 END
            WHERE affiliate_id = $1""",
        affiliate_id, NOBODY, ERASED,
    )  # fmt: skip


def events_about(tx: Tx, affl: str, entities: Collection[str]) -> Told:
    """What happened to them and is on its way; also to `entities`, which are about them alone:
    whoever is no partner yet is named without their id."""
    return tx.cursor(
        "SELECT account_id, id, body FROM event WHERE body LIKE $1 OR entity = ANY($2)",
        f"%{affl}%", list(entities),
    )  # fmt: skip


async def set_events(tx: Tx, bodies: Collection[tuple[UUID, UUID, str]]) -> None:
    await tx.executemany(
        "UPDATE event SET body = $3 WHERE account_id = $1 AND id = $2", bodies
    )  # fmt: skip


def deliveries_about(tx: Tx, affl: str, entities: Collection[str]) -> Told:
    """The same of what was told to others, or is to be."""
    return tx.cursor(
        "SELECT account_id, id, body FROM webhook_delivery WHERE body LIKE $1 OR entity = ANY($2)",
        f"%{affl}%", list(entities),
    )  # fmt: skip


async def set_deliveries(tx: Tx, bodies: Collection[tuple[UUID, UUID, str]]) -> None:
    """Receivers may have answered with what they were told."""
    await tx.executemany(
        "UPDATE webhook_delivery SET body = $3 WHERE account_id = $1 AND id = $2", bodies
    )
    await tx.executemany(
        """UPDATE webhook_attempt SET response = NULL
            WHERE account_id = $1 AND delivery_id = $2 AND response IS NOT NULL""",
        [(account_id, id) for account_id, id, _ in bodies],
    )


async def erase_webhooks(tx: Tx, affiliate_id: UUID, now: datetime) -> None:
    """Their endpoints, and what was told to them."""
    await tx.execute("DELETE FROM webhook_delivery WHERE account_id = $1", affiliate_id)
    await tx.execute("DELETE FROM webhook_secret WHERE account_id = $1", affiliate_id)
    await tx.execute(
        """UPDATE webhook_endpoint
              SET url = 'https://erased.invalid/', description = '', event_types = '{}',
                  status = 'DISABLED', disabled_at = $2, deleted_at = COALESCE(deleted_at, $2)
            WHERE account_id = $1""",
        affiliate_id, now,
    )  # fmt: skip


def _anywhere(words: Collection[str]) -> list[str]:
    """Patterns of LIKE that find the words wherever they stand in a text."""
    return [
        "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for word in words
    ]
