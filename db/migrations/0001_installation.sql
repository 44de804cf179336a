-- Roles, the installation's policy, and what is found without knowing the account
-- depends:

-- migrate: apply
-- The app's role owns nothing and sees one account at a time. The system role does the work that
-- crosses accounts: sweeps, redirects, look-ups before an account is known.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clickledger_app') THEN
        CREATE ROLE clickledger_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clickledger_system') THEN
        CREATE ROLE clickledger_system NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this server was being migrated at the same moment
END $$;

GRANT USAGE ON SCHEMA public TO clickledger_app, clickledger_system;

-- The account whose rows may be seen. Unset means none: no context, no rows.
CREATE FUNCTION current_account() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN NULLIF(current_setting('app.account_id', true), '')::uuid;

-- The second wall around a tenant's table. The app sees the rows of the account in context, the
-- system role those of all.
CREATE FUNCTION guard_tenant_table(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY %I ON %I TO clickledger_app
        USING (account_id = current_account()) WITH CHECK (account_id = current_account())',
        name || '_tenant', name);
    EXECUTE format('CREATE POLICY %I ON %I TO clickledger_system USING (true) WITH CHECK (true)',
        name || '_system', name);
END $$;
REVOKE ALL ON FUNCTION guard_tenant_table(text) FROM PUBLIC;

-- Policy as data: what Amazon and the business may change without a release. One row.
CREATE TABLE installation (
    id smallint PRIMARY KEY DEFAULT 1 CONSTRAINT installation_single_check CHECK (id = 1),
    amazon_open boolean NOT NULL DEFAULT true,
    default_plan text NOT NULL DEFAULT 'ENTERPRISE'
        CONSTRAINT installation_default_plan_check
        CHECK (default_plan IN ('LAUNCH', 'GROWTH', 'SCALE', 'ENTERPRISE')),
    amazon_plan text NOT NULL DEFAULT 'ENTERPRISE'
        CONSTRAINT installation_amazon_plan_check
        CHECK (amazon_plan IN ('LAUNCH', 'GROWTH', 'SCALE', 'ENTERPRISE')),
    marketplace_ids text[] NOT NULL DEFAULT '{ATVPDKIKX0DER}',
    click_threshold int NOT NULL DEFAULT 10,
    settle_days int NOT NULL DEFAULT 30,
    settle_floor_days int NOT NULL DEFAULT 2,
    brb_estimate_bp int NOT NULL DEFAULT 1000
);
INSERT INTO installation DEFAULT VALUES;
GRANT SELECT ON installation TO clickledger_app;
GRANT SELECT, UPDATE ON installation TO clickledger_system;

-- A merchant's workspace: the tenant.
CREATE TABLE account (
    account_id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL CONSTRAINT account_name_check CHECK (length(name) BETWEEN 1 AND 200),
    plan text NOT NULL DEFAULT 'ENTERPRISE'
        CONSTRAINT account_plan_check CHECK (plan IN ('LAUNCH', 'GROWTH', 'SCALE', 'ENTERPRISE')),
    amazon_entitled_at timestamptz, -- kept when the installation closes to new accounts
    created_at timestamptz NOT NULL DEFAULT now()
);
SELECT guard_tenant_table('account');
GRANT SELECT, UPDATE (name) ON account TO clickledger_app; -- its plan is the operator's to set
GRANT SELECT, INSERT, UPDATE ON account TO clickledger_system;

-- Whose key is this? Asked before the account is known, so only the system role reads it.
CREATE TABLE api_key (
    key_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
GRANT SELECT, INSERT, UPDATE ON api_key TO clickledger_system;

-- An affiliate has one identity over all accounts; a partnership is where the two meet.
CREATE TABLE affiliate (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL CONSTRAINT affiliate_name_check CHECK (length(name) BETWEEN 1 AND 200),
    email text NOT NULL CONSTRAINT affiliate_email_check CHECK (email = lower(email)),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT affiliate_email_key UNIQUE (email)
);
GRANT SELECT, INSERT ON affiliate TO clickledger_app;
GRANT SELECT, INSERT, UPDATE ON affiliate TO clickledger_system;

-- Who did what, written in the transaction that did it.
CREATE TABLE audit_entry (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    actor text NOT NULL,
    action text NOT NULL,
    input jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);
SELECT guard_tenant_table('audit_entry');
GRANT SELECT, INSERT ON audit_entry TO clickledger_app, clickledger_system;

-- A duty is a promise: written with the change that causes it, removed when it is kept. It belongs
-- to the installation and points at nothing by foreign key.
CREATE TABLE duty (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    kind text NOT NULL,
    subject text NOT NULL,     -- what it is about; one open duty per kind and subject
    account_id uuid NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    run_at timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    lease_token uuid,
    lease_until timestamptz,
    dead_at timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT duty_subject_key UNIQUE (kind, subject)
);
-- A consent's code lives for five minutes, so its exchange waits behind nothing.
CREATE INDEX duty_due ON duty ((kind <> 'exchange_code'), run_at) WHERE dead_at IS NULL;
SELECT guard_tenant_table('duty');
GRANT SELECT, INSERT, UPDATE, DELETE ON duty TO clickledger_system;
GRANT SELECT, INSERT, UPDATE ON duty TO clickledger_app;

-- Periodic work runs once per slot, whoever asks and however often.
CREATE TABLE slot (
    name text NOT NULL,
    slot text NOT NULL,
    planned_at timestamptz NOT NULL,
    PRIMARY KEY (name, slot)
);
GRANT SELECT, INSERT, DELETE ON slot TO clickledger_system;

-- Clicks and report rows live in monthly partitions. Called ahead of time by the worker; what comes
-- for a month that has none yet waits in the default partition and loses nothing. A new partition
-- needs its table for itself, and whoever comes after waits behind it: it gives up soon.
CREATE FUNCTION ensure_month_partition(parent text, month date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '2s' AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name text := parent || '_' || to_char(first, 'YYYY"m"MM');
BEGIN
    IF parent NOT IN ('click', 'report_row') THEN
        RAISE EXCEPTION 'table % has no monthly partitions', parent;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext(name));
    IF to_regclass('public.' || quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    BEGIN
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                       name, parent, first, (first + interval '1 month')::date);
    EXCEPTION WHEN check_violation THEN
        -- Rows of this month already wait in the default partition; they stay there and are found.
        RETURN false;
    END;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION ensure_month_partition(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_month_partition(text, date) TO clickledger_system;

-- migrate: rollback
SELECT 'forward only';
