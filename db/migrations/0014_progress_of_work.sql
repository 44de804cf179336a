-- How far long work has come, as it is shown; and what waits for a person, found without a search
-- depends: 0013_webhooks

-- migrate: apply
-- What is counted every few seconds must not be looked for in all that there ever was.
CREATE INDEX report_run_held ON report_run (account_id) WHERE state = 'HELD';
CREATE INDEX catalog_run_held ON catalog_run (account_id) WHERE state = 'HELD';
CREATE INDEX webhook_delivery_held ON webhook_delivery (account_id) WHERE status = 'HELD';

-- An account's duties, and those of one profile among them, in their order.
CREATE INDEX duty_of_account ON duty (account_id, run_at, id);

-- How far the reading of a store's past, and the newest reading of its catalogue, have come. A part
-- that was given up is not done, and the whole has failed when nothing else is left to be done.
CREATE VIEW work_progress WITH (security_invoker = true) AS
SELECT s.account_id, s.id, s.id AS store_id, 'BACKFILL' AS work, b.started_at AS since,
       GREATEST(b.windows - o.waiting - o.dead, 0)::int AS done, b.windows AS expected,
       CASE WHEN o.waiting > 0 THEN 'RUNNING' WHEN o.dead > 0 THEN 'FAILED' ELSE 'DONE' END
           AS status,
       o.last_error
  FROM store s
  JOIN backfill b ON b.account_id = s.account_id AND b.profile_id = s.profile_id
 CROSS JOIN LATERAL
       (SELECT count(*) FILTER (WHERE d.dead_at IS NULL) AS waiting,
               count(*) FILTER (WHERE d.dead_at IS NOT NULL) AS dead,
               (array_agg(d.last_error ORDER BY d.run_at DESC)
                   FILTER (WHERE d.last_error IS NOT NULL))[1] AS last_error
          FROM duty d
         WHERE d.account_id = b.account_id AND d.kind = 'pull_report'
           AND d.payload ->> 'profile_id' = b.profile_id::text
           AND d.payload ->> 'purpose' = 'BACKFILL') o
UNION ALL
SELECT s.account_id, r.id, s.id, 'CATALOG', r.started_at,
       CASE r.state WHEN 'APPLIED' THEN r.listed ELSE GREATEST(r.read, r.listed) END,
       CASE r.state WHEN 'APPLIED' THEN r.listed ELSE r.expected END,
       CASE r.state WHEN 'APPLIED' THEN 'DONE' ELSE r.state END,
       COALESCE(r.problem, (SELECT d.last_error FROM duty d
                             WHERE d.account_id = s.account_id AND d.kind = 'sync_catalog'
                               AND d.subject = s.id::text))
  FROM store s
 CROSS JOIN LATERAL
       (SELECT id, started_at, state, read, listed, expected, problem FROM catalog_run c
         WHERE c.account_id = s.account_id AND c.store_id = s.id
         ORDER BY c.started_at DESC LIMIT 1) r;
GRANT SELECT ON work_progress TO clickledger_app, clickledger_system;

-- A process asks whether the schema is as new as it is itself.
GRANT SELECT ON _pogo_migration TO clickledger_system;

-- migrate: rollback
SELECT 'forward only';
