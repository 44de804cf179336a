"""Entities as their payloads need them. SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import TypeAlias
from uuid import UUID

import asyncpg

from db.pool import Tx

Rows: TypeAlias = list[asyncpg.Record]


async def conversions(tx: Tx, account_id: UUID, ids: Iterable[UUID]) -> Rows:
    rows: Rows = await tx.fetch(
        """SELECT c.id, c.day, c.source, c.status, c.currency, c.partnership_id, c.store_id,
                  s.name AS store_name, c.affiliate_id, f.name AS affiliate_name, v.offer_id,
                  o.name AS offer_name, c.offer_version_id, c.rate_bp, c.orders, c.units,
                  c.sales_minor, c.commission_minor, c.reported_orders, c.reported_units,
                  c.reported_sales_minor, c.reported_commission_minor, c.first_seen_at,
                  c.changed_at, c.settles_on, c.settled_at, c.decided_at, d.verdict, d.reason
             FROM conversion c
             JOIN store s ON s.account_id = c.account_id AND s.id = c.store_id
             JOIN affiliate f ON f.id = c.affiliate_id
             JOIN offer_version v ON v.account_id = c.account_id AND v.id = c.offer_version_id
             JOIN offer o ON o.account_id = v.account_id AND o.id = v.offer_id
             LEFT JOIN decision d ON d.account_id = c.account_id
                                 AND d.partnership_id = c.partnership_id AND d.day = c.day
            WHERE c.account_id = $1 AND c.id = ANY($2)
            ORDER BY c.id""",
        account_id, list(ids),
    )  # fmt: skip
    return rows


async def conversions_of(
    tx: Tx, account_id: UUID, partnership_ids: Collection[UUID], from_day: date, to_day: date
) -> list[UUID]:
    """The ids of what these partnerships sold on these days."""
    rows = await tx.fetch(
        """SELECT id FROM conversion
            WHERE account_id = $1 AND partnership_id = ANY($2) AND day BETWEEN $3 AND $4""",
        account_id, list(partnership_ids), from_day, to_day,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def partnerships(tx: Tx, account_id: UUID, ids: Iterable[UUID]) -> Rows:
    rows: Rows = await tx.fetch(
        """SELECT p.id, p.store_id, s.name AS store_name, p.affiliate_id,
                  f.name AS affiliate_name, p.offer_id, o.name AS offer_name, p.status,
                  p.status_reason, p.status_changed_at, p.status_changed_by, p.campaign_token,
                  p.visible_at, p.created_at, g.assignments
             FROM partnership p
             JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
             JOIN affiliate f ON f.id = p.affiliate_id
             JOIN offer o ON o.account_id = p.account_id AND o.id = p.offer_id
             LEFT JOIN LATERAL
                  (SELECT jsonb_agg(jsonb_build_object('starts_on', a.valid_from,
                                                       'offer_id', a.offer_id,
                                                       'offer_name', a.name)
                                    ORDER BY a.valid_from DESC) AS assignments
                     FROM (SELECT n.valid_from, n.offer_id, m.name
                             FROM assignment n
                             JOIN offer m ON m.account_id = n.account_id AND m.id = n.offer_id
                            WHERE n.account_id = p.account_id AND n.partnership_id = p.id
                            ORDER BY n.valid_from DESC LIMIT 50) a) g ON true
            WHERE p.account_id = $1 AND p.id = ANY($2)
            ORDER BY p.id""",
        account_id, list(ids),
    )  # fmt: skip
    return rows


async def thresholds(tx: Tx, account_id: UUID, partnership_ids: Collection[UUID]) -> Rows:
    """By which clicks Amazon's threshold was reached, and what has been shown since."""
    rows: Rows = await tx.fetch(
        """SELECT p.id, s.currency, i.click_threshold AS threshold, k.clicks, k.since,
                  c.conversions, c.orders, c.units, c.sales_minor, c.commission_minor
             FROM partnership p
             JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
            CROSS JOIN installation i
            CROSS JOIN LATERAL
                  (SELECT count(*) AS clicks, min(n.clicked_at) AS since FROM click n
                    WHERE n.account_id = p.account_id AND n.partnership_id = p.id) k
            CROSS JOIN LATERAL
                  (SELECT count(*) AS conversions, coalesce(sum(n.orders), 0)::bigint AS orders,
                          coalesce(sum(n.units), 0)::bigint AS units,
                          coalesce(sum(n.sales_minor), 0)::bigint AS sales_minor,
                          coalesce(sum(n.commission_minor), 0)::bigint AS commission_minor
                     FROM conversion n
                    WHERE n.account_id = p.account_id AND n.partnership_id = p.id) c
            WHERE p.account_id = $1 AND p.id = ANY($2)
            ORDER BY p.id""",
        account_id, list(partnership_ids),
    )  # fmt: skip
    return rows


async def applications(tx: Tx, account_id: UUID, ids: Iterable[UUID]) -> Rows:
    """`partner_name` is what an applicant is called who has become a partner in the account."""
    rows: Rows = await tx.fetch(
        """SELECT a.id, a.state, a.affiliate_id, a.affiliate_name, a.audience, a.verified,
                  a.brand_name, a.offer_name, a.rate_bp, a.message, a.answers, a.agreement_id,
                  a.reason, a.submitted_at, a.decided_at, a.store_id, s.name AS store_name,
                  a.offer_id, p.id AS partnership_id,
                  CASE WHEN EXISTS (SELECT FROM partnership k
                                     WHERE k.account_id = a.account_id
                                       AND k.affiliate_id = a.affiliate_id)
                       THEN f.name END AS partner_name
             FROM application a
             JOIN store s ON s.account_id = a.account_id AND s.id = a.store_id
             JOIN affiliate f ON f.id = a.affiliate_id
             LEFT JOIN partnership p ON p.account_id = a.account_id AND p.store_id = a.store_id
                                    AND p.affiliate_id = a.affiliate_id
            WHERE a.account_id = $1 AND a.id = ANY($2)
            ORDER BY a.id""",
        account_id, list(ids),
    )  # fmt: skip
    return rows


async def offer(tx: Tx, account_id: UUID, id: UUID) -> asyncpg.Record | None:
    row: asyncpg.Record | None = await tx.fetchrow(
        """SELECT o.id, o.name, o.description, o.store_id, s.name AS store_name, o.archived_at,
                  o.created_at, g.versions
             FROM offer o
             JOIN store s ON s.account_id = o.account_id AND s.id = o.store_id
             LEFT JOIN LATERAL
                  (SELECT jsonb_agg(jsonb_build_object('id', v.id, 'starts_on', v.valid_from,
                                                       'rate_bp', v.rate_bp,
                                                       'cookie_days', v.cookie_days,
                                                       'dtc_terms', v.dtc_terms)
                                    ORDER BY v.valid_from DESC) AS versions
                     FROM (SELECT n.id, n.valid_from, n.rate_bp, n.cookie_days, n.dtc_terms
                             FROM offer_version n
                            WHERE n.account_id = o.account_id AND n.offer_id = o.id
                            ORDER BY n.valid_from DESC LIMIT 50) v) g ON true
            WHERE o.account_id = $1 AND o.id = $2""",
        account_id, id,
    )  # fmt: skip
    return row


async def listing(tx: Tx, account_id: UUID) -> asyncpg.Record | None:
    """What the account has listed."""
    row: asyncpg.Record | None = await tx.fetchrow(
        """SELECT id, store_id, brand_name, store_name, offer_name, channel, marketplace_id,
                  currency, rate_bp, cookie_days, agreement_id, description, categories,
                  cover_url, questions, auto_accept, verified_only, minimum_audience, listed_at
             FROM listing WHERE account_id = $1""",
        account_id,
    )
    return row


async def stores(tx: Tx, account_id: UUID, ids: Iterable[UUID]) -> Rows:
    """`problem` is what Amazon, or we, say about a consent that was lost."""
    rows: Rows = await tx.fetch(
        """SELECT s.id, s.name, s.brand_id, b.name AS brand_name, s.channel, s.marketplace_id,
                  s.url, s.currency, s.time_zone, s.connected_at, s.disconnected_at,
                  s.stale_since, r.observed_at AS as_of,
                  CASE WHEN s.disconnected_at IS NOT NULL THEN 'DISCONNECTED'
                       WHEN s.profile_id IS NULL THEN 'CONNECTED'
                       WHEN g.state IS NOT NULL THEN 'RECONNECT'
                       WHEN p.measuring_since IS NULL THEN 'MEASURING_NOT_CONFIRMED'
                       ELSE 'CONNECTED' END AS status,
                  g.problem
             FROM store s
             JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
             LEFT JOIN profile p ON p.account_id = s.account_id AND p.id = s.profile_id
             LEFT JOIN LATERAL
                  (SELECT n.state, n.problem FROM amazon_grant n
                    WHERE n.account_id = p.account_id
                      AND n.seller_account_id = p.seller_account_id AND n.state = 'RECONNECT'
                    ORDER BY n.api LIMIT 1) g ON true
             LEFT JOIN LATERAL
                  (SELECT n.observed_at FROM report_run n
                    WHERE n.account_id = s.account_id AND n.profile_id = s.profile_id
                      AND n.level = 'CAMPAIGN' AND n.state = 'APPLIED'
                      AND n.purpose IN ('DAILY', 'REQUESTED')
                    ORDER BY n.observed_at DESC LIMIT 1) r ON true
            WHERE s.account_id = $1 AND s.id = ANY($2)
            ORDER BY s.id""",
        account_id, list(ids),
    )  # fmt: skip
    return rows


async def stores_of_seller(tx: Tx, account_id: UUID, seller_account_id: UUID) -> list[UUID]:
    """The connected ones, held, so that their events stand in one order."""
    rows = await tx.fetch(
        """SELECT s.id FROM store s
             JOIN profile p ON p.account_id = s.account_id AND p.id = s.profile_id
            WHERE s.account_id = $1 AND p.seller_account_id = $2 AND s.disconnected_at IS NULL
            ORDER BY s.id FOR NO KEY UPDATE OF s""",
        account_id, seller_account_id,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def report_run(tx: Tx, account_id: UUID, id: UUID) -> asyncpg.Record | None:
    row: asyncpg.Record | None = await tx.fetchrow(
        """SELECT r.id, r.profile_id, p.name AS profile_name, r.level, r.purpose, r.from_day,
                  r.to_day, r.state, r.started_at, r.observed_at, r.finished_at, r.problem,
                  (SELECT jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name) ORDER BY s.id)
                     FROM store s
                    WHERE s.account_id = r.account_id AND s.profile_id = r.profile_id) AS stores
             FROM report_run r
             JOIN profile p ON p.account_id = r.account_id AND p.id = r.profile_id
            WHERE r.account_id = $1 AND r.id = $2""",
        account_id, id,
    )  # fmt: skip
    return row


async def active_products(
    tx: Tx, account_id: UUID, store_id: UUID, skus: Collection[str]
) -> list[UUID]:
    rows = await tx.fetch(
        """SELECT id FROM product
            WHERE account_id = $1 AND store_id = $2 AND sku = ANY($3) AND status = 'ACTIVE'""",
        account_id, store_id, list(skus),
    )  # fmt: skip
    return [row["id"] for row in rows]


async def removed_products(tx: Tx, account_id: UUID, ids: Collection[UUID]) -> Rows:
    """Those of them that are for sale no more."""
    rows: Rows = await tx.fetch(
        """SELECT p.id, p.sku, p.asin, p.url, p.title, p.brand_name, p.category, p.image_url,
                  p.price_minor, p.currency, p.status, p.first_seen_at, p.last_seen_at,
                  p.store_id, s.name AS store_name
             FROM product p JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
            WHERE p.account_id = $1 AND p.id = ANY($2) AND p.status = 'INACTIVE'
            ORDER BY p.id""",
        account_id, list(ids),
    )  # fmt: skip
    return rows


async def going_by(
    tx: Tx, account_id: UUID, offer_id: UUID, affiliate_ids: Collection[UUID]
) -> list[UUID]:
    """Of these affiliates, those whom the offer pays at present."""
    rows = await tx.fetch(
        """SELECT DISTINCT affiliate_id FROM partnership
            WHERE account_id = $1 AND offer_id = $2 AND status = 'ACTIVE'
              AND affiliate_id = ANY($3)""",
        account_id, offer_id, list(affiliate_ids),
    )  # fmt: skip
    return [row["affiliate_id"] for row in rows]


async def around(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_ids: Collection[UUID]
) -> list[UUID]:
    """Of these affiliates, those who promote the store or have applied to and wait."""
    rows = await tx.fetch(
        """SELECT affiliate_id FROM partnership
            WHERE account_id = $1 AND store_id = $2 AND status <> 'ENDED'
              AND affiliate_id = ANY($3)
           UNION
           SELECT affiliate_id FROM application
            WHERE account_id = $1 AND store_id = $2 AND state = 'SUBMITTED'
              AND affiliate_id = ANY($3)""",
        account_id, store_id, list(affiliate_ids),
    )  # fmt: skip
    return [row["affiliate_id"] for row in rows]


async def leading_to(
    tx: Tx, account_id: UUID, store_id: UUID, pages: Collection[str],
    affiliate_ids: Collection[UUID],
) -> list[tuple[UUID, str | None]]:  # fmt: skip
    """Of these affiliates, those who promote the store, with None; and those who promote it no
    more while links of theirs go on leading to one of the pages, with each."""
    rows = await tx.fetch(
        """SELECT affiliate_id, NULL AS page FROM partnership
            WHERE account_id = $1 AND store_id = $2 AND status <> 'ENDED'
              AND affiliate_id = ANY($4)
           UNION
           SELECT p.affiliate_id, c.landing
             FROM partnership p
             JOIN link l ON l.account_id = p.account_id AND l.partnership_id = p.id
             JOIN creative c ON c.account_id = l.account_id AND c.id = l.creative_id
            WHERE p.account_id = $1 AND p.store_id = $2 AND p.status = 'ENDED'
              AND p.affiliate_id = ANY($4) AND c.landing = ANY($3)""",
        account_id, store_id, list(pages), list(affiliate_ids),
    )  # fmt: skip
    return [(row["affiliate_id"], row["page"]) for row in rows]
