"""SQL of listings, what they show, and how an account treats its affiliates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.marketplace.agreements import Agreement
from domain.marketplace.categories import Category
from domain.marketplace.rules import SHOWN, Acceptance, Form, Listing, Question, Shown


@dataclass(frozen=True, slots=True)
class ListedAccount:
    account_id: UUID
    time_zone: str
    """Of the store of the offer that it lists."""


async def hold_store(tx: Tx, account_id: UUID, store_id: UUID) -> tuple[str, datetime | None]:
    """A store's time zone and when it was disconnected; neither changes until the transaction
    ends. After the offer's lock and before the listing's, as everybody takes them."""
    row = await tx.fetchrow(
        """SELECT time_zone, disconnected_at FROM store
            WHERE account_id = $1 AND id = $2 FOR SHARE""",
        account_id, store_id,
    )  # fmt: skip
    assert row is not None, "an offer has a store"
    return row["time_zone"], row["disconnected_at"]


async def time_zone(tx: Tx, account_id: UUID, offer_id: UUID) -> str:
    zone: str = await tx.fetchval(
        """SELECT s.time_zone
             FROM offer o JOIN store s ON s.account_id = o.account_id AND s.id = o.store_id
            WHERE o.account_id = $1 AND o.id = $2""",
        account_id, offer_id,
    )  # fmt: skip
    return zone


async def shown(tx: Tx, account_id: UUID, offer_id: UUID, today: date) -> Shown | None:
    """What a listing of the offer has to show on a day; None before its terms are in force."""
    row = await tx.fetchrow(
        """SELECT o.store_id, b.name AS brand_name, s.name AS store_name, o.name AS offer_name,
                  s.channel, s.marketplace_id, s.currency, v.rate_bp, v.cookie_days,
                  (SELECT g.id FROM agreement g
                    WHERE g.account_id = o.account_id AND g.offer_id = o.id
                    ORDER BY g.version DESC LIMIT 1) AS agreement_id
             FROM offer o
             JOIN store s ON s.account_id = o.account_id AND s.id = o.store_id
             JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
             JOIN offer_version v ON v.account_id = o.account_id AND v.offer_id = o.id
            WHERE o.account_id = $1 AND o.id = $2 AND v.valid_from <= $3
            ORDER BY v.valid_from DESC LIMIT 1""",
        account_id, offer_id, today,
    )  # fmt: skip
    return None if row is None else Shown(**row)


async def put(
    tx: Tx, account_id: UUID, offer_id: UUID, shown: Shown, form: Form, now: datetime
) -> UUID:
    """List an offer in the place of whatever the account has listed, in one statement.

    Another offer is another listing; the same offer keeps its listing's id and age.
    """
    rules = form.acceptance
    id: UUID = await tx.fetchval(
        """INSERT INTO listing
                  (account_id, offer_id, store_id, brand_name, store_name, offer_name, channel,
                   marketplace_id, currency, rate_bp, cookie_days, agreement_id, description,
                   categories, cover_url, questions, auto_accept, verified_only,
                   minimum_audience, daily_limit, listed_at, changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                   $18, $19, $20, $21, $21)
           ON CONFLICT (account_id) DO UPDATE SET
                  id = CASE WHEN listing.offer_id = excluded.offer_id THEN listing.id
                            ELSE excluded.id END,
                  listed_at = CASE WHEN listing.offer_id = excluded.offer_id
                                   THEN listing.listed_at ELSE excluded.listed_at END,
                  offer_id = excluded.offer_id,
                  store_id = excluded.store_id,
                  brand_name = excluded.brand_name,
                  store_name = excluded.store_name,
                  offer_name = excluded.offer_name,
                  channel = excluded.channel,
                  marketplace_id = excluded.marketplace_id,
                  currency = excluded.currency,
                  rate_bp = excluded.rate_bp,
                  cookie_days = excluded.cookie_days,
                  agreement_id = excluded.agreement_id,
                  description = excluded.description,
                  categories = excluded.categories,
                  cover_url = excluded.cover_url,
                  questions = excluded.questions,
                  auto_accept = excluded.auto_accept,
                  verified_only = excluded.verified_only,
                  minimum_audience = excluded.minimum_audience,
                  daily_limit = excluded.daily_limit,
                  changed_at = excluded.changed_at
           RETURNING id""",
        account_id, offer_id, shown.store_id, shown.brand_name, shown.store_name, shown.offer_name,
        shown.channel, shown.marketplace_id, shown.currency, shown.rate_bp, shown.cookie_days,
        shown.agreement_id, form.description, list(form.categories), form.cover_url,
        _written(form.questions), rules.auto_accept, rules.verified_only, rules.minimum_audience,
        rules.daily_limit, now,
    )  # fmt: skip
    return id


async def lock(tx: Tx, account_id: UUID) -> Listing | None:
    """What the account lists; nobody else changes it until the transaction ends."""
    await tx.execute("SELECT FROM listing WHERE account_id = $1 FOR UPDATE", account_id)
    return await listed(tx, account_id)


async def listed(tx: Tx, account_id: UUID) -> Listing | None:
    row = await tx.fetchrow(
        """SELECT id, offer_id, store_id, brand_name, store_name, offer_name, channel,
                  marketplace_id, currency, rate_bp, cookie_days, agreement_id, description,
                  categories, cover_url, questions, auto_accept, verified_only, minimum_audience,
                  daily_limit
             FROM listing WHERE account_id = $1""",
        account_id,
    )
    return None if row is None else _listing(row)


async def show(tx: Tx, account_id: UUID, shown: Shown, now: datetime) -> None:
    await tx.execute(
        """UPDATE listing
              SET brand_name = $2, store_name = $3, offer_name = $4, rate_bp = $5,
                  cookie_days = $6, agreement_id = $7, currency = $8, changed_at = $9
            WHERE account_id = $1""",
        account_id, shown.brand_name, shown.store_name, shown.offer_name, shown.rate_bp,
        shown.cookie_days, shown.agreement_id, shown.currency, now,
    )  # fmt: skip


async def rewrite(tx: Tx, account_id: UUID, form: Form, now: datetime) -> None:
    rules = form.acceptance
    await tx.execute(
        """UPDATE listing
              SET description = $2, categories = $3, cover_url = $4, questions = $5,
                  auto_accept = $6, verified_only = $7, minimum_audience = $8, daily_limit = $9,
                  changed_at = $10
            WHERE account_id = $1""",
        account_id, form.description, list(form.categories), form.cover_url,
        _written(form.questions), rules.auto_accept, rules.verified_only, rules.minimum_audience,
        rules.daily_limit, now,
    )  # fmt: skip


async def keep_words(tx: Tx, account_id: UUID) -> None:
    """Let searches know the words of the account's listing; in one order, so that those who list
    at the same time don't deadlock."""
    await tx.execute(
        """INSERT INTO search_word (word)
           SELECT found.word
             FROM listing l CROSS JOIN LATERAL unnest(tsvector_to_array(l.search)) AS found (word)
            WHERE l.account_id = $1
            ORDER BY found.word
           ON CONFLICT (word) DO NOTHING""",
        account_id,
    )


async def delete(tx: Tx, account_id: UUID, listing_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM listing WHERE account_id = $1 AND id = $2", account_id, listing_id
    )


async def delete_of_store(tx: Tx, account_id: UUID, store_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM listing WHERE account_id = $1 AND store_id = $2", account_id, store_id
    )


async def account_of(tx: Tx, listing_id: UUID) -> UUID | None:
    """Whose a listing is, for an affiliate, who sees what is listed and nothing else."""
    found: UUID | None = await tx.fetchval(
        "SELECT account_id FROM listing WHERE id = $1", listing_id
    )
    return found


async def promote(
    tx: Tx, account_id: UUID, offer_id: UUID, store_id: UUID, product_ids: Sequence[UUID]
) -> list[UUID]:
    """Let a listing of the offer show these products of the store and no others; those of them
    that there are."""
    await tx.execute(
        "DELETE FROM promoted_product WHERE account_id = $1 AND offer_id = $2",
        account_id, offer_id,
    )  # fmt: skip
    rows = await tx.fetch(
        """INSERT INTO promoted_product (account_id, id, offer_id, place)
           SELECT p.account_id, p.id, $2, wanted.place
             FROM unnest($4::uuid[]) WITH ORDINALITY AS wanted (id, place)
             JOIN product p ON p.account_id = $1 AND p.store_id = $3 AND p.id = wanted.id
           RETURNING id""",
        account_id, offer_id, store_id, list(product_ids),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def newest_agreement(tx: Tx, account_id: UUID, offer_id: UUID) -> Agreement | None:
    row = await tx.fetchrow(
        """SELECT id, version, sha256, published_at FROM agreement
            WHERE account_id = $1 AND offer_id = $2 ORDER BY version DESC LIMIT 1""",
        account_id, offer_id,
    )  # fmt: skip
    return None if row is None else Agreement(**row)


async def agreement(tx: Tx, account_id: UUID, agreement_id: UUID) -> Agreement | None:
    row = await tx.fetchrow(
        """SELECT id, version, sha256, published_at FROM agreement
            WHERE account_id = $1 AND id = $2""",
        account_id, agreement_id,
    )  # fmt: skip
    return None if row is None else Agreement(**row)


async def insert_agreement(
    tx: Tx, account_id: UUID, offer_id: UUID, version: int, body: str, sha256: bytes, by: str,
    now: datetime,
) -> UUID:  # fmt: skip
    id: UUID = await tx.fetchval(
        """INSERT INTO agreement
                  (account_id, offer_id, version, body, sha256, published_at, published_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
        account_id, offer_id, version, body, sha256, now, by,
    )  # fmt: skip
    return id


async def insert_acceptance(
    tx: Tx, account_id: UUID, agreement: Agreement, affiliate_id: UUID, by: str, now: datetime
) -> None:
    """Once per version and affiliate; the first time stands."""
    await tx.execute(
        """INSERT INTO agreement_acceptance
                  (account_id, agreement_id, affiliate_id, sha256, accepted_at, accepted_by)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (account_id, agreement_id, affiliate_id) DO NOTHING""",
        account_id, agreement.id, affiliate_id, agreement.sha256, now, by,
    )  # fmt: skip


async def note_visit(
    tx: Tx, account_id: UUID, offer_id: UUID, affiliate_id: UUID, now: datetime,
    started_at: datetime | None,
) -> None:  # fmt: skip
    """The first visit and the first start count; later ones change nothing."""
    await tx.execute(
        """INSERT INTO listing_visit (account_id, offer_id, affiliate_id, visited_at, started_at)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (account_id, offer_id, affiliate_id) DO UPDATE SET
                  started_at = coalesce(listing_visit.started_at, excluded.started_at)""",
        account_id, offer_id, affiliate_id, now, started_at,
    )  # fmt: skip


async def listed_accounts(tx: Tx) -> list[ListedAccount]:
    """All accounts that have something in the marketplace."""
    rows = await tx.fetch(
        """SELECT l.account_id, s.time_zone
             FROM listing l JOIN store s ON s.account_id = l.account_id AND s.id = l.store_id"""
    )
    return [ListedAccount(*row) for row in rows]


async def measure_reputation(tx: Tx, account_id: UUID, since: datetime, now: datetime) -> None:
    """From conversions that settled since a moment; the median is of those that were decided."""
    await tx.execute(
        """INSERT INTO reputation
                  (account_id, settled, approved, denied, adjusted, days_to_decide, measured_at)
           SELECT $1, count(*), count(*) FILTER (WHERE status = 'APPROVED'),
                  count(*) FILTER (WHERE status = 'DENIED'),
                  count(*) FILTER (WHERE decided_at IS NOT NULL
                                     AND reported_commission_minor < commission_minor),
                  percentile_disc(0.5) WITHIN GROUP (
                      ORDER BY extract(day FROM decided_at - settled_at)::int),
                  $3
             FROM conversion
            WHERE account_id = $1 AND settled_at > $2 AND settled_at <= $3
           ON CONFLICT (account_id) DO UPDATE SET
                  settled = excluded.settled,
                  approved = excluded.approved,
                  denied = excluded.denied,
                  adjusted = excluded.adjusted,
                  days_to_decide = excluded.days_to_decide,
                  measured_at = excluded.measured_at""",
        account_id, since, now,
    )  # fmt: skip


def _listing(row: asyncpg.Record) -> Listing:
    rules = Acceptance(
        row["auto_accept"], row["verified_only"], row["minimum_audience"], row["daily_limit"]
    )
    form = Form(
        description=row["description"],
        categories=tuple(map(Category, row["categories"])),
        cover_url=row["cover_url"],
        questions=tuple(Question(**one) for one in row["questions"]),
        acceptance=rules,
    )
    shown = Shown(**{name: row[name] for name in SHOWN})
    return Listing(row["id"], row["offer_id"], shown, form)


def _written(questions: Sequence[Question]) -> list[dict[str, Any]]:
    return [{"question": one.question, "required": one.required} for one in questions]
