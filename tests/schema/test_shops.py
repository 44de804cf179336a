"""Own shops, their products, and storefronts by the API."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.access import Scope
from domain.ids import decode, encode
from tests.factories import a_dtc_store, a_partnership, a_store, an_offer
from tests.schema.conftest import Client

CONNECT = """mutation($input: ConnectShopInput!) { connectShop(input: $input) {
  __typename
  ... on Store { id name channel url storefrontUrl currency timeZone brand { id name } }
  ... on InvalidInput { field } ... on Refusal { message }
} }"""
EDIT = """mutation($input: EditShopInput!) { editShop(input: $input) {
  __typename ... on Store { name url currency timeZone }
  ... on InvalidInput { field } ... on StoreExists { where }
} }"""
PUT = """mutation($input: PutShopProductsInput!) { putShopProducts(input: $input) {
  __typename
  ... on InvalidInput { field }
  ... on ShopProductOutcomes { outcomes { place sku
    product { id sku asin channel title url price { amount currency } quantity status brandName
              imageUrl }
    refusal { __typename message ... on InvalidInput { field } } } }
} }"""
STOREFRONT = """mutation($input: SetStorefrontInput!) { setStorefront(input: $input) {
  __typename ... on Store { storefrontUrl } ... on InvalidInput { field } ... on Refusal { message }
} }"""
LINK = """mutation($input: CreateLinkInput!) { createLink(input: $input) {
  __typename ... on Link { kind landing }
} }"""

SHOP = {
    "brandName": "Acme",
    "url": "https://acme.example",
    "currency": "USD",
    "timeZone": "America/New_York",
}
PRESS = {
    "sku": "PRESS-1",
    "title": "Garlic press",
    "url": "https://acme.example/press",
    "price": {"amount": "24.90", "currency": "USD"},
}
STORE_PAGE = "https://www.amazon.com/stores/page/0D1C2B3A-1111-2222-3333-444455556666"


@pytest.fixture
async def shop_id(client: Client) -> str:
    return (await client.act(CONNECT, input=SHOP))["id"]


async def put(client: Client, shop_id: str, *products: dict[str, Any]) -> dict[str, Any]:
    return await client.act(PUT, input={"storeId": shop_id, "products": list(products)})


async def test_a_shop_is_opened_for_a_brand_by_name_or_id(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S42."""
    amazon_id = await a_store(owner, account_id)
    brand_id = await owner.fetchval("SELECT brand_id FROM store WHERE id = $1", amazon_id)
    by_id = {"brandId": encode("brnd", brand_id), "brandName": None, "url": "https://two.example"}

    new = await client.act(CONNECT, input=SHOP)
    known = await client.act(CONNECT, input=SHOP | by_id)

    assert new["brand"]["name"] == "Acme"
    assert (new["channel"], new["storefrontUrl"]) == ("DTC", "https://acme.example")
    assert known["brand"]["id"] == encode("brnd", brand_id)
    for brand in ({"brandName": None}, {"brandId": encode("brnd", brand_id)}):
        refused = await client.act(CONNECT, input=SHOP | brand)
        assert (refused["__typename"], refused["field"]) == ("InvalidInput", "brandId")


async def test_another_accounts_brand_is_as_good_as_none(client: Client, stranger: Client) -> None:
    theirs = await stranger.act(CONNECT, input=SHOP)
    brand = {"brandId": theirs["brand"]["id"], "brandName": None}

    assert (await client.act(CONNECT, input=SHOP | brand))["__typename"] == "NotFound"


async def test_a_shop_is_edited_closed_and_reopened(client: Client, shop_id: str) -> None:
    edited = await client.act(EDIT, input={"storeId": shop_id, "name": "Outlet"})
    assert edited == {
        "__typename": "Store", "name": "Outlet", "url": "https://acme.example", "currency": "USD",
        "timeZone": "America/New_York",
    }  # fmt: skip
    moved = {"storeId": shop_id, "url": "https://new.example", "currency": "EUR"}
    assert (await client.act(EDIT, input=moved))["currency"] == "EUR"
    for change, status in (("disconnectStore", "DISCONNECTED"), ("reconnectStore", "CONNECTED")):
        document = f"mutation($id: ID!) {{ {change}(id: $id) {{ ... on Store {{ status }} }} }}"
        assert await client.act(document, id=shop_id) == {"status": status}


async def test_an_edit_that_cannot_be_is_refused_with_the_reason(
    client: Client, owner: asyncpg.Connection, account_id: UUID, shop_id: str
) -> None:
    await put(client, shop_id, PRESS)
    other_id = await a_dtc_store(owner, account_id)
    other_url = await owner.fetchval("SELECT url FROM store WHERE id = $1", other_id)
    amazon_id = encode("stor", await a_store(owner, account_id))
    refused = {
        "InvalidInput": {"url": "http://acme.example"},
        "UnknownCurrency": {"currency": "EURO"},
        "StoreExists": {"url": other_url},
        "ShopInUse": {"timeZone": "Europe/Paris"},
        "NotAShop": {"storeId": amazon_id, "name": "Mine"},
        "NotFound": {"storeId": encode("stor", account_id)},
        "WrongId": {"storeId": encode("brnd", account_id)},
    }

    for typename, more in refused.items():
        found = await client.act(EDIT, input={"storeId": shop_id} | more)
        assert found["__typename"] == typename


async def test_products_are_entered_and_changed_by_sku(client: Client, shop_id: str) -> None:
    """S44."""
    image = {"imageUrl": "https://cdn.example/press.jpg", "quantity": 3}
    [new] = (await put(client, shop_id, PRESS | image))["outcomes"]
    [changed] = (await put(client, shop_id, PRESS | {"title": "Press", "active": False}))[
        "outcomes"
    ]

    assert (new["place"], new["sku"], new["refusal"]) == (1, "PRESS-1", None)
    assert new["product"] == {
        "id": new["product"]["id"], "sku": "PRESS-1", "asin": None, "channel": "DTC",
        "title": "Garlic press", "url": "https://acme.example/press", "brandName": "Acme",
        "price": {"amount": "24.90", "currency": "USD"}, "quantity": 3, "status": "ACTIVE",
        "imageUrl": "https://cdn.example/press.jpg",
    }  # fmt: skip
    assert changed["product"] == new["product"] | {
        "title": "Press", "quantity": None, "status": "INACTIVE", "imageUrl": None,
    }  # fmt: skip


async def test_each_product_has_its_own_outcome(
    client: Client, owner: asyncpg.Connection, shop_id: str
) -> None:
    outcomes = (
        await put(
            client, shop_id,
            PRESS,
            PRESS | {"sku": "K", "url": "https://evil.example/knife"},
            PRESS | {"sku": "P", "price": {"amount": "1", "currency": "EUR"}},
            PRESS | {"sku": "Q", "price": {"amount": "1E+2", "currency": "USD"}},
            PRESS,
        )
    )["outcomes"]  # fmt: skip

    refused = [one["refusal"] and one["refusal"]["__typename"] for one in outcomes]
    assert refused == [None, "NotAShopPage", "InvalidInput", None, "InvalidInput"]
    assert outcomes[2]["refusal"]["field"] == "price"
    assert outcomes[3]["product"]["price"]["amount"] == "100.00"
    assert await owner.fetchval("SELECT count(*) FROM product") == 2


async def test_the_audit_has_each_product_as_it_was_and_is(
    client: Client, owner: asyncpg.Connection, shop_id: str
) -> None:
    await put(client, shop_id, PRESS)
    await put(client, shop_id, PRESS | {"title": "Press"})
    await put(client, shop_id, PRESS | {"title": "Press"})

    rows = await owner.fetch(
        "SELECT changes::text FROM audit_entry WHERE action = 'putShopProducts' ORDER BY number"
    )

    titles = [
        [((one["before"] or {}).get("title"), one["after"]["title"]) for one in json.loads(row[0])]
        for row in rows
    ]
    assert titles == [[(None, "Garlic press")], [("Garlic press", "Press")], []]


async def test_too_many_products_or_none_are_refused(client: Client, shop_id: str) -> None:
    for products in ([PRESS] * 101, []):
        refused = await put(client, shop_id, *products)
        assert (refused["__typename"], refused["field"]) == ("InvalidInput", "products")


async def test_a_storefront_is_set_and_links_lead_there(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    partnership_id = await a_partnership(
        owner, account_id, store_id, await an_offer(owner, account_id, store_id)
    )
    store = encode("stor", store_id)
    asked = {"partnershipId": encode("part", partnership_id), "storefront": True}
    assert (await client.act(LINK, input=asked))["__typename"] == "NoStorefront"

    found = await client.act(STOREFRONT, input={"storeId": store, "url": f"{STORE_PAGE}?ref_=x"})

    assert found["storefrontUrl"] == STORE_PAGE
    link = await client.act(LINK, input=asked)
    assert link["kind"] == "STORE_PAGE"
    assert STORE_PAGE.endswith(link["landing"])
    cleared = await client.act(STOREFRONT, input={"storeId": store, "url": None})
    assert cleared["storefrontUrl"] is None


async def test_what_is_no_storefront_is_refused(
    client: Client, owner: asyncpg.Connection, account_id: UUID, shop_id: str
) -> None:
    store_id = encode("stor", await a_store(owner, account_id))
    refused = {
        "https://www.amazon.com/dp/B0FERN0001": "InvalidInput",
        "https://www.amazon.ca/stores/acme": "PageOfOtherMarketplace",
        "https://www.amazon.com/s?k=acme": "NotALandingPage",
        f"{STORE_PAGE}?tag=ann-20": "AssociatesTag",
        f"{STORE_PAGE}?maas=maas_adg_1": "AlreadyTagged",
        f"{STORE_PAGE}?utm_source=x": "UtmNotSupported",
        "https://amzn.to/3abc": "ShortLink",
        "https://acme.example": "NotAnAmazonPage",
    }

    for url, typename in refused.items():
        found = await client.act(STOREFRONT, input={"storeId": store_id, "url": url})
        assert found["__typename"] == typename
    found = await client.act(STOREFRONT, input={"storeId": shop_id, "url": STORE_PAGE})
    assert found["__typename"] == "NotAnAmazonStore"


async def test_nobody_keeps_another_accounts_shop(
    client: Client, stranger: Client, owner: asyncpg.Connection, shop_id: str
) -> None:
    before = await owner.fetchrow("SELECT * FROM store WHERE id = $1", decode("stor", shop_id))

    for document, more in (
        (EDIT, {"name": "Mine"}),
        (PUT, {"products": [PRESS]}),
        (STOREFRONT, {"url": STORE_PAGE}),
    ):
        refused = await stranger.act(document, input={"storeId": shop_id} | more)
        assert refused["__typename"] == "NotFound"
    assert await owner.fetchrow("SELECT * FROM store WHERE id = $1", before["id"]) == before
    assert await owner.fetchval("SELECT count(*) FROM product") == 0


async def test_who_may_only_look_keeps_no_shop(client: Client, shop_id: str) -> None:
    client.scopes = frozenset({Scope.READ})

    answer = await client.answer(EDIT, input={"storeId": shop_id, "name": "Mine"})

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["FORBIDDEN"]
