"""A network in full trade: fifty accounts and two thousand affiliates, made by PostgreSQL itself.

Each affiliate has ten partnerships, each with another account; each partnership ten links, some
clicks and fifty days of sales.
"""

from __future__ import annotations

import asyncpg

ACCOUNTS, AFFILIATES, PARTNERSHIPS, DAYS = 50, 2_000, 10, 50

# Ids are digests of what they are of, so that each statement names them without looking them up.
_MADE = """
SELECT ensure_month_partition('click', (current_date - month * interval '1 month')::date)
  FROM generate_series(0, 2) month;
CREATE FUNCTION pg_temp.id_of(text, bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN md5($1 || $2)::uuid;

INSERT INTO account (account_id, name)
SELECT pg_temp.id_of('account', a), 'Account ' || a FROM generate_series(1, {accounts}) a;
INSERT INTO person (id, email, name, created_at)
SELECT pg_temp.id_of('person', a), a || '@brand.example', 'Person ' || a, now()
  FROM generate_series(1, {accounts}) a;
INSERT INTO membership (account_id, person_id, role, joined_at)
SELECT pg_temp.id_of('account', a), pg_temp.id_of('person', a), 'OWNER', now()
  FROM generate_series(1, {accounts}) a;
INSERT INTO brand (account_id, id, name)
SELECT pg_temp.id_of('account', a), pg_temp.id_of('store', 2 * a - half),
       'Brand ' || a || '.' || half
  FROM generate_series(1, {accounts}) a, generate_series(0, 1) half;
INSERT INTO store (account_id, id, brand_id, channel, name, profile_id, marketplace_id, currency,
                   time_zone, connected_at)
SELECT account_id, id, id, 'AMAZON', replace(name, 'Brand', 'Store'), id, 'ATVPDKIKX0DER', 'USD',
       'America/Los_Angeles', now()
  FROM brand;
INSERT INTO offer (account_id, id, store_id, name, created_at)
SELECT account_id, id, id, 'Everything', now() FROM store;
INSERT INTO offer_version (account_id, id, offer_id, valid_from, rate_bp, cookie_days, created_at)
SELECT account_id, id, id, '2026-01-01', 1000, 14, now() FROM store;
INSERT INTO product (account_id, id, store_id, sku, asin, title, price_minor, currency, fulfilment,
                     status, first_seen_at, last_seen_at)
SELECT account_id, md5(id::text || n)::uuid, id, 'SKU' || n, 'B' || lpad(n::text, 9, '0'),
       (ARRAY['Chef''s knife', 'Bread knife', 'Cutting board', 'Whetstone', 'Apron'])[n % 5 + 1]
       || ' no. ' || n, n * 100, 'USD', 'AMAZON', 'ACTIVE', now(), now()
  FROM store, generate_series(1, 200) n;
INSERT INTO creative (account_id, id, store_id, kind, landing, token, created_at)
SELECT account_id, id, store_id, 'DETAIL_PAGE', asin, 'C' || sku, now() FROM product;
INSERT INTO listing (account_id, offer_id, store_id, brand_name, store_name, offer_name, channel,
                     currency, rate_bp, cookie_days, description, listed_at, changed_at)
SELECT s.account_id, s.id, s.id, b.name, s.name, 'Everything', 'AMAZON', 'USD', 1000, 14, '', now(),
       now()
  FROM store s JOIN brand b ON b.account_id = s.account_id AND b.id = s.brand_id
 WHERE s.name LIKE '%.0';
INSERT INTO promoted_product (account_id, id, offer_id, place)
SELECT p.account_id, p.id, l.offer_id, 1
  FROM listing l JOIN product p ON p.account_id = l.account_id AND p.store_id = l.store_id
 WHERE p.title LIKE 'Apron%';

INSERT INTO affiliate (id, name, email)
SELECT pg_temp.id_of('affiliate', f), 'Affiliate ' || f, f || '@affiliate.example'
  FROM generate_series(1, {affiliates}) f;
INSERT INTO partnership (account_id, id, store_id, affiliate_id, offer_id, campaign_token,
                         visible_at, created_at)
SELECT s.account_id, pg_temp.id_of('partnership', f * {partnerships} + n), s.id,
       pg_temp.id_of('affiliate', f), s.id, 'T' || f,
       CASE WHEN n % 2 = 0 THEN now() - interval '20 days' END, now() - f * interval '1 hour'
  FROM generate_series(1, {affiliates}) f
 CROSS JOIN generate_series(0, {partnerships} - 1) n
  JOIN store s ON s.id = pg_temp.id_of('store', 2 * ((f + 5 * n) % {accounts} + 1) - f % 2);
INSERT INTO assignment (account_id, partnership_id, offer_id, valid_from)
SELECT account_id, id, offer_id, '2026-01-01' FROM partnership;
INSERT INTO application (account_id, id, offer_id, store_id, affiliate_id, state, affiliate_name,
                         audience, verified, brand_name, offer_name, rate_bp, message, submitted_at)
SELECT p.account_id, p.id, p.offer_id, p.store_id, p.affiliate_id, 'ACCEPTED', f.name, 10000, true,
       'Brand', 'Everything', 1000, 'I would like to.', p.created_at
  FROM partnership p JOIN affiliate f ON f.id = p.affiliate_id;
INSERT INTO ad_group (account_id, id, partnership_id, subid, token, created_at)
SELECT account_id, id, id, '', 'S', created_at FROM partnership;
INSERT INTO link (account_id, id, partnership_id, ad_group_id, creative_id, code, destination,
                  created_at)
SELECT p.account_id, md5(p.id::text || n)::uuid, p.id, p.id,
       md5(p.store_id::text || 1 + (uuid_hash(p.affiliate_id) & 127) % 20 * 10 + n)::uuid,
       left(md5(p.id::text || n), 12), 'https://www.amazon.com/dp/B', p.created_at
  FROM partnership p, generate_series(0, 9) n;
INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
SELECT account_id, partnership_id, id, now() - ((uuid_hash(id) & 2047) + n) * interval '20 minutes'
  FROM link, generate_series(0, 1) n;
INSERT INTO conversion
       (account_id, id, partnership_id, store_id, affiliate_id, day, source, status, currency,
        offer_version_id, rate_bp, orders, units, sales_minor, commission_minor, reported_orders,
        reported_units, reported_sales_minor, reported_commission_minor, first_seen_at, changed_at,
        settles_on, settled_at, decided_at)
SELECT p.account_id, gen_random_uuid(), p.id, p.store_id, p.affiliate_id, current_date - age,
       'AMAZON', CASE WHEN age < 30 THEN 'PENDING' WHEN age < 40 THEN 'SETTLED' ELSE 'APPROVED' END,
       'USD', p.offer_id, 1000, 1, 1, sales, sales / 10, 1, 1, sales, sales / 10, now(), now(),
       current_date - age + 30, CASE WHEN age >= 30 THEN now() END,
       CASE WHEN age >= 40 THEN now() END
  FROM generate_series({days} - 1, 0, -1) age
 CROSS JOIN partnership p
 CROSS JOIN LATERAL (SELECT 1000 + ((uuid_hash(p.id) & 65535) + age * 7919) % 65536 AS sales) s;
INSERT INTO audit_entry (account_id, actor, action, input, at, number, hash)
SELECT pg_temp.id_of('account', a),
       'pers_' || replace(pg_temp.id_of('person', a)::text, '-', ''),
       'pausePartnership', '{{}}', now() - n * interval '1 minute', 1000 - n, ''
  FROM generate_series(1, {accounts}) a, generate_series(0, 999) n;
"""


async def make(owner: asyncpg.Connection, *, partnerships: int = PARTNERSHIPS) -> None:
    """As superuser, with so many partnerships an affiliate; some twenty seconds with ten."""
    await owner.execute("SET session_replication_role = replica")  # nobody looks up the keys
    await owner.execute(
        _MADE.format(accounts=ACCOUNTS, affiliates=AFFILIATES, partnerships=partnerships, days=DAYS)
    )
    await owner.execute("RESET session_replication_role")
    await owner.execute("VACUUM ANALYZE")
