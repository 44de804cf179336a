-- The way to Amazon's threshold as both sides see it, and who changed a partnership
-- depends: 0008_rooms

-- migrate: apply
ALTER TABLE partnership ADD COLUMN status_changed_by text
    CONSTRAINT partnership_status_changed_by_check
    CHECK (status_changed_by IN ('BRAND', 'AFFILIATE'));
GRANT SELECT (status_changed_by) ON partnership TO clickledger_affiliate;

-- `clicks` are ours, counted no further than the threshold; `our_clicks` are all of them, to be laid
-- beside `amazon_clicks`, which are the newest that Amazon has said of each day. What is not asked
-- for is not counted: each is a subquery of its own.
CREATE OR REPLACE VIEW click_progress WITH (security_invoker = true) AS
SELECT p.account_id, p.id, p.visible_at, i.click_threshold AS threshold,
       CASE WHEN p.visible_at IS NULL THEN c.clicks ELSE i.click_threshold END AS clicks,
       p.created_at AS since,
       (SELECT count(*) FROM click k
         WHERE k.account_id = p.account_id AND k.partnership_id = p.id) AS our_clicks,
       CASE WHEN p.visible_at IS NOT NULL THEN
            (SELECT COALESCE(sum(d.clicks), 0)::bigint
               FROM (SELECT DISTINCT ON (r.day) r.clicks FROM report_row r
                      WHERE r.account_id = p.account_id AND r.level = 'CAMPAIGN'
                        AND r.subject_id = p.id
                      ORDER BY r.day, r.observed_at DESC) d) END AS amazon_clicks,
       -- The click that made the threshold, unless Amazon's own count got there before ours.
       LEAST((SELECT k.clicked_at FROM click k
               WHERE k.account_id = p.account_id AND k.partnership_id = p.id
               ORDER BY k.clicked_at OFFSET i.click_threshold - 1 LIMIT 1),
             p.visible_at) AS crossed_at,
       -- The store's day on which Amazon first showed figures: it had masked all days before.
       (SELECT (p.visible_at AT TIME ZONE s.time_zone)::date FROM store s
         WHERE s.account_id = p.account_id AND s.id = p.store_id) AS shown_from
  FROM partnership p
 CROSS JOIN installation i
 CROSS JOIN LATERAL
       (SELECT count(*)::int AS clicks
          FROM (SELECT FROM click k
                 WHERE k.account_id = p.account_id AND k.partnership_id = p.id
                 LIMIT i.click_threshold) counted) c;

-- migrate: rollback
SELECT 'forward only';
