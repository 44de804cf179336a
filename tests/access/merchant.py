"""A merchant's account with something of everything in it, and what of that is an affiliate's.

What is made here is noted under a name ("shop", "pending conversion"), by which the calls of the
matrix ask for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Database
from domain.access import Scope
from domain.audit import actions as audit
from domain.conversions.rules import Verdict
from domain.ids import encode
from domain.links.actions import create_link
from domain.reports import queries as reports
from domain.reports.rows import Level
from domain.reports.runs import Held
from tests.factories import (
    NOW,
    a_dtc_store,
    a_grant,
    a_link,
    a_partnership,
    a_product,
    a_profile,
    a_seller_account,
    a_store,
    an_account,
    an_offer,
    insert,
)
from tests.marketplace import (
    a_listing,
    a_promoted_product,
    a_reputation,
    a_visit,
    an_acceptance,
    an_agreement,
    an_application,
    an_invitation,
)
from tests.people import a_mark, a_member, a_member_invitation, a_person, an_api_key
from tests.reporting import Desk, body, campaign_row, day, morning, product_row, sold, token_of
from tests.telling import a_delivery, an_attempt, an_endpoint

AGREEMENT = "Say that you earn from it."


@dataclass
class Merchant:
    """An account; `first` and `second` are its affiliates."""

    name: str
    account_id: UUID
    first: UUID
    second: UUID
    things: dict[str, str] = field(default_factory=dict)
    """Ids as the API has them, by the names of this file."""
    shown: set[UUID] = field(default_factory=set)
    """What lies in the account and the first affiliate may see, besides the rows about them."""
    published: set[UUID] = field(default_factory=set)
    """What every affiliate may see of it."""
    listed: set[UUID] = field(default_factory=set)
    """What whoever has applied to the listing may see."""
    texts: dict[str, set[str]] = field(default_factory=dict)
    """What is written in the account, by who may read it: "account", "manager", "owner", "first",
    "second" (the account and that affiliate), "published"."""

    def __getitem__(self, name: str) -> str:
        return self.things[name]

    def note(self, name: str, prefix: str, id: UUID) -> UUID:
        self.things[name] = encode(prefix, id)
        return id

    def text(self, whose: str, text: str) -> str:
        """A text that stands nowhere else: the account's name is in it."""
        found = f"{self.name} {text}"
        self.texts.setdefault(whose, set()).add(found)
        return found

    def reads(self, whose: str, *texts: str) -> None:
        self.texts.setdefault(whose, set()).update(texts)


async def a_merchant(
    db: Database, owner: asyncpg.Connection, name: str, first: UUID, second: UUID
) -> Merchant:
    account_id = await an_account(owner, name=name, plan="ENTERPRISE")
    one = Merchant(name, account_id, first, second)
    one.note("account", "acct", account_id)
    await a_reputation(owner, account_id)
    await _measured_store(one, db, owner)
    await _listed_store(one, owner)
    await _asked_stores(one, owner)
    await _shop(one, owner)
    await _sellers(one, owner)
    await _office(one, db, owner)
    return one


async def _measured_store(one: Merchant, db: Database, owner: asyncpg.Connection) -> None:
    """An Amazon store in which both affiliates have sold."""
    account_id = one.account_id
    seller_id = await a_seller_account(
        owner, account_id, name=one.text("account", "seller"), merchant_id=f"A{one.name.upper()}1"
    )
    one.note("seller account", "slac", seller_id)
    one.note("grant", "grnt", await a_grant(owner, account_id, seller_id))
    profile_id = await a_profile(
        owner, account_id, seller_id, name=one.text("account", "profile"),
        merchant_id=f"A{one.name.upper()}1",
    )  # fmt: skip
    one.note("profile", "prof", profile_id)
    store_id = await a_store(owner, account_id, profile_id, name=one.text("first", "store"))
    one.note("store", "stor", store_id)
    brand_id = await owner.fetchval("SELECT brand_id FROM store WHERE id = $1", store_id)
    one.note("brand", "brnd", brand_id)
    offer_id = await an_offer(owner, account_id, store_id, name=one.text("first", "offer"))
    one.note("offer", "offr", offer_id)
    better = await an_offer(
        owner, account_id, store_id, rate_bp=1500, name=one.text("account", "better offer")
    )
    one.note("better offer", "offr", better)
    version_id = await owner.fetchval("SELECT id FROM offer_version WHERE offer_id = $1", offer_id)
    one.note("offer version", "oven", version_id)
    product_id = await a_product(owner, account_id, store_id)
    one.note("product", "prod", product_id)
    one.shown |= {store_id, brand_id, offer_id, version_id, product_id}
    partnership_ids, tokens = [], []
    for whose, affiliate_id in (("first", one.first), ("second", one.second)):
        partnership_id = await a_partnership(
            owner, account_id, store_id, offer_id, affiliate_id,
            note=one.text("account", f"note about {whose}"),
            tags=[one.text("account", f"tag of {whose}").lower().replace(" ", "-")],
            custom_fields={"kept": one.text("account", f"field of {whose}")},
        )  # fmt: skip
        one.reads("account", f"{one.name} tag of {whose}".lower().replace(" ", "-"))
        partnership_ids.append(one.note(f"partnership of {whose}", "part", partnership_id))
        tokens.append(await token_of(owner, account_id, partnership_id))
        one.reads(whose, await a_link(owner, account_id, partnership_id))
    asin = await owner.fetchval("SELECT asin FROM product WHERE id = $1", product_id)
    async with db.transaction(account_id) as tx:
        to_product = await create_link(tx, account_id, partnership_ids[0], asin, "", NOW)
    one.reads("first", to_product.code)
    link = await owner.fetchrow(
        """SELECT l.id, l.ad_group_id, g.token AS ad_group, c.token AS creative
             FROM link l JOIN ad_group g ON g.id = l.ad_group_id
             JOIN creative c ON c.id = l.creative_id
            WHERE l.partnership_id = $1 AND g.subid <> ''""",
        partnership_ids[0],
    )
    assert link is not None
    one.note("link", "link", link["id"])
    one.note("subid", "subi", link["ad_group_id"])
    for _ in range(2):
        click = {"account_id": account_id, "partnership_id": partnership_ids[0], "clicked_at": NOW}
        await insert(owner, "click", click | {"link_id": link["id"]})
    async with db.transaction(account_id) as tx:
        profile = await reports.fetch_profile(tx, account_id, profile_id)
    assert profile is not None
    desk = Desk(db, owner, profile, store_id, tuple(partnership_ids), tuple(tokens))
    await _sales(one, desk, link["ad_group"], link["creative"])


async def _sales(one: Merchant, desk: Desk, ad_group: str, creative: str) -> None:
    """Three days of both affiliates: approved, settled and pending."""
    owner, row = desk.owner, sold(1000)
    early = [campaign_row(token, day(n), row) for token in desk.tokens for n in (0, 1)]
    await desk.report(early, morning(2))
    late = desk.asking(day(30), day(59))
    await late.report([campaign_row(token, day(40), row) for token in desk.tokens], morning(41))
    first, own = desk.tokens[0], {"adGroupId": ad_group}
    unread: dict[str, Any] = {"date": one.text("account", "unread row")}
    await desk.report([campaign_row(first, day(0), row, **own), unread], morning(2), Level.ADGROUP)
    own["creativeId"] = creative
    await desk.report([campaign_row(first, day(0), row, **own)], morning(2), Level.CREATIVE)
    asin = f"B0{one.name.upper()[:4]}0001"
    await desk.report([product_row(first, ad_group, asin, day(0), 500)], morning(2), Level.PRODUCTS)
    # Amazon pays a bonus on the early days; of the late one it says that there is none.
    await owner.execute(
        "UPDATE report_row SET brb_bonus_minor = 100 WHERE account_id = $1 AND day < $2",
        one.account_id, day(40),
    )  # fmt: skip
    await owner.execute(
        "UPDATE profile SET brb_enrolled = false WHERE account_id = $1", one.account_id
    )
    await desk.settle(morning(35))
    for whose, affiliate_id in (("first", one.first), ("second", one.second)):
        for number, state in ((0, "approved"), (1, "settled"), (40, "pending")):
            found = await owner.fetchval(
                "SELECT id FROM conversion"
                " WHERE account_id = $1 AND affiliate_id = $2 AND day = $3",
                one.account_id, affiliate_id, day(number),
            )  # fmt: skip
            one.note(f"{state} conversion of {whose}", "conv", found)
            if state == "approved":
                await desk.decide([found], Verdict.APPROVED, morning(35))
    one.reads("account", "june@acme.example")
    run = await late.receive(body([campaign_row(first, day(40), sold(900))]), at=morning(45))
    await desk.hold(run, Held("It shows less than before."), morning(45))
    one.note("held run", "rrun", run.id)


async def _listed_store(one: Merchant, owner: asyncpg.Connection) -> None:
    """The store of the listing: the first affiliate has left it, the second asks to join."""
    account_id = one.account_id
    store_id = await a_store(owner, account_id, name=one.text("published", "listed store"))
    offer_id = await an_offer(
        owner, account_id, store_id, name=one.text("published", "listed offer")
    )
    agreement_id = await an_agreement(
        owner, account_id, offer_id, AGREEMENT, published_by="akey_agreement"
    )
    one.reads("account", "akey_agreement")
    product_id = await a_product(owner, account_id, store_id)
    listing_id = await a_listing(
        owner, account_id, offer_id, agreement_id=agreement_id, daily_limit=5,
        categories=["KITCHEN"], questions=[{"question": "Why?", "required": True}],
    )  # fmt: skip
    await a_promoted_product(owner, account_id, offer_id, product_id)
    await a_partnership(
        owner, account_id, store_id, offer_id, one.first, status="ENDED",
        status_changed_at=NOW, status_reason=one.text("first", "reason to end"),
    )  # fmt: skip
    await an_acceptance(owner, account_id, agreement_id, one.first)
    await an_application(
        owner, account_id, offer_id, one.first, state="WITHDRAWN",
        message=one.text("first", "withdrawn application"),
    )  # fmt: skip
    waiting = await an_application(
        owner, account_id, offer_id, one.second, message=one.text("second", "application")
    )
    await a_visit(owner, account_id, offer_id, one.first, started_at=NOW)
    one.note("listed store", "stor", store_id)
    one.note("listed offer", "offr", offer_id)
    known = await _around(owner, store_id, offer_id)
    one.listed |= {store_id, offer_id} | known
    one.note("listing", "lstg", listing_id)
    one.note("agreement", "agrm", agreement_id)
    one.note("application of second", "appl", waiting)
    one.published |= {listing_id, agreement_id, product_id}
    one.shown |= one.listed


async def _asked_stores(one: Merchant, owner: asyncpg.Connection) -> None:
    """A store that both have applied to, one that both are invited to, and one of nobody."""
    account_id = one.account_id
    store_id = await a_store(owner, account_id, name=one.text("first", "wanted store"))
    offer_id = await an_offer(owner, account_id, store_id, name=one.text("first", "wanted offer"))
    one.shown |= {store_id, offer_id} | await _around(owner, store_id, offer_id)
    application_id = await an_application(
        owner, account_id, offer_id, one.first, message=one.text("first", "application"),
        answers=[{"question": "Why?", "answer": one.text("first", "answer")}],
    )  # fmt: skip
    one.note("application of first", "appl", application_id)
    rejected = await an_application(
        owner, account_id, offer_id, one.second, state="REJECTED", decided_by="akey_rejecting",
        reason=one.text("second", "rejection"),
    )  # fmt: skip
    one.note("rejected application of second", "appl", rejected)
    one.reads("account", "akey_rejecting")
    store_id = await a_store(owner, account_id, name=one.text("first", "inviting store"))
    offer_id = await an_offer(owner, account_id, store_id, name=one.text("first", "inviting offer"))
    agreement_id = await an_agreement(owner, account_id, offer_id, AGREEMENT)
    one.shown |= {store_id, offer_id, agreement_id} | await _around(owner, store_id, offer_id)
    for whose, affiliate_id in (("first", one.first), ("second", one.second)):
        invitation_id = await an_invitation(
            owner, account_id, offer_id, affiliate_id, agreement_id=agreement_id,
            message=one.text(whose, "invitation"), sent_by="akey_inviting",
        )  # fmt: skip
        one.note(f"invitation of {whose}", "invt", invitation_id)
    one.reads("account", "akey_inviting")
    store_id = await a_store(owner, account_id, name=one.text("account", "quiet store"))
    one.note("quiet store", "stor", store_id)
    offer_id = await an_offer(
        owner, account_id, store_id, name=one.text("account", "quiet offer"),
        valid_from=date(2026, 8, 1),
    )  # fmt: skip
    one.note("quiet offer", "offr", offer_id)
    one.note("quiet product", "prod", await a_product(owner, account_id, store_id))


async def _around(owner: asyncpg.Connection, store_id: UUID, offer_id: UUID) -> set[UUID]:
    """Who knows a store and an offer of it knows the brand and the terms."""
    brand_id = await owner.fetchval("SELECT brand_id FROM store WHERE id = $1", store_id)
    versions = await owner.fetch("SELECT id FROM offer_version WHERE offer_id = $1", offer_id)
    return {brand_id, *(row["id"] for row in versions)}


async def _shop(one: Merchant, owner: asyncpg.Connection) -> None:
    """A shop of the brand's own, which the first affiliate promotes."""
    account_id = one.account_id
    address = f"https://{one.name.lower()}.example"
    shop_id = await a_dtc_store(owner, account_id, name=one.text("first", "shop"), url=address)
    offer_id = await an_offer(owner, account_id, shop_id, name=one.text("first", "shop's offer"))
    product_id = await a_product(
        owner, account_id, shop_id, asin=None, url=f"{address}/kettle", sku="KETTLE"
    )
    partnership_id = await a_partnership(owner, account_id, shop_id, offer_id, one.first)
    one.note("shop", "stor", shop_id)
    one.note("shop's offer", "offr", offer_id)
    one.note("shop's product", "prod", product_id)
    one.note("shop's partnership", "part", partnership_id)
    one.shown |= {shop_id, offer_id, product_id} | await _around(owner, shop_id, offer_id)


async def _sellers(one: Merchant, owner: asyncpg.Connection) -> None:
    """A seller whose one profile waits to be connected, and a fetch of products."""
    account_id = one.account_id
    seller_id = await a_seller_account(
        owner, account_id, name=one.text("account", "second seller"), merchant_id=None
    )
    await a_grant(owner, account_id, seller_id)
    profile_id = await a_profile(
        owner, account_id, seller_id, merchant_id=f"A{one.name.upper()}2",
        name=one.text("account", "second profile"),
    )  # fmt: skip
    one.note("free profile", "prof", profile_id)
    left = await a_store(
        owner, account_id, UUID(hex=one["profile"].split("_")[1]), disconnected_at=NOW,
        name=one.text("account", "disconnected store"),
    )  # fmt: skip
    one.note("disconnected store", "stor", left)
    run = {
        "account_id": account_id,
        "store_id": UUID(hex=one["store"].split("_")[1]),
        "state": "HELD",
        "started_at": NOW,
        "problem": one.text("account", "held listing"),
        "quarantined": json.dumps(
            [{"reason": "no SKU", "raw": one.text("account", "bad listing")}]
        ),
    }
    one.note("catalog run", "crun", await insert(owner, "catalog_run", run))
    past = {
        "account_id": account_id,
        "profile_id": UUID(hex=one["profile"].split("_")[1]),
        "started_at": NOW,
        "windows": 4,
    }
    await insert(owner, "backfill", past, id="profile_id")
    duty = {
        "kind": "settle",
        "subject": one.text("colleague", "duty"),
        "account_id": account_id,
        "run_at": NOW + timedelta(days=1),
    }
    one.note("duty", "duty", await insert(owner, "duty", duty))


async def _office(one: Merchant, db: Database, owner: asyncpg.Connection) -> None:
    """Who works here or was asked to, keys, the audit, and whom the brand has looked at."""
    account_id = one.account_id
    email = f"aide@{one.name.lower()}.example"
    person_id = await a_person(owner, email=email, name=one.text("colleague", "aide"))
    one.reads("colleague", email)
    one.note("aide", "memb", await a_member(owner, account_id, person_id))
    asked = f"asked@{one.name.lower()}.example"
    await a_member_invitation(owner, account_id, asked, "OWNER", invited_by="akey_asking")
    one.reads("owner", asked)
    found = await owner.fetchval("SELECT id FROM member_invitation WHERE email = $1", asked)
    one.note("member invitation", "minv", found)
    spare = await an_api_key(
        owner, account_id, [Scope.READ], name=one.text("owner", "spare key"),
        prefix=f"clk_{one.name}",
    )  # fmt: skip
    one.reads("nobody", spare)
    one.reads("owner", f"clk_{one.name}")
    found = await owner.fetchval("SELECT id FROM api_key WHERE prefix = $1", f"clk_{one.name}")
    one.note("spare key", "akey", found)
    async with db.transaction(account_id) as tx:
        await audit.record(
            tx, account_id, "akey_audit", "archiveOffer", {"note": one.text("owner", "audit")}, [],
            "r3qu3st", NOW,
        )  # fmt: skip
    found = await owner.fetchval("SELECT id FROM audit_entry WHERE account_id = $1", account_id)
    one.note("audit entry", "audt", found)
    await a_mark(owner, account_id, one.first, "STARRED")
    await _told(one, owner)


async def _told(one: Merchant, owner: asyncpg.Connection) -> None:
    """Where the account is told what happens, and what it was told."""
    url = f"https://hooks.example/{one.name}"
    one.reads("manager", url)
    endpoint_id = one.note("endpoint", "whep", await an_endpoint(owner, one.account_id, url=url))
    body = one.text("manager", "payload")
    delivery_id = await a_delivery(owner, one.account_id, endpoint_id, body=body)
    one.note("delivery", "wdlv", delivery_id)
    await an_attempt(
        owner, one.account_id, delivery_id, response=one.text("manager", "receiver's answer")
    )
    sealed = await owner.fetch(
        "SELECT sealed_secret FROM webhook_secret WHERE account_id = $1", one.account_id
    )
    one.reads("nobody", *(row["sealed_secret"] for row in sealed))
