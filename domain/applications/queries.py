"""SQL of the applications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.applications.rules import Answer, Applicant, Application, State
from domain.marketplace.rules import Listing


@dataclass(frozen=True, slots=True)
class Correspondence:
    state: State
    affiliate_name: str
    affiliate_email: str
    brand_name: str
    offer_name: str
    reason: str | None


async def hold_affiliate(tx: Tx, affiliate_id: UUID) -> None:
    """As the affiliate: their applications are made one after the other."""
    await tx.execute("SELECT FROM affiliate WHERE id = $1 FOR NO KEY UPDATE", affiliate_id)


async def sent_since(tx: Tx, affiliate_id: UUID, since: datetime) -> int:
    """As the affiliate: how many applications they have sent, to whatever account."""
    count: int = await tx.fetchval(
        "SELECT count(*) FROM application WHERE affiliate_id = $1 AND submitted_at > $2",
        affiliate_id, since,
    )  # fmt: skip
    return count


async def account_of(tx: Tx, affiliate_id: UUID, application_id: UUID) -> UUID | None:
    """As the affiliate, who sees their own: in which account an application lies."""
    found: UUID | None = await tx.fetchval(
        "SELECT account_id FROM application WHERE affiliate_id = $1 AND id = $2",
        affiliate_id, application_id,
    )  # fmt: skip
    return found


async def applicant(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> Applicant | None:
    row = await tx.fetchrow(
        """SELECT a.id, COALESCE(p.name, a.name) AS name, COALESCE(p.audience, 0) AS audience,
                  COALESCE(p.verified, a.person_id IS NOT NULL) AS verified,
                  EXISTS (SELECT FROM partnership s
                           WHERE s.account_id = $1 AND s.store_id = $2 AND s.affiliate_id = a.id)
                  OR EXISTS (SELECT FROM application r
                              WHERE r.account_id = $1 AND r.store_id = $2
                                AND r.affiliate_id = a.id AND r.state = 'REJECTED') AS known
             FROM affiliate a LEFT JOIN published_profile p ON p.id = a.id
            WHERE a.id = $3""",
        account_id, store_id, affiliate_id,
    )  # fmt: skip
    return None if row is None else Applicant(*row)


async def partnership_between(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> UUID | None:
    """The partnership that goes on, paused or not."""
    found: UUID | None = await tx.fetchval(
        """SELECT id FROM partnership
            WHERE account_id = $1 AND store_id = $2 AND affiliate_id = $3 AND status <> 'ENDED'""",
        account_id, store_id, affiliate_id,
    )  # fmt: skip
    return found


async def open_application(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> UUID | None:
    found: UUID | None = await tx.fetchval(
        """SELECT id FROM application
            WHERE account_id = $1 AND store_id = $2 AND affiliate_id = $3
              AND state = 'SUBMITTED'""",
        account_id, store_id, affiliate_id,
    )  # fmt: skip
    return found


async def let_in_since(tx: Tx, account_id: UUID, store_id: UUID, since: datetime) -> int:
    """How many the rules have let in."""
    count: int = await tx.fetchval(
        """SELECT count(*) FROM application
            WHERE account_id = $1 AND store_id = $2 AND decided_by = 'rules'
              AND decided_at >= $3""",
        account_id, store_id, since,
    )  # fmt: skip
    return count


async def insert(
    tx: Tx, account_id: UUID, listing: Listing, applicant: Applicant, message: str,
    answers: Sequence[Answer], now: datetime,
) -> Application:  # fmt: skip
    shown = listing.shown
    row = await tx.fetchrow(
        """INSERT INTO application
                  (account_id, offer_id, store_id, affiliate_id, state, affiliate_name, audience,
                   verified, brand_name, offer_name, rate_bp, message, answers, agreement_id,
                   submitted_at)
           VALUES ($1, $2, $3, $4, 'SUBMITTED', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
           RETURNING id, offer_id, store_id, affiliate_id, state, decided_at""",
        account_id, listing.offer_id, shown.store_id, applicant.affiliate_id, applicant.name,
        applicant.audience, applicant.verified, shown.brand_name, shown.offer_name, shown.rate_bp,
        message, [{"question": one.question, "answer": one.answer} for one in answers],
        shown.agreement_id, now,
    )  # fmt: skip
    assert row is not None, "it was written"
    return _application(row)


async def hold_partnerships(tx: Tx, account_id: UUID, application_ids: Sequence[UUID]) -> None:
    """Lock what accepting them may change, all at once and in the order in which reports and bulk
    changes of partnerships lock it: the profiles, then the applicants' partnerships by id."""
    await tx.execute(
        """SELECT FROM profile
            WHERE account_id = $1
              AND id IN (SELECT s.profile_id FROM application a
                           JOIN store s ON s.account_id = a.account_id AND s.id = a.store_id
                          WHERE a.account_id = $1 AND a.id = ANY($2))
            ORDER BY id FOR SHARE""",
        account_id, list(application_ids),
    )  # fmt: skip
    await tx.execute(
        """SELECT FROM partnership
            WHERE account_id = $1
              AND (store_id, affiliate_id) IN
                  (SELECT a.store_id, a.affiliate_id FROM application a
                    WHERE a.account_id = $1 AND a.id = ANY($2))
            ORDER BY id FOR UPDATE""",
        account_id, list(application_ids),
    )  # fmt: skip


async def lock(
    tx: Tx, account_id: UUID, application_ids: Sequence[UUID]
) -> dict[UUID, Application]:
    """Applications to be answered, locked in one order, so that deciders don't deadlock."""
    rows = await tx.fetch(
        """SELECT id, offer_id, store_id, affiliate_id, state, decided_at FROM application
            WHERE account_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE""",
        account_id, list(application_ids),
    )  # fmt: skip
    return {row["id"]: _application(row) for row in rows}


async def set_state(
    tx: Tx, account_id: UUID, application_id: UUID, state: State, reason: str | None, by: str,
    now: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """UPDATE application SET state = $3, reason = $4, decided_by = $5, decided_at = $6
            WHERE account_id = $1 AND id = $2""",
        account_id, application_id, state, reason, by, now,
    )  # fmt: skip


async def insert_event(
    tx: Tx, account_id: UUID, application_id: UUID, state: State, reason: str | None, by: str,
    now: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """INSERT INTO application_event (account_id, application_id, state, reason, actor, at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        account_id, application_id, state, reason, by, now,
    )  # fmt: skip


async def correspondence(tx: Tx, account_id: UUID, application_id: UUID) -> Correspondence:
    """What letters about an application say, and where the affiliate reads them."""
    row = await tx.fetchrow(
        """SELECT p.state, p.affiliate_name, a.email AS affiliate_email, p.brand_name,
                  p.offer_name, p.reason
             FROM application p JOIN affiliate a ON a.id = p.affiliate_id
            WHERE p.account_id = $1 AND p.id = $2""",
        account_id, application_id,
    )  # fmt: skip
    assert row is not None, "it was just written"
    return Correspondence(State(row["state"]), *tuple(row)[1:])


async def addresses(tx: Tx, account_id: UUID, roles: Sequence[str]) -> list[str]:
    """Of members who have one of the roles; the longest there first, twenty at most."""
    rows = await tx.fetch(
        """SELECT email FROM member
            WHERE account_id = $1 AND role = ANY($2) ORDER BY joined_at, id LIMIT 20""",
        account_id, list(roles),
    )  # fmt: skip
    return [row["email"] for row in rows]


def _application(row: asyncpg.Record) -> Application:
    return Application(
        id=row["id"],
        offer_id=row["offer_id"],
        store_id=row["store_id"],
        affiliate_id=row["affiliate_id"],
        state=State(row["state"]),
        decided_at=row["decided_at"],
    )
