-- What the API reads that no table holds as it is: the newest figures, how fresh they are
-- depends: 0004_reports_and_conversions

-- migrate: apply
-- Every view asks as its reader, so row-level security holds in it, and begins with the account.
-- What a reader narrows by (account, partnership, day, id) stands in every DISTINCT ON and GROUP BY,
-- so that PostgreSQL narrows before it sorts.

-- An account under the name that every other row has for its id.
CREATE VIEW workspace WITH (security_invoker = true) AS
SELECT account_id, account_id AS id, name, plan, amazon_entitled_at, created_at FROM account;

-- The levels in the order in which they nest; the tables hold them as text.
CREATE TYPE report_level AS ENUM ('CAMPAIGN', 'ADGROUP', 'CREATIVE', 'PRODUCTS');

-- When each level was last read: for a store in its daily window, for a conversion on its day.
CREATE VIEW level_read WITH (security_invoker = true) AS
SELECT f.account_id, f.id, l.level, r.observed_at AS as_of
  FROM (SELECT account_id, id, profile_id, NULL::date AS day
          FROM store WHERE profile_id IS NOT NULL
        UNION ALL
        SELECT c.account_id, c.id, s.profile_id, c.day
          FROM conversion c JOIN store s ON s.account_id = c.account_id AND s.id = c.store_id
         WHERE s.profile_id IS NOT NULL) f
 CROSS JOIN unnest(enum_range(NULL::report_level)) AS l (level)
  LEFT JOIN LATERAL
       (SELECT observed_at FROM report_run
         WHERE account_id = f.account_id AND profile_id = f.profile_id AND level = l.level::text
           AND state = 'APPLIED'
           AND CASE WHEN f.day IS NULL THEN purpose IN ('DAILY', 'REQUESTED')
                    ELSE f.day BETWEEN from_day AND to_day END
         ORDER BY observed_at DESC LIMIT 1) r ON true;

-- A level is missing that was never read, or more than a day before the level that is paid by.
CREATE VIEW freshness WITH (security_invoker = true) AS
SELECT account_id, id, as_of,
       COALESCE(array_agg(level ORDER BY level) FILTER (
           WHERE level_as_of IS NULL OR level_as_of < as_of - interval '24 hours'), '{}') AS missing
  FROM (SELECT account_id, id, level, as_of AS level_as_of,
               max(as_of) FILTER (WHERE level = 'CAMPAIGN')
                   OVER (PARTITION BY account_id, id) AS as_of
          FROM level_read) f
 GROUP BY account_id, id, as_of;

-- What Amazon has said of a partnership's day, one version after the other. Zero throughout before
-- the partnership was visible means masked: no figures.
CREATE VIEW campaign_version WITH (security_invoker = true) AS
SELECT r.account_id, r.run_id AS id, r.subject_id AS partnership_id, r.day, r.observed_at,
       r.recorded_at, m.masked, s.currency,
       CASE WHEN NOT m.masked THEN r.clicks END AS clicks,
       CASE WHEN NOT m.masked THEN r.total_purchases END AS orders,
       CASE WHEN NOT m.masked THEN r.total_units END AS units,
       CASE WHEN NOT m.masked THEN r.total_sales_minor END AS sales_minor,
       CASE WHEN NOT m.masked THEN r.brb_bonus_minor END AS brb_bonus_minor
  FROM report_row r
  JOIN partnership p ON p.account_id = r.account_id AND p.id = r.subject_id
  JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
 CROSS JOIN LATERAL
       (SELECT (p.visible_at IS NULL OR r.observed_at < p.visible_at) AND r.clicks = 0
               AND r.total_purchases = 0 AND r.total_units = 0 AND r.total_sales_minor = 0
                   AS masked) m
 WHERE r.level = 'CAMPAIGN';

-- The newest figures of the levels below a campaign. They are never added to each other's or to
-- the campaign's.
CREATE VIEW latest_row WITH (security_invoker = true) AS
SELECT DISTINCT ON (account_id, partnership_id, level, day, subject_id, asin, halo)
       account_id, partnership_id, level, day, subject_id, asin, halo, clicks, purchases, units,
       sales_minor, total_purchases, total_units, total_sales_minor, new_to_brand_sales_minor,
       brb_bonus_minor
  FROM report_row
 WHERE level <> 'CAMPAIGN'
 ORDER BY account_id, partnership_id, level, day, subject_id, asin, halo, observed_at DESC;

CREATE VIEW subid_day WITH (security_invoker = true) AS
SELECT r.account_id, g.id, r.partnership_id, r.day, NULLIF(g.subid, '') AS subid,
       g.visible_at IS NULL AS masked, s.currency,
       CASE WHEN g.visible_at IS NOT NULL THEN r.clicks END AS clicks,
       CASE WHEN g.visible_at IS NOT NULL THEN r.total_purchases END AS orders,
       CASE WHEN g.visible_at IS NOT NULL THEN r.total_units END AS units,
       CASE WHEN g.visible_at IS NOT NULL THEN r.total_sales_minor END AS sales_minor,
       CASE WHEN g.visible_at IS NOT NULL THEN r.brb_bonus_minor END AS brb_bonus_minor
  FROM latest_row r
  JOIN ad_group g ON g.account_id = r.account_id AND g.id = r.subject_id
  JOIN partnership p ON p.account_id = r.account_id AND p.id = r.partnership_id
  JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
 WHERE r.level = 'ADGROUP';

CREATE VIEW page_day WITH (security_invoker = true) AS
SELECT r.account_id, l.id, r.partnership_id, r.day, c.landing,
       l.visible_at IS NULL AS masked, s.currency,
       CASE WHEN l.visible_at IS NOT NULL THEN r.clicks END AS clicks,
       CASE WHEN l.visible_at IS NOT NULL THEN r.total_purchases END AS orders,
       CASE WHEN l.visible_at IS NOT NULL THEN r.total_units END AS units,
       CASE WHEN l.visible_at IS NOT NULL THEN r.total_sales_minor END AS sales_minor
  FROM latest_row r
  JOIN link l ON l.account_id = r.account_id AND l.id = r.subject_id
  JOIN creative c ON c.account_id = l.account_id AND c.id = l.creative_id
  JOIN store s ON s.account_id = c.account_id AND s.id = c.store_id
 WHERE r.level = 'CREATIVE';

-- Products over all subIDs of an affiliate: rows of one level.
CREATE VIEW product_day WITH (security_invoker = true) AS
SELECT r.account_id, md5(r.asin || r.halo)::uuid AS id, r.partnership_id, r.day, r.asin, r.halo,
       s.currency, sum(r.purchases)::bigint AS orders, sum(r.units)::bigint AS units,
       sum(r.sales_minor)::bigint AS sales_minor,
       sum(r.new_to_brand_sales_minor)::bigint AS new_to_brand_sales_minor
  FROM latest_row r
  JOIN partnership p ON p.account_id = r.account_id AND p.id = r.partnership_id
  JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
 WHERE r.level = 'PRODUCTS'
 GROUP BY r.account_id, r.partnership_id, r.day, r.asin, r.halo, s.currency;

-- The part of a conversion that no visible subID shows; no row while subIDs of its day are unread.
CREATE VIEW masked_remainder WITH (security_invoker = true) AS
SELECT c.account_id, c.id, c.currency,
       c.reported_orders - v.orders AS orders,
       c.reported_units - v.units AS units,
       c.reported_sales_minor - v.sales_minor AS sales_minor
  FROM conversion c
  JOIN store s ON s.account_id = c.account_id AND s.id = c.store_id
 CROSS JOIN LATERAL
       (SELECT COALESCE(sum(orders), 0)::bigint AS orders,
               COALESCE(sum(units), 0)::bigint AS units,
               COALESCE(sum(sales_minor), 0)::bigint AS sales_minor
          FROM subid_day
         WHERE account_id = c.account_id AND partnership_id = c.partnership_id AND day = c.day) v
 WHERE EXISTS (SELECT FROM report_run r
                WHERE r.account_id = c.account_id AND r.profile_id = s.profile_id
                  AND r.level = 'ADGROUP' AND r.state = 'APPLIED'
                  AND c.day BETWEEN r.from_day AND r.to_day);

-- An affiliate's way to Amazon's threshold, counted no further than that. What Amazon has shown
-- proves that its own count has got there.
CREATE VIEW click_progress WITH (security_invoker = true) AS
SELECT p.account_id, p.id, p.visible_at, i.click_threshold AS threshold,
       CASE WHEN p.visible_at IS NULL THEN c.clicks ELSE i.click_threshold END AS clicks
  FROM partnership p
 CROSS JOIN installation i
 CROSS JOIN LATERAL
       (SELECT count(*)::int AS clicks
          FROM (SELECT FROM click k
                 WHERE k.account_id = p.account_id AND k.partnership_id = p.id
                 LIMIT i.click_threshold) counted) c;

-- A link with what its partnership, its subID and its page say of it.
CREATE VIEW tagged_link WITH (security_invoker = true) AS
SELECT l.account_id, l.id, l.partnership_id, p.store_id, p.affiliate_id, l.ad_group_id,
       NULLIF(g.subid, '') AS sub_id, c.kind, c.landing, l.code, l.destination, l.visible_at,
       l.created_at
  FROM link l
  JOIN partnership p ON p.account_id = l.account_id AND p.id = l.partnership_id
  JOIN ad_group g ON g.account_id = l.account_id AND g.id = l.ad_group_id
  JOIN creative c ON c.account_id = l.account_id AND c.id = l.creative_id;

-- Rows of Amazon's listings that could not be used.
CREATE VIEW quarantined_listing WITH (security_invoker = true) AS
SELECT r.account_id, md5(r.id::text || q.number)::uuid AS id, r.id AS run_id, q.number,
       q.entry ->> 'reason' AS reason, q.entry ->> 'sku' AS sku, q.entry ->> 'raw' AS content
  FROM catalog_run r
 CROSS JOIN LATERAL jsonb_array_elements(r.quarantined) WITH ORDINALITY AS q (entry, number);

GRANT SELECT ON workspace, level_read, freshness, campaign_version, latest_row, subid_day, page_day,
    product_day, masked_remainder, click_progress, tagged_link, quarantined_listing
    TO clickledger_app, clickledger_system;

-- migrate: rollback
SELECT 'forward only';
