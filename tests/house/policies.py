"""Every policy that is not one of the two that each table of an account has, word for word.

As PostgreSQL shows them: a new or altered policy fails until it has been read and written here.
"""

from __future__ import annotations

from typing import NamedTuple

APP = "clickledger_app"
AFFILIATE = "clickledger_affiliate"
SYSTEM = "clickledger_system"


class Policy(NamedTuple):
    command: str
    role: str
    using: str
    check: str | None = None


def _reads(condition: str) -> Policy:
    """What an affiliate sees of an account's table."""
    return Policy("SELECT", AFFILIATE, condition)


def _has(role: str, condition: str = "true") -> Policy:
    """What a role reads and writes."""
    return Policy("ALL", role, condition, condition)


_OWN_ID = "(id = current_affiliate())"
_NAMED = "(affiliate_id = current_affiliate())"
_TENANT = "(account_id = current_affiliate())"
"""Of what is an affiliate's own: they are the tenant themselves."""


def _stands_on(
    table: str, other: str, alias: str, *columns: tuple[str, str], own: bool = False
) -> str:
    """Rows of `table` that a row of `other` in the same account names; `own`: the affiliate's."""
    equal = [("account_id", "account_id"), *columns]
    conditions = [f"({alias}.{theirs} = {table}.{ours})" for theirs, ours in equal]
    if own:
        conditions.append(f"({alias}.affiliate_id = current_affiliate())")
    return f"(EXISTS ( SELECT FROM {other} {alias} WHERE ({' AND '.join(conditions)})))"


def _of_a_partnership(table: str) -> Policy:
    return _reads(_stands_on(table, "partnership", "p", ("id", "partnership_id"), own=True))


def _of_a_store(table: str, column: str) -> str:
    return _stands_on(table, "store_of_affiliate", "k", ("store_id", column))


def _of_an_offer(table: str, column: str) -> str:
    return _stands_on(table, "offer_of_affiliate", "k", ("offer_id", column))


def _agreements_of(table: str) -> str:
    return (
        f"((account_id, id) IN ( SELECT {table}.account_id, {table}.agreement_id"
        f" FROM {table} WHERE ({table}.affiliate_id = current_affiliate())))"
    )


_IN_AN_ACCOUNT = {
    # Rows that name the affiliate.
    "partnership": _reads(_NAMED),
    "conversion": _reads(_NAMED),
    "application": _reads(_NAMED),
    "invitation": _reads(_NAMED),
    "agreement_acceptance": _reads(_NAMED),
    # Rows of a partnership or an application that does.
    "assignment": _of_a_partnership("assignment"),
    "ad_group": _of_a_partnership("ad_group"),
    "link": _of_a_partnership("link"),
    "click": _of_a_partnership("click"),
    "report_row": _of_a_partnership("report_row"),
    "decision": _of_a_partnership("decision"),
    "application_event": _reads(
        _stands_on("application_event", "application", "a", ("id", "application_id"), own=True)
    ),
    # What these stand on.
    "store": _reads(_of_a_store("store", "id")),
    "offer": _reads(_of_an_offer("offer", "id")),
    "offer_version": _reads(_of_an_offer("offer_version", "offer_id")),
    "creative": _reads(_of_a_store("creative", "store_id")),
    "brand": _reads(_stands_on("brand", "store", "s", ("brand_id", "id"))),
    # What is published, and what shows it.
    "listing": _reads("true"),
    "reputation": _reads("true"),
    "promoted_product": _reads(
        _stands_on("promoted_product", "listing", "l", ("offer_id", "offer_id"))
    ),
    "product": _reads(
        f"({_of_a_store('product', 'store_id')}"
        f" OR {_stands_on('product', 'promoted_product', 'm', ('id', 'id'))})"
    ),
    "agreement": _reads(
        "((EXISTS ( SELECT FROM listing l WHERE ((l.account_id = agreement.account_id)"
        f" AND (l.agreement_id = agreement.id)))) OR {_agreements_of('invitation')}"
        f" OR {_agreements_of('application')} OR {_agreements_of('agreement_acceptance')})"
    ),
    # Where affiliates themselves are told what happens.
    "webhook_endpoint": _reads(_TENANT),
    "webhook_secret": _reads(_TENANT),
    "webhook_delivery": _reads(_TENANT),
    "webhook_attempt": _reads(_TENANT),
}

POLICIES: dict[str, Policy] = {
    **{f"{table}.{table}_affiliate": policy for table, policy in _IN_AN_ACCOUNT.items()},
    # The network's: the people, and what affiliates say of themselves.
    "person.person_system": _has(SYSTEM),
    "person.person_member": Policy(
        "SELECT",
        APP,
        "(id IN ( SELECT membership.person_id FROM membership"
        " WHERE (membership.account_id = current_account())))",
    ),
    "affiliate.affiliate_network": _has(APP),
    "affiliate.affiliate_affiliate": _has(AFFILIATE, _OWN_ID),
    "affiliate.affiliate_system": _has(SYSTEM),
    "affiliate_profile.affiliate_profile_affiliate": _has(AFFILIATE, _OWN_ID),
    "affiliate_profile.affiliate_profile_system": _has(SYSTEM),
    "published_profile.published_profile_affiliate": _has(AFFILIATE, _OWN_ID),
    "published_profile.published_profile_network": Policy("SELECT", APP, "true"),
    "published_profile.published_profile_system": _has(SYSTEM),
    "track_record.track_record_affiliate": _reads(_OWN_ID),
    "track_record.track_record_network": Policy("SELECT", APP, "true"),
    "track_record.track_record_system": _has(SYSTEM),
    "idempotent_answer.idempotent_answer_tenant": _has(APP, "(room_id = current_account())"),
    "idempotent_answer.idempotent_answer_affiliate": _has(
        AFFILIATE, "(room_id = current_affiliate())"
    ),
    "idempotent_answer.idempotent_answer_system": _has(SYSTEM),
}
