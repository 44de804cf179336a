"""Seller accounts, stores and products by the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest

from domain.amazon.rules import state_hash
from domain.ids import encode
from tests.factories import (
    NOW,
    a_dtc_store,
    a_grant,
    a_product,
    a_profile,
    a_seller_account,
    a_store,
    an_account,
)
from tests.schema.conftest import Client

ADD = """mutation($name: String!) { addSellerAccount(name: $name) {
  __typename ... on SellerAccount { id name merchantId grants { id } } ... on Refusal { message }
} }"""
CONSENT = """mutation($id: ID!, $api: Api!) { startConsent(sellerAccountId: $id, api: $api) {
  __typename
  ... on ConsentStarted { url grant { id api status problem refreshedAt } }
  ... on NotFound { what }
} }"""
CONNECT = """mutation($input: ConnectStoreInput!) { connectStore(input: $input) {
  __typename
  ... on Store { name channel platform status currency timeZone brand { name }
                 profile { id sellerAccount { id } } }
  ... on Refusal { message }
  ... on WrongMarketplace { country openCountries }
  ... on PlanTooLow { plan needed }
  ... on AmazonNotOffered { entitlement }
  ... on StoreExists { brandName where disconnected }
} }"""
DTC = """mutation($input: ConnectShopInput!) { connectShop(input: $input) {
  __typename
  ... on Store { name channel platform url profile { id } freshness { asOf } status }
  ... on InvalidInput { field }
  ... on UnknownCurrency { currency }
} }"""


async def a_connected_profile(owner: asyncpg.Connection, account_id: UUID, **fields: Any) -> UUID:
    seller_account_id = await a_seller_account(owner, account_id, merchant_id=None)
    await a_grant(owner, account_id, seller_account_id)
    return await a_profile(owner, account_id, seller_account_id, **fields)


async def test_a_seller_account_is_added_and_consents(
    client: Client, owner: asyncpg.Connection
) -> None:
    seller = await client.act(ADD, name="Juniper")
    assert seller == {
        "__typename": "SellerAccount", "id": seller["id"], "name": "Juniper", "merchantId": None,
        "grants": [],
    }  # fmt: skip

    started = await client.act(CONSENT, id=seller["id"], api="ADS")

    url = urlsplit(started["url"])
    assert (url.netloc, url.path) == ("links.example", "/oauth/amazon/ads/start")
    (state,) = parse_qs(url.query)["state"]
    kept = await owner.fetchval("SELECT state_hash FROM consent_request")
    assert kept == state_hash(state)
    assert started["grant"] == {
        "id": started["grant"]["id"], "api": "ADS", "status": "AWAITING_CONSENT", "problem": None,
        "refreshedAt": None,
    }  # fmt: skip
    remembered = await owner.fetch("SELECT action, input::text FROM audit_entry ORDER BY id")
    assert [row["action"] for row in remembered] == ["addSellerAccount", "startConsent"]
    assert all(state not in row["input"] for row in remembered)


async def test_a_seller_account_needs_a_name(client: Client, owner: asyncpg.Connection) -> None:
    refused = await client.act(ADD, name=" ")

    assert refused["__typename"] == "InvalidInput"
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 0


async def test_a_consent_for_another_accounts_seller_is_not_begun(
    client: Client, stranger: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    seller_account_id = await a_seller_account(owner, account_id)

    refused = await stranger.act(CONSENT, id=encode("slac", seller_account_id), api="ADS")

    assert refused == {"__typename": "NotFound", "what": "seller account"}
    assert await owner.fetchval("SELECT count(*) FROM amazon_grant") == 0


async def test_a_store_on_amazon_is_connected(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S9: a store belongs to one brand."""
    profile_id = await a_connected_profile(owner, account_id, measuring_since=None)

    store = await client.act(
        CONNECT, input={"profileId": encode("prof", profile_id), "brandName": "Fern"}
    )

    assert store["brand"] == {"name": "Fern"}
    assert store["name"] == "Fern on Amazon US"
    assert (store["channel"], store["platform"]) == ("AMAZON", "AMAZON")
    assert store["status"] == "MEASURING_NOT_CONFIRMED"
    assert store["profile"]["id"] == encode("prof", profile_id)
    kinds = {row["kind"] for row in await owner.fetch("SELECT kind FROM duty")}
    assert kinds == {"enable_measurement", "sync_catalog"}
    assert client.rings == 1


REFUSED = {
    "VendorCentral": {"kind": "VENDOR"},
    "AgencyProfile": {"kind": "AGENCY"},
    "WrongMarketplace": {"marketplace_id": "A2EUQ1WTGCTBG2", "country": "CA"},
    "NotInBrandRegistry": {"attribution": "NOT_ELIGIBLE"},
    "EligibilityUnknown": {"attribution": "UNKNOWN"},
}


@pytest.mark.parametrize("typename", REFUSED)
async def test_a_store_that_cannot_be_connected_is_refused_with_the_reason(
    client: Client, owner: asyncpg.Connection, account_id: UUID, typename: str
) -> None:
    """S4, S5, S6."""
    profile_id = await a_connected_profile(owner, account_id, **REFUSED[typename])

    refused = await client.act(
        CONNECT, input={"profileId": encode("prof", profile_id), "brandName": "Fern"}
    )

    assert refused["__typename"] == typename
    assert refused["message"]
    if typename == "WrongMarketplace":
        assert (refused["country"], refused["openCountries"]) == ("CA", ["US"])
    for table in ("store", "brand", "duty", "audit_entry"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_plan_and_entitlement_are_refused_by_name(db: Any, owner: asyncpg.Connection) -> None:
    """S1, S3."""
    found = []
    for fields in ({"plan": "GROWTH"}, {"amazon_entitled_at": None}):
        account_id = await an_account(owner, **fields)
        profile_id = await a_connected_profile(owner, account_id)
        await owner.execute("UPDATE installation SET amazon_open = false")
        order = {"profileId": encode("prof", profile_id), "brandName": "Fern"}
        found.append(await Client(db, account_id).act(CONNECT, input=order))

    low, closed = found
    assert (low["__typename"], low["plan"], low["needed"]) == (
        "PlanTooLow", "GROWTH", "ENTERPRISE",
    )  # fmt: skip
    assert (closed["__typename"], closed["entitlement"]) == ("AmazonNotOffered", "AMAZON")


async def test_a_shop_of_the_brands_own_is_connected_or_refused(client: Client) -> None:
    order = {
        "brandName": "Fern", "url": "https://fern.example/", "currency": "USD",
        "timeZone": "America/New_York",
    }  # fmt: skip

    made = await client.act(DTC, input=order)
    unsafe = await client.act(DTC, input=order | {"url": "http://fern.example"})
    unknown = await client.act(DTC, input=order | {"url": "https://b.example", "currency": "QQQ"})

    assert made == {
        "__typename": "Store", "name": "Fern", "channel": "DTC", "platform": "CUSTOM",
        "url": "https://fern.example", "profile": None, "freshness": None, "status": "CONNECTED",
    }  # fmt: skip
    assert unsafe == {"__typename": "InvalidInput", "field": "url"}
    assert unknown == {"__typename": "UnknownCurrency", "currency": "QQQ"}


async def test_stores_are_listed_over_brands_and_sellers(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S7, S8."""
    sellers = [await a_seller_account(owner, account_id) for _ in range(2)]
    profiles = [await a_profile(owner, account_id, seller) for seller in sellers]
    stores = [
        await a_store(owner, account_id, profile_id, name=name)
        for profile_id, name in zip((profiles[0], profiles[0], profiles[1]), "ABC", strict=True)
    ]
    document = """{
      stores(orderBy: NAME_ASC) { nodes { id name profile { sellerAccount { id } } } totalCount }
      sellerAccounts { nodes { id stores { nodes { name } } profiles { nodes { id } } } }
      brands { totalCount }
    }"""

    data = await client.ask(document)

    assert [store["id"] for store in data["stores"]["nodes"]] == [
        encode("stor", id) for id in stores
    ]
    assert data["stores"]["totalCount"] == data["brands"]["totalCount"] == 3
    by_seller = {
        one["id"]: sorted(store["name"] for store in one["stores"]["nodes"])
        for one in data["sellerAccounts"]["nodes"]
    }
    assert by_seller == {
        encode("slac", sellers[0]): ["A", "B"],
        encode("slac", sellers[1]): ["C"],
    }


async def test_the_status_says_what_to_do(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    async def store(grant: str, **profile: Any) -> UUID:
        seller = await a_seller_account(owner, account_id)
        await a_grant(owner, account_id, seller, state=grant)
        profile_id = await a_profile(owner, account_id, seller, **profile)
        return await a_store(owner, account_id, profile_id, name=f"{grant} {profile}")

    await store("CONNECTED")
    await store("CONNECTED", measuring_since=None)
    await store("RECONNECT")
    gone = await store("RECONNECT", measuring_since=None)
    await owner.execute("UPDATE store SET disconnected_at = now() WHERE id = $1", gone)
    await a_dtc_store(owner, account_id)

    data = await client.ask(
        """{ all: stores(orderBy: CONNECTED_AT_ASC) { nodes { status } }
             lost: stores(filter: {status: [RECONNECT]}) { totalCount } }"""
    )

    found = sorted(store["status"] for store in data["all"]["nodes"])
    assert found == [
        "CONNECTED", "CONNECTED", "DISCONNECTED", "MEASURING_NOT_CONFIRMED", "RECONNECT",
    ]  # fmt: skip
    assert data["lost"]["totalCount"] == 1


async def test_a_store_is_disconnected_and_reconnected(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S80."""
    profile_id = await a_connected_profile(owner, account_id)
    id = encode("stor", await a_store(owner, account_id, profile_id))
    document = "mutation($id: ID!) {{ {}(id: $id) {{ __typename ... on Store {{ status }} }} }}"

    gone = await client.act(document.format("disconnectStore"), id=id)
    fetch = await client.act(
        "mutation($id: ID!) { requestReports(storeId: $id) {"
        " __typename ... on NothingToFetch { ownShop } } }",
        id=id,
    )
    back = await client.act(document.format("reconnectStore"), id=id)

    assert gone["status"] == "DISCONNECTED"
    assert fetch == {"__typename": "NothingToFetch", "ownShop": False}
    assert back["status"] == "CONNECTED"


async def test_a_person_asks_for_products_and_reports_now(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    id = encode("stor", await a_store(owner, account_id))
    shop = encode("stor", await a_dtc_store(owner, account_id))
    document = "mutation($id: ID!) {{ {}(storeId: $id) {{ __typename }} }}"

    assert await client.act(document.format("syncProducts"), id=id) == {"__typename": "Store"}
    assert await client.act(document.format("requestReports"), id=id) == {"__typename": "Store"}
    refused = await client.act(document.format("syncProducts"), id=shop)

    assert refused == {"__typename": "NothingToFetch"}
    duties = (await client.ask("{ duties { nodes { kind runAt attempts deadAt } } }"))["duties"]
    assert sorted(duty["kind"] for duty in duties["nodes"]) == ["PULL_REPORT"] * 4 + [
        "SYNC_CATALOG"
    ]
    assert {duty["runAt"] for duty in duties["nodes"]} == {"2026-09-01T12:00:00Z"}


async def test_a_person_accepts_a_listing_that_was_held_back(
    client: Client, stranger: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    id = encode("stor", await a_store(owner, account_id))
    shop = encode("stor", await a_dtc_store(owner, account_id))
    document = """mutation($id: ID!) { acceptCatalog(storeId: $id) {
      __typename ... on Store { id } ... on NothingToFetch { ownShop } ... on NotFound { what }
      ... on WrongId { prefix }
    } }"""

    refused = [await client.act(document, id=shop), await stranger.act(document, id=id)]
    wrong = await client.act(document, id="offr_1")
    assert await owner.fetchval("SELECT count(*) FROM duty") == 0
    accepted = await client.act(document, id=id)

    assert refused == [
        {"__typename": "NothingToFetch", "ownShop": True},
        {"__typename": "NotFound", "what": "store"},
    ]
    assert wrong == {"__typename": "WrongId", "prefix": "stor"}
    assert accepted == {"__typename": "Store", "id": id}
    [duty] = await owner.fetch("SELECT kind, payload::text FROM duty")
    assert tuple(duty) == ("sync_catalog", '{"accepted": true}')
    assert client.rings == 1
    [entry] = await owner.fetch("SELECT action, input::text FROM audit_entry")
    assert tuple(entry) == ("acceptCatalog", f'{{"storeId": "{id}"}}')


async def test_an_asin_with_two_skus_is_listed_twice(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S40, S41."""
    store_id = await a_store(owner, account_id)
    for sku, fulfilment in (("FERN-A", "AMAZON"), ("FERN-M", "MERCHANT")):
        await a_product(
            owner, account_id, store_id, sku=sku, asin="B0FERN0001", fulfilment=fulfilment,
            price_minor=1999 if fulfilment == "AMAZON" else None,
        )  # fmt: skip
    await a_product(owner, account_id, store_id, sku="MOSS", asin="B0MOSS0001", status="INACTIVE")
    document = """query($id: ID!) { store(id: $id) {
      products(orderBy: SKU_ASC, filter: {asin: "B0FERN0001"}) {
        nodes { sku asin fulfilment price { amount currency } quantity status } totalCount }
      every: products { totalCount }
      gone: products(filter: {status: [INACTIVE]}) { nodes { sku } }
    } }"""

    store = (await client.ask(document, id=encode("stor", store_id)))["store"]

    assert store["products"]["nodes"] == [
        {
            "sku": "FERN-A", "asin": "B0FERN0001", "fulfilment": "AMAZON",
            "price": {"amount": "19.99", "currency": "USD"}, "quantity": None, "status": "ACTIVE",
        },
        {
            "sku": "FERN-M", "asin": "B0FERN0001", "fulfilment": "MERCHANT", "price": None,
            "quantity": None, "status": "ACTIVE",
        },
    ]  # fmt: skip
    assert store["every"]["totalCount"] == 3
    assert store["gone"]["nodes"] == [{"sku": "MOSS"}]


async def test_a_listing_tells_what_of_it_could_not_be_used(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    await owner.execute(
        """INSERT INTO catalog_run (account_id, store_id, state, started_at, method, quarantined)
           VALUES ($1, $2, 'APPLIED', $3, 'SEARCH', $4)""",
        account_id, store_id, NOW - timedelta(hours=1),
        '[{"position": "4", "reason": "no SKU", "raw": "{}"}, {"sku": "A", "reason": "no brand"}]',
    )  # fmt: skip

    data = await client.ask(
        "{ catalogRuns { nodes { method status quarantinedItems { place reason sku content } } } }"
    )

    assert data["catalogRuns"]["nodes"] == [
        {
            "method": "SEARCH",
            "status": "APPLIED",
            "quarantinedItems": [
                {"place": 1, "reason": "no SKU", "sku": None, "content": "{}"},
                {"place": 2, "reason": "no brand", "sku": "A", "content": None},
            ],
        }
    ]
