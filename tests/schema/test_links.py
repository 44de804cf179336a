"""Tagged links by the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.access import Room, Scope, Seat
from domain.ids import encode
from domain.links.tags import ad_group_token
from tests.factories import (
    a_dtc_store,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
)
from tests.schema.conftest import Client

CREATE = """mutation($input: CreateLinkInput!) { createLink(input: $input) {
  __typename
  ... on Link { id url destination code subId kind landing clicks visibleAt leftOut
                store { id } affiliate { name } partnership { id } }
  ... on Refusal { message }
  ... on UtmNotSupported { parameter }
  ... on PageOfOtherMarketplace { found wanted }
  ... on SubIdRefused { reason }
  ... on NoNewLinks { status }
} }"""
PAGE = "https://www.amazon.com/dp/B0FERN0001"


@pytest.fixture
async def partnership_id(owner: asyncpg.Connection, account_id: UUID) -> UUID:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    return await a_partnership(owner, account_id, store_id, offer_id)


def order(partnership_id: UUID, url: str = PAGE, sub_id: str | None = None) -> dict[str, Any]:
    return {"partnershipId": encode("part", partnership_id), "url": url, "subId": sub_id}


async def test_a_link_is_made_and_read_back(
    client: Client, owner: asyncpg.Connection, partnership_id: UUID
) -> None:
    """S14, S45, S47."""
    pasted = f"{PAGE}/ref=sr_1_3?psc=1&th=1&pd_rd_w=aB3dE"

    link = await client.act(CREATE, input=order(partnership_id, pasted, " spring "))

    assert link["__typename"] == "Link"
    assert link["url"] == f"https://links.example/l/{link['code']}"
    assert link["leftOut"] == ["psc", "th", "pd_rd_w"]
    assert (link["subId"], link["kind"], link["landing"]) == ("spring", "DETAIL_PAGE", "B0FERN0001")
    assert (link["clicks"], link["visibleAt"]) == (0, None)
    assert link["partnership"]["id"] == encode("part", partnership_id)
    leads_to = urlsplit(link["destination"])
    assert (leads_to.netloc, leads_to.path) == ("www.amazon.com", "/dp/B0FERN0001")
    tag = parse_qs(leads_to.query)
    ad_group = await owner.fetchval("SELECT id FROM ad_group")
    assert tag["aa_adgroupid"] == [ad_group_token(ad_group)]
    assert tag["aa_campaignid"] == [await owner.fetchval("SELECT campaign_token FROM partnership")]


async def test_the_same_page_and_subid_are_the_same_link(
    client: Client, owner: asyncpg.Connection, partnership_id: UUID
) -> None:
    one, again, other = [
        await client.act(CREATE, input=order(partnership_id, url, sub_id))
        for url, sub_id in ((PAGE, None), (f"{PAGE}?th=1", ""), (PAGE, "spring"))
    ]

    assert one["id"] == again["id"]
    assert (one["subId"], one["leftOut"], again["leftOut"]) == (None, [], ["th"])
    assert other["id"] != one["id"]
    listed = await client.ask(
        '{ links(filter: {subId: "spring"}) { nodes { id leftOut } totalCount } }'
    )
    assert listed["links"] == {"nodes": [{"id": other["id"], "leftOut": None}], "totalCount": 1}
    assert await owner.fetchval("SELECT count(*) FROM link") == 2


REFUSED = {
    f"{PAGE}?utm_source=mail": "UtmNotSupported",
    "https://www.amazon.ca/dp/B0FERN0001": "PageOfOtherMarketplace",
    f"{PAGE}?tag=ann-20": "AssociatesTag",
    f"{PAGE}?maas=maas_adg_1": "AlreadyTagged",
    f"{PAGE}?aa_campaignid=mine": "AlreadyTagged",
    "https://www.amazon.com/s?k=fern": "NotALandingPage",
    "https://shop.example/fern": "NotAnAmazonPage",
    "https://amzn.to/3abc": "ShortLink",
    "": "NotAnAmazonPage",
    "x" * 5000: "NotAnAmazonPage",
}


@pytest.mark.parametrize(("url", "typename"), REFUSED.items(), ids=lambda text: text[:40])
async def test_a_page_that_cannot_be_linked_is_refused_with_the_reason(
    client: Client, owner: asyncpg.Connection, partnership_id: UUID, url: str, typename: str
) -> None:
    """S46, S48."""
    refused = await client.act(CREATE, input=order(partnership_id, url))

    assert refused["__typename"] == typename
    assert refused["message"]
    for table in ("link", "link_code", "ad_group", "creative", "audit_entry"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("sub_id", ["ann@example.com", "{{click.id}}", "x" * 101, "a\nb"])
async def test_a_subid_that_names_a_person_or_a_click_is_refused(
    client: Client, partnership_id: UUID, sub_id: str
) -> None:
    refused = await client.act(CREATE, input=order(partnership_id, sub_id=sub_id))

    assert refused["__typename"] == "SubIdRefused"


async def test_no_link_where_none_can_be_measured(
    client: Client, owner: asyncpg.Connection, account_id: UUID, partnership_id: UUID
) -> None:
    found = []
    for statement in (
        "UPDATE profile SET tag_template = '?maas=1'",
        "UPDATE profile SET tag_template = NULL",
        "UPDATE store SET disconnected_at = now()",
        "UPDATE partnership SET status = 'PAUSED'",
    ):
        await owner.execute(statement)
        found.append((await client.act(CREATE, input=order(partnership_id)))["__typename"])

    assert found == ["BadTemplate", "NotMeasuringYet", "StoreDisconnected", "NoNewLinks"]
    assert await owner.fetchval("SELECT count(*) FROM link") == 0


async def test_nobody_makes_links_for_another_accounts_partnership(
    stranger: Client, owner: asyncpg.Connection, partnership_id: UUID
) -> None:
    refused = await stranger.act(CREATE, input=order(partnership_id))

    assert refused["__typename"] == "NotFound"
    assert await owner.fetchval("SELECT count(*) FROM link") == 0


# Own shops, products and storefronts; the affiliate's own seat.

CREATE_MANY = """mutation($links: [CreateLinkInput!]!) { createLinks(links: $links) {
  __typename
  ... on InvalidInput { field reason }
  ... on LinkOutcomes { outcomes {
    place link { id destination kind landing leftOut product { id } } refusal { __typename message }
  } }
} }"""
PRODUCTS = """query($filter: ProductFilter) { products(filter: $filter, orderBy: TITLE_ASC) {
  totalCount
  nodes { id title channel url asin store { id channel } link { id url subId affiliate { id } } }
} }"""


@dataclass
class Both:
    """One affiliate who promotes both stores of a brand, each with a product."""

    account_id: UUID
    affiliate_id: UUID
    amazon_id: UUID
    shop_id: UUID
    at_amazon: str
    at_shop: str
    press: str
    knife: str
    """Ids of the partnerships, and of the products of each: the press is on Amazon."""


@pytest.fixture
async def both(owner: asyncpg.Connection, account_id: UUID) -> Both:
    return await promoting_both(owner, account_id, await an_affiliate(owner))


async def promoting_both(
    owner: asyncpg.Connection, account_id: UUID, affiliate_id: UUID, **fields: Any
) -> Both:
    amazon_id = await a_store(owner, account_id)
    shop_id = await a_dtc_store(owner, account_id)
    brand = "SELECT brand_id FROM store WHERE id = $2"
    await owner.execute(f"UPDATE store SET brand_id = ({brand}) WHERE id = $1", shop_id, amazon_id)
    home = await owner.fetchval("SELECT url FROM store WHERE id = $1", shop_id)
    partnerships = [
        await a_partnership(
            owner, account_id, store_id, await an_offer(owner, account_id, store_id),
            affiliate_id=affiliate_id, **fields,
        )
        for store_id in (amazon_id, shop_id)
    ]  # fmt: skip
    knife = {"asin": None, "url": f"{home}/knife", "title": "Knife"}
    return Both(
        account_id, affiliate_id, amazon_id, shop_id,
        *(encode("part", id) for id in partnerships),
        encode("prod", await a_product(owner, account_id, amazon_id, title="Press")),
        encode("prod", await a_product(owner, account_id, shop_id, **knife)),
    )  # fmt: skip


def seated(db: Database, affiliate_id: UUID) -> Client:
    return Client(db, None, seat=Seat(Room.AFFILIATE, affiliate_id), actor="pers_test")


async def test_a_link_to_a_brands_own_shop(client: Client, both: Both) -> None:
    """S43."""
    link = await client.act(
        CREATE, input={"partnershipId": both.at_shop, "productId": both.knife, "subId": "blog"}
    )

    assert (link["__typename"], link["kind"], link["subId"]) == ("Link", "SHOP_PAGE", "blog")
    assert link["landing"].endswith("/knife")
    assert link["destination"] == f"{link['landing']}?clk={link['code']}"
    assert link["url"] == f"https://links.example/l/{link['code']}"
    home = await client.act(CREATE, input={"partnershipId": both.at_shop, "storefront": True})
    assert link["landing"] == f"{home['landing'].rstrip('/')}/knife"


async def test_what_is_wanted_is_said_in_one_way(client: Client, both: Both) -> None:
    place = {"partnershipId": both.at_amazon}
    for asked in (
        place,
        place | {"url": PAGE, "storefront": True},
        place | {"url": PAGE, "productId": both.press},
        {"productId": both.press},
        {"url": PAGE},
    ):
        assert (await client.act(CREATE, input=asked))["__typename"] == "InvalidInput"


async def test_a_products_link_is_made_by_its_stores_partnership(
    client: Client, both: Both
) -> None:
    asked = {"partnershipId": both.at_amazon, "productId": both.knife}
    refused = await client.act(CREATE, input=asked)
    assert refused["__typename"] == "ProductOfOtherStore"

    asked = {"partnershipId": both.at_amazon, "storefront": True}
    assert (await client.act(CREATE, input=asked))["__typename"] == "NoStorefront"


async def test_many_links_have_an_outcome_each(
    client: Client, owner: asyncpg.Connection, both: Both
) -> None:
    amazon = {"partnershipId": both.at_amazon}
    asked = [
        amazon | {"productId": both.press},
        amazon | {"url": f"{PAGE}?utm_source=x"},
        {"partnershipId": both.at_shop, "productId": both.knife},
        {"partnershipId": "nonsense", "url": PAGE},
        amazon | {"url": f"{PAGE}?th=1"},
        amazon,
        amazon | {"productId": both.press},
    ]

    first, again = [(await client.act(CREATE_MANY, links=asked))["outcomes"] for _ in range(2)]

    assert first == again
    assert [one["place"] for one in first] == [1, 2, 3, 4, 5, 6, 7]
    refused = {one["place"]: one["refusal"]["__typename"] for one in first if one["refusal"]}
    assert refused == {2: "UtmNotSupported", 4: "WrongId", 6: "InvalidInput"}
    links = {one["place"]: one["link"] for one in first if one["link"]}
    assert links[1] == links[7]
    assert [links[n]["product"] for n in (1, 3, 5)] == [
        {"id": both.press},
        {"id": both.knife},
        None,
    ]
    assert links[5]["leftOut"] == ["th"]
    assert await owner.fetchval("SELECT count(*) FROM link") == 3


async def test_the_audit_says_what_was_made_and_not_what_was_found(
    client: Client, owner: asyncpg.Connection, both: Both
) -> None:
    asked = [{"partnershipId": both.at_amazon, "url": PAGE}]
    for _ in range(2):
        await client.act(CREATE_MANY, links=asked)

    changes = await owner.fetch("SELECT changes::text FROM audit_entry ORDER BY number")

    assert [len(json.loads(row["changes"])) for row in changes] == [1, 0]


async def test_more_than_a_hundred_are_refused(client: Client, both: Both) -> None:
    asked = [{"partnershipId": both.at_amazon, "url": PAGE}]
    for links in (asked * 101, []):
        refused = await client.act(CREATE_MANY, links=links)
        assert (refused["__typename"], refused["field"]) == ("InvalidInput", "links")


async def test_my_products_are_those_of_both_stores_with_my_links(
    db: Database, owner: asyncpg.Connection, both: Both
) -> None:
    """S42, S44, S45."""
    me = seated(db, both.affiliate_id)
    other = await promoting_both(owner, both.account_id, await an_affiliate(owner))
    mine = [
        await me.act(CREATE, input={"productId": product, "subId": sub_id})
        for product, sub_id in ((both.press, None), (both.press, "blog"), (both.knife, None))
    ]

    found = (await me.ask(PRODUCTS))["products"]

    assert found["totalCount"] == 2
    knife, press = found["nodes"]
    assert (knife["id"], press["id"]) == (both.knife, both.press)
    assert (knife["channel"], knife["store"]["channel"], knife["asin"]) == ("DTC", "DTC", None)
    assert knife["url"] == mine[2]["landing"]
    assert press["url"] == f"https://www.amazon.com/dp/{press['asin']}"
    assert [knife["link"]["id"], press["link"]["id"]] == [mine[2]["id"], mine[0]["id"]]
    assert press["link"]["affiliate"]["id"] == encode("affl", both.affiliate_id)
    theirs = (await seated(db, other.affiliate_id).ask(PRODUCTS))["products"]
    assert {one["id"] for one in theirs["nodes"]} == {other.press, other.knife}
    assert {str(one["link"]) for one in theirs["nodes"]} == {"None"}


async def test_my_products_are_narrowed(
    db: Database, owner: asyncpg.Connection, both: Both
) -> None:
    """S44."""
    me = seated(db, both.affiliate_id)
    await owner.execute("UPDATE product SET quantity = 0 WHERE title = 'Knife'")
    brand_id = await owner.fetchval("SELECT brand_id FROM store WHERE id = $1", both.shop_id)

    async def titles(**filter: object) -> list[str]:
        found = await me.ask(PRODUCTS, filter=filter)
        return [one["title"] for one in found["products"]["nodes"]]

    assert await titles(storeId=encode("stor", both.shop_id)) == ["Knife"]
    assert await titles(channel=["AMAZON"]) == ["Press"]
    assert await titles(channel=["AMAZON", "DTC"]) == ["Knife", "Press"]
    assert await titles(brandId=encode("brnd", brand_id)) == ["Knife", "Press"]
    assert await titles(brandId=encode("brnd", both.shop_id)) == []
    assert await titles(title="KNI") == ["Knife"]
    assert await titles(inStock=True) == ["Press"]
    assert await titles(inStock=False) == ["Knife"]


@pytest.mark.parametrize("status", ["PAUSED", "ENDED"])
async def test_products_of_a_store_that_is_not_promoted_now_are_not_mine(
    db: Database, owner: asyncpg.Connection, both: Both, status: str
) -> None:
    """S44."""
    me = seated(db, both.affiliate_id)
    await owner.execute(
        "UPDATE partnership SET status = $1 WHERE store_id = $2", status, both.shop_id
    )

    found = (await me.ask(PRODUCTS))["products"]["nodes"]

    assert [one["id"] for one in found] == [both.press]
    refused = await me.act(CREATE, input={"productId": both.knife})
    assert (refused["__typename"], refused["status"]) == ("NoNewLinks", status)


async def test_an_affiliate_makes_links_of_its_own_partnerships_alone(
    db: Database, owner: asyncpg.Connection, both: Both
) -> None:
    other = await promoting_both(owner, both.account_id, await an_affiliate(owner))
    me = seated(db, both.affiliate_id)

    for asked in (
        {"partnershipId": other.at_amazon, "url": PAGE},
        {"productId": other.press},
        {"partnershipId": other.at_shop, "productId": both.knife},
    ):
        assert (await me.act(CREATE, input=asked))["__typename"] == "NotFound"
    assert (await me.act(CREATE, input={"url": PAGE}))["__typename"] == "InvalidInput"
    assert await owner.fetchval("SELECT count(*) FROM link") == 0

    outcomes = await me.act(
        CREATE_MANY,
        links=[
            {"productId": other.press},
            {"productId": both.press},
            {"partnershipId": both.at_shop, "storefront": True},
            {"url": PAGE},
        ],
    )

    kinds = [
        one["refusal"]["__typename"] if one["refusal"] else one["link"]["kind"]
        for one in outcomes["outcomes"]
    ]
    assert kinds == ["NotFound", "DETAIL_PAGE", "SHOP_PAGE", "InvalidInput"]


async def test_an_affiliates_link_is_in_the_audit_of_the_account(
    db: Database, owner: asyncpg.Connection, both: Both
) -> None:
    await seated(db, both.affiliate_id).act(CREATE, input={"productId": both.press})

    entry = await owner.fetchrow("SELECT account_id, actor, action FROM audit_entry")
    assert tuple(entry) == (both.account_id, "pers_test", "createLink")


async def test_links_of_several_accounts_are_made_at_once_and_each_account_is_told_of_its_own(
    db: Database, owner: asyncpg.Connection, both: Both
) -> None:
    elsewhere = await promoting_both(owner, await an_account(owner), both.affiliate_id)
    me = seated(db, both.affiliate_id)
    asked = [{"productId": one} for one in (both.press, elsewhere.press, both.knife)]

    outcomes = (await me.act(CREATE_MANY, links=asked))["outcomes"]

    assert [one["refusal"] for one in outcomes] == [None, None, None]
    entries = await owner.fetch("SELECT account_id, input, changes FROM audit_entry")
    told = {entry["account_id"]: entry["input"] + entry["changes"] for entry in entries}
    assert set(told) == {both.account_id, elsewhere.account_id}
    links = [one["link"]["id"] for one in outcomes]
    of_both, of_other = told[both.account_id], told[elsewhere.account_id]
    assert all(id in of_both for id in (both.press, both.knife, links[0], links[2]))
    assert all(id in of_other for id in (elsewhere.press, links[1]))
    assert not any(id in of_both for id in (elsewhere.press, links[1]))
    assert not any(id in of_other for id in (both.press, both.knife, links[0], links[2]))
    assert {one["id"] for one in (await me.ask(PRODUCTS))["products"]["nodes"]} == {
        both.press, both.knife, elsewhere.press, elsewhere.knife,
    }  # fmt: skip


async def test_a_products_link_is_an_affiliates_own_question(client: Client, both: Both) -> None:
    answer = await client.answer("{ products { nodes { link { id } } } }")

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["WRONG_ROOM"]


async def test_a_viewer_of_the_account_makes_no_links(client: Client, both: Both) -> None:
    client.scopes = frozenset({Scope.READ})

    answer = await client.answer(CREATE, input={"partnershipId": both.at_amazon, "url": PAGE})

    assert [one["extensions"]["code"] for one in answer["errors"]] == ["FORBIDDEN"]
