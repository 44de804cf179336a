-- What a listing asks and an application answers, as the API reads it
-- depends: 0010_discovery

-- migrate: apply
CREATE VIEW listing_question WITH (security_invoker = true) AS
SELECT l.account_id, md5(l.id::text || q.place)::uuid AS id, l.id AS listing_id,
       q.place::int AS place, q.entry ->> 'question' AS question,
       (q.entry ->> 'required')::boolean AS required
  FROM listing l
 CROSS JOIN LATERAL jsonb_array_elements(l.questions) WITH ORDINALITY AS q (entry, place);
CREATE VIEW application_answer WITH (security_invoker = true) AS
SELECT p.account_id, md5(p.id::text || a.place)::uuid AS id, p.id AS application_id,
       a.place::int AS place, a.entry ->> 'question' AS question, a.entry ->> 'answer' AS answer
  FROM application p
 CROSS JOIN LATERAL jsonb_array_elements(p.answers) WITH ORDINALITY AS a (entry, place);

GRANT SELECT ON listing_question, application_answer
    TO clickledger_app, clickledger_affiliate, clickledger_system;

-- migrate: rollback
SELECT 'forward only';
