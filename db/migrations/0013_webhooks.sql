-- What happened and who is told: events, endpoints, deliveries; and how far long work has come
-- depends: 0012_console

-- migrate: apply
-- What an account, and an affiliate, listen to: the types of all their endpoints. Nothing is written
-- down for those who listen to nothing.
ALTER TABLE account ADD COLUMN hears text[] NOT NULL DEFAULT '{}';
GRANT UPDATE (hears) ON account TO clickledger_app;
ALTER TABLE affiliate ADD COLUMN hears text[] NOT NULL DEFAULT '{}';
GRANT UPDATE (hears) ON affiliate TO clickledger_affiliate;
CREATE INDEX affiliate_hears ON affiliate (id) WHERE hears <> '{}';

-- What happened, in the transaction in which it did; gone as soon as it stands among the deliveries of
-- whoever listens. The body is what is sent, to the byte, however long that takes.
CREATE TABLE event (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    type text NOT NULL,
    entity text NOT NULL,       -- the id of what it happened to, as it is shown outside
    sequence bigint NOT NULL,   -- of all events of the entity, from 1, without a gap
    to_account boolean NOT NULL,
    affiliate_ids uuid[] NOT NULL, -- which affiliates it is told to
    occurred_at timestamptz NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (account_id, id)
);
SELECT guard_tenant_table('event');
GRANT INSERT ON event TO clickledger_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON event TO clickledger_system;

-- The number of an entity's last event. It outlives the events.
CREATE TABLE event_sequence (
    account_id uuid NOT NULL,
    entity text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (account_id, entity)
);
SELECT guard_tenant_table('event_sequence');
GRANT SELECT, INSERT, UPDATE ON event_sequence TO clickledger_app, clickledger_system;

-- Where somebody wants to be told. An affiliate belongs to no account: for what is theirs they are the
-- tenant themselves, and their id stands where an account's would.
CREATE TABLE webhook_endpoint (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    url text NOT NULL CONSTRAINT webhook_endpoint_url_check CHECK (length(url) BETWEEN 1 AND 2000),
    description text NOT NULL DEFAULT '',
    event_types text[] NOT NULL,
    signature text NOT NULL CONSTRAINT webhook_endpoint_signature_check
        CHECK (signature IN ('STANDARD', 'REFERSION')),
    status text NOT NULL DEFAULT 'ENABLED' CONSTRAINT webhook_endpoint_status_check
        CHECK (status IN ('ENABLED', 'DISABLED')),
    disabled_at timestamptz,
    disabled_because text,
    failing_since timestamptz,  -- of the first failure after the last success
    failures int NOT NULL DEFAULT 0, -- in a row
    last_success_at timestamptz,
    paused_until timestamptz,   -- it has just shown that it takes nothing
    replays_since timestamptz,  -- when the hour began in which so many deliveries were asked for again
    replays int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (account_id, id)
);

-- What its deliveries are signed with: the newest that has no end, and those that end soon.
CREATE TABLE webhook_secret (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    endpoint_id uuid NOT NULL,
    sealed_secret text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (account_id, id),
    CONSTRAINT webhook_secret_endpoint_fkey FOREIGN KEY (account_id, endpoint_id)
        REFERENCES webhook_endpoint (account_id, id)
);
CREATE INDEX webhook_secret_endpoint ON webhook_secret (account_id, endpoint_id);

-- One event on its way to one endpoint.
CREATE TABLE webhook_delivery (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    endpoint_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event_type text NOT NULL,
    entity text NOT NULL,
    sequence bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    body text NOT NULL,
    status text NOT NULL CONSTRAINT webhook_delivery_status_check
        -- HELD: the endpoint was disabled when it would have been sent, or while it waited
        CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED', 'HELD')),
    attempts int NOT NULL DEFAULT 0, -- since it was last asked for; a replay begins anew
    next_attempt_at timestamptz,     -- while it is pending
    delivered_at timestamptz,
    last_status int,                 -- what the receiver answered last
    last_error text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT webhook_delivery_event_key UNIQUE (account_id, endpoint_id, event_id),
    CONSTRAINT webhook_delivery_endpoint_fkey FOREIGN KEY (account_id, endpoint_id)
        REFERENCES webhook_endpoint (account_id, id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (account_id, endpoint_id, next_attempt_at)
    WHERE status = 'PENDING';
CREATE INDEX webhook_delivery_log ON webhook_delivery (account_id, endpoint_id, occurred_at DESC, id);

-- Every time that it was sent.
CREATE TABLE webhook_attempt (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    delivery_id uuid NOT NULL,
    at timestamptz NOT NULL,
    duration_ms int NOT NULL,
    status int,                 -- null: no answer came
    error text,
    response text,              -- how the answer began
    PRIMARY KEY (account_id, id),
    CONSTRAINT webhook_attempt_delivery_fkey FOREIGN KEY (account_id, delivery_id)
        REFERENCES webhook_delivery (account_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempt_delivery ON webhook_attempt (account_id, delivery_id, at);

SELECT guard_tenant_table('webhook_endpoint');
SELECT guard_tenant_table('webhook_secret');
SELECT guard_tenant_table('webhook_delivery');
SELECT guard_tenant_table('webhook_attempt');
SELECT open_to_affiliate(name, 'account_id = current_affiliate()')
  FROM unnest('{webhook_endpoint,webhook_secret,webhook_delivery,webhook_attempt}'::text[]) AS name;
GRANT SELECT, INSERT, UPDATE ON webhook_endpoint, webhook_delivery
    TO clickledger_app, clickledger_system;
GRANT SELECT ON webhook_endpoint, webhook_delivery TO clickledger_affiliate;
-- The secret itself is opened by workers only.
GRANT SELECT (account_id, id, endpoint_id, created_at, expires_at), INSERT, UPDATE (expires_at), DELETE
   ON webhook_secret TO clickledger_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_secret TO clickledger_system;
GRANT SELECT (account_id, id, endpoint_id, created_at, expires_at)
   ON webhook_secret TO clickledger_affiliate;
GRANT SELECT ON webhook_attempt TO clickledger_app, clickledger_affiliate;
GRANT SELECT, INSERT ON webhook_attempt TO clickledger_system;
GRANT DELETE ON webhook_delivery, webhook_attempt TO clickledger_system;
GRANT UPDATE (response) ON webhook_attempt TO clickledger_system;
-- How far the past of a profile has been read: of so many windows, those that are promised still.
CREATE TABLE backfill (
    account_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    windows int NOT NULL,
    PRIMARY KEY (account_id, profile_id),
    CONSTRAINT backfill_profile_fkey FOREIGN KEY (account_id, profile_id)
        REFERENCES profile (account_id, id)
);
SELECT guard_tenant_table('backfill');
GRANT SELECT, INSERT, UPDATE ON backfill TO clickledger_app, clickledger_system;
ALTER TABLE catalog_run
    ADD COLUMN read int NOT NULL DEFAULT 0, -- SKUs so far
    ADD COLUMN expected int;                -- SKUs that Amazon says there are; null until it does

-- Since when a store's reports are older than they may be; null while they are fresh. And when a
-- store came back: reports of its profile that were read before then knew nothing of it.
ALTER TABLE store ADD COLUMN stale_since timestamptz;
ALTER TABLE store ADD COLUMN reconnected_at timestamptz;

-- A lane looks for its own kinds among what is due, however much of the others there is.
CREATE INDEX duty_of_kind ON duty (kind, run_at) WHERE dead_at IS NULL;

-- The newest links first: what a process that begins learns by heart.
CREATE INDEX link_code_newest ON link_code (link_id);

-- Who asked to be forgotten: what was theirs alone is gone, and what others count on has no name any
-- more. An audit entry keeps its hash, on which the next one holds; that its words are gone shows.
ALTER TABLE person ADD COLUMN erased_at timestamptz;
ALTER TABLE affiliate ADD COLUMN erased_at timestamptz;
ALTER TABLE audit_entry ADD COLUMN erased_at timestamptz;
GRANT UPDATE (input, changes, erased_at) ON audit_entry TO clickledger_system;
GRANT UPDATE (input, changes) ON network_audit_entry TO clickledger_system;
GRANT UPDATE (reason) ON application_event TO clickledger_system;
GRANT DELETE ON search_word, discovery_mark, track_record TO clickledger_system;

-- migrate: rollback
SELECT 'forward only';
