"""One function per thing that a test needs to exist; sensible defaults, only what matters passed.

They write as the owner of the tables, so that a test can set up what the product would refuse.
Here is the trade; `tests/marketplace.py` has listings and those who apply, `tests/people.py` who
signs in, with what, and what affiliates say of themselves.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from domain.links.rules import code
from domain.links.tags import ad_group_token, campaign_token

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
_numbers = count(1)
# The owner's connection speaks JSON as text: these are written for it.
_JSON = {"answers", "changes", "channels", "custom_fields", "dtc_terms", "input", "questions"}


async def an_account(owner: asyncpg.Connection, **fields: Any) -> UUID:
    values = {"name": "Acme", "amazon_entitled_at": NOW} | fields
    return await insert(owner, "account", values, id="account_id")


async def an_affiliate(owner: asyncpg.Connection, **fields: Any) -> UUID:
    number = next(_numbers)
    values = {"name": f"Affiliate {number}", "email": f"a{number}@example.com"} | fields
    return await insert(owner, "affiliate", values)


async def an_acquaintance(owner: asyncpg.Connection, account_id: UUID, affiliate_id: UUID) -> None:
    """The account has entered the affiliate itself."""
    values = {"account_id": account_id, "affiliate_id": affiliate_id, "met_at": NOW}
    await insert(owner, "acquaintance", values, id="affiliate_id")


async def a_seller_account(owner: asyncpg.Connection, account_id: UUID, **fields: Any) -> UUID:
    number = next(_numbers)
    values = {"account_id": account_id, "name": f"Seller {number}", "merchant_id": f"A{number}"}
    return await insert(owner, "seller_account", values | fields)


async def a_grant(
    owner: asyncpg.Connection, account_id: UUID, seller_account_id: UUID, **fields: Any
) -> UUID:
    """A consent for advertising that stands."""
    values = {
        "account_id": account_id,
        "seller_account_id": seller_account_id,
        "api": "ADS",
        "state": "CONNECTED",
    }
    return await insert(owner, "amazon_grant", values | fields)


async def a_profile(
    owner: asyncpg.Connection, account_id: UUID, seller_account_id: UUID, **fields: Any
) -> UUID:
    values = {
        "account_id": account_id,
        "seller_account_id": seller_account_id,
        "amazon_profile_id": str(next(_numbers)),
        "region": "NA",
        "merchant_id": "A1",
        "name": "Acme US",
        "kind": "SELLER",
        "marketplace_id": "ATVPDKIKX0DER",
        "country": "US",
        "currency": "USD",
        "time_zone": "America/Los_Angeles",
        "attribution": "ELIGIBLE",
        "tag_template": "?maas=maas_adg_api_1_static_12_1&ref_=aa_maas&tag=maas"
        "&aa_campaignid={insertCampaign}&aa_adgroupid={insertAdGroupId}"
        "&aa_creativeid={insertCreativeId}",
        "measuring_since": NOW,
        "discovered_at": NOW,
    }
    return await insert(owner, "profile", values | fields)


async def a_store(
    owner: asyncpg.Connection, account_id: UUID, profile_id: UUID | None = None, **fields: Any
) -> UUID:
    """An Amazon store; with its seller account, profile and brand when no profile is given."""
    if profile_id is None:
        seller_account_id = await a_seller_account(owner, account_id)
        profile_id = await a_profile(owner, account_id, seller_account_id)
    brand_id = await insert(
        owner, "brand", {"account_id": account_id, "name": f"Brand {next(_numbers)}"}
    )
    values = {
        "account_id": account_id,
        "brand_id": brand_id,
        "channel": "AMAZON",
        "name": "Acme on Amazon",
        "profile_id": profile_id,
        "marketplace_id": "ATVPDKIKX0DER",
        "currency": "USD",
        "time_zone": "America/Los_Angeles",
        "connected_at": NOW,
    }
    return await insert(owner, "store", values | fields)


async def a_dtc_store(owner: asyncpg.Connection, account_id: UUID, **fields: Any) -> UUID:
    """A shop of the brand's own."""
    number = next(_numbers)
    brand_id = await insert(owner, "brand", {"account_id": account_id, "name": f"Shop {number}"})
    values = {
        "account_id": account_id,
        "brand_id": brand_id,
        "channel": "DTC",
        "name": "Acme's shop",
        "url": f"https://shop{number}.example.com",
        "currency": "USD",
        "time_zone": "America/Los_Angeles",
        "connected_at": NOW,
    }
    return await insert(owner, "store", values | fields)


async def a_product(
    owner: asyncpg.Connection, account_id: UUID, store_id: UUID, **fields: Any
) -> UUID:
    number = next(_numbers)
    values = {
        "account_id": account_id,
        "store_id": store_id,
        "sku": f"SKU {number}",
        "asin": f"B{number:09}",
        "title": f"Product {number}",
        "currency": "USD",
        "fulfilment": "AMAZON",
        "status": "ACTIVE",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }
    return await insert(owner, "product", values | fields)


async def an_offer(
    owner: asyncpg.Connection, account_id: UUID, store_id: UUID, rate_bp: int = 1000,
    valid_from: date = date(2026, 1, 1), **fields: Any,
) -> UUID:  # fmt: skip
    values = {
        "account_id": account_id,
        "store_id": store_id,
        "name": f"Offer {next(_numbers)}",
        "created_at": NOW,
    }
    offer_id = await insert(owner, "offer", values | fields)
    await a_version(owner, account_id, offer_id, rate_bp, valid_from)
    return offer_id


async def a_version(
    owner: asyncpg.Connection, account_id: UUID, offer_id: UUID, rate_bp: int, valid_from: date
) -> UUID:
    values = {
        "account_id": account_id,
        "offer_id": offer_id,
        "valid_from": valid_from,
        "rate_bp": rate_bp,
        "cookie_days": 14,
        "created_at": NOW,
    }
    return await insert(owner, "offer_version", values)


async def a_partnership(
    owner: asyncpg.Connection, account_id: UUID, store_id: UUID, offer_id: UUID,
    affiliate_id: UUID | None = None, valid_from: date = date(2026, 1, 1), **fields: Any,
) -> UUID:  # fmt: skip
    affiliate_id = affiliate_id or await an_affiliate(owner)
    values = {
        "account_id": account_id,
        "store_id": store_id,
        "affiliate_id": affiliate_id,
        "offer_id": offer_id,
        "campaign_token": campaign_token(store_id, affiliate_id),
        "created_at": NOW,
    }
    partnership_id = await insert(owner, "partnership", values | fields)
    assignment = {
        "account_id": account_id,
        "partnership_id": partnership_id,
        "offer_id": offer_id,
        "valid_from": valid_from,
    }
    await insert(owner, "assignment", assignment)
    return partnership_id


async def an_ad_group(
    owner: asyncpg.Connection, account_id: UUID, partnership_id: UUID, subid: str = ""
) -> UUID:
    id = uuid4()
    values = {
        "account_id": account_id,
        "id": id,
        "partnership_id": partnership_id,
        "subid": subid,
        "token": ad_group_token(id if subid else None),
        "created_at": NOW,
    }
    return await insert(owner, "ad_group", values)


async def a_link(owner: asyncpg.Connection, account_id: UUID, partnership_id: UUID) -> str:
    """A link and its code; the code is returned."""
    link_id, number = uuid4(), next(_numbers)
    store_id = await owner.fetchval(
        "SELECT store_id FROM partnership WHERE id = $1", partnership_id
    )
    creative = {
        "account_id": account_id,
        "store_id": store_id,
        "kind": "DETAIL_PAGE",
        "landing": f"B{number:09}",
        "token": f"cl-p-b{number:09}",
        "created_at": NOW,
    }
    values = {
        "account_id": account_id,
        "partnership_id": partnership_id,
        "code": code(uuid4().bytes[:10]),
        "destination": f"https://www.amazon.com/dp/B{number:09}?maas=maas_adg_1",
    }
    link = values | {
        "id": link_id,
        "ad_group_id": await an_ad_group(owner, account_id, partnership_id, f"subid {number}"),
        "creative_id": await insert(owner, "creative", creative),
        "created_at": NOW,
    }
    await insert(owner, "link", link)
    await insert(owner, "link_code", values | {"link_id": link_id}, id="code")
    return str(values["code"])


async def a_conversion(
    owner: asyncpg.Connection, account_id: UUID, partnership_id: UUID, version_id: UUID, day: date
) -> UUID:
    """Pending, ten dollars of one order, at ten percent."""
    partnership = await owner.fetchrow(
        "SELECT store_id, affiliate_id FROM partnership WHERE id = $1", partnership_id
    )
    assert partnership is not None, "the partnership of that id is there"
    values = {
        "account_id": account_id,
        "id": uuid4(),
        "partnership_id": partnership_id,
        **partnership,
        "day": day,
        "source": "AMAZON",
        "status": "PENDING",
        "currency": "USD",
        "offer_version_id": version_id,
        "rate_bp": 1000,
        "first_seen_at": NOW,
        "changed_at": NOW,
        "settles_on": day + timedelta(days=30),
    }
    for prefix in ("", "reported_"):
        values |= {f"{prefix}orders": 1, f"{prefix}units": 1, f"{prefix}sales_minor": 1000}
        values[f"{prefix}commission_minor"] = 100
    return await insert(owner, "conversion", values)


async def insert(
    owner: asyncpg.Connection, table: str, values: dict[str, Any], id: str = "id"
) -> UUID:
    """A row of any table; for the functions here and beside."""
    names = ", ".join(values)
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    written = [
        json.dumps(value) if name in _JSON and not isinstance(value, str | None) else value
        for name, value in values.items()
    ]
    found: UUID = await owner.fetchval(
        f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING {id}", *written
    )
    return found
