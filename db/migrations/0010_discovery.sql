-- What brands find and affiliates write, as the API reads it
-- depends: 0009_progress

-- migrate: apply
-- The channels of a profile, a row each, as they are shown and as they are written.
CREATE VIEW profile_channel WITH (security_invoker = true) AS
SELECT md5(p.id::text || c.place)::uuid AS id, p.id AS profile_id, c.place::int AS place,
       c.entry ->> 'kind' AS kind, c.entry ->> 'url' AS url,
       (c.entry ->> 'audience')::bigint AS audience
  FROM published_profile p
 CROSS JOIN LATERAL jsonb_array_elements(p.channels) WITH ORDINALITY AS c (entry, place);
CREATE VIEW draft_channel WITH (security_invoker = true) AS
SELECT md5(p.id::text || c.place)::uuid AS id, p.id AS profile_id, c.place::int AS place,
       c.entry ->> 'kind' AS kind, c.entry ->> 'url' AS url,
       (c.entry ->> 'audience')::bigint AS audience
  FROM affiliate_profile p
 CROSS JOIN LATERAL jsonb_array_elements(p.channels) WITH ORDINALITY AS c (entry, place);

GRANT SELECT ON profile_channel TO clickledger_app, clickledger_affiliate, clickledger_system;
GRANT SELECT ON draft_channel TO clickledger_affiliate, clickledger_system;

-- migrate: rollback
SELECT 'forward only';
