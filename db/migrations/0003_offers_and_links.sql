-- Offers with dated versions, partnerships, links and clicks
-- depends: 0002_catalog

-- migrate: apply
-- An offer serves exactly one store.
CREATE TABLE offer (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    store_id uuid NOT NULL,
    name text NOT NULL CONSTRAINT offer_name_check CHECK (length(name) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    archived_at timestamptz,
    PRIMARY KEY (account_id, id),
    CONSTRAINT offer_store_key UNIQUE (account_id, id, store_id),
    CONSTRAINT offer_name_key UNIQUE (account_id, store_id, name),
    CONSTRAINT offer_store_fkey FOREIGN KEY (account_id, store_id) REFERENCES store (account_id, id)
);

-- Terms from a day on. Changing an offer adds a version and never touches a past day.
CREATE TABLE offer_version (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    offer_id uuid NOT NULL,
    valid_from date NOT NULL,   -- in the store's time zone
    rate_bp int NOT NULL CONSTRAINT offer_version_rate_check CHECK (rate_bp BETWEEN 0 AND 10000),
    cookie_days int NOT NULL,
    dtc_terms jsonb,            -- what only a DTC offer can have
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT offer_version_day_key UNIQUE (account_id, offer_id, valid_from),
    CONSTRAINT offer_version_offer_fkey FOREIGN KEY (account_id, offer_id) REFERENCES offer (account_id, id)
);

-- An affiliate of the network whom the account has entered itself. It sees those and its partners.
CREATE TABLE acquaintance (
    account_id uuid NOT NULL REFERENCES account,
    affiliate_id uuid NOT NULL REFERENCES affiliate,
    met_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, affiliate_id)
);

-- A store and an affiliate: Amazon's campaign.
CREATE TABLE partnership (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    store_id uuid NOT NULL,
    affiliate_id uuid NOT NULL REFERENCES affiliate,
    offer_id uuid NOT NULL,     -- in force now; the days are in assignment
    campaign_token text NOT NULL,
    status text NOT NULL DEFAULT 'ACTIVE'
        CONSTRAINT partnership_status_check CHECK (status IN ('ACTIVE', 'PAUSED', 'ENDED')),
    visible_at timestamptz,     -- when Amazon first showed figures: the threshold was crossed
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT partnership_affiliate_key UNIQUE (account_id, store_id, affiliate_id),
    CONSTRAINT partnership_token_key UNIQUE (account_id, campaign_token),
    CONSTRAINT partnership_parties_key UNIQUE (account_id, id, store_id, affiliate_id),
    CONSTRAINT partnership_store_fkey FOREIGN KEY (account_id, store_id) REFERENCES store (account_id, id),
    CONSTRAINT partnership_offer_fkey FOREIGN KEY (account_id, offer_id, store_id)
        REFERENCES offer (account_id, id, store_id)
);
CREATE INDEX partnership_affiliate ON partnership (account_id, affiliate_id);

-- Which offer pays for a day's sales.
CREATE TABLE assignment (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    partnership_id uuid NOT NULL,
    offer_id uuid NOT NULL,
    valid_from date NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT assignment_day_key UNIQUE (account_id, partnership_id, valid_from),
    CONSTRAINT assignment_partnership_fkey FOREIGN KEY (account_id, partnership_id)
        REFERENCES partnership (account_id, id),
    CONSTRAINT assignment_offer_fkey FOREIGN KEY (account_id, offer_id) REFERENCES offer (account_id, id)
);

-- A subID of an affiliate: Amazon's ad group. The empty subID is the one for links without.
CREATE TABLE ad_group (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    partnership_id uuid NOT NULL,
    subid text NOT NULL CONSTRAINT ad_group_subid_check CHECK (length(subid) <= 100),
    token text NOT NULL,
    visible_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT ad_group_subid_key UNIQUE (account_id, partnership_id, subid),
    CONSTRAINT ad_group_token_key UNIQUE (account_id, partnership_id, token),
    CONSTRAINT ad_group_partnership_fkey FOREIGN KEY (account_id, partnership_id)
        REFERENCES partnership (account_id, id)
);

-- A landing page: Amazon's creative.
CREATE TABLE creative (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    store_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT creative_kind_check CHECK (kind IN ('DETAIL_PAGE', 'STORE_PAGE')),
    landing text NOT NULL,      -- an ASIN, or the path of a Store page
    token text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT creative_landing_key UNIQUE (account_id, store_id, landing),
    CONSTRAINT creative_token_key UNIQUE (account_id, store_id, token),
    CONSTRAINT creative_store_fkey FOREIGN KEY (account_id, store_id) REFERENCES store (account_id, id)
);

-- Campaign, ad group and creative: one tag, and so one landing page.
CREATE TABLE link (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    partnership_id uuid NOT NULL,
    ad_group_id uuid NOT NULL,
    creative_id uuid NOT NULL,
    code text NOT NULL,
    destination text NOT NULL,
    visible_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT link_tag_key UNIQUE (account_id, partnership_id, ad_group_id, creative_id),
    CONSTRAINT link_code_key UNIQUE (account_id, code),
    CONSTRAINT link_partnership_fkey FOREIGN KEY (account_id, partnership_id)
        REFERENCES partnership (account_id, id),
    CONSTRAINT link_ad_group_fkey FOREIGN KEY (account_id, ad_group_id) REFERENCES ad_group (account_id, id),
    CONSTRAINT link_creative_fkey FOREIGN KEY (account_id, creative_id) REFERENCES creative (account_id, id)
);

-- What a shopper's code leads to, found without knowing the account.
CREATE TABLE link_code (
    code text PRIMARY KEY,
    account_id uuid NOT NULL,
    link_id uuid NOT NULL,
    partnership_id uuid NOT NULL,
    destination text NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON link_code TO clickledger_system;
GRANT INSERT, SELECT (code) ON link_code TO clickledger_app;

-- A counted click. No address and no browser of the shopper is kept.
CREATE TABLE click (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    partnership_id uuid NOT NULL,
    link_id uuid NOT NULL,
    clicked_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id, clicked_at)
) PARTITION BY RANGE (clicked_at);
CREATE TABLE click_rest PARTITION OF click DEFAULT;
CREATE INDEX click_partnership ON click (account_id, partnership_id, clicked_at);
CREATE INDEX click_link ON click (account_id, link_id, clicked_at);

SELECT guard_tenant_table('offer');
SELECT guard_tenant_table('partnership');
SELECT guard_tenant_table('link');
SELECT guard_tenant_table('ad_group');
SELECT guard_tenant_table('offer_version');
SELECT guard_tenant_table('assignment');
SELECT guard_tenant_table('creative');
SELECT guard_tenant_table('acquaintance');
SELECT guard_tenant_table('click');
GRANT SELECT, INSERT, UPDATE ON offer, partnership, link, ad_group
    TO clickledger_app, clickledger_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON offer_version, assignment
    TO clickledger_app, clickledger_system;
GRANT SELECT, INSERT ON acquaintance, creative, click
    TO clickledger_app, clickledger_system;

-- migrate: rollback
SELECT 'forward only';
