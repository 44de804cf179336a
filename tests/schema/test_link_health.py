"""Whether a link still does what it was made for, its QR code, and what its address should be."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.ids import encode
from domain.links.qr import svg
from tests.factories import (
    NOW,
    a_dtc_store,
    a_partnership,
    a_product,
    a_store,
    an_affiliate,
    an_offer,
)
from tests.schema.conftest import Client, affiliate_client

CREATE = """mutation($input: CreateLinkInput!) { createLink(input: $input) {
  ... on Link { id } ... on Refusal { message }
} }"""
LINKS = """query($filter: LinkFilter) { links(filter: $filter) {
  nodes { id health healthNote problems }
} }"""
ASIN = "B0FERN0001"


@pytest.fixture
async def affiliate_id(owner: asyncpg.Connection) -> UUID:
    return await an_affiliate(owner)


@pytest.fixture
async def store_id(owner: asyncpg.Connection, account_id: UUID) -> UUID:
    return await a_store(owner, account_id)


@pytest.fixture
async def partnership_id(
    owner: asyncpg.Connection, account_id: UUID, store_id: UUID, affiliate_id: UUID
) -> UUID:
    offer_id = await an_offer(owner, account_id, store_id)
    return await a_partnership(owner, account_id, store_id, offer_id, affiliate_id)


async def linked(client: Client, partnership_id: UUID, url: str = ASIN, **more: str) -> str:
    order = {"partnershipId": encode("part", partnership_id), "url": url} | more
    link = await client.act(CREATE, input=order)
    return str(link["id"])


async def seen(client: Client, **filter: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.ask(LINKS, filter=filter))["links"]["nodes"]
    return found


STATES: dict[str, tuple[list[dict[str, object]], str, str]] = {
    "sold": ([{"asin": ASIN}], "ACTIVE", "OK"),
    "nothing known of the catalogue": ([], "ACTIVE", "OK"),
    "another product listed": ([{"asin": "B0OTHER001"}], "ACTIVE", "NOT_IN_CATALOG"),
    "taken off": ([{"asin": ASIN, "status": "INACTIVE"}], "ACTIVE", "INACTIVE"),
    "sold out": ([{"asin": ASIN, "quantity": 0}], "ACTIVE", "OUT_OF_STOCK"),
    "one SKU left": (
        [{"asin": ASIN, "quantity": 0}, {"asin": ASIN, "quantity": 2},
         {"asin": ASIN, "status": "INACTIVE"}], "ACTIVE", "OK",
    ),
    "stock of a SKU that is off": (
        [{"asin": ASIN, "quantity": 0}, {"asin": ASIN, "quantity": 9, "status": "INACTIVE"}],
        "ACTIVE", "OUT_OF_STOCK",
    ),
    "paused": ([{"asin": ASIN}], "PAUSED", "PARTNERSHIP_PAUSED"),
    "ended": ([{"asin": ASIN}], "ENDED", "PARTNERSHIP_ENDED"),
    "ended and sold out": ([{"asin": ASIN, "quantity": 0}], "ENDED", "OUT_OF_STOCK"),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
async def test_the_worst_is_said_in_both_rooms_with_what_to_do(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID, store_id: UUID,
    partnership_id: UUID, affiliate_id: UUID, state: str,
) -> None:  # fmt: skip
    products, status, health = STATES[state]
    id = await linked(client, partnership_id)
    for product in products:
        await a_product(owner, account_id, store_id, **product)
    await owner.execute("UPDATE partnership SET status = $1", status)

    for who in (client, affiliate_client(db, affiliate_id)):
        [link] = await seen(who)
        assert (link["id"], link["health"], link["problems"]) == (id, health, [])
        assert (link["healthNote"] is None) == (health == "OK")
        assert await seen(who, health=[health]) == [link]
        assert await seen(who, health=["STORE_DISCONNECTED"]) == []


async def test_a_disconnected_store_is_worse_than_all_else(
    client: Client, owner: asyncpg.Connection, account_id: UUID, store_id: UUID,
    partnership_id: UUID,
) -> None:  # fmt: skip
    await linked(client, partnership_id)
    await a_product(owner, account_id, store_id, asin=ASIN, status="INACTIVE")
    await owner.execute("UPDATE store SET disconnected_at = $1", NOW)

    [link] = await seen(client)

    assert link["health"] == "STORE_DISCONNECTED"
    assert "sales by this link are not reported" in link["healthNote"]


async def test_a_page_of_the_brands_store_is_in_no_catalogue(
    client: Client, owner: asyncpg.Connection, account_id: UUID, store_id: UUID,
    partnership_id: UUID,
) -> None:  # fmt: skip
    await linked(client, partnership_id, "https://www.amazon.com/stores/Juniper")
    await a_product(owner, account_id, store_id)

    [link] = await seen(client)

    assert (link["health"], link["problems"]) == ("OK", [])


async def test_a_link_to_a_shop_is_held_to_the_shops_products_and_address(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID, affiliate_id: UUID
) -> None:
    shop_id = await a_dtc_store(owner, account_id)
    shop = await owner.fetchval("SELECT url FROM store WHERE id = $1", shop_id)
    offer_id = await an_offer(owner, account_id, shop_id)
    at_shop = await a_partnership(owner, account_id, shop_id, offer_id, affiliate_id)
    page = f"{shop}/mugs?colour=red"
    await linked(client, at_shop, page)
    product = {"asin": None, "url": page, "status": "INACTIVE"}
    await a_product(owner, account_id, shop_id, **product)

    for who in (client, affiliate_client(db, affiliate_id)):
        [link] = await seen(who)
        assert (link["health"], link["problems"]) == ("INACTIVE", [])
    await owner.execute("UPDATE store SET url = 'https://moved.example.com'")
    [link] = await seen(client)
    assert "moved.example.com" in link["problems"][0]


async def test_what_is_wrong_with_an_address_is_seen_where_the_link_is(
    client: Client, db: Database, owner: asyncpg.Connection, partnership_id: UUID,
    affiliate_id: UUID,
) -> None:  # fmt: skip
    """S45, S49: several links of one affiliate, all tagged alike."""
    for more in ({}, {"subId": "mail"}, {"url": "B0FERN0002"}):
        await linked(client, partnership_id, **more)
    assert [link["problems"] for link in await seen(client)] == [[], [], []]
    await owner.execute(
        "UPDATE link SET destination = destination || '&maas=another' WHERE destination LIKE '%2?%'"
    )

    for who in (client, affiliate_client(db, affiliate_id)):
        (problem,) = [said for link in await seen(who) for said in link["problems"]]
        assert "already carries an Amazon Attribution tag" in problem


async def test_a_link_comes_as_a_qr_code(
    client: Client, db: Database, partnership_id: UUID, affiliate_id: UUID
) -> None:
    """S46."""
    id = await linked(client, partnership_id)

    for who in (client, affiliate_client(db, affiliate_id)):
        asked = await who.ask("query($id: ID!) { node(id: $id) { ... on Link { url qr } } }", id=id)
        assert asked["node"]["qr"] == svg(asked["node"]["url"])
