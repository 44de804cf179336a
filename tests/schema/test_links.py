"""Tagged links by the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest

from domain.ids import encode
from domain.links.tags import ad_group_token
from tests.factories import a_dtc_store, a_partnership, a_store, an_offer
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
    shop_id = await a_dtc_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, shop_id)
    at_shop = await a_partnership(owner, account_id, shop_id, offer_id)

    found = [(await client.act(CREATE, input=order(at_shop)))["__typename"]]
    for statement in (
        "UPDATE profile SET tag_template = '?maas=1'",
        "UPDATE profile SET tag_template = NULL",
        "UPDATE store SET disconnected_at = now()",
        "UPDATE partnership SET status = 'PAUSED'",
    ):
        await owner.execute(statement)
        found.append((await client.act(CREATE, input=order(partnership_id)))["__typename"])

    assert found == [
        "NotAnAmazonStore", "BadTemplate", "NotMeasuringYet", "StoreDisconnected", "NoNewLinks",
    ]  # fmt: skip
    assert await owner.fetchval("SELECT count(*) FROM link") == 0


async def test_nobody_makes_links_for_another_accounts_partnership(
    stranger: Client, owner: asyncpg.Connection, partnership_id: UUID
) -> None:
    refused = await stranger.act(CREATE, input=order(partnership_id))

    assert refused["__typename"] == "NotFound"
    assert await owner.fetchval("SELECT count(*) FROM link") == 0
