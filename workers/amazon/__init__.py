"""Amazon's wire, our side of it. Everything that is sent to Amazon is sent from here.

endpoints       where Amazon is, and the only addresses that may be dialled
errors          what can go wrong, and what to do about each
throttle        quotas, and how long to wait before asking again
transport       one request: token, quota, retries, errors
consent         the pages a seller is sent to
lwa             Login with Amazon: codes and tokens
ads             advertising profiles, publishers and Attribution tags
attribution     Attribution reports, page by page, as received
selling_partner the seller's catalogue: listings, reports, items
shapes          what the catalogue's answers hold
documents       what a downloaded report document is made of
"""
