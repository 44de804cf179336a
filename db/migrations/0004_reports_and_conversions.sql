-- Amazon's reports as received, their rows in versions, and the conversions derived from them
-- depends: 0003_offers_and_links

-- migrate: apply
-- One question put to Amazon about one profile: a level and a range of days.
CREATE TABLE report_run (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    profile_id uuid NOT NULL,
    -- Text, and not an enum: under row-level security an index is searched only by an operator that
    -- is leakproof, and an enum's is not.
    level text NOT NULL CONSTRAINT report_run_level_check
        CHECK (level IN ('CAMPAIGN', 'ADGROUP', 'CREATIVE', 'PRODUCTS')),
    purpose text NOT NULL CONSTRAINT report_run_purpose_check
        CHECK (purpose IN ('DAILY', 'LATE', 'BACKFILL', 'RELEASE', 'REQUESTED')),
    from_day date NOT NULL,
    to_day date NOT NULL,
    state text NOT NULL CONSTRAINT report_run_state_check
        CHECK (state IN ('RUNNING', 'APPLIED', 'HELD', 'FAILED')),
    started_at timestamptz NOT NULL,
    observed_at timestamptz,    -- when Amazon's last page was received: the moment the figures are of
    finished_at timestamptz,
    pages int NOT NULL DEFAULT 0,
    rows_read int NOT NULL DEFAULT 0,
    rows_changed int NOT NULL DEFAULT 0,
    rows_own_tags int NOT NULL DEFAULT 0,
    rows_quarantined int NOT NULL DEFAULT 0,
    digest bytea,               -- of all pages: the same answer again needs no reading
    degraded text[] NOT NULL DEFAULT '{}', -- metrics that Amazon refused
    problem text,
    PRIMARY KEY (account_id, id),
    CONSTRAINT report_run_profile_fkey FOREIGN KEY (account_id, profile_id) REFERENCES profile (account_id, id)
);
CREATE INDEX report_run_applied ON report_run (account_id, profile_id, level, observed_at DESC)
    WHERE state = 'APPLIED';
CREATE INDEX report_run_running ON report_run (account_id, profile_id) WHERE state = 'RUNNING';
CREATE INDEX report_run_started ON report_run (account_id, started_at DESC, id);

-- A page as received, stored before it is used.
CREATE TABLE report_page (
    account_id uuid NOT NULL,
    run_id uuid NOT NULL,
    page int NOT NULL,
    asked jsonb NOT NULL,
    body_gz bytea NOT NULL,
    sha256 bytea NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, run_id, page),
    CONSTRAINT report_page_run_fkey FOREIGN KEY (account_id, run_id) REFERENCES report_run (account_id, id)
);
ALTER TABLE report_page ALTER COLUMN body_gz SET STORAGE EXTERNAL;

-- What Amazon said of a subject's day, from observed_at until the next version. Only changes are
-- written, so the versions of a key are a step function of time. The subject is what the level
-- groups by: CAMPAIGN a partnership, ADGROUP an ad group, CREATIVE a link, PRODUCTS an ad group
-- together with asin and halo. All zero while the subject has
-- never shown a figure (its visible_at is null) means masked by Amazon, not a day without sales.
CREATE TABLE report_row (
    account_id uuid NOT NULL,
    level text NOT NULL CONSTRAINT report_row_level_check
        CHECK (level IN ('CAMPAIGN', 'ADGROUP', 'CREATIVE', 'PRODUCTS')),
    subject_id uuid NOT NULL,
    day date NOT NULL,
    asin text NOT NULL DEFAULT '',
    halo boolean NOT NULL DEFAULT false,
    observed_at timestamptz NOT NULL, -- when Amazon said it
    recorded_at timestamptz NOT NULL, -- when it was taken in: what a settlement could know
    run_id uuid NOT NULL,
    partnership_id uuid NOT NULL,
    clicks bigint NOT NULL,
    detail_page_views bigint NOT NULL,
    add_to_carts bigint NOT NULL,
    purchases bigint NOT NULL,
    units bigint NOT NULL,
    sales_minor bigint NOT NULL,       -- promoted products, or what a PRODUCTS row is about
    total_purchases bigint NOT NULL,   -- promoted and halo: the cart's own-brand part
    total_units bigint NOT NULL,
    total_sales_minor bigint NOT NULL,
    new_to_brand_purchases bigint,
    new_to_brand_units bigint,
    new_to_brand_sales_minor bigint,
    brb_bonus_minor bigint,            -- null: not asked for, or not enrolled
    PRIMARY KEY (account_id, level, subject_id, day, asin, halo, observed_at)
) PARTITION BY RANGE (day);
CREATE TABLE report_row_rest PARTITION OF report_row DEFAULT;
CREATE INDEX report_row_partnership ON report_row (account_id, partnership_id, level, day)
    WHERE level <> 'CAMPAIGN';

-- Rows that carry none of our tokens: the brand's own tags, kept apart and paid to nobody.
CREATE TABLE own_tag_row (
    account_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    level text NOT NULL CONSTRAINT own_tag_row_level_check
        CHECK (level IN ('CAMPAIGN', 'ADGROUP', 'CREATIVE', 'PRODUCTS')),
    day date NOT NULL,
    key text NOT NULL,          -- Amazon's ids of the row, as a JSON array
    observed_at timestamptz NOT NULL,
    clicks bigint NOT NULL,
    total_units bigint NOT NULL,
    total_sales_minor bigint NOT NULL,
    PRIMARY KEY (account_id, profile_id, level, day, key),
    CONSTRAINT own_tag_row_profile_fkey FOREIGN KEY (account_id, profile_id) REFERENCES profile (account_id, id)
);

CREATE TABLE quarantined_row (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    run_id uuid NOT NULL,
    page int NOT NULL,
    reason text NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT quarantined_row_run_fkey FOREIGN KEY (account_id, run_id) REFERENCES report_run (account_id, id)
);
CREATE INDEX quarantined_row_run ON quarantined_row (account_id, run_id, id);

-- Everything of a store that was due at ran_at was settled then. With the versions and the
-- decisions this is all that a rebuild of the conversions needs.
CREATE TABLE settlement (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    store_id uuid NOT NULL,
    ran_at timestamptz NOT NULL,
    local_day date NOT NULL,    -- ran_at in the store's time zone
    settled int NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT settlement_store_fkey FOREIGN KEY (account_id, store_id) REFERENCES store (account_id, id)
);
CREATE INDEX settlement_store ON settlement (account_id, store_id, local_day);

CREATE TABLE decision (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    partnership_id uuid NOT NULL,
    day date NOT NULL,
    verdict text NOT NULL CONSTRAINT decision_verdict_check CHECK (verdict IN ('APPROVED', 'DENIED')),
    reason text,
    decided_at timestamptz NOT NULL,
    decided_by text NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT decision_day_key UNIQUE (account_id, partnership_id, day),
    CONSTRAINT decision_partnership_fkey FOREIGN KEY (account_id, partnership_id)
        REFERENCES partnership (account_id, id)
);

-- One store, affiliate and day. A pure function of report_row at level CAMPAIGN, the offers'
-- versions, settlement and decision; its id is made from partnership and day, so that a rebuild
-- gives the same rows.
CREATE TABLE conversion (
    account_id uuid NOT NULL,
    id uuid NOT NULL,
    partnership_id uuid NOT NULL,
    store_id uuid NOT NULL,
    affiliate_id uuid NOT NULL,
    day date NOT NULL,          -- Amazon's reporting day, in the store's time zone
    source text NOT NULL CONSTRAINT conversion_source_check CHECK (source IN ('AMAZON', 'DTC')),
    status text NOT NULL CONSTRAINT conversion_status_check
        CHECK (status IN ('PENDING', 'SETTLED', 'APPROVED', 'DENIED')),
    currency text NOT NULL,
    offer_version_id uuid NOT NULL, -- without a key: nobody may delete a version
    rate_bp int NOT NULL,
    -- What commission is paid on. Moves until settled, then stands.
    orders bigint NOT NULL,
    units bigint NOT NULL,
    sales_minor bigint NOT NULL,
    commission_minor bigint NOT NULL,
    -- What Amazon says now. The difference to the above is the adjustment.
    reported_orders bigint NOT NULL,
    reported_units bigint NOT NULL,
    reported_sales_minor bigint NOT NULL,
    reported_commission_minor bigint NOT NULL,
    first_seen_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL, -- when Amazon last said something else
    settles_on date NOT NULL,   -- the first local day on which it can be decided
    settled_at timestamptz,
    decided_at timestamptz,
    PRIMARY KEY (account_id, id),
    CONSTRAINT conversion_day_key UNIQUE (account_id, partnership_id, day),
    CONSTRAINT conversion_settled_check CHECK ((status = 'PENDING') = (settled_at IS NULL)),
    CONSTRAINT conversion_decided_check
        CHECK ((status IN ('APPROVED', 'DENIED')) = (decided_at IS NOT NULL)),
    -- Stated, and not checked row by row, which costs a tenth of taking a report in: the rows are
    -- derived from partnerships, and nobody may delete one.
    CONSTRAINT conversion_partnership_fkey FOREIGN KEY (account_id, partnership_id, store_id, affiliate_id)
        REFERENCES partnership (account_id, id, store_id, affiliate_id) NOT ENFORCED
);
CREATE INDEX conversion_day ON conversion (account_id, day DESC, id);
CREATE INDEX conversion_due ON conversion (account_id, store_id, settles_on) WHERE status = 'PENDING';

-- What Amazon said, what was settled and what was decided is only ever added to.
SELECT guard_tenant_table('report_run');
SELECT guard_tenant_table('own_tag_row');
SELECT guard_tenant_table('report_page');
SELECT guard_tenant_table('report_row');
SELECT guard_tenant_table('quarantined_row');
SELECT guard_tenant_table('settlement');
SELECT guard_tenant_table('decision');
SELECT guard_tenant_table('conversion');
GRANT SELECT, INSERT, UPDATE ON report_run, own_tag_row
    TO clickledger_app, clickledger_system;
GRANT SELECT, INSERT ON report_page, report_row, quarantined_row, settlement, decision
    TO clickledger_app, clickledger_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON conversion
    TO clickledger_app, clickledger_system;

-- migrate: rollback
SELECT 'forward only';
