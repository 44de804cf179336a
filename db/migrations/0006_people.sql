-- People: who signs in, what they are, their keys, and what remembers what they did
-- depends: 0005_views

-- migrate: apply
-- An affiliate's room: the rows that are about one affiliate, in whatever account they lie. It
-- reads there; what it changes of an account's is changed in that account's name.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clickledger_affiliate') THEN
        CREATE ROLE clickledger_affiliate NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this server was being migrated at the same moment
END $$;
GRANT USAGE ON SCHEMA public TO clickledger_affiliate;

CREATE FUNCTION current_affiliate() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.affiliate_id', true), '')::uuid;

-- Somebody who signs in: a member of accounts, an affiliate, an operator, or several of these.
CREATE TABLE person (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    email text NOT NULL CONSTRAINT person_email_check CHECK (email = lower(email)),
    name text NOT NULL CONSTRAINT person_name_check CHECK (length(name) BETWEEN 1 AND 200),
    password_hash text,        -- Argon2id; null until one was chosen
    email_verified_at timestamptz,
    operator_since timestamptz, -- null: no operator of this installation
    wants_affiliate boolean NOT NULL DEFAULT false, -- at sign-up; done once the address is verified
    created_at timestamptz NOT NULL,
    CONSTRAINT person_email_key UNIQUE (email)
);
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE person FORCE ROW LEVEL SECURITY;
CREATE POLICY person_system ON person TO clickledger_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON person TO clickledger_system;
GRANT SELECT (id, email, name, email_verified_at) ON person TO clickledger_app;

-- Which person may do what in an account.
CREATE TABLE membership (
    account_id uuid NOT NULL REFERENCES account,
    id uuid NOT NULL DEFAULT uuidv7(),
    person_id uuid NOT NULL REFERENCES person,
    role text NOT NULL CONSTRAINT membership_role_check
        CHECK (role IN ('OWNER', 'MANAGER', 'FINANCE', 'VIEWER')),
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT membership_person_key UNIQUE (account_id, person_id)
);
CREATE INDEX membership_of_person ON membership (person_id); -- at sign-in no account is known yet
SELECT guard_tenant_table('membership');
GRANT SELECT, INSERT, UPDATE, DELETE ON membership TO clickledger_app, clickledger_system;
CREATE POLICY person_member ON person FOR SELECT TO clickledger_app
    USING (id IN (SELECT person_id FROM membership WHERE account_id = current_account()));

-- An address that was asked to join an account. Its token is kept as its hash.
CREATE TABLE member_invitation (
    account_id uuid NOT NULL REFERENCES account,
    id uuid NOT NULL DEFAULT uuidv7(),
    email text NOT NULL CONSTRAINT member_invitation_email_check CHECK (email = lower(email)),
    role text NOT NULL CONSTRAINT member_invitation_role_check
        CHECK (role IN ('OWNER', 'MANAGER', 'FINANCE', 'VIEWER')),
    invited_by text NOT NULL,
    invited_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX member_invitation_open_key ON member_invitation (account_id, email)
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
SELECT guard_tenant_table('member_invitation');
GRANT SELECT, INSERT, UPDATE ON member_invitation TO clickledger_app, clickledger_system;

-- The token in the mail brings no account with it.
CREATE TABLE member_invitation_token (
    token_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL,
    invitation_id uuid NOT NULL
);
GRANT SELECT, INSERT, DELETE ON member_invitation_token TO clickledger_system;
GRANT INSERT ON member_invitation_token TO clickledger_app;

-- What a person was sent to prove that an address is theirs. Used once.
CREATE TABLE one_time_token (
    token_hash bytea PRIMARY KEY,
    purpose text NOT NULL CONSTRAINT one_time_token_purpose_check
        CHECK (purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD')),
    person_id uuid NOT NULL REFERENCES person,
    expires_at timestamptz NOT NULL
);
CREATE INDEX one_time_token_person ON one_time_token (person_id, purpose);
GRANT SELECT, INSERT, DELETE ON one_time_token TO clickledger_system;

-- A browser that somebody signed in with; its cookie is kept as its hash.
CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    id uuid NOT NULL DEFAULT uuidv7(),
    person_id uuid NOT NULL REFERENCES person,
    browser text NOT NULL,     -- as it calls itself, for its owner to recognise
    begun_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    lapsed boolean NOT NULL DEFAULT false, -- was once left unused too long for what needs care
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_person ON session (person_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO clickledger_system;

-- How often something was tried that can be guessed at, by hash of who or from where, per slot.
CREATE TABLE attempt (
    subject bytea NOT NULL,
    slot timestamptz NOT NULL,
    attempts int NOT NULL,
    PRIMARY KEY (subject, slot)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON attempt TO clickledger_system;

-- A letter to be sent by a worker. What it says may hold a token: it is sealed, and forgotten once
-- it has gone.
CREATE TABLE mail (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    recipient text NOT NULL,
    subject text NOT NULL,
    sealed_text text,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
GRANT SELECT, INSERT, UPDATE, DELETE ON mail TO clickledger_system;
GRANT INSERT ON mail TO clickledger_app;

-- The person who is this affiliate; null until somebody has shown that the address is theirs.
ALTER TABLE affiliate ADD COLUMN person_id uuid
    -- squawk-ignore adding-foreign-key-constraint
    CONSTRAINT affiliate_person_fkey REFERENCES person;
CREATE UNIQUE INDEX affiliate_person_key ON affiliate (person_id);
ALTER TABLE affiliate ENABLE ROW LEVEL SECURITY;
ALTER TABLE affiliate FORCE ROW LEVEL SECURITY;
CREATE POLICY affiliate_network ON affiliate TO clickledger_app USING (true) WITH CHECK (true);
CREATE POLICY affiliate_system ON affiliate TO clickledger_system USING (true) WITH CHECK (true);
CREATE POLICY affiliate_affiliate ON affiliate TO clickledger_affiliate
    USING (id = current_affiliate()) WITH CHECK (id = current_affiliate());
GRANT SELECT, UPDATE (name) ON affiliate TO clickledger_affiliate;

-- A key can be narrowed, ends, and is known by its beginning. Its account sees it, but for the hash.
ALTER TABLE api_key
    ADD COLUMN prefix text NOT NULL DEFAULT 'clk_',
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{READ,MANAGE,DECIDE,ADMINISTER}'
        CONSTRAINT api_key_scopes_check
        CHECK (scopes <@ '{READ,MANAGE,DECIDE,ADMINISTER}' AND cardinality(scopes) > 0),
    ADD COLUMN created_by text NOT NULL DEFAULT 'operator',
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN last_used_at timestamptz;
CREATE UNIQUE INDEX api_key_id_key ON api_key (account_id, id);
SELECT guard_tenant_table('api_key');
GRANT SELECT (account_id, id, name, prefix, scopes, created_by, created_at, expires_at,
              last_used_at, revoked_at),
      INSERT, UPDATE (revoked_at) ON api_key TO clickledger_app;

-- What a mutation changed, as the API showed it before and after. Entries of an account are
-- numbered and each holds the hash of the one before it: one that is missing or altered shows.
ALTER TABLE audit_entry
    ADD COLUMN number bigint,
    ADD COLUMN changes jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN request_id text,
    ADD COLUMN hash bytea;
CREATE UNIQUE INDEX audit_entry_number_key ON audit_entry (account_id, number);
CREATE TABLE audit_head (
    account_id uuid PRIMARY KEY REFERENCES account,
    number bigint NOT NULL,
    hash bytea NOT NULL
);
SELECT guard_tenant_table('audit_head');
GRANT SELECT, INSERT, UPDATE ON audit_head TO clickledger_app, clickledger_system;

-- The same for what happens outside of every account: people, affiliates' own matters, operators.
CREATE TABLE network_audit_entry (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    actor text NOT NULL,
    action text NOT NULL,
    input jsonb NOT NULL,
    changes jsonb NOT NULL,
    request_id text,
    at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON network_audit_entry TO clickledger_system;
GRANT INSERT ON network_audit_entry TO clickledger_affiliate;

-- What a mutation answered under an idempotency key: the same again gives the same. The room is the
-- account or the affiliate whose transaction it was, or the nil UUID.
CREATE TABLE idempotent_answer (
    room_id uuid NOT NULL,
    caller text NOT NULL,      -- the key or person that asked
    key text NOT NULL CONSTRAINT idempotent_answer_key_check CHECK (length(key) BETWEEN 1 AND 200),
    place text NOT NULL,       -- of the mutation in its document
    request_hash bytea NOT NULL,
    sealed_answer text,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (room_id, caller, key, place)
);
CREATE INDEX idempotent_answer_age ON idempotent_answer (answered_at);
ALTER TABLE idempotent_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotent_answer FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotent_answer_tenant ON idempotent_answer TO clickledger_app
    USING (room_id = current_account()) WITH CHECK (room_id = current_account());
CREATE POLICY idempotent_answer_affiliate ON idempotent_answer TO clickledger_affiliate
    USING (room_id = current_affiliate()) WITH CHECK (room_id = current_affiliate());
CREATE POLICY idempotent_answer_system ON idempotent_answer TO clickledger_system
    USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON idempotent_answer TO clickledger_app, clickledger_affiliate;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotent_answer TO clickledger_system;

-- A consent at Amazon is given in the browser of whoever asked for it.
ALTER TABLE consent_request ADD COLUMN person_id uuid;

-- migrate: rollback
SELECT 'forward only';
