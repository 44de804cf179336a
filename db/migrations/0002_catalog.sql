-- What an account connects: seller accounts, profiles, brands, stores, products
-- depends: 0001_installation

-- migrate: apply
CREATE TABLE seller_account (
    account_id uuid NOT NULL REFERENCES account,
    id uuid NOT NULL DEFAULT uuidv7(),
    name text NOT NULL CONSTRAINT seller_account_name_check CHECK (length(name) BETWEEN 1 AND 200),
    merchant_id text, -- Amazon's A…; known once a consent has been given
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, id),
    CONSTRAINT seller_account_merchant_key UNIQUE (account_id, merchant_id)
);

-- One consent of a seller. The Ads API and SP-API are two applications: two consents, two tokens.
CREATE TABLE amazon_grant (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    seller_account_id uuid NOT NULL,
    api text NOT NULL CONSTRAINT amazon_grant_api_check CHECK (api IN ('ADS', 'SELLING_PARTNER')),
    state text NOT NULL DEFAULT 'AWAITING_CONSENT'
        CONSTRAINT amazon_grant_state_check
        CHECK (state IN ('AWAITING_CONSENT', 'CONNECTING', 'CONNECTED', 'RECONNECT', 'DECLINED')),
    problem text,              -- what went wrong, for a person
    sealed_code text,          -- the consent's code until it is exchanged; five minutes
    sealed_refresh_token text,
    sealed_access_token text,
    access_expires_at timestamptz,
    refreshed_at timestamptz,
    refresh_lease_token uuid,  -- whoever holds it asks Amazon for a token; the others wait
    refresh_lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, id),
    CONSTRAINT amazon_grant_api_key UNIQUE (account_id, seller_account_id, api),
    CONSTRAINT amazon_grant_seller_account_fkey FOREIGN KEY (account_id, seller_account_id)
        REFERENCES seller_account (account_id, id)
);

-- Amazon's redirect brings back only this state; it says whose consent it was.
CREATE TABLE consent_request (
    state_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON consent_request TO clickledger_system;
GRANT INSERT ON consent_request TO clickledger_app;

-- A profile is Amazon's: one seller in one marketplace. Reports and tags belong to it, so brands
-- of one seller share it.
CREATE TABLE profile (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    seller_account_id uuid NOT NULL,
    amazon_profile_id text NOT NULL, -- int64 at Amazon: kept as text, never as a float
    region text NOT NULL CONSTRAINT profile_region_check CHECK (region IN ('NA', 'EU', 'FE')),
    merchant_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CONSTRAINT profile_kind_check CHECK (kind IN ('SELLER', 'VENDOR', 'AGENCY')),
    marketplace_id text NOT NULL,
    country text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    attribution text NOT NULL DEFAULT 'UNKNOWN'
        CONSTRAINT profile_attribution_check
        CHECK (attribution IN ('UNKNOWN', 'ELIGIBLE', 'NOT_ELIGIBLE')),
    advertiser_id text,
    publisher_id text,
    tag_template text,          -- the query that Amazon gave; begins with '?'
    measuring_since timestamptz, -- a tag call was made; before it Amazon measures nothing
    brb_enrolled boolean,       -- null until a report has said
    discovered_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT profile_amazon_key UNIQUE (account_id, seller_account_id, amazon_profile_id),
    CONSTRAINT profile_seller_account_fkey FOREIGN KEY (account_id, seller_account_id)
        REFERENCES seller_account (account_id, id)
);

CREATE TABLE brand (
    account_id uuid NOT NULL REFERENCES account,
    id uuid NOT NULL DEFAULT uuidv7(),
    seller_account_id uuid,     -- null: a brand that sells only in its own shop
    name text NOT NULL CONSTRAINT brand_name_check CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, id),
    CONSTRAINT brand_name_key UNIQUE NULLS NOT DISTINCT (account_id, seller_account_id, name),
    CONSTRAINT brand_seller_account_fkey FOREIGN KEY (account_id, seller_account_id)
        REFERENCES seller_account (account_id, id)
);

-- One brand in one marketplace, or a shop of the brand's own (DTC).
CREATE TABLE store (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    brand_id uuid NOT NULL,
    channel text NOT NULL CONSTRAINT store_channel_check CHECK (channel IN ('AMAZON', 'DTC')),
    name text NOT NULL CONSTRAINT store_name_check CHECK (length(name) BETWEEN 1 AND 200),
    profile_id uuid,
    marketplace_id text,
    url text,                   -- of a DTC shop
    currency text NOT NULL,
    time_zone text NOT NULL,
    connected_at timestamptz NOT NULL,
    disconnected_at timestamptz,
    PRIMARY KEY (account_id, id),
    CONSTRAINT store_channel_fields_check CHECK (
        (channel = 'AMAZON' AND profile_id IS NOT NULL AND marketplace_id IS NOT NULL AND url IS NULL)
        OR (channel = 'DTC' AND profile_id IS NULL AND marketplace_id IS NULL AND url IS NOT NULL)),
    CONSTRAINT store_marketplace_key UNIQUE (account_id, brand_id, marketplace_id),
    CONSTRAINT store_url_key UNIQUE (account_id, url),
    CONSTRAINT store_brand_fkey FOREIGN KEY (account_id, brand_id) REFERENCES brand (account_id, id),
    CONSTRAINT store_profile_fkey FOREIGN KEY (account_id, profile_id) REFERENCES profile (account_id, id)
);
CREATE INDEX store_profile ON store (account_id, profile_id);

-- A row per SKU, so an ASIN stands here as often as it has SKUs.
CREATE TABLE product (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    store_id uuid NOT NULL,
    sku text NOT NULL,
    asin text NOT NULL,
    title text NOT NULL,
    brand_name text,
    category text,
    image_url text,
    price_minor bigint,
    currency text NOT NULL,
    quantity int,               -- null: Amazon does not say, as for what it fulfils itself
    fulfilment text NOT NULL CONSTRAINT product_fulfilment_check CHECK (fulfilment IN ('AMAZON', 'MERCHANT')),
    status text NOT NULL CONSTRAINT product_status_check CHECK (status IN ('ACTIVE', 'INACTIVE')),
    missed_runs int NOT NULL DEFAULT 0, -- complete listings in a row that did not have it
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT product_sku_key UNIQUE (account_id, store_id, sku),
    CONSTRAINT product_store_fkey FOREIGN KEY (account_id, store_id) REFERENCES store (account_id, id)
);
CREATE INDEX product_asin ON product (account_id, store_id, asin);

CREATE TABLE catalog_run (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    store_id uuid NOT NULL,
    method text CONSTRAINT catalog_run_method_check CHECK (method IN ('SEARCH', 'REPORT')),
    state text NOT NULL CONSTRAINT catalog_run_state_check
        CHECK (state IN ('RUNNING', 'APPLIED', 'HELD', 'FAILED')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    amazon_report_id text,               -- ordered and waited for, when the method is REPORT
    listed int NOT NULL DEFAULT 0,       -- SKUs in Amazon's answer
    other_brands int NOT NULL DEFAULT 0, -- of them, sold by this seller but not of this brand
    added int NOT NULL DEFAULT 0,
    changed int NOT NULL DEFAULT 0,
    deactivated int NOT NULL DEFAULT 0,
    quarantined jsonb NOT NULL DEFAULT '[]',
    problem text,
    PRIMARY KEY (account_id, id),
    CONSTRAINT catalog_run_store_fkey FOREIGN KEY (account_id, store_id) REFERENCES store (account_id, id)
);
CREATE INDEX catalog_run_store ON catalog_run (account_id, store_id, started_at DESC);

SELECT guard_tenant_table('seller_account');
SELECT guard_tenant_table('amazon_grant');
SELECT guard_tenant_table('profile');
SELECT guard_tenant_table('brand');
SELECT guard_tenant_table('store');
SELECT guard_tenant_table('product');
SELECT guard_tenant_table('catalog_run');
GRANT SELECT, INSERT, UPDATE ON seller_account, amazon_grant, profile, brand, store, product, catalog_run
    TO clickledger_app, clickledger_system;

-- migrate: rollback
SELECT 'forward only';
