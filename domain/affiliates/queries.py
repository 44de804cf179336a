"""SQL of affiliates and partnerships."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.affiliates.rules import Affiliate, Partnership, Side, Status


async def insert_affiliate(tx: Tx, name: str, email: str, now: datetime) -> Affiliate | None:
    """None when somebody of the network has the address."""
    row = await tx.fetchrow(
        """INSERT INTO affiliate (name, email, created_at) VALUES ($1, $2, $3)
           ON CONFLICT (email) DO NOTHING RETURNING id, name, email""",
        name, email, now,
    )  # fmt: skip
    return None if row is None else Affiliate(*row)


async def affiliate_by_email(tx: Tx, email: str) -> Affiliate:
    row = await tx.fetchrow("SELECT id, name, email FROM affiliate WHERE email = $1", email)
    assert row is not None, "an address that was taken stays taken"
    return Affiliate(*row)


async def acquaint(tx: Tx, account_id: UUID, affiliate_id: UUID, now: datetime) -> None:
    """From now on the account sees the affiliate; nothing when it does already."""
    await tx.execute(
        """INSERT INTO acquaintance (account_id, affiliate_id, met_at) VALUES ($1, $2, $3)
           ON CONFLICT (account_id, affiliate_id) DO NOTHING""",
        account_id, affiliate_id, now,
    )  # fmt: skip


async def affiliate_exists(tx: Tx, affiliate_id: UUID) -> bool:
    return bool(await tx.fetchval("SELECT true FROM affiliate WHERE id = $1", affiliate_id))


async def knows(tx: Tx, account_id: UUID, affiliate_id: UUID) -> bool:
    """Whether the account has or had the affiliate as a partner, or entered it itself and nobody
    has signed up as it since, who would have a say in it."""
    found = await tx.fetchval(
        """SELECT EXISTS (SELECT FROM partnership WHERE account_id = $1 AND affiliate_id = $2)
               OR EXISTS (SELECT FROM acquaintance k JOIN affiliate a ON a.id = k.affiliate_id
                           WHERE k.account_id = $1 AND k.affiliate_id = $2
                             AND a.person_id IS NULL)""",
        account_id, affiliate_id,
    )  # fmt: skip
    return bool(found)


async def left(tx: Tx, account_id: UUID, affiliate_id: UUID) -> bool:
    """Whether the affiliate has ended a partnership with a store of the account itself."""
    found = await tx.fetchval(
        """SELECT true FROM partnership
            WHERE account_id = $1 AND affiliate_id = $2
              AND status = 'ENDED' AND status_changed_by = 'AFFILIATE' LIMIT 1""",
        account_id, affiliate_id,
    )  # fmt: skip
    return bool(found)


async def answer_waiting(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID, by: str, now: datetime
) -> list[UUID]:
    """They are partners now: an application or invitation that still waits between the two says so,
    or it could be accepted once they have parted. One that somebody is answering just now is left
    to them, who find a partner; to wait for them here is to wait for somebody who waits.

    The applications that were answered so."""
    await tx.execute(
        """UPDATE invitation SET state = 'ACCEPTED', answered_at = $4
            WHERE account_id = $1
              AND id IN (SELECT id FROM invitation
                          WHERE account_id = $1 AND store_id = $2 AND affiliate_id = $3
                            AND state = 'SENT' FOR UPDATE SKIP LOCKED)""",
        account_id, store_id, affiliate_id, now,
    )  # fmt: skip
    rows = await tx.fetch(
        """WITH answered AS (
             UPDATE application SET state = 'ACCEPTED', decided_by = $4, decided_at = $5
              WHERE account_id = $1
                AND id IN (SELECT id FROM application
                            WHERE account_id = $1 AND store_id = $2 AND affiliate_id = $3
                              AND state = 'SUBMITTED' FOR UPDATE SKIP LOCKED)
             RETURNING id)
           INSERT INTO application_event (account_id, application_id, state, actor, at)
           SELECT $1, id, 'ACCEPTED', $4, $5 FROM answered RETURNING application_id""",
        account_id, store_id, affiliate_id, by, now,
    )  # fmt: skip
    return [row["application_id"] for row in rows]


async def insert(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID, offer_id: UUID,
    campaign_token: str, now: datetime,
) -> Partnership | None:  # fmt: skip
    """None when the affiliate and the store are partners already."""
    row = await tx.fetchrow(
        """INSERT INTO partnership
                  (account_id, store_id, affiliate_id, offer_id, campaign_token, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (account_id, store_id, affiliate_id) DO NOTHING
           RETURNING id, store_id, affiliate_id, offer_id, campaign_token, status, tags""",
        account_id, store_id, affiliate_id, offer_id, campaign_token, now,
    )  # fmt: skip
    return None if row is None else _partnership(row)


async def lock(
    tx: Tx, account_id: UUID, partnership_ids: Sequence[UUID]
) -> dict[UUID, Partnership]:
    """Those that there are, locked in one order, so that two who change many don't deadlock."""
    rows = await tx.fetch(
        """SELECT id, store_id, affiliate_id, offer_id, campaign_token, status, tags
             FROM partnership
            WHERE account_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE""",
        account_id, partnership_ids,
    )  # fmt: skip
    return {row["id"]: _partnership(row) for row in rows}


async def account_of(tx: Tx, partnership_id: UUID, affiliate_id: UUID) -> UUID | None:
    """The account in which an affiliate has this partnership, asked as the affiliate."""
    account_id: UUID | None = await tx.fetchval(
        "SELECT account_id FROM partnership WHERE affiliate_id = $2 AND id = $1",
        partnership_id, affiliate_id,
    )  # fmt: skip
    return account_id


async def lock_between(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> tuple[Partnership, str]:
    """The partnership that a store and an affiliate have, and its offer's name."""
    row = await tx.fetchrow(
        """SELECT p.id, p.store_id, p.affiliate_id, p.offer_id, p.campaign_token, p.status,
                  p.tags, o.name AS offer_name
             FROM partnership p
             JOIN offer o ON o.account_id = p.account_id AND o.id = p.offer_id
            WHERE p.account_id = $1 AND p.store_id = $2 AND p.affiliate_id = $3
              FOR UPDATE OF p""",
        account_id, store_id, affiliate_id,
    )  # fmt: skip
    assert row is not None, "partnerships are never deleted"
    return _partnership(row), row["offer_name"]


async def assign(
    tx: Tx, account_id: UUID, partnership_ids: Iterable[UUID], offer_id: UUID, from_day: date
) -> None:
    await tx.execute(
        """INSERT INTO assignment (account_id, partnership_id, offer_id, valid_from)
           SELECT $1, new.id, $3, $4 FROM unnest($2::uuid[]) AS new (id)
           ON CONFLICT (account_id, partnership_id, valid_from) DO UPDATE SET
                  offer_id = excluded.offer_id""",
        account_id, partnership_ids, offer_id, from_day,
    )  # fmt: skip


async def drop_planned(
    tx: Tx, account_id: UUID, partnership_ids: Iterable[UUID], today: date
) -> None:
    await tx.execute(
        """DELETE FROM assignment
            WHERE account_id = $1 AND partnership_id = ANY($2) AND valid_from > $3""",
        account_id, partnership_ids, today,
    )  # fmt: skip


async def priced_since(
    tx: Tx, account_id: UUID, partnership_ids: Iterable[UUID], day: date
) -> set[UUID]:
    """Those of the partnerships that have a conversion of the day or of a later one."""
    rows = await tx.fetch(
        """SELECT p.id FROM partnership p
            WHERE p.account_id = $1 AND p.id = ANY($2)
              AND EXISTS (SELECT FROM conversion c
                           WHERE c.account_id = p.account_id AND c.partnership_id = p.id
                             AND c.day >= $3)""",
        account_id, partnership_ids, day,
    )  # fmt: skip
    return {row["id"] for row in rows}


async def set_offer(
    tx: Tx, account_id: UUID, partnership_ids: Iterable[UUID], offer_id: UUID
) -> None:
    await tx.execute(
        "UPDATE partnership SET offer_id = $3 WHERE account_id = $1 AND id = ANY($2)",
        account_id, partnership_ids, offer_id,
    )  # fmt: skip


async def set_status(
    tx: Tx, account_id: UUID, partnership_ids: Iterable[UUID], status: Status,
    reason: str | None, by: Side, now: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """UPDATE partnership SET status = $3, status_reason = $4, status_changed_by = $5,
                  status_changed_at = $6
            WHERE account_id = $1 AND id = ANY($2)""",
        account_id, partnership_ids, status, reason, by, now,
    )  # fmt: skip


async def set_tags(tx: Tx, account_id: UUID, tags: Mapping[UUID, Sequence[str]]) -> None:
    await tx.executemany(
        "UPDATE partnership SET tags = $3 WHERE account_id = $1 AND id = $2",
        [(account_id, id, list(of_one)) for id, of_one in tags.items()],
    )  # fmt: skip


async def annotate(
    tx: Tx, account_id: UUID, partnership_id: UUID, note: str | None,
    custom_fields: Mapping[str, str] | None,
) -> None:  # fmt: skip
    """What is None stays."""
    await tx.execute(
        """UPDATE partnership
              SET note = coalesce($3, note), custom_fields = coalesce($4, custom_fields)
            WHERE account_id = $1 AND id = $2""",
        account_id, partnership_id, note, custom_fields,
    )  # fmt: skip


async def lock_planned(tx: Tx, account_id: UUID, store_id: UUID, today: date) -> list[UUID]:
    """Partnerships of a store whose `offer_id` is behind their assignments, locked in one order."""
    rows = await tx.fetch(
        """SELECT p.id FROM partnership p
            WHERE p.account_id = $1 AND p.store_id = $2
              AND p.offer_id <> (SELECT a.offer_id FROM assignment a
                                  WHERE a.account_id = p.account_id AND a.partnership_id = p.id
                                    AND a.valid_from <= $3
                                  ORDER BY a.valid_from DESC LIMIT 1)
            ORDER BY p.id FOR UPDATE OF p""",
        account_id, store_id, today,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def start_planned(
    tx: Tx, account_id: UUID, partnership_ids: Sequence[UUID], today: date
) -> None:
    """Let `offer_id` follow the assignments."""
    await tx.execute(
        """UPDATE partnership p SET offer_id = a.offer_id
             FROM (SELECT DISTINCT ON (account_id, partnership_id)
                          account_id, partnership_id, offer_id
                     FROM assignment
                    WHERE account_id = $1 AND partnership_id = ANY($2) AND valid_from <= $3
                    ORDER BY account_id, partnership_id, valid_from DESC) a
            WHERE p.account_id = $1 AND a.account_id = p.account_id AND a.partnership_id = p.id""",
        account_id, partnership_ids, today,
    )  # fmt: skip


def _partnership(row: asyncpg.Record) -> Partnership:
    return Partnership(
        id=row["id"],
        store_id=row["store_id"],
        affiliate_id=row["affiliate_id"],
        offer_id=row["offer_id"],
        campaign_token=row["campaign_token"],
        status=Status(row["status"]),
        tags=tuple(row["tags"]),
    )
