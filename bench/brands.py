"""Brands of all sizes at work for a year and a half, made by PostgreSQL itself.

One account has 400,000 conversions, five have 60,000 each, seventy-five have 4,000 each: a million.
A tenth of an account's partners sell daily, most of them about every fifth day, and one in five is
new and has sold nothing yet. Amazon's rows stand behind the conversions of the last sixty days.
"""

from __future__ import annotations

import asyncpg

ACCOUNTS, BIG, MIDDLE = 81, 1, 5
"""So many accounts; the first is the big one, those of the middle follow it."""

# Ids are digests of what they are of, so that each statement names them without looking them up.
# Within an account partners are numbered from 0: their store is the remainder by its stores.
_MADE = """
SELECT ensure_month_partition(parent, (current_date - month * interval '1 month')::date)
  FROM unnest('{{click,report_row}}'::text[]) parent, generate_series(-1, 18) month;
CREATE FUNCTION pg_temp.id_of(text, bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN md5($1 || $2)::uuid;
CREATE FUNCTION pg_temp.chance(uuid, bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN uuid_hash_extended($1, $2) & 2147483647;

CREATE TEMP TABLE size AS
SELECT a, pg_temp.id_of('account', a) AS account_id,
       CASE WHEN a <= {big} THEN 2000 WHEN a <= {big} + {middle} THEN 300 ELSE 20 END AS partners,
       CASE WHEN a <= {big} THEN 8 WHEN a <= {big} + {middle} THEN 3 ELSE 1 END AS stores,
       CASE WHEN a <= {big} THEN 500 WHEN a <= {big} + {middle} THEN 300 ELSE 60 END AS products,
       CASE WHEN a <= {big} THEN 20000 WHEN a <= {big} + {middle} THEN 3000 ELSE 300 END AS acts
  FROM generate_series(1, {accounts}) a;
CREATE TEMP TABLE market AS
SELECT n - 1 AS m, * FROM (VALUES
    (1, 'ATVPDKIKX0DER', 'US', 'USD', 'America/Los_Angeles', 'NA'),
    (2, 'A1F83G8C2ARO7P', 'UK', 'GBP', 'Europe/London', 'EU'),
    (3, 'A1PA6795UKMFR9', 'DE', 'EUR', 'Europe/Paris', 'EU'),
    (4, 'A1VC38T7YXB528', 'JP', 'JPY', 'Asia/Tokyo', 'FE'))
    AS known (n, marketplace_id, country, currency, time_zone, region);

INSERT INTO account (account_id, name) SELECT account_id, 'Account ' || a FROM size;
INSERT INTO person (id, email, name, created_at)
SELECT pg_temp.id_of('person', a * 10 + n), a || '.' || n || '@brand.example',
       'Person ' || a || '.' || n, now()
  FROM size, generate_series(0, 4) n;
INSERT INTO membership (account_id, person_id, role, joined_at)
SELECT account_id, pg_temp.id_of('person', a * 10 + n),
       CASE n WHEN 0 THEN 'OWNER' ELSE 'MANAGER' END, now()
  FROM size, generate_series(0, 4) n;
INSERT INTO seller_account (account_id, id, name, merchant_id)
SELECT account_id, account_id, 'Seller ' || a, 'A' || a FROM size;
INSERT INTO amazon_grant (account_id, seller_account_id, api, state, refreshed_at)
SELECT account_id, account_id, api, 'CONNECTED', now()
  FROM size, unnest('{{ADS,SELLING_PARTNER}}'::text[]) api;
INSERT INTO profile (account_id, id, seller_account_id, amazon_profile_id, region, merchant_id,
                     name, kind, marketplace_id, country, currency, time_zone, attribution,
                     measuring_since, brb_enrolled, discovered_at)
SELECT account_id, pg_temp.id_of('profile', a * 10 + m), account_id, a * 10 + m, region, 'A' || a,
       'Profile ' || country, 'SELLER', marketplace_id, country, currency, time_zone, 'ELIGIBLE',
       now() - interval '600 days', true, now() - interval '600 days'
  FROM size JOIN market ON m < stores;
INSERT INTO brand (account_id, id, seller_account_id, name)
SELECT account_id, pg_temp.id_of('brand', a * 10 + b), account_id, 'Brand ' || a || '.' || b
  FROM size, generate_series(0, (stores - 1) / 4) b;
INSERT INTO store (account_id, id, brand_id, channel, name, profile_id, marketplace_id, currency,
                   time_zone, connected_at)
SELECT account_id, pg_temp.id_of('store', a * 10 + s), pg_temp.id_of('brand', a * 10 + s / 4),
       'AMAZON', 'Brand ' || a || '.' || s / 4 || ' ' || country,
       pg_temp.id_of('profile', a * 10 + m), marketplace_id, currency, time_zone,
       now() - interval '600 days'
  FROM size, generate_series(0, stores - 1) s JOIN market ON m = s % 4;
INSERT INTO offer (account_id, id, store_id, name, created_at)
SELECT account_id, md5(id::text || n)::uuid, id, (ARRAY['Everything', 'Partners'])[n + 1],
       connected_at + n * interval '1 hour'
  FROM store, generate_series(0, 1) n;
INSERT INTO offer_version (account_id, id, offer_id, valid_from, rate_bp, cookie_days, created_at)
SELECT account_id, md5(id::text || n)::uuid, id, current_date - 600 + 400 * n, 1000 + 250 * n, 14,
       created_at
  FROM offer, generate_series(0, 1) n;
INSERT INTO product (account_id, id, store_id, sku, asin, title, price_minor, currency, fulfilment,
                     status, first_seen_at, last_seen_at)
SELECT s.account_id, md5(s.id::text || n)::uuid, s.id, 'SKU' || n,
       'B' || lpad(n::text, 9, '0'),
       (ARRAY['Chef''s knife', 'Bread knife', 'Cutting board', 'Whetstone', 'Apron', 'Skillet',
              'Saucepan', 'Colander', 'Mixing bowl', 'Peeler'])[n % 10 + 1] || ' '
       || (ARRAY['classic', 'oak', 'steel', 'junior', 'professional', 'travel'])[n / 10 % 6 + 1]
       || ' no. ' || n,
       n * 100, s.currency, 'AMAZON', CASE n % 9 WHEN 0 THEN 'INACTIVE' ELSE 'ACTIVE' END,
       s.connected_at, now()
  FROM store s JOIN size USING (account_id), generate_series(1, products) n;
INSERT INTO creative (account_id, id, store_id, kind, landing, token, created_at)
SELECT account_id, id, store_id, 'DETAIL_PAGE', asin, 'C' || sku, first_seen_at FROM product;

INSERT INTO affiliate (id, name, email, created_at)
SELECT pg_temp.id_of('affiliate', f),
       (ARRAY['Ada', 'Ben', 'Chloe', 'Dmitri', 'Elena', 'Farid', 'Grace', 'Hiro', 'Ines', 'Jonas',
              'Keiko', 'Liam', 'Maya', 'Noor', 'Omar', 'Priya', 'Quinn', 'Rosa', 'Samir', 'Tess']
       )[pg_temp.chance(pg_temp.id_of('affiliate', f), 1) % 20 + 1] || ' '
       || (ARRAY['Marsh', 'Okafor', 'Lindqvist', 'Petrov', 'Garcia', 'Haddad', 'Kim', 'Tanaka',
                 'Silva', 'Weber', 'Novak', 'Walsh', 'Costa', 'Amari', 'Rahman', 'Iyer', 'Byrne'])[
          pg_temp.chance(pg_temp.id_of('affiliate', f), 2) % 17 + 1] || ' ' || f,
       f || '@affiliate.example', now() - interval '600 days'
  FROM generate_series(0, 5999) f;
CREATE TEMP TABLE partner AS
SELECT a, z.account_id, number, number >= partners AS is_new,
       pg_temp.id_of('partnership', a * 10000 + number) AS id,
       pg_temp.id_of('store', a * 10 + number % stores) AS store_id,
       pg_temp.id_of('affiliate', (a * 97 + j + partners / stores / 2 * (number % stores % 4))
                                  % 6000) AS affiliate_id,
       md5(pg_temp.id_of('store', a * 10 + number % stores)::text || j % 2)::uuid AS offer_id,
       CASE WHEN number >= partners THEN 0 WHEN j % 10 = 0 THEN 500 WHEN j % 10 <= 3 THEN 300
            ELSE 100 END AS sales_days,
       CASE j % 20 WHEN 7 THEN 'PAUSED' WHEN 13 THEN 'ENDED' ELSE 'ACTIVE' END AS status,
       now() - CASE WHEN number >= partners THEN (8 + number % 30) * interval '1 day'
                    ELSE interval '580 days' END + number * interval '1 minute' AS created_at
  FROM size z, generate_series(0, partners * 5 / 4 - 1) number,
       LATERAL (SELECT number / stores AS j) w;
INSERT INTO partnership (account_id, id, store_id, affiliate_id, offer_id, campaign_token, status,
                         visible_at, created_at)
SELECT account_id, id, store_id, affiliate_id, offer_id, 'T' || number, status,
       CASE WHEN NOT is_new THEN created_at + interval '9 days' END, created_at
  FROM partner;
INSERT INTO assignment (account_id, partnership_id, offer_id, valid_from)
SELECT account_id, id, offer_id, created_at::date FROM partner;
INSERT INTO application (account_id, id, offer_id, store_id, affiliate_id, state, affiliate_name,
                         audience, verified, brand_name, offer_name, rate_bp, message, submitted_at,
                         decided_at, decided_by)
SELECT p.account_id, p.id, p.offer_id, p.store_id, p.affiliate_id,
       CASE WHEN is_new AND p.number % 4 = 0 THEN 'SUBMITTED' ELSE 'ACCEPTED' END, f.name, 10000,
       true, 'Brand', 'Everything', 1000, 'I would like to.', p.created_at,
       CASE WHEN NOT (is_new AND p.number % 4 = 0) THEN p.created_at END, 'rules'
  FROM partner p JOIN affiliate f ON f.id = p.affiliate_id;
INSERT INTO ad_group (account_id, id, partnership_id, subid, token, visible_at, created_at)
SELECT account_id, md5(id::text || 'g' || n)::uuid, id, (ARRAY['', 'newsletter'])[n + 1], 'S' || n,
       CASE WHEN NOT is_new THEN created_at + interval '20 days' END, created_at
  FROM partner, generate_series(0, 1) n;
INSERT INTO link (account_id, id, partnership_id, ad_group_id, creative_id, code, destination,
                  visible_at, created_at)
SELECT account_id, md5(id::text || 'l' || n)::uuid, id, md5(id::text || 'g' || n % 2)::uuid,
       md5(store_id::text || pg_temp.chance(id, n) % 15 + n * 15 + 1)::uuid,
       left(md5(id::text || n), 12), 'https://www.amazon.com/dp/B',
       CASE WHEN NOT is_new THEN created_at + interval '20 days' END,
       created_at + n * interval '1 day'
  FROM partner, generate_series(0, 3) n;
INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
SELECT l.account_id, l.partnership_id, l.id,
       now() - interval '30 seconds'
           - make_interval(secs => pg_temp.chance(l.id, n)
                           % (extract(epoch FROM now() - l.created_at)::bigint - 30))
  FROM link l JOIN partner p ON p.account_id = l.account_id AND p.id = l.partnership_id,
       generate_series(1, CASE WHEN is_new THEN 2 WHEN sales_days = 500 THEN 100 ELSE 30 END) n;

CREATE TEMP TABLE sale AS
SELECT p.account_id, p.id AS partnership_id, p.store_id, p.affiliate_id, age,
       current_date - age AS day, s.currency, v.id AS offer_version_id, v.rate_bp, s.profile_id,
       1 + pg_temp.chance(p.id, age) % 5 AS orders,
       1000 + pg_temp.chance(p.id, age + 1000) % 65536 AS sales_minor,
       pg_temp.chance(p.id, age + 2000) % 33 = 0 AS is_bad
  FROM partner p
  JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
 CROSS JOIN generate_series(0, p.sales_days - 1) i
 CROSS JOIN LATERAL (SELECT CASE p.sales_days WHEN 500 THEN i + 1
                                 WHEN 300 THEN i * 9 / 5 + 1
                                 ELSE i * 27 / 5 + p.number % 5 END AS age) w
  JOIN offer_version v ON v.account_id = p.account_id
   AND v.id = md5(p.offer_id::text || CASE WHEN age <= 200 THEN 1 ELSE 0 END)::uuid
 ORDER BY age DESC;
INSERT INTO conversion
       (account_id, id, partnership_id, store_id, affiliate_id, day, source, status, currency,
        offer_version_id, rate_bp, orders, units, sales_minor, commission_minor, reported_orders,
        reported_units, reported_sales_minor, reported_commission_minor, first_seen_at, changed_at,
        settles_on, settled_at, decided_at)
SELECT account_id, md5(partnership_id::text || day)::uuid, partnership_id, store_id, affiliate_id,
       day, 'AMAZON',
       CASE WHEN age < 30 THEN 'PENDING' WHEN age < 45 THEN 'SETTLED'
            WHEN is_bad THEN 'DENIED' ELSE 'APPROVED' END,
       currency, offer_version_id, rate_bp, orders, orders, sales_minor,
       round(sales_minor * rate_bp / 10000.0), orders, orders, sales_minor,
       round(sales_minor * rate_bp / 10000.0), day + interval '1 day', day + interval '3 days',
       day + 30, CASE WHEN age >= 30 THEN day + interval '30 days' END,
       CASE WHEN age >= 45 THEN day + interval '45 days' END
  FROM sale ORDER BY age DESC;
INSERT INTO decision (account_id, partnership_id, day, verdict, decided_at, decided_by)
SELECT account_id, partnership_id, day, CASE WHEN is_bad THEN 'DENIED' ELSE 'APPROVED' END,
       day + interval '45 days', 'akey_x'
  FROM sale WHERE age >= 45;

-- Two versions of each day, a part with a subID and one without, two pages, three products.
CREATE TEMP TABLE part AS
SELECT 'CAMPAIGN' AS level, i, 1 + i AS parts, 2 AS of_parts FROM generate_series(0, 1) i
UNION ALL SELECT 'ADGROUP', i, 1, 2 FROM generate_series(0, 1) i
UNION ALL SELECT 'CREATIVE', i, 1, 2 FROM generate_series(0, 1) i
UNION ALL SELECT 'PRODUCTS', i, 1, 3 FROM generate_series(0, 2) i;
INSERT INTO report_row
       (account_id, level, subject_id, day, asin, halo, observed_at, recorded_at, run_id,
        partnership_id, clicks, detail_page_views, add_to_carts, purchases, units, sales_minor,
        total_purchases, total_units, total_sales_minor, new_to_brand_sales_minor, brb_bonus_minor)
SELECT s.account_id, level,
       CASE level WHEN 'CAMPAIGN' THEN partnership_id
                  WHEN 'ADGROUP' THEN md5(partnership_id::text || 'g' || i)::uuid
                  WHEN 'CREATIVE' THEN md5(partnership_id::text || 'l' || i)::uuid
                  ELSE md5(partnership_id::text || 'g' || 0)::uuid END,
       day, CASE level WHEN 'PRODUCTS' THEN 'B' || lpad((i + 1)::text, 9, '0') ELSE '' END, i = 2,
       seen, seen,
       md5(profile_id::text || level || seen::date)::uuid,
       partnership_id, 20, 10, 2, orders * parts / of_parts, orders * parts / of_parts,
       sales_minor * parts / of_parts, orders * parts / of_parts, orders * parts / of_parts,
       sales_minor * parts / of_parts, sales_minor * parts / of_parts / 4,
       CASE level WHEN 'CAMPAIGN' THEN sales_minor / 10 END
  FROM sale s, part,
       LATERAL (SELECT day + make_interval(
                    days => CASE WHEN level <> 'CAMPAIGN' OR i = 1 THEN 3 ELSE 1 END)
                    + interval '6 hours' AS seen) w
 WHERE age BETWEEN 4 AND 60;

-- A run a day of each level, over the thirty days before; now and then one that wants a person.
INSERT INTO report_run (account_id, id, profile_id, level, purpose, from_day, to_day, state,
                        started_at, observed_at, finished_at, pages, rows_read, problem)
SELECT account_id, md5(f.id::text || level || (current_date - n))::uuid, f.id, level, 'DAILY',
       current_date - n - 30, current_date - n - 1, state,
       current_date - n + interval '5 hours', current_date - n + interval '6 hours',
       current_date - n + interval '6 hours', 1, 1000,
       CASE WHEN state <> 'APPLIED' THEN 'Amazon took back more than half of it.' END
  FROM profile f,
       generate_series(364, 0, -1) n,
       unnest('{{CAMPAIGN,ADGROUP,CREATIVE,PRODUCTS}}'::text[]) level,
       LATERAL (SELECT CASE WHEN n > 3 AND pg_temp.chance(f.id, n) % 60 = 0 THEN 'HELD'
                            ELSE 'APPLIED' END AS state) w;
INSERT INTO catalog_run (account_id, store_id, method, state, started_at, finished_at, listed)
SELECT account_id, id, 'SEARCH', 'APPLIED', current_date - 7 * n + interval '3 hours',
       current_date - 7 * n + interval '3 hours', 500
  FROM store, generate_series(80, 0, -1) n;
INSERT INTO duty (kind, subject, account_id, run_at, attempts, dead_at, last_error)
SELECT 'sync_catalog', id || '.' || n, account_id, now() + n * interval '1 hour', n * 4,
       CASE n WHEN 3 THEN now() END, CASE n WHEN 3 THEN 'Amazon does not answer.' END
  FROM store, generate_series(0, 3) n;
INSERT INTO audit_entry (account_id, actor, action, input, changes, at, number, hash)
SELECT account_id,
       'pers_' || replace(pg_temp.id_of('person', a * 10 + n % 5)::text, '-', ''),
       (ARRAY['approveConversions', 'createLink', 'pausePartnership'])[n % 3 + 1],
       '{{"id": "part_0"}}',
       '[{{"id": "part_0", "before": null, "after": {{"status": "PAUSED"}}}}]',
       now() - n * interval '1 minute', acts - n, ''
  FROM size, generate_series(0, acts - 1) n;
"""


async def make(owner: asyncpg.Connection) -> None:
    """As superuser; about a minute."""
    await owner.execute("SET session_replication_role = replica")  # nobody looks up the keys
    await owner.execute("SET work_mem = '256MB'")
    await owner.execute("SET synchronous_commit = off")
    await owner.execute(_MADE.format(accounts=ACCOUNTS, big=BIG, middle=MIDDLE))
    await owner.execute("RESET session_replication_role")
    await owner.execute("VACUUM ANALYZE")
