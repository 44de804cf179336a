"""The trade. Knows neither GraphQL nor arq nor HTTP.

Each capability is a folder: `rules.py` decides and is pure, `queries.py` is its SQL, `actions.py`
loads, decides and stores inside a transaction that the caller commits.

    accounts      a merchant's workspace: plan, entitlement, API keys
    people        who signs in: addresses and passwords, sessions and the seats they can take
    members       who works in an account, as what, and who is asked to
    amazon        seller accounts, consents and tokens, profiles
    catalog       brands, stores and their products
    offers        what an affiliate earns, in dated versions
    affiliates    people of the network, and their partnerships with stores
    discovery     profiles of affiliates, and brands that find, mark and invite them
    links         tagged links, to Amazon and to shops of brands' own
    clicks        what our redirect counts, and the way to Amazon's ten clicks
    reports       Amazon's reports, as received and in versions
    conversions   sales of a day, from first sight to decision
    marketplace   listings that affiliates find, brands' agreements and reputation
    applications  affiliates who ask to join a listed programme
    mail          letters, sealed until a worker sends them
    audit         who did what, in a chain that shows what was altered
    erasure       people and affiliates who are forgotten, and what stays of them
    secrets       what is sealed, wherever it lies, sealed anew with another key
    idempotency   a mutation asked twice under one key is done once and answered twice
    events        what happened, for whoever listens
    webhooks      who listens, and what is on its way to them
    duties        promises that a worker keeps
    watching      what is late, stuck, or waits for a person, over all accounts

The way of one sale: a shopper opens a link (links, clicks) and buys at Amazon. A day later a report
shows it (reports), which makes a conversion (conversions) priced by the offer of that day (offers).
Reports of the following days move it, until it settles and the brand decides.
"""
