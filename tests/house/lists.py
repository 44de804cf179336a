"""Which tables, indexes, columns and statements are not as the others, each with its reason."""

from __future__ import annotations

from tests.house.policies import AFFILIATE, APP

# Found without knowing the account. The app's role reads only the columns that are named here, as
# far as an INSERT .. ON CONFLICT needs them; the affiliate's reads none.
LOOKUPS: dict[str, tuple[set[str], str]] = {
    "consent_request": (set(), "Amazon's redirect brings only a state; the app only writes it"),
    "link_code": ({"code"}, "a shopper's code comes without an account; the app only writes it"),
    "member_invitation_token": (set(), "a token in a mail says no account; the app only writes it"),
}
# Behind the second wall, but with keys of their own: they stay where they are when the rest is
# distributed by account.
INSTALLATIONS_OWN = {
    "api_key": "found by its hash before the account is known; points at nothing",
    "duty": "claimed across accounts by the workers; points at nothing",
}
# Tables of no account, and why they may be.
OF_NO_ACCOUNT = {
    "affiliate": "one identity over all accounts",
    "affiliate_profile": "an affiliate's own, while it is written",
    "attempt": "counts guesses of whoever tries; no account is known yet",
    "idempotent_answer": "of an account, an affiliate or neither: the room's id stands first",
    "installation": "policy of the whole installation, one row",
    "mail": "to be sent by a worker; whoever causes it only puts it in",
    "network_audit_entry": "what happened outside of every account",
    "one_time_token": "proves an address of a person",
    "person": "one identity over all accounts",
    "published_profile": "what every brand finds of an affiliate",
    "search_word": "single words of what is published, for searches with a slip of the key",
    "session": "a person's, whatever seat they take",
    "slot": "which periodic work has been planned, for the whole installation",
    "track_record": "of an affiliate over all accounts",
    "_pogo_migration": "the runner's list of applied migrations",
    "_pogo_version": "the runner's own version",
}
# What the app's and the affiliate's roles may do with these; whatever is not here they may not.
GRANTED_OF_NO_ACCOUNT = {
    ("affiliate", APP): "SELECT, INSERT",
    ("affiliate", AFFILIATE): "SELECT, UPDATE (hears, name)",
    ("affiliate_profile", AFFILIATE): "SELECT, INSERT, UPDATE, DELETE",
    ("idempotent_answer", APP): "SELECT, INSERT, UPDATE",
    ("idempotent_answer", AFFILIATE): "SELECT, INSERT, UPDATE",
    ("installation", APP): "SELECT",
    ("installation", AFFILIATE): "SELECT",
    ("mail", APP): "INSERT",
    ("network_audit_entry", AFFILIATE): "INSERT",
    ("person", APP): "SELECT (email, email_verified_at, id, name)",
    ("published_profile", APP): "SELECT",
    ("published_profile", AFFILIATE): "SELECT, INSERT, UPDATE, DELETE",
    ("search_word", APP): "SELECT, INSERT",
    ("search_word", AFFILIATE): "SELECT, INSERT",
    ("track_record", APP): "SELECT",
    ("track_record", AFFILIATE): "SELECT",
}
# Tables of no account without a wall of rows although another role than the system's reads them.
NOBODYS = {
    "installation": "one row, the same for everybody",
    "search_word": "a word says nothing of whose text it is from",
}
# Rows that every affiliate, or every account, may see: whoever they are about has published them.
PUBLISHED = {
    "affiliate": "an account finds an affiliate by the address it was given; links tie them",
    "listing": "what an account shows in the marketplace; one row each",
    "published_profile": "what an affiliate shows to brands; one row each",
    "reputation": "how an account has treated its affiliates; one row each",
    "track_record": "how an affiliate has done; one row each",
}
# Indexes of accounts' tables that begin with something else, since they are asked from outside.
ASKED_FROM_OUTSIDE = {
    "application_affiliate": "an affiliate's own, over all accounts",
    "conversion_of_affiliate": "an affiliate's own, over all accounts",
    "invitation_affiliate": "an affiliate's own, over all accounts",
    "partnership_of_affiliate": "an affiliate's own, over all accounts",
    "membership_of_person": "at sign-in no account is known yet",
    "listing_brand": "the marketplace in the order of names",
    "listing_categories": "the marketplace by category",
    "listing_newest": "the marketplace, the newest first",
    "listing_node": "an affiliate brings a listing's id and no account",
    "listing_rate": "the marketplace by rate",
    "listing_search": "the marketplace's published text, by word",
}
# Columns that the app's role may not read of tables that it reads.
SECRETS = {
    "api_key": "key_hash",
    "person": "created_at operator_since password_hash",
    "webhook_secret": "sealed_secret",
}
# Written once: what Amazon said, what was settled, decided, agreed, who did what.
APPEND_ONLY = {
    "agreement", "agreement_acceptance", "application_event", "audit_entry", "click", "decision",
    "network_audit_entry", "quarantined_row", "report_page", "report_row", "settlement",
}  # fmt: skip
# But for who asks to be forgotten: what named them is taken out, by the system's role alone.
FORGOTTEN = {
    "application_event.reason", "audit_entry.changes", "audit_entry.erased_at",
    "audit_entry.input", "network_audit_entry.changes", "network_audit_entry.input",
}  # fmt: skip
# Functions that run with their owner's rights, and why they must.
DEFINERS = {
    "ensure_month_partition": "makes partitions, which only the owner may; knows its tables by name"
}
# Statements of the system role, which look across accounts, and why they must.
_FORGOTTEN = "somebody is forgotten by all accounts at once"
CROSSES = {
    "domain/accounts/queries.py:entitle_all": "a closed installation leaves all what they have",
    "domain/accounts/queries.py:insert": "an account is born here; its id is the column's default",
    "domain/discovery/queries.py:measure": "an affiliate's record is over all accounts",
    "domain/erasure/queries.py:audit_entries": _FORGOTTEN,
    "domain/erasure/queries.py:deliveries_about": _FORGOTTEN,
    "domain/erasure/queries.py:documents": _FORGOTTEN,
    "domain/erasure/queries.py:end_partnerships": _FORGOTTEN,
    "domain/erasure/queries.py:erase_affiliate": _FORGOTTEN,
    "domain/erasure/queries.py:erase_correspondence": _FORGOTTEN,
    "domain/erasure/queries.py:erase_invitations_of_members": _FORGOTTEN,
    "domain/erasure/queries.py:erase_person": _FORGOTTEN,
    "domain/erasure/queries.py:events_about": _FORGOTTEN,
    "domain/erasure/queries.py:lock_partnerships": _FORGOTTEN,
    "domain/erasure/queries.py:names": _FORGOTTEN,
    "domain/erasure/queries.py:owned_alone": _FORGOTTEN,
    "domain/erasure/queries.py:texts": _FORGOTTEN,
    "domain/marketplace/queries.py:listed_accounts": "the sweep measures all that are listed",
    "domain/members/queries.py:delete_tokens": "forgets what ran out in all accounts",
    "domain/people/queries.py:viewer": "a person's seats are in many accounts; none is known yet",
    "domain/secrets/queries.py:by_key": "keys are the installation's, and seal for all accounts",
    "domain/secrets/queries.py:under_other_keys": "a key is replaced for all accounts at once",
    "domain/watching/queries.py:outbox": "how the whole installation does, as counts",
    "domain/watching/queries.py:reads": "how old the reports of all stores are",
    "domain/watching/queries.py:trade": "how the whole installation does, as counts",
    "domain/reports/staleness.py:_otherwise": "the sweep looks at the stores of all accounts",
    "domain/webhooks/delivery_queries.py:delete_old": "forgets what is old in all accounts",
    "domain/reports/queries.py:scheduled_profiles": "the sweep plans the reports of all accounts",
    "domain/reports/queries.py:listed_stores": "the sweep plans the catalogues of all accounts",
    "domain/reports/queries.py:settling_stores": "the sweep plans the settlements of all accounts",
    "domain/webhooks/delivery_queries.py:take_events": "the relay takes those of all accounts",
}
# Statements of the affiliate's role, which compare affiliate_id in place of account_id.
AS_AN_AFFILIATE = {
    "domain/affiliates/queries.py:account_of": "in which account a partnership of theirs lies",
    "domain/applications/queries.py:account_of": "in which account an application of theirs lies",
    "domain/applications/queries.py:sent_since": "their applications to whatever account",
    "domain/discovery/invitations.py:account_of": "in which account an invitation of theirs lies",
    "domain/links/queries.py:accounts_of": "in which accounts partnerships of theirs lie",
    "domain/links/queries.py:partnerships_of": "in which partnership they promote a product",
    "domain/marketplace/queries.py:account_of": "whose a published listing is",
}
