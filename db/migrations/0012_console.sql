-- How a brand's own people look through its conversions
-- depends: 0011_forms

-- migrate: apply
-- By where they stand: counts of a status are read from the index alone, and what waits to be decided
-- is found among years of what was. Without the id, like conversion_of_affiliate: the rows of a day
-- are sorted when they are read, and it is far smaller.
CREATE INDEX conversion_status ON conversion (account_id, status, day);
-- By the offer that pays, so that the sums of one offer read its own sales and no others.
CREATE INDEX conversion_offer ON conversion (account_id, offer_version_id, day);

-- migrate: rollback
SELECT 'forward only';
