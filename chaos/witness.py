"""What the database itself saw: triggers that note each promise and each event as it is committed.

The product deletes a duty that is done and an event that is on its way. Whoever wants to know that
none was lost has to have seen them, in the same transaction, without the product's help.
"""

from __future__ import annotations

import asyncpg

_NOTES = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.duty_note (
    number bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    what text NOT NULL,         -- promised, changed, removed
    duty_id uuid NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    attempts int NOT NULL,
    lease_token uuid,           -- as it was before for what is removed
    leased boolean NOT NULL,    -- and whether that lease was still good
    dead boolean NOT NULL
);
CREATE TABLE chaos.event_note (
    number bigserial PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    entity text NOT NULL,
    sequence bigint NOT NULL,
    to_account boolean NOT NULL,
    affiliate_ids uuid[] NOT NULL,
    body text NOT NULL
);
CREATE FUNCTION chaos.note_duty() RETURNS trigger SECURITY DEFINER SET search_path = pg_catalog
LANGUAGE plpgsql AS $$
DECLARE seen public.duty;
BEGIN
    IF TG_OP = 'DELETE' THEN seen := OLD; ELSE seen := NEW; END IF;
    INSERT INTO chaos.duty_note (what, duty_id, kind, subject, attempts, lease_token, leased, dead)
    VALUES (CASE TG_OP WHEN 'INSERT' THEN 'promised' WHEN 'DELETE' THEN 'removed'
                       ELSE 'changed' END,
            seen.id, seen.kind, seen.subject, seen.attempts, seen.lease_token,
            coalesce(seen.lease_until > clock_timestamp(), false), seen.dead_at IS NOT NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE OR DELETE ON public.duty
    FOR EACH ROW EXECUTE FUNCTION chaos.note_duty();
CREATE FUNCTION chaos.note_event() RETURNS trigger SECURITY DEFINER SET search_path = pg_catalog
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos.event_note
           (account_id, event_id, type, entity, sequence, to_account, affiliate_ids, body)
    VALUES (NEW.account_id, NEW.id, NEW.type, NEW.entity, NEW.sequence, NEW.to_account,
            NEW.affiliate_ids, NEW.body);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_note AFTER INSERT ON public.event
    FOR EACH ROW EXECUTE FUNCTION chaos.note_event();
"""


async def look_on(url: str) -> None:
    """From now on the database notes what is promised, what is done and what happens."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_NOTES)
    finally:
        await connection.close()
