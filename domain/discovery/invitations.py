"""SQL of invitations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.discovery.invitation import Invitation, Sent, State


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What letters about an invitation need."""

    email: str
    verified: bool
    """Whether somebody has shown that the address is theirs."""
    affiliate_name: str
    brand_name: str
    offer_name: str
    message: str


async def one_at_a_time(tx: Tx, account_id: UUID) -> None:
    """Until the transaction ends nobody else of the account sends invitations, so that those that
    were sent can be counted. Rows that point at the account may be written meanwhile."""
    await tx.execute("SELECT FROM account WHERE account_id = $1 FOR NO KEY UPDATE", account_id)


async def sent(
    tx: Tx, account_id: UUID, affiliate_id: UUID, since_day: datetime, since_month: datetime
) -> Sent:
    row = await tx.fetchrow(
        """SELECT (SELECT count(*)::int FROM invitation
                    WHERE account_id = $1 AND sent_at > $3) AS today,
                  (SELECT count(*)::int FROM invitation
                    WHERE account_id = $1 AND affiliate_id = $2 AND sent_at > $4) AS to_one""",
        account_id, affiliate_id, since_day, since_month,
    )  # fmt: skip
    assert row is not None, "counts are a row"
    return Sent(**row)


async def partner(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> tuple[UUID, str] | None:
    """The partnership of a store and an affiliate that has not ended, and its offer's name."""
    row = await tx.fetchrow(
        """SELECT p.id, o.name FROM partnership p
             JOIN offer o ON o.account_id = p.account_id AND o.id = p.offer_id
            WHERE p.account_id = $1 AND p.store_id = $2 AND p.affiliate_id = $3
              AND p.status <> 'ENDED'""",
        account_id, store_id, affiliate_id,
    )  # fmt: skip
    return None if row is None else (row["id"], row["name"])


async def renew_agreement(tx: Tx, account_id: UUID, offer_id: UUID, agreement_id: UUID) -> None:
    """Open invitations to the offer go by its new agreement."""
    await tx.execute(
        """UPDATE invitation SET agreement_id = $3
            WHERE account_id = $1 AND offer_id = $2 AND state = 'SENT'""",
        account_id, offer_id, agreement_id,
    )  # fmt: skip


async def insert(
    tx: Tx, account_id: UUID, offer_id: UUID, store_id: UUID, affiliate_id: UUID,
    affiliate_name: str, message: str, agreement_id: UUID | None, actor: str, now: datetime,
) -> Invitation:  # fmt: skip
    """While the account sends one at a time, and the affiliate has no open one to the store."""
    row = await tx.fetchrow(
        """INSERT INTO invitation
                  (account_id, offer_id, store_id, affiliate_id, state, affiliate_name, message,
                   agreement_id, sent_at, sent_by)
           VALUES ($1, $2, $3, $4, 'SENT', $5, $6, $7, $8, $9)
           RETURNING id, offer_id, store_id, affiliate_id, state, agreement_id, sent_by,
                     affiliate_name""",
        account_id, offer_id, store_id, affiliate_id, affiliate_name, message, agreement_id, now,
        actor,
    )  # fmt: skip
    assert row is not None, "a row that was written is there"
    return _invitation(row)


async def open_one(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> tuple[UUID, str] | None:
    """The open invitation of an affiliate to a store, and its offer's name."""
    row = await tx.fetchrow(
        """SELECT i.id, o.name FROM invitation i
             JOIN offer o ON o.account_id = i.account_id AND o.id = i.offer_id
            WHERE i.account_id = $1 AND i.store_id = $2 AND i.affiliate_id = $3
              AND i.state = 'SENT'""",
        account_id, store_id, affiliate_id,
    )  # fmt: skip
    return None if row is None else (row["id"], row["name"])


async def account_of(tx: Tx, affiliate_id: UUID, invitation_id: UUID) -> UUID | None:
    """Whose invitation it is, asked as the affiliate whom it invites; None of anybody else's."""
    found: UUID | None = await tx.fetchval(
        "SELECT account_id FROM invitation WHERE id = $1 AND affiliate_id = $2",
        invitation_id, affiliate_id,
    )  # fmt: skip
    return found


async def offer_of(tx: Tx, account_id: UUID, invitation_id: UUID) -> UUID | None:
    found: UUID | None = await tx.fetchval(
        "SELECT offer_id FROM invitation WHERE account_id = $1 AND id = $2",
        account_id, invitation_id,
    )  # fmt: skip
    return found


async def lock(tx: Tx, account_id: UUID, invitation_id: UUID) -> Invitation | None:
    row = await tx.fetchrow(
        """SELECT id, offer_id, store_id, affiliate_id, state, agreement_id, sent_by,
                  affiliate_name
             FROM invitation WHERE account_id = $1 AND id = $2 FOR UPDATE""",
        account_id, invitation_id,
    )  # fmt: skip
    return None if row is None else _invitation(row)


async def correspondence(tx: Tx, account_id: UUID, invitation_id: UUID) -> Correspondence:
    row = await tx.fetchrow(
        """SELECT a.email, a.person_id IS NOT NULL AS verified, i.affiliate_name,
                  b.name AS brand_name, o.name AS offer_name, i.message
             FROM invitation i
             JOIN affiliate a ON a.id = i.affiliate_id
             JOIN offer o ON o.account_id = i.account_id AND o.id = i.offer_id
             JOIN store s ON s.account_id = i.account_id AND s.id = i.store_id
             JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
            WHERE i.account_id = $1 AND i.id = $2""",
        account_id, invitation_id,
    )  # fmt: skip
    assert row is not None, "an invitation has an affiliate and a brand"
    return Correspondence(**row)


async def close(
    tx: Tx, account_id: UUID, invitation_id: UUID, state: State, reason: str | None, now: datetime
) -> None:
    await tx.execute(
        """UPDATE invitation SET state = $3, reason = $4, answered_at = $5
            WHERE account_id = $1 AND id = $2""",
        account_id, invitation_id, state, reason, now,
    )  # fmt: skip


def _invitation(row: asyncpg.Record) -> Invitation:
    return Invitation(
        id=row["id"],
        offer_id=row["offer_id"],
        store_id=row["store_id"],
        affiliate_id=row["affiliate_id"],
        state=State(row["state"]),
        agreement_id=row["agreement_id"],
        sent_by=row["sent_by"],
        affiliate_name=row["affiliate_name"],
    )
