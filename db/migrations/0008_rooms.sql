-- Who sees which rows: the affiliate's room, what is published, and the views of both
-- depends: 0007_marketplace

-- migrate: apply
-- Rows of accounts that an affiliate sees. It reads them and changes none. Policies ask tables that
-- have the affiliate in them, by EXISTS: the planner asks once for each row when few are reached, by
-- their own index, and once for all of them when many are.
CREATE FUNCTION open_to_affiliate(name text, condition text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO clickledger_affiliate USING (%s)',
                   name || '_affiliate', name, condition);
END $$;
REVOKE ALL ON FUNCTION open_to_affiliate(text, text) FROM PUBLIC;

CREATE INDEX partnership_of_affiliate ON partnership (affiliate_id, created_at, id);
-- Without the id: the few rows of a day are sorted when they are read, and it is far smaller.
CREATE INDEX conversion_of_affiliate ON conversion (affiliate_id, day);

SELECT open_to_affiliate('partnership', 'affiliate_id = current_affiliate()');
SELECT open_to_affiliate('conversion', 'affiliate_id = current_affiliate()');
SELECT open_to_affiliate('application', 'affiliate_id = current_affiliate()');
SELECT open_to_affiliate('invitation', 'affiliate_id = current_affiliate()');
SELECT open_to_affiliate('agreement_acceptance', 'affiliate_id = current_affiliate()');
SELECT open_to_affiliate('listing', 'true');
SELECT open_to_affiliate('reputation', 'true');

SELECT open_to_affiliate(name, format('EXISTS (SELECT FROM partnership p
    WHERE p.account_id = %1$I.account_id AND p.id = %1$I.partnership_id
      AND p.affiliate_id = current_affiliate())', name))
  FROM unnest('{assignment,ad_group,link,click,report_row,decision}'::text[]) AS name;
SELECT open_to_affiliate('application_event', 'EXISTS (SELECT FROM application a
    WHERE a.account_id = application_event.account_id AND a.id = application_event.application_id
      AND a.affiliate_id = current_affiliate())');

GRANT SELECT (account_id, id, store_id, affiliate_id, offer_id, campaign_token, status,
              status_reason, status_changed_at, visible_at, created_at)
    ON partnership TO clickledger_affiliate;
GRANT SELECT (account_id, id, offer_id, store_id, affiliate_id, state, message, agreement_id, reason,
              affiliate_name, sent_at, answered_at)
    ON invitation TO clickledger_affiliate;
GRANT SELECT (account_id, id, offer_id, store_id, affiliate_id, state, affiliate_name, audience,
              verified, brand_name, offer_name, rate_bp, message, answers, agreement_id, reason,
              submitted_at, decided_at)
    ON application TO clickledger_affiliate;
GRANT SELECT (account_id, id, application_id, state, reason, at)
    ON application_event TO clickledger_affiliate;
GRANT SELECT (account_id, id, partnership_id, day, verdict, reason, decided_at)
    ON decision TO clickledger_affiliate;
GRANT SELECT ON conversion, assignment, ad_group, link, click, report_row, agreement_acceptance,
    listing, reputation, installation
    TO clickledger_affiliate;

-- The stores and offers that an affiliate has to do with: by a partnership, past offers included,
-- by an invitation or by an application. Some stand there more than once: who asks whether one does
-- is answered by the first, mostly a partnership, and nothing is sorted for it.
CREATE VIEW store_of_affiliate WITH (security_invoker = true) AS
SELECT account_id, store_id FROM partnership WHERE affiliate_id = current_affiliate()
UNION ALL
SELECT account_id, store_id FROM invitation WHERE affiliate_id = current_affiliate()
UNION ALL
SELECT account_id, store_id FROM application WHERE affiliate_id = current_affiliate();

CREATE VIEW offer_of_affiliate WITH (security_invoker = true) AS
SELECT account_id, offer_id FROM partnership WHERE affiliate_id = current_affiliate()
UNION ALL
SELECT a.account_id, a.offer_id
  FROM assignment a
  JOIN partnership p ON p.account_id = a.account_id AND p.id = a.partnership_id
 WHERE p.affiliate_id = current_affiliate()
UNION ALL
SELECT account_id, offer_id FROM invitation WHERE affiliate_id = current_affiliate()
UNION ALL
SELECT account_id, offer_id FROM application WHERE affiliate_id = current_affiliate();
GRANT SELECT ON store_of_affiliate, offer_of_affiliate TO clickledger_affiliate;

SELECT open_to_affiliate('store', 'EXISTS (SELECT FROM store_of_affiliate k
    WHERE k.account_id = store.account_id AND k.store_id = store.id)');
SELECT open_to_affiliate('offer', 'EXISTS (SELECT FROM offer_of_affiliate k
    WHERE k.account_id = offer.account_id AND k.offer_id = offer.id)');
SELECT open_to_affiliate('offer_version', 'EXISTS (SELECT FROM offer_of_affiliate k
    WHERE k.account_id = offer_version.account_id AND k.offer_id = offer_version.offer_id)');
SELECT open_to_affiliate('creative', 'EXISTS (SELECT FROM store_of_affiliate k
    WHERE k.account_id = creative.account_id AND k.store_id = creative.store_id)');
SELECT open_to_affiliate('brand', 'EXISTS (SELECT FROM store s
    WHERE s.account_id = brand.account_id AND s.brand_id = brand.id)'); -- of the stores just opened
-- What a listing shows, and what is needed to show it, is the network's.
SELECT open_to_affiliate('promoted_product', 'EXISTS (SELECT FROM listing l
    WHERE l.account_id = promoted_product.account_id AND l.offer_id = promoted_product.offer_id)');
SELECT open_to_affiliate('product',
    'EXISTS (SELECT FROM store_of_affiliate k
              WHERE k.account_id = product.account_id AND k.store_id = product.store_id)
     OR EXISTS (SELECT FROM promoted_product m
                 WHERE m.account_id = product.account_id AND m.id = product.id)');
SELECT open_to_affiliate('agreement',
    'EXISTS (SELECT FROM listing l
              WHERE l.account_id = agreement.account_id AND l.agreement_id = agreement.id)
     OR (account_id, id) IN (SELECT account_id, agreement_id FROM invitation
                              WHERE affiliate_id = current_affiliate())
     OR (account_id, id) IN (SELECT account_id, agreement_id FROM application
                              WHERE affiliate_id = current_affiliate())
     OR (account_id, id) IN (SELECT account_id, agreement_id FROM agreement_acceptance
                              WHERE affiliate_id = current_affiliate())');
GRANT SELECT (account_id, id, brand_id, channel, name, marketplace_id, url, currency, time_zone,
              connected_at, disconnected_at, storefront_url)
    ON store TO clickledger_affiliate;
GRANT SELECT (account_id, id, name) ON brand TO clickledger_affiliate;
GRANT SELECT (account_id, id, store_id, name, description, created_at, archived_at)
    ON offer TO clickledger_affiliate;
GRANT SELECT (account_id, id, store_id, sku, asin, url, title, brand_name, category, image_url,
              price_minor, currency, quantity, fulfilment, status, first_seen_at, last_seen_at)
    ON product TO clickledger_affiliate;
GRANT SELECT (account_id, id, offer_id, version, body, sha256, published_at)
    ON agreement TO clickledger_affiliate;
GRANT SELECT ON offer_version, creative, promoted_product TO clickledger_affiliate;

-- What an affiliate has of its own.
ALTER TABLE affiliate_profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE affiliate_profile FORCE ROW LEVEL SECURITY;
ALTER TABLE published_profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE published_profile FORCE ROW LEVEL SECURITY;
ALTER TABLE track_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE track_record FORCE ROW LEVEL SECURITY;
CREATE POLICY affiliate_profile_affiliate ON affiliate_profile TO clickledger_affiliate
    USING (id = current_affiliate()) WITH CHECK (id = current_affiliate());
CREATE POLICY affiliate_profile_system ON affiliate_profile TO clickledger_system
    USING (true) WITH CHECK (true);
CREATE POLICY published_profile_affiliate ON published_profile TO clickledger_affiliate
    USING (id = current_affiliate()) WITH CHECK (id = current_affiliate());
CREATE POLICY published_profile_system ON published_profile TO clickledger_system
    USING (true) WITH CHECK (true);
CREATE POLICY published_profile_network ON published_profile FOR SELECT TO clickledger_app USING (true);
CREATE POLICY track_record_affiliate ON track_record FOR SELECT TO clickledger_affiliate
    USING (id = current_affiliate());
CREATE POLICY track_record_system ON track_record TO clickledger_system USING (true) WITH CHECK (true);
CREATE POLICY track_record_network ON track_record FOR SELECT TO clickledger_app USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON affiliate_profile, published_profile TO clickledger_affiliate;
GRANT SELECT, INSERT, UPDATE, DELETE ON affiliate_profile, published_profile TO clickledger_system;
GRANT SELECT ON published_profile, track_record TO clickledger_app;
GRANT SELECT ON track_record TO clickledger_affiliate;

-- A member of an account, with the name and address of the person.
CREATE VIEW member WITH (security_invoker = true) AS
SELECT m.account_id, m.id, m.person_id, m.role, m.joined_at, p.name, p.email
  FROM membership m JOIN person p ON p.id = m.person_id;

-- The products that a listing shows.
CREATE VIEW promotion WITH (security_invoker = true) AS
SELECT m.account_id, m.id, m.offer_id, m.place, p.store_id, p.asin, p.url, p.title, p.brand_name,
       p.image_url, p.price_minor, p.currency, p.status
  FROM promoted_product m JOIN product p ON p.account_id = m.account_id AND p.id = m.id;

CREATE VIEW standing WITH (security_invoker = true) AS
SELECT account_id, account_id AS id, settled, approved, denied, adjusted, days_to_decide,
       measured_at
  FROM reputation;

GRANT SELECT ON member TO clickledger_app, clickledger_system;
GRANT SELECT ON promotion, standing TO clickledger_app, clickledger_affiliate, clickledger_system;
GRANT SELECT ON click_progress, tagged_link, latest_row, subid_day, page_day, product_day,
    campaign_version
    TO clickledger_affiliate;

-- migrate: rollback
SELECT 'forward only';
