"""The trade. Knows neither GraphQL nor arq nor HTTP.

Each capability is a folder: `rules.py` decides and is pure, `queries.py` is its SQL, `actions.py`
loads, decides and stores inside a transaction that the caller commits.

    accounts      a merchant's workspace: plan, entitlement, API keys
    amazon        seller accounts, consents and tokens, profiles
    catalog       brands, stores and their products
    offers        what an affiliate earns, in dated versions
    affiliates    people of the network, and their partnerships with stores
    links         tagged Amazon links
    clicks        what our redirect counts, and the way to Amazon's ten clicks
    reports       Amazon's reports, as received and in versions
    conversions   sales of a day, from first sight to decision
    duties        promises that a worker keeps

The way of one sale: a shopper opens a link (links, clicks) and buys at Amazon. A day later a report
shows it (reports), which makes a conversion (conversions) priced by the offer of that day (offers).
Reports of the following days move it, until it settles and the brand decides.
"""
