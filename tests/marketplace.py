"""What meets in the marketplace: agreements, listings, and affiliates who ask or are asked to join.

As in `tests/factories.py`: a function per thing, written as the owner of the tables.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg

from tests.factories import NOW, an_affiliate, insert


async def an_agreement(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID,
    body: str = "Tell people that you earn from it.", **fields: Any,
) -> UUID:  # fmt: skip
    """The next version of an offer's agreement."""
    newest = await owner.fetchval(
        "SELECT coalesce(max(version), 0) FROM agreement WHERE offer_id = $1", offer_id
    )
    values = {
        "account_id": account_id,
        "offer_id": offer_id,
        "version": newest + 1,
        "body": body,
        "sha256": sha256(body.encode()).digest(),
        "published_at": NOW,
        "published_by": "akey_test",
    }
    return await insert(owner, "agreement", values | fields)


async def an_acceptance(
    owner: asyncpg.Connection, account_id: UUID, agreement_id: UUID, affiliate_id: UUID
) -> UUID:
    """An affiliate has accepted this version of an agreement."""
    values = {
        "account_id": account_id,
        "agreement_id": agreement_id,
        "affiliate_id": affiliate_id,
        "sha256": await owner.fetchval("SELECT sha256 FROM agreement WHERE id = $1", agreement_id),
        "accepted_at": NOW,
        "accepted_by": "affiliate",
    }
    return await insert(owner, "agreement_acceptance", values)


async def a_listing(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID, **fields: Any
) -> UUID:
    """An offer in the marketplace, under the names and at the rate that it has now."""
    values = {
        "account_id": account_id,
        "offer_id": offer_id,
        "description": "Good things for good people.",
        "listed_at": NOW,
        "changed_at": NOW,
    }
    return await insert(owner, "listing", values | await _shown(owner, offer_id) | fields)


async def a_promoted_product(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID, product_id: UUID, place: int = 1
) -> UUID:
    """A product that the offer's listing shows."""
    values = {"account_id": account_id, "id": product_id, "offer_id": offer_id, "place": place}
    return await insert(owner, "promoted_product", values)


async def a_visit(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID, affiliate_id: UUID, **fields: Any
) -> UUID:
    """An affiliate has looked at a listing; the affiliate's id is returned."""
    values = {
        "account_id": account_id,
        "offer_id": offer_id,
        "affiliate_id": affiliate_id,
        "visited_at": NOW,
    }
    return await insert(owner, "listing_visit", values | fields, id="affiliate_id")


async def an_application(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID,
    affiliate_id: UUID | None = None, **fields: Any,
) -> UUID:  # fmt: skip
    """An affiliate asks to join; submitted, unless `state` says otherwise. With its events."""
    affiliate_id = affiliate_id or await an_affiliate(owner)
    shown = await _shown(owner, offer_id)
    values = {
        "account_id": account_id,
        "offer_id": offer_id,
        "store_id": shown["store_id"],
        "affiliate_id": affiliate_id,
        "state": "SUBMITTED",
        "affiliate_name": await _name(owner, affiliate_id),
        "audience": 1000,
        "verified": True,
        "brand_name": shown["brand_name"],
        "offer_name": shown["offer_name"],
        "rate_bp": shown["rate_bp"],
        "message": "I write about this every week.",
        "submitted_at": NOW,
    } | fields
    if values["state"] != "SUBMITTED":
        values = {"decided_at": NOW, "decided_by": "akey_test"} | values
    application_id = await insert(owner, "application", values)
    for state in dict.fromkeys(("SUBMITTED", values["state"])):
        event = {
            "account_id": account_id,
            "application_id": application_id,
            "state": state,
            "reason": values.get("reason"),
            "actor": "test",
            "at": values["submitted_at"] if state == "SUBMITTED" else values["decided_at"],
        }
        await insert(owner, "application_event", event)
    return application_id


async def an_invitation(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID,
    affiliate_id: UUID | None = None, **fields: Any,
) -> UUID:  # fmt: skip
    """A brand asks an affiliate to join; sent, unless `state` says otherwise."""
    affiliate_id = affiliate_id or await an_affiliate(owner)
    values = {
        "account_id": account_id,
        "offer_id": offer_id,
        "store_id": (await _shown(owner, offer_id))["store_id"],
        "affiliate_id": affiliate_id,
        "state": "SENT",
        "affiliate_name": await _name(owner, affiliate_id),
        "message": "Would you like to join us?",
        "sent_at": NOW,
        "sent_by": "akey_test",
    } | fields
    if values["state"] != "SENT":
        values = {"answered_at": NOW} | values
    return await insert(owner, "invitation", values)


async def a_reputation(owner: asyncpg.Connection, account_id: UUID, **fields: Any) -> UUID:
    """How an account has treated its affiliates; the account's id is returned."""
    values = {
        "account_id": account_id,
        "settled": 10,
        "approved": 8,
        "denied": 1,
        "adjusted": 1,
        "days_to_decide": 3,
        "measured_at": NOW,
    }
    return await insert(owner, "reputation", values | fields, id="account_id")


async def _shown(owner: asyncpg.Connection, offer_id: UUID) -> dict[str, Any]:
    """The offer as a listing would show it: names, store and newest rate."""
    row = await owner.fetchrow(
        """SELECT o.store_id, b.name AS brand_name, s.name AS store_name, o.name AS offer_name,
                  s.channel, s.marketplace_id, s.currency, v.rate_bp, v.cookie_days
             FROM offer o
             JOIN store s ON s.id = o.store_id
             JOIN brand b ON b.id = s.brand_id
             JOIN offer_version v ON v.offer_id = o.id
            WHERE o.id = $1
            ORDER BY v.valid_from DESC LIMIT 1""",
        offer_id,
    )
    assert row is not None, "the offer of that id is there"
    return dict(row)


async def _name(owner: asyncpg.Connection, affiliate_id: UUID) -> Any:
    return await owner.fetchval("SELECT name FROM affiliate WHERE id = $1", affiliate_id)
