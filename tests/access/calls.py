"""For each mutation: what it is called with, so that whoever may call it succeeds.

Ids are Fern's, whoever asks, or of what is an affiliate's own, `affiliate_own`'s. A mutation that
is new needs a line here, or in `people_calls.py` when it is about signing in, members, keys or
accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, TypeAlias

from tests.access.merchant import AGREEMENT
from tests.access.people_calls import PEOPLE
from tests.access.world import Asker, World

Call: TypeAlias = Callable[[World, Asker], dict[str, Any]]

_SHA: Final = sha256(AGREEMENT.encode()).hexdigest()
_TERMS: Final = {"ratePercent": "12.50"}
_WHY: Final = "We have talked about it."


def _id(name: str) -> Call:
    return lambda w, who: {"id": w.fern[name]}


def _ids(name: str, **more: object) -> Call:
    return lambda w, who: {"ids": [w.fern[name]], **more}


def _endpoint(w: World, who: Asker) -> dict[str, Any]:
    return {"id": w.endpoint_for(who)}


def _input(of: Callable[[World], dict[str, Any]]) -> Call:
    return lambda w, who: {"input": of(w)}


TRADE: Final[dict[str, Call]] = {
    "addSellerAccount": lambda w, who: {"name": "Juniper"},
    "startConsent": lambda w, who: {"sellerAccountId": w.fern["seller account"], "api": "ADS"},
    "connectStore": _input(lambda w: {"profileId": w.fern["free profile"], "brandName": "Moss"}),
    "connectShop": _input(
        lambda w: {
            "brandName": "Moss",
            "url": "https://moss.example",
            "currency": "USD",
            "timeZone": "America/New_York",
        }
    ),
    "disconnectStore": _id("quiet store"),
    "reconnectStore": _id("disconnected store"),
    "syncProducts": lambda w, who: {"storeId": w.fern["store"]},
    "acceptCatalog": lambda w, who: {"storeId": w.fern["store"]},
    "requestReports": lambda w, who: {"storeId": w.fern["store"]},
    "editShop": _input(lambda w: {"storeId": w.fern["shop"], "name": "The shop"}),
    "putShopProducts": _input(
        lambda w: {
            "storeId": w.fern["shop"],
            "products": [{"sku": "MUG", "title": "A mug", "url": "https://fern.example/mug"}],
        }
    ),
    "setStorefront": _input(
        lambda w: {
            "storeId": w.fern["store"],
            "url": "https://www.amazon.com/stores/page/0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
        }
    ),
    "acceptReport": lambda w, who: {"runId": w.fern["held run"]},
    "createOffer": _input(
        lambda w: {"storeId": w.fern["store"], "name": "Autumn", "description": "", "terms": _TERMS}
    ),
    "editOffer": _input(lambda w: {"offerId": w.fern["quiet offer"], "name": "Winter"}),
    "archiveOffer": _id("quiet offer"),
    "createAffiliate": _input(lambda w: {"name": "Newly", "email": "newly@people.example"}),
    "starAffiliate": lambda w, who: {"id": w["affp"]},
    "ignoreAffiliate": lambda w, who: {"id": w["affp"]},
    "unmarkAffiliate": lambda w, who: {"id": w["affp"]},
    "inviteAffiliate": _input(
        lambda w: {
            "affiliateId": w["affp"],
            "offerId": w.fern["quiet offer"],
            "message": "Join us.",
        }
    ),
    "inviteAffiliates": _input(
        lambda w: {
            "affiliateIds": [w["affp"]],
            "offerId": w.fern["quiet offer"],
            "message": "Join us.",
        }
    ),
    "withdrawInvitation": _id("invitation of first"),
    "acceptInvitation": lambda w, who: {
        "id": w.fern["invitation of first"],
        "agreementSha256": _SHA,
    },
    "declineInvitation": lambda w, who: {"id": w.fern["invitation of first"], "reason": _WHY},
    "saveProfile": _input(
        lambda w: {
            "name": "Another name",
            "bio": "I cook.",
            "channels": [{"kind": "YOUTUBE", "url": "https://youtube.example/@c", "audience": 5}],
            "niches": ["KITCHEN"],
            "countries": ["US"],
            "amazonCapable": True,
        }
    ),
    "publishProfile": lambda w, who: {},
    "unpublishProfile": lambda w, who: {},
    "addAffiliateToOffer": lambda w, who: {
        "affiliateId": w["affl"],
        "offerId": w.fern["quiet offer"],
    },
    "movePartnership": _input(
        lambda w: {
            "partnershipId": w.fern["partnership of first"],
            "offerId": w.fern["better offer"],
            "startsOn": "2026-10-01",
        }
    ),
    "pausePartnership": lambda w, who: {"id": w.fern["partnership of first"], "reason": _WHY},
    "resumePartnership": lambda w, who: {"id": w.fern["partnership of first"], "reason": _WHY},
    "endPartnership": lambda w, who: {"id": w.fern["partnership of first"], "reason": _WHY},
    "leavePartnership": lambda w, who: {"id": w.fern["partnership of first"], "reason": _WHY},
    "annotatePartnership": _input(
        lambda w: {"partnershipId": w.fern["partnership of first"], "note": "Kind."}
    ),
    "pausePartnerships": _ids("partnership of first", reason=_WHY),
    "resumePartnerships": _ids("partnership of first", reason=_WHY),
    "endPartnerships": _ids("partnership of first", reason=_WHY),
    "movePartnerships": _input(
        lambda w: {
            "partnershipIds": [w.fern["partnership of first"]],
            "offerId": w.fern["better offer"],
            "startsOn": "2026-10-01",
        }
    ),
    "tagPartnerships": _ids("partnership of first", add=["vip"]),
    "createLink": _input(
        lambda w: {
            "partnershipId": w.fern["partnership of first"],
            "url": "https://www.amazon.com/dp/B0FERN0042",
        }
    ),
    "createLinks": lambda w, who: {
        "links": [
            {
                "partnershipId": w.fern["partnership of first"],
                "url": "https://www.amazon.com/dp/B0FERN0042",
            }
        ]
    },
    "approveConversion": _id("settled conversion of first"),
    "denyConversion": lambda w, who: {"id": w.fern["settled conversion of first"], "reason": _WHY},
    "retryDuty": _id("duty"),
    "retryDuties": _ids("duty"),
    "approveConversions": _ids("settled conversion of first"),
    "denyConversions": _ids("settled conversion of first", reason=_WHY),
    "listOffer": _input(
        lambda w: {"offerId": w.fern["quiet offer"], "description": "Good.", "categories": []}
    ),
    "editListing": _input(lambda w: {"listingId": w.fern["listing"], "description": "Better."}),
    "unlistOffer": lambda w, who: {"listingId": w.fern["listing"]},
    "promoteProducts": lambda w, who: {
        "offerId": w.fern["quiet offer"],
        "productIds": [w.fern["quiet product"]],
    },
    "publishAgreement": lambda w, who: {"offerId": w.fern["quiet offer"], "body": "Be honest."},
    "noteListingVisit": lambda w, who: {"listingId": w.fern["listing"], "started": True},
    "applyToListing": _input(
        lambda w: {
            "listingId": w.fern["listing"],
            "message": "I cook.",
            "answers": [{"question": "Why?", "answer": "Because."}],
            "agreementSha256": _SHA,
        }
    ),
    "withdrawApplication": _id("application of first"),
    "acceptApplication": _id("application of first"),
    "rejectApplication": lambda w, who: {"id": w.fern["application of first"], "reason": _WHY},
    "acceptApplications": _ids("application of first"),
    "rejectApplications": _ids("application of first", reason=_WHY),
    "createWebhookEndpoint": _input(
        lambda w: {"url": "https://hooks.example.com/new", "eventTypes": ["OFFER_CHANGED"]}
    ),
    "updateWebhookEndpoint": lambda w, who: {
        "input": {"endpointId": w.endpoint_for(who), "eventTypes": ["LISTING_CHANGED"]}
    },
    "deleteWebhookEndpoint": _endpoint,
    "rotateWebhookSecret": _endpoint,
    "enableWebhookEndpoint": _endpoint,
    "disableWebhookEndpoint": _endpoint,
    "testWebhookEndpoint": _endpoint,
    "replayWebhookDelivery": lambda w, who: {"id": w.endpoint_for(who, "delivery")},
    "replayWebhookDeliveries": lambda w, who: {
        "input": {
            "endpointId": w.endpoint_for(who),
            "since": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
        }
    },
    "replayFailedWebhookDeliveries": _endpoint,
}
CALLS: Final = TRADE | PEOPLE

LEARNED: Final[dict[tuple[str, str], Callable[[World], set[str]]]] = {
    ("applyToListing", "affiliate_other"): lambda w: {id.hex for id in w.fern.listed},
}
"""Ids that somebody may see from this mutation on, and could not before."""
