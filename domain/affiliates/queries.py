"""SQL of affiliates and partnerships."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.affiliates.rules import Affiliate, Partnership, Status


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
           RETURNING id, store_id, affiliate_id, offer_id, campaign_token, status""",
        account_id, store_id, affiliate_id, offer_id, campaign_token, now,
    )  # fmt: skip
    return None if row is None else _partnership(row)


async def lock(tx: Tx, account_id: UUID, partnership_id: UUID) -> Partnership | None:
    row = await tx.fetchrow(
        """SELECT id, store_id, affiliate_id, offer_id, campaign_token, status FROM partnership
            WHERE account_id = $1 AND id = $2 FOR UPDATE""",
        account_id, partnership_id,
    )  # fmt: skip
    return None if row is None else _partnership(row)


async def lock_between(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> tuple[Partnership, str]:
    """The partnership that a store and an affiliate have, and its offer's name."""
    row = await tx.fetchrow(
        """SELECT p.id, p.store_id, p.affiliate_id, p.offer_id, p.campaign_token, p.status,
                  o.name AS offer_name
             FROM partnership p
             JOIN offer o ON o.account_id = p.account_id AND o.id = p.offer_id
            WHERE p.account_id = $1 AND p.store_id = $2 AND p.affiliate_id = $3
              FOR UPDATE OF p""",
        account_id, store_id, affiliate_id,
    )  # fmt: skip
    assert row is not None, "partnerships are never deleted"
    return _partnership(row), row["offer_name"]


async def assign(
    tx: Tx, account_id: UUID, partnership_id: UUID, offer_id: UUID, from_day: date
) -> None:
    await tx.execute(
        """INSERT INTO assignment (account_id, partnership_id, offer_id, valid_from)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, partnership_id, valid_from) DO UPDATE SET
                  offer_id = excluded.offer_id""",
        account_id, partnership_id, offer_id, from_day,
    )  # fmt: skip


async def drop_planned(tx: Tx, account_id: UUID, partnership_id: UUID, today: date) -> None:
    await tx.execute(
        """DELETE FROM assignment
            WHERE account_id = $1 AND partnership_id = $2 AND valid_from > $3""",
        account_id, partnership_id, today,
    )  # fmt: skip


async def priced_since(tx: Tx, account_id: UUID, partnership_id: UUID, day: date) -> bool:
    """Whether the partnership has a conversion of the day or of a later one."""
    found = await tx.fetchval(
        """SELECT true FROM conversion
            WHERE account_id = $1 AND partnership_id = $2 AND day >= $3 LIMIT 1""",
        account_id, partnership_id, day,
    )  # fmt: skip
    return bool(found)


async def set_offer(tx: Tx, account_id: UUID, partnership_id: UUID, offer_id: UUID) -> None:
    await tx.execute(
        "UPDATE partnership SET offer_id = $3 WHERE account_id = $1 AND id = $2",
        account_id, partnership_id, offer_id,
    )  # fmt: skip


async def set_status(tx: Tx, account_id: UUID, partnership_id: UUID, status: Status) -> None:
    await tx.execute(
        "UPDATE partnership SET status = $3 WHERE account_id = $1 AND id = $2",
        account_id, partnership_id, status,
    )  # fmt: skip


async def start_planned(tx: Tx, account_id: UUID, store_id: UUID, today: date) -> int:
    """Let `offer_id` follow the assignments; how many partnerships of the store changed."""
    rows = await tx.fetch(
        """UPDATE partnership p SET offer_id = a.offer_id
             FROM (SELECT DISTINCT ON (account_id, partnership_id)
                          account_id, partnership_id, offer_id
                     FROM assignment
                    WHERE account_id = $1 AND valid_from <= $3
                      AND partnership_id IN (SELECT id FROM partnership
                                              WHERE account_id = $1 AND store_id = $2)
                    ORDER BY account_id, partnership_id, valid_from DESC) a
            WHERE p.account_id = $1 AND p.store_id = $2
              AND a.account_id = p.account_id AND a.partnership_id = p.id
              AND a.offer_id <> p.offer_id
           RETURNING p.id""",
        account_id, store_id, today,
    )  # fmt: skip
    return len(rows)


def _partnership(row: asyncpg.Record) -> Partnership:
    return Partnership(
        id=row["id"],
        store_id=row["store_id"],
        affiliate_id=row["affiliate_id"],
        offer_id=row["offer_id"],
        campaign_token=row["campaign_token"],
        status=Status(row["status"]),
    )
