-- The marketplace: listings, applications, profiles of affiliates, invitations, shops
-- depends: 0006_people

-- migrate: apply
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- array_to_string is not immutable for every type; for text it is.
CREATE FUNCTION words(text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_string($1, ' ');

-- What the planner must know to choose well: by a word or value that few have through its index, by
-- one that many have in the order of the list. It returns what it is given; its cost keeps the
-- planner from settling on one plan for whatever value comes. For conditions, never for indexes.
CREATE FUNCTION asked(value anyelement) RETURNS anyelement
    LANGUAGE plpgsql IMMUTABLE COST 1000000000 AS $$ BEGIN RETURN value; END $$;

-- Every word, as its stem, that stands in a listing or a profile. Whoever publishes one adds its
-- words in the same transaction; they stay.
CREATE TABLE search_word (word text PRIMARY KEY);
CREATE INDEX search_word_likeness ON search_word USING gin (word gin_trgm_ops);

-- What somebody meant by what they typed: all words, "a phrase", or, -not. A word that stands
-- nowhere is taken for those most like it; nothing but fillers is met by every row. It is called
-- immutable as to_tsquery is, whose dictionaries may grow too: see asked().
CREATE FUNCTION search_query(typed text) RETURNS tsquery
    LANGUAGE plpgsql IMMUTABLE COST 1000000000
    SET pg_trgm.similarity_threshold = 0.25 AS $$ -- two letters swapped in a word of six
DECLARE
    meant tsquery := websearch_to_tsquery('english', typed);
    unknown text;
    likely tsquery;
BEGIN
    FOR unknown IN
        SELECT w FROM unnest(tsvector_to_array(to_tsvector('english', typed))) AS w
         WHERE NOT EXISTS (SELECT FROM search_word WHERE word = w)
         LIMIT 5
    LOOP
        SELECT string_agg(quote_literal(word), ' | ')::tsquery INTO likely
          FROM (SELECT word, similarity(word, unknown) AS likeness,
                       max(similarity(word, unknown)) OVER () AS most
                  FROM search_word WHERE word % unknown
                 ORDER BY likeness DESC, word LIMIT 3) AS near
         WHERE likeness >= 0.8 * most;
        IF likely IS NOT NULL THEN
            meant := ts_rewrite(meant, quote_literal(unknown)::tsquery, likely);
        END IF;
    END LOOP;
    RETURN CASE WHEN numnode(meant) = 0 THEN $nobody$ !'.' $nobody$::tsquery ELSE meant END;
END $$;

-- A brand's own agreement with its affiliates, in versions. What was accepted stays readable.
CREATE TABLE agreement (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    offer_id uuid NOT NULL,
    version int NOT NULL,
    body text NOT NULL CONSTRAINT agreement_body_check CHECK (length(body) BETWEEN 1 AND 50000),
    sha256 bytea NOT NULL,     -- of the body in UTF-8
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT agreement_version_key UNIQUE (account_id, offer_id, version),
    CONSTRAINT agreement_offer_fkey FOREIGN KEY (account_id, offer_id) REFERENCES offer (account_id, id)
);
CREATE TABLE agreement_acceptance (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    agreement_id uuid NOT NULL,
    affiliate_id uuid NOT NULL REFERENCES affiliate,
    sha256 bytea NOT NULL,     -- of what was read
    accepted_at timestamptz NOT NULL,
    accepted_by text NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT agreement_acceptance_affiliate_key UNIQUE (account_id, agreement_id, affiliate_id),
    CONSTRAINT agreement_acceptance_agreement_fkey FOREIGN KEY (account_id, agreement_id)
        REFERENCES agreement (account_id, id)
);

-- What an account shows in the marketplace: a row is there while it is listed, and its key lets
-- there be one. Names and rate stand here as they are in force, since the network reads no
-- account's tables; whoever changes them writes here too, in the same transaction.
CREATE TABLE listing (
    account_id uuid PRIMARY KEY REFERENCES account,
    id uuid NOT NULL DEFAULT uuidv7(),
    offer_id uuid NOT NULL,
    store_id uuid NOT NULL,
    brand_name text NOT NULL,
    store_name text NOT NULL,
    offer_name text NOT NULL,
    channel text NOT NULL CONSTRAINT listing_channel_check CHECK (channel IN ('AMAZON', 'DTC')),
    marketplace_id text,
    currency text NOT NULL,
    rate_bp int NOT NULL,      -- in force now; the days are in offer_version
    cookie_days int NOT NULL,
    description text NOT NULL CONSTRAINT listing_description_check CHECK (length(description) <= 5000),
    categories text[] NOT NULL DEFAULT '{}'
        CONSTRAINT listing_categories_check CHECK (cardinality(categories) <= 5),
    cover_url text,
    questions jsonb NOT NULL DEFAULT '[]', -- [{"question": text, "required": boolean}]
    agreement_id uuid,         -- to be accepted by whoever applies; null for none
    auto_accept boolean NOT NULL DEFAULT false,
    verified_only boolean NOT NULL DEFAULT false,
    minimum_audience bigint NOT NULL DEFAULT 0,
    daily_limit int CONSTRAINT listing_daily_limit_check CHECK (daily_limit > 0),
    listed_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    search tsvector NOT NULL GENERATED ALWAYS AS
        (to_tsvector('english', brand_name || ' ' || store_name || ' ' || offer_name || ' '
                                || words(categories) || ' ' || description)) STORED,
    CONSTRAINT listing_offer_fkey FOREIGN KEY (account_id, offer_id, store_id)
        REFERENCES offer (account_id, id, store_id),
    CONSTRAINT listing_agreement_fkey FOREIGN KEY (account_id, agreement_id)
        REFERENCES agreement (account_id, id)
);
CREATE INDEX listing_node ON listing (id);
-- Searched more than written: no list of pending entries that every search would read through.
CREATE INDEX listing_search ON listing USING gin (search) WITH (fastupdate = off);
CREATE INDEX listing_categories ON listing USING gin (categories) WITH (fastupdate = off);
ALTER TABLE listing ALTER search SET STATISTICS 1000; -- how rare a word is, of ten thousand words
CREATE INDEX listing_newest ON listing (listed_at, id);
CREATE INDEX listing_rate ON listing (rate_bp, id);
CREATE INDEX listing_brand ON listing (brand_name, id);

-- The products that a listing shows, chosen by the brand. They limit nothing that is paid.
CREATE TABLE promoted_product (
    account_id uuid NOT NULL,
    id uuid NOT NULL,          -- the product's
    offer_id uuid NOT NULL,
    place int NOT NULL,
    PRIMARY KEY (account_id, offer_id, id),
    CONSTRAINT promoted_product_product_fkey FOREIGN KEY (account_id, id)
        REFERENCES product (account_id, id),
    CONSTRAINT promoted_product_offer_fkey FOREIGN KEY (account_id, offer_id)
        REFERENCES offer (account_id, id)
);

-- Who looked at a listing and who began to apply; the rest of the way is in application.
CREATE TABLE listing_visit (
    account_id uuid NOT NULL,
    offer_id uuid NOT NULL,
    affiliate_id uuid NOT NULL REFERENCES affiliate,
    visited_at timestamptz NOT NULL,
    started_at timestamptz,
    PRIMARY KEY (account_id, offer_id, affiliate_id),
    CONSTRAINT listing_visit_offer_fkey FOREIGN KEY (account_id, offer_id) REFERENCES offer (account_id, id)
);

-- How an account has treated its affiliates in the last 90 days, as affiliates may see it.
CREATE TABLE reputation (
    account_id uuid PRIMARY KEY REFERENCES account,
    settled bigint NOT NULL,   -- conversions that could be decided
    approved bigint NOT NULL,
    denied bigint NOT NULL,
    adjusted bigint NOT NULL,  -- of the decided, those that Amazon reported less for afterwards
    days_to_decide int,        -- median, from settled to decided
    measured_at timestamptz NOT NULL
);

-- An affiliate asks to join the programme of a listed offer.
CREATE TABLE application (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    offer_id uuid NOT NULL,
    store_id uuid NOT NULL,
    affiliate_id uuid NOT NULL REFERENCES affiliate,
    state text NOT NULL CONSTRAINT application_state_check
        CHECK (state IN ('SUBMITTED', 'ACCEPTED', 'REJECTED', 'WITHDRAWN')),
    -- As they were when it was submitted.
    affiliate_name text NOT NULL,
    audience bigint NOT NULL,
    verified boolean NOT NULL,
    brand_name text NOT NULL,
    offer_name text NOT NULL,
    rate_bp int NOT NULL,
    message text NOT NULL CONSTRAINT application_message_check CHECK (length(message) <= 2000),
    answers jsonb NOT NULL DEFAULT '[]', -- [{"question": text, "answer": text}]
    agreement_id uuid,         -- the version that was accepted
    reason text,               -- of the rejection
    submitted_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text,           -- 'rules' when nobody had to look
    PRIMARY KEY (account_id, id),
    CONSTRAINT application_offer_fkey FOREIGN KEY (account_id, offer_id, store_id)
        REFERENCES offer (account_id, id, store_id),
    CONSTRAINT application_agreement_fkey FOREIGN KEY (account_id, agreement_id)
        REFERENCES agreement (account_id, id)
);
CREATE UNIQUE INDEX application_open_key ON application (account_id, store_id, affiliate_id)
    WHERE state = 'SUBMITTED';
CREATE INDEX application_newest ON application (account_id, submitted_at, id);
CREATE INDEX application_affiliate ON application (affiliate_id, submitted_at, id);
CREATE INDEX application_party ON application (account_id, affiliate_id, store_id, offer_id);

CREATE TABLE application_event (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    application_id uuid NOT NULL,
    state text NOT NULL CONSTRAINT application_event_state_check
        CHECK (state IN ('SUBMITTED', 'ACCEPTED', 'REJECTED', 'WITHDRAWN')),
    reason text,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    CONSTRAINT application_event_application_fkey FOREIGN KEY (account_id, application_id)
        REFERENCES application (account_id, id)
);
CREATE INDEX application_event_application ON application_event (account_id, application_id, id);

-- A brand asks an affiliate to join by an offer, listed or not.
CREATE TABLE invitation (
    account_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    offer_id uuid NOT NULL,
    store_id uuid NOT NULL,
    affiliate_id uuid NOT NULL REFERENCES affiliate,
    state text NOT NULL CONSTRAINT invitation_state_check
        CHECK (state IN ('SENT', 'ACCEPTED', 'DECLINED', 'WITHDRAWN')),
    affiliate_name text NOT NULL,
    message text NOT NULL CONSTRAINT invitation_message_check CHECK (length(message) <= 2000),
    agreement_id uuid,         -- to be accepted with it; null for none
    reason text,               -- of the affiliate for declining
    sent_at timestamptz NOT NULL,
    sent_by text NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (account_id, id),
    CONSTRAINT invitation_offer_fkey FOREIGN KEY (account_id, offer_id, store_id)
        REFERENCES offer (account_id, id, store_id),
    CONSTRAINT invitation_agreement_fkey FOREIGN KEY (account_id, agreement_id)
        REFERENCES agreement (account_id, id)
);
CREATE UNIQUE INDEX invitation_open_key ON invitation (account_id, store_id, affiliate_id)
    WHERE state = 'SENT';
CREATE INDEX invitation_newest ON invitation (account_id, sent_at, id);
CREATE INDEX invitation_affiliate ON invitation (affiliate_id, sent_at, id);
CREATE INDEX invitation_party ON invitation (account_id, affiliate_id, store_id, offer_id);

-- What a brand thinks of an affiliate whom it found.
CREATE TABLE discovery_mark (
    account_id uuid NOT NULL REFERENCES account,
    affiliate_id uuid NOT NULL REFERENCES affiliate,
    mark text NOT NULL CONSTRAINT discovery_mark_mark_check CHECK (mark IN ('STARRED', 'IGNORED')),
    marked_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, affiliate_id)
);

-- An affiliate's profile while they write it. Nobody else reads it.
CREATE TABLE affiliate_profile (
    id uuid PRIMARY KEY REFERENCES affiliate,
    name text NOT NULL CONSTRAINT affiliate_profile_name_check CHECK (length(name) BETWEEN 1 AND 200),
    bio text NOT NULL CONSTRAINT affiliate_profile_bio_check CHECK (length(bio) <= 5000),
    channels jsonb NOT NULL,   -- [{"kind": text, "url": text, "audience": number}]
    niches text[] NOT NULL,
    countries text[] NOT NULL,
    amazon_capable boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
-- The same as it was published: what brands find.
CREATE TABLE published_profile (
    id uuid PRIMARY KEY REFERENCES affiliate,
    name text NOT NULL,
    bio text NOT NULL,
    channels jsonb NOT NULL,
    channel_kinds text[] NOT NULL,
    audience bigint NOT NULL,  -- over all channels
    niches text[] NOT NULL,
    countries text[] NOT NULL,
    amazon_capable boolean NOT NULL,
    verified boolean NOT NULL, -- the address was shown to be theirs
    published_at timestamptz NOT NULL,
    search tsvector NOT NULL GENERATED ALWAYS AS
        (to_tsvector('english', name || ' ' || words(niches) || ' ' || bio)) STORED
);
CREATE INDEX published_profile_search ON published_profile USING gin (search)
    WITH (fastupdate = off);
CREATE INDEX published_profile_niches ON published_profile USING gin (niches)
    WITH (fastupdate = off);
CREATE INDEX published_profile_countries ON published_profile USING gin (countries)
    WITH (fastupdate = off);
CREATE INDEX published_profile_channel_kinds ON published_profile USING gin (channel_kinds)
    WITH (fastupdate = off);
ALTER TABLE published_profile ALTER search SET STATISTICS 1000;
CREATE INDEX published_profile_audience ON published_profile (audience, id);
CREATE INDEX published_profile_newest ON published_profile (published_at, id);
CREATE INDEX published_profile_name ON published_profile (name, id);

-- How an affiliate has done over all accounts in the last 90 days, as brands may see it.
CREATE TABLE track_record (
    id uuid PRIMARY KEY REFERENCES affiliate,
    clicks bigint NOT NULL,
    orders bigint NOT NULL,    -- settled
    returned_units bigint NOT NULL,
    units bigint NOT NULL,     -- as first reported
    partnerships int NOT NULL,
    visible_partnerships int NOT NULL, -- over Amazon's threshold
    measured_at timestamptz NOT NULL
);

-- Why a partnership is as it is, and what a brand keeps about it for itself.
ALTER TABLE partnership
    ADD COLUMN status_reason text
        CONSTRAINT partnership_status_reason_check CHECK (length(status_reason) <= 1000),
    ADD COLUMN status_changed_at timestamptz,
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}'
        CONSTRAINT partnership_tags_check CHECK (cardinality(tags) <= 20),
    ADD COLUMN note text NOT NULL DEFAULT ''
        CONSTRAINT partnership_note_check CHECK (length(note) <= 5000),
    ADD COLUMN custom_fields jsonb NOT NULL DEFAULT '{}';

-- A shop of the brand's own has products too, entered by hand.
ALTER TABLE store ADD COLUMN storefront_url text; -- the brand's Store on Amazon; a shop's is its url
ALTER TABLE product ADD COLUMN url text; -- the page of a shop's product; Amazon's follows from the ASIN
CREATE INDEX product_url ON product (account_id, store_id, url) WHERE url IS NOT NULL;
-- squawk-ignore ban-drop-not-null
ALTER TABLE product ALTER COLUMN asin DROP NOT NULL;
-- Not valid: what is there meets it, and a table is not read through for that.
ALTER TABLE product ADD CONSTRAINT product_page_check
    CHECK ((asin IS NULL) <> (url IS NULL)) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE creative DROP CONSTRAINT creative_kind_check;
ALTER TABLE creative ADD CONSTRAINT creative_kind_check
    CHECK (kind IN ('DETAIL_PAGE', 'STORE_PAGE', 'SHOP_PAGE')) NOT VALID;
ALTER TABLE link_code ADD COLUMN shop_host text; -- where a link to a shop may lead; null: to Amazon

SELECT guard_tenant_table('agreement');
SELECT guard_tenant_table('agreement_acceptance');
SELECT guard_tenant_table('listing');
SELECT guard_tenant_table('promoted_product');
SELECT guard_tenant_table('listing_visit');
SELECT guard_tenant_table('reputation');
SELECT guard_tenant_table('application');
SELECT guard_tenant_table('application_event');
SELECT guard_tenant_table('invitation');
SELECT guard_tenant_table('discovery_mark');
GRANT SELECT, INSERT, UPDATE, DELETE ON listing, promoted_product, discovery_mark
    TO clickledger_app, clickledger_system;
GRANT SELECT, INSERT ON search_word
    TO clickledger_app, clickledger_affiliate, clickledger_system;
GRANT SELECT, INSERT, UPDATE ON application, invitation, listing_visit
    TO clickledger_app, clickledger_system;
GRANT SELECT, INSERT ON agreement, agreement_acceptance, application_event
    TO clickledger_app, clickledger_system;
GRANT SELECT ON reputation TO clickledger_app;
GRANT SELECT, INSERT, UPDATE ON reputation, track_record TO clickledger_system;

-- migrate: rollback
SELECT 'forward only';
