"""Accounts with trade of their own beside each other: so many that a plan reading them all shows.

Each account has ten partners, a link and some days' sales of each, products, applications and
invitations. A thousand affiliates have partnerships, each with every hundredth account.
"""

from __future__ import annotations

import asyncpg

from bench import network

_MADE = """
INSERT INTO partnership
       (account_id, id, store_id, affiliate_id, offer_id, campaign_token, created_at)
SELECT o.account_id, uuidv7(), o.store_id, a.id, o.id, 'T' || a.number,
       o.created_at + a.number * interval '1 minute'
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM offer) o
  JOIN (SELECT id, row_number() OVER (ORDER BY md5(id::text)) - 1 AS number FROM affiliate) a
    ON a.number < 1000 AND a.number % 100 = o.number % 100;
INSERT INTO assignment (account_id, partnership_id, offer_id, valid_from)
SELECT account_id, id, offer_id, '2026-01-01' FROM partnership;
INSERT INTO ad_group (account_id, id, partnership_id, subid, token, created_at)
SELECT account_id, id, id, '', 'S', created_at FROM partnership;
INSERT INTO creative (account_id, id, store_id, kind, landing, token, created_at)
SELECT account_id, id, id, 'DETAIL_PAGE', 'B0', 'C', connected_at FROM store;
INSERT INTO link
       (account_id, partnership_id, ad_group_id, creative_id, code, destination, created_at)
SELECT account_id, id, id, store_id, substr(md5(id::text), 1, 12), 'https://www.amazon.com/dp/B0',
       created_at
  FROM partnership;
INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
SELECT account_id, partnership_id, id, created_at FROM link;
INSERT INTO conversion
       (account_id, id, partnership_id, store_id, affiliate_id, day, source, status, currency,
        offer_version_id, rate_bp, orders, units, sales_minor, commission_minor, reported_orders,
        reported_units, reported_sales_minor, reported_commission_minor, first_seen_at, changed_at,
        settles_on, settled_at)
SELECT p.account_id, gen_random_uuid(), p.id, p.store_id, p.affiliate_id, d.day, 'AMAZON',
       CASE WHEN d.number < 4 THEN 'PENDING' ELSE 'SETTLED' END, 'USD', p.offer_id, 1000, 1, 1,
       1000, 100, 1, 1, 1000, 100, p.created_at, p.created_at, d.day + 30,
       CASE WHEN d.number >= 4 THEN p.created_at END
  FROM partnership p,
       (SELECT number, '2026-08-31'::date - number AS day FROM generate_series(0, 7) number) d;
INSERT INTO product
       (account_id, store_id, sku, asin, title, currency, fulfilment, status, first_seen_at,
        last_seen_at)
SELECT account_id, id, 'SKU' || number, 'B0' || number, 'Product ' || number, 'USD', 'AMAZON',
       'ACTIVE', connected_at, connected_at
  FROM store, generate_series(1, 10) number;
INSERT INTO promoted_product (account_id, id, offer_id, place)
SELECT o.account_id, p.id, o.id, 1
  FROM offer o JOIN product p ON p.account_id = o.account_id AND p.store_id = o.store_id
 WHERE p.sku IN ('SKU1', 'SKU2', 'SKU3');
INSERT INTO application
       (account_id, offer_id, store_id, affiliate_id, state, affiliate_name, audience, verified,
        brand_name, offer_name, rate_bp, message, submitted_at)
SELECT p.account_id, p.offer_id, p.store_id, p.affiliate_id, 'ACCEPTED', 'A', 1000, true, 'B', 'O',
       1000, '', p.created_at
  FROM partnership p;
INSERT INTO invitation
       (account_id, offer_id, store_id, affiliate_id, state, affiliate_name, message, sent_at,
        sent_by)
SELECT account_id, offer_id, store_id, affiliate_id, 'ACCEPTED', 'A', '', submitted_at, 'akey_test'
  FROM application;
"""


async def make(owner: asyncpg.Connection, *, affiliates: int, accounts: int) -> None:
    """As superuser."""
    await network.make(owner, affiliates=affiliates, accounts=accounts)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(_MADE)
    await owner.execute("RESET session_replication_role")
    await owner.execute("VACUUM ANALYZE")
