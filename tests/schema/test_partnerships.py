"""Affiliates and their partnerships by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.ids import encode
from tests.factories import (
    NOW,
    a_link,
    a_partnership,
    a_store,
    an_acquaintance,
    an_affiliate,
    an_offer,
)
from tests.schema.conftest import Client

CREATE = """mutation($name: String!, $email: String!) {
  createAffiliate(input: {name: $name, email: $email}) {
    __typename
    ... on Affiliate { id name email partnerships { totalCount } }
    ... on InvalidInput { field }
} }"""
ADD = """mutation($affiliate: ID!, $offer: ID!) {
  addAffiliateToOffer(affiliateId: $affiliate, offerId: $offer) {
    __typename
    ... on Partnership { id status offer { id } affiliate { name } assignments { startsOn } }
    ... on AlreadyPartner { partnershipId offerName }
    ... on Refusal { message }
} }"""
MOVE = """mutation($input: MovePartnershipInput!) { movePartnership(input: $input) {
  __typename
  ... on Partnership { offer { id } assignments { startsOn offer { id } } }
  ... on OneStorePerOffer { offerStoreId otherStoreId }
  ... on MoveInThePast { startsOn today }
} }"""
PROGRESS = """query($id: ID!) { partnership(id: $id) {
  progress { clicks of remaining reached visibleAt } subIds { subId clicks visibleAt }
  links { nodes { clicks subId } }
} }"""


async def a_campaign(
    owner: asyncpg.Connection, account_id: UUID, **fields: Any
) -> tuple[UUID, UUID, UUID]:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    return (
        store_id, offer_id, await a_partnership(owner, account_id, store_id, offer_id, **fields)
    )  # fmt: skip


async def click(owner: asyncpg.Connection, code: str, times: int) -> None:
    await owner.execute(
        """INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
           SELECT account_id, partnership_id, link_id, $2 FROM link_code, generate_series(1, $3)
            WHERE code = $1""",
        code, NOW, times,
    )  # fmt: skip


async def test_an_affiliate_is_seen_by_the_account_that_entered_them_and_by_its_partners_only(
    client: Client, stranger: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    everybody = "{ affiliates(orderBy: NAME_ASC) { nodes { name } totalCount } }"
    await an_affiliate(owner, name="Somebody else's")
    await a_campaign(owner, account_id, affiliate_id=await an_affiliate(owner, name="Bea"))

    ann = await client.act(CREATE, name="Ann", email="Ann@Example.com")

    assert ann == {
        "__typename": "Affiliate", "id": ann["id"], "name": "Ann", "email": "ann@example.com",
        "partnerships": {"totalCount": 0},
    }  # fmt: skip
    assert (await client.ask(everybody))["affiliates"] == {
        "nodes": [{"name": "Ann"}, {"name": "Bea"}],
        "totalCount": 2,
    }
    assert (await stranger.ask(everybody))["affiliates"]["totalCount"] == 0
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await stranger.ask(node, id=ann["id"]))["node"] is None
    again = await stranger.act(CREATE, name="Anna", email="ann@example.com")
    assert (again["id"], again["name"]) == (ann["id"], "Ann")


async def test_an_address_that_is_none_is_refused(
    client: Client, owner: asyncpg.Connection
) -> None:
    refused = await client.act(CREATE, name="Ann", email="ann")

    assert refused == {"__typename": "InvalidInput", "field": "email"}
    assert await owner.fetchval("SELECT count(*) FROM affiliate") == 0


async def test_a_brand_adds_an_affiliate_to_an_offer_once(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S11."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id, name="Summer")
    affiliate_id = await an_affiliate(owner, name="Ann")
    given = {"affiliate": encode("affl", affiliate_id), "offer": encode("offr", offer_id)}

    unknown = await client.act(ADD, **given)
    await an_acquaintance(owner, account_id, affiliate_id)
    made = await client.act(ADD, **given)
    again = await client.act(ADD, **given)

    assert unknown["__typename"] == "NotFound", "nobody is made a partner who did not ask for it"
    assert made == {
        "__typename": "Partnership",
        "id": made["id"],
        "status": "ACTIVE",
        "offer": {"id": encode("offr", offer_id)},
        "affiliate": {"name": "Ann"},
        "assignments": [{"startsOn": "2026-09-01"}],
    }
    assert (again["__typename"], again["partnershipId"], again["offerName"]) == (
        "AlreadyPartner", made["id"], "Summer",
    )  # fmt: skip
    assert await owner.fetchval("SELECT count(*) FROM partnership") == 1


async def test_a_partnership_moves_to_another_offer_of_its_store(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S19: an offer serves one store."""
    store_id, old, partnership_id = await a_campaign(owner, account_id)
    new = await an_offer(owner, account_id, store_id)
    elsewhere = await a_store(owner, account_id)
    others = await an_offer(owner, account_id, elsewhere)

    def order(offer: UUID, day: str) -> dict[str, str]:
        return {
            "partnershipId": encode("part", partnership_id), "offerId": encode("offr", offer),
            "startsOn": day,
        }  # fmt: skip

    past = await client.act(MOVE, input=order(new, "2026-08-01"))
    other = await client.act(MOVE, input=order(others, "2026-09-10"))
    planned = await client.act(MOVE, input=order(new, "2026-09-10"))

    assert past == {"__typename": "MoveInThePast", "startsOn": "2026-08-01", "today": "2026-09-01"}
    assert other == {
        "__typename": "OneStorePerOffer",
        "offerStoreId": encode("stor", elsewhere),
        "otherStoreId": encode("stor", store_id),
    }
    assert planned == {
        "__typename": "Partnership",
        "offer": {"id": encode("offr", old)},
        "assignments": [
            {"startsOn": "2026-09-10", "offer": {"id": encode("offr", new)}},
            {"startsOn": "2026-01-01", "offer": {"id": encode("offr", old)}},
        ],
    }


async def test_clicks_on_all_links_count_together_towards_the_threshold(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S51, S52, S54."""
    store_id, offer_id, partnership_id = await a_campaign(owner, account_id)
    other = await a_partnership(owner, account_id, store_id, offer_id)
    first, second = [await a_link(owner, account_id, partnership_id) for _ in range(2)]
    await click(owner, first, 4)
    await click(owner, second, 3)
    await click(owner, await a_link(owner, account_id, other), 20)

    ours = (await client.ask(PROGRESS, id=encode("part", partnership_id)))["partnership"]
    theirs = (await client.ask(PROGRESS, id=encode("part", other)))["partnership"]

    assert ours["progress"] == {
        "clicks": 7, "of": 10, "remaining": 3, "reached": False, "visibleAt": None,
    }  # fmt: skip
    assert sorted(one["clicks"] for one in ours["subIds"]) == [3, 4]
    assert sorted(one["clicks"] for one in ours["links"]["nodes"]) == [3, 4]
    assert theirs["progress"] == {
        "clicks": 10, "of": 10, "remaining": 0, "reached": True, "visibleAt": None,
    }  # fmt: skip
    await owner.execute("UPDATE installation SET click_threshold = 5")
    ours = (await client.ask(PROGRESS, id=encode("part", partnership_id)))["partnership"]
    assert ours["progress"] == {
        "clicks": 5, "of": 5, "remaining": 0, "reached": True, "visibleAt": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("clicks", "shown"), [(0, (0, 10, False)), (9, (9, 1, False)), (10, (10, 0, True)),
                          (12, (10, 0, True))],
)  # fmt: skip
async def test_the_way_to_the_threshold_ends_with_the_tenth_click(
    client: Client, owner: asyncpg.Connection, account_id: UUID, clicks: int,
    shown: tuple[int, int, bool],
) -> None:  # fmt: skip
    """S50, S51."""
    _, _, partnership_id = await a_campaign(owner, account_id)
    await click(owner, await a_link(owner, account_id, partnership_id), clicks)

    found = (await client.ask(PROGRESS, id=encode("part", partnership_id)))["partnership"]

    counted, remaining, reached = shown
    assert found["progress"] == {
        "clicks": counted, "of": 10, "remaining": remaining, "reached": reached, "visibleAt": None,
    }  # fmt: skip


async def test_an_affiliates_clicks_for_one_store_do_not_help_at_another(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S54."""
    affiliate_id = await an_affiliate(owner)
    _, _, here = await a_campaign(owner, account_id, affiliate_id=affiliate_id)
    _, _, there = await a_campaign(owner, account_id, affiliate_id=affiliate_id)
    await click(owner, await a_link(owner, account_id, here), 4)

    found = [
        (await client.ask(PROGRESS, id=encode("part", id)))["partnership"]["progress"]["clicks"]
        for id in (here, there)
    ]

    assert found == [4, 0]


async def test_what_amazon_shows_proves_that_the_threshold_was_reached(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S53: Amazon's own count decides, whatever ours has seen."""
    _, _, partnership_id = await a_campaign(owner, account_id, visible_at=NOW)

    found = (await client.ask(PROGRESS, id=encode("part", partnership_id)))["partnership"]

    assert found["progress"] == {
        "clicks": 10, "of": 10, "remaining": 0, "reached": True,
        "visibleAt": "2026-09-01T12:00:00Z",
    }  # fmt: skip


async def test_an_affiliate_who_left_is_not_brought_back_unasked(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    affiliate_id = await an_affiliate(owner)
    await a_partnership(
        owner, account_id, store_id, offer_id, affiliate_id, status="ENDED",
        status_changed_by="AFFILIATE",
    )  # fmt: skip
    given = {"affiliate": encode("affl", affiliate_id), "offer": encode("offr", offer_id)}

    refused = await client.act(ADD, **given)
    await owner.execute("UPDATE partnership SET status_changed_by = 'BRAND'")
    begun_again = await client.act(ADD, **given)

    assert refused["__typename"] == "AffiliateLeft"
    assert begun_again["__typename"] == "Partnership"
