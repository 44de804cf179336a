"""The marketplace by the API: what brands list, every affiliate finds, and nothing else."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from graphql import get_named_type, is_leaf_type

from db.pool import Database
from domain.access import Room
from domain.ids import encode
from schema.root import schema
from tests.factories import (
    NOW,
    a_dtc_store,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
)
from tests.marketplace import (
    a_listing,
    a_promoted_product,
    a_reputation,
    a_visit,
    an_agreement,
    an_application,
)
from tests.schema.conftest import Client, affiliate_client

LIST = """mutation($input: ListOfferInput!) { listOffer(input: $input) {
  __typename
  ... on Listing { id offerName ratePercent cookieDays description categories coverUrl
    questions { place question required } rules { autoAccept minimumAudience dailyLimit }
    agreement { version } offer { id } listedAt }
  ... on Refusal { message }
  ... on InvalidInput { field }
} }"""
EDIT = """mutation($input: EditListingInput!) { editListing(input: $input) {
  __typename ... on Listing { description categories questions { question } }
  ... on InvalidInput { field } } }"""
UNLIST = """mutation($id: ID!) { unlistOffer(listingId: $id) {
  __typename ... on Offer { id listing { id } } ... on Refusal { message } } }"""
PROMOTE = """mutation($offer: ID!, $products: [ID!]!) {
  promoteProducts(offerId: $offer, productIds: $products) {
    __typename ... on Offer { promotedProducts { productId place title } }
    ... on Refusal { message } } }"""
PUBLISH = """mutation($offer: ID!, $body: String!) {
  publishAgreement(offerId: $offer, body: $body) {
    __typename ... on Agreement { id version body sha256 publishedBy offer { id } } } }"""
FIND = """query($filter: ListingFilter, $by: ListingOrder) {
  marketplace(filter: $filter, orderBy: $by) { totalCount nodes { id brandName } } }"""
VISIT = """mutation($id: ID!, $started: Boolean! = false) {
  noteListingVisit(listingId: $id, started: $started) {
    __typename ... on Listing { id } ... on Refusal { message } } }"""


async def a_brand(
    owner: asyncpg.Connection, brand_name: str = "Juniper", dtc: bool = False, **fields: Any
) -> tuple[UUID, UUID, UUID]:
    """An account with an offer that is listed: the ids of all three."""
    account_id = await an_account(owner)
    store_id = await (a_dtc_store if dtc else a_store)(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    listing_id = await a_listing(owner, account_id, offer_id, brand_name=brand_name, **fields)
    await owner.execute(
        "INSERT INTO search_word SELECT unnest(tsvector_to_array(search)) FROM listing"
        " ON CONFLICT DO NOTHING"
    )
    return account_id, offer_id, listing_id


@pytest.fixture
async def ann(db: Database, owner: asyncpg.Connection) -> Client:
    """An affiliate who has to do with nobody yet."""
    return affiliate_client(db, await an_affiliate(owner))


async def names(client: Client, by: str = "BRAND_NAME_ASC", **filter: Any) -> list[str]:
    page = (await client.ask(FIND, filter=filter, by=by))["marketplace"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["brandName"] for node in page["nodes"]]


async def test_an_offer_is_listed_and_every_affiliate_reads_it(
    client: Client, ann: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S31, S34."""
    offer_id = await an_offer(
        owner, account_id, await a_store(owner, account_id), 1250, name="Summer"
    )
    await an_agreement(owner, account_id, offer_id)

    listed = await client.act(
        LIST,
        input={
            "offerId": encode("offr", offer_id),
            "description": " Pans ",
            "categories": ["KITCHEN", "HOME"],
            "coverUrl": "https://juniper.example/pan.png",
            "questions": [{"question": "Where?", "required": True}, {"question": "Why?"}],
            "rules": {"autoAccept": True, "minimumAudience": "1000", "dailyLimit": 3},
        },
    )

    id = listed.pop("id")
    assert listed == {
        "__typename": "Listing", "offerName": "Summer", "ratePercent": "12.50", "cookieDays": 14,
        "description": "Pans", "categories": ["HOME", "KITCHEN"],
        "coverUrl": "https://juniper.example/pan.png",
        "questions": [
            {"place": 1, "question": "Where?", "required": True},
            {"place": 2, "question": "Why?", "required": False},
        ],
        "rules": {"autoAccept": True, "minimumAudience": "1000", "dailyLimit": 3},
        "agreement": {"version": 1}, "offer": {"id": encode("offr", offer_id)},
        "listedAt": "2026-09-01T12:00:00Z",
    }  # fmt: skip
    assert await owner.fetchval("SELECT action FROM audit_entry") == "listOffer"
    fields = "brandName offerName questions { question } agreement { body sha256 }"
    seen = await ann.ask(f"query($id: ID!) {{ listing(id: $id) {{ {fields} }} }}", id=id)
    assert seen["listing"]["offerName"] == "Summer"
    assert seen["listing"]["agreement"]["body"] == "Tell people that you earn from it."
    mine = "{ account { listing { id funnel { visited } } } }"
    assert (await client.ask(mine))["account"]["listing"] == {"id": id, "funnel": {"visited": 0}}


async def test_every_field_of_a_listing_is_there_in_the_room_that_it_is_for(
    db: Database, owner: asyncpg.Connection
) -> None:
    """Nothing of the account itself shows in what an affiliate can ask for."""
    account_id, offer_id, listing_id = await a_brand(owner)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    product_id = await a_product(owner, account_id, store_id)
    await a_promoted_product(owner, account_id, offer_id, product_id)
    await a_reputation(owner, account_id)
    ann_id = await an_affiliate(owner)
    await an_application(owner, account_id, offer_id, ann_id)
    rooms = {
        Room.ACCOUNT: Client(db, account_id),
        Room.AFFILIATE: affiliate_client(db, ann_id),
    }
    fields = schema.reading.model.types["Listing"].fields

    for room, client in rooms.items():
        for name, field in fields.items():
            below = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
            answer = await client.answer(
                f"query($id: ID!) {{ listing(id: $id) {{ {name} {below} }} }}",
                id=encode("lstg", listing_id),
            )
            assert bool(answer["errors"]) == (field.only not in (None, room)), (name, answer)


async def test_listing_another_offer_replaces_the_first(
    client: Client, ann: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S32, S33."""
    store_id = await a_store(owner, account_id)
    ids = []
    for number in range(2):
        offer_id = await an_offer(owner, account_id, store_id, name=f"Offer {number}")
        made = await client.act(LIST, input={"offerId": encode("offr", offer_id)})
        ids.append(made["id"])

    page = (await ann.ask(FIND))["marketplace"]
    assert [node["id"] for node in page["nodes"]] == ids[1:]
    assert (await ann.ask("query($id: ID!) { listing(id: $id) { id } }", id=ids[0])) == {
        "listing": None
    }


async def test_what_is_not_listed_is_found_by_nobody_by_any_means(
    db: Database, ann: Client, client: Client, owner: asyncpg.Connection
) -> None:
    """S34: search, list, id, node, nodes, what hangs on others, and what a mutation answers."""
    account_id, offer_id, listing_id = await a_brand(owner, "Juniper")
    product_id = await a_product(
        owner, account_id, await owner.fetchval("SELECT store_id FROM offer")
    )
    await a_promoted_product(owner, account_id, offer_id, product_id)
    agreement_id = await an_agreement(owner, account_id, offer_id)
    await owner.execute("UPDATE listing SET agreement_id = $1", agreement_id)
    ids = [encode("lstg", listing_id), encode("agrm", agreement_id), encode("offr", offer_id)]
    documents: list[tuple[str, dict[str, Any]]] = [
        (FIND, {"filter": {"search": "juniper"}}),
        (FIND, {}),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids}),
        *[("query($id: ID!) { node(id: $id) { id } }", {"id": id}) for id in ids],
        ("query($id: ID!) { listing(id: $id) { id } }", {"id": ids[0]}),
        (FIND, {"filter": {"similarTo": ids[0]}}),
    ]

    async def seen(viewer: Client) -> str:
        asked = documents[:-1] if viewer is client else documents  # an account has nothing similar
        return json.dumps([await viewer.ask(document, **rest) for document, rest in asked])

    before = await seen(ann)
    assert ids[0] in before
    assert ids[1] in before, "the agreement of what is listed"
    assert ids[2] not in before, "the offer itself is the account's"
    assert ids[0] not in await seen(client), "another account sees no listing but its own"

    answer = await Client(db, account_id).act(UNLIST, id=ids[0])

    assert answer == {"__typename": "Offer", "id": ids[2], "listing": None}
    after = await seen(ann)
    assert [id for id in ids if id in after] == []
    assert "Juniper" not in after
    words = {
        (await ann.act(VISIT, id=id))["message"].replace(id, "…")
        for id in (ids[0], encode("lstg", uuid4()))
    }
    assert len(words) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "juniper", "JUNIPER", "junipr", "junyper", "juniiper", "jumiper", "cookware", "cokware",
        "cookwear", "kitchen juniper", "kitchn", "pans last", "candls", "candle",
    ],
)  # fmt: skip
async def test_a_search_finds_what_is_meant(
    ann: Client, owner: asyncpg.Connection, typed: str
) -> None:
    """S34: whole words in any form, and words with one letter wrong."""
    await a_brand(
        owner, "Juniper", description="Cookware and candles that last: pans, pots.",
        categories=["KITCHEN"],
    )  # fmt: skip
    await a_brand(owner, "Fern", description="Shirts for dogs.", categories=["PETS"])

    assert await names(ann, search=typed) == ["Juniper"]


async def test_what_is_listed_by_the_api_is_found_at_once_with_one_letter_wrong(
    client: Client, ann: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    made = await client.act(
        LIST, input={"offerId": encode("offr", offer_id), "description": "Enamelled teapots"}
    )
    assert len(await names(ann, search="teepot")) == 1

    await client.act(EDIT, input={"listingId": made["id"], "description": "Velvet curtains"})

    assert len(await names(ann, search="curtans")) == 1
    assert await names(ann, search="teapot") == []


async def test_filters_and_orders_narrow_and_sort(ann: Client, owner: asyncpg.Connection) -> None:
    await a_brand(owner, "Ash", categories=["HOME", "TOYS"], rate_bp=500, auto_accept=True)
    await a_brand(owner, "Birch", categories=["HOME"], rate_bp=1250)
    await a_brand(owner, "Cedar", dtc=True, categories=["PETS"], rate_bp=2000)
    ash = await owner.fetchval("SELECT id FROM listing WHERE brand_name = 'Ash'")

    assert await names(ann, categories=["TOYS", "PETS"]) == ["Ash", "Cedar"]
    assert await names(ann, channel=["DTC"]) == ["Cedar"]
    assert await names(ann, marketplaceId=["ATVPDKIKX0DER"]) == ["Ash", "Birch"]
    assert await names(ann, minimumRatePercent="12.50") == ["Birch", "Cedar"]
    assert await names(ann, autoAccept=True) == ["Ash"]
    assert await names(ann, similarTo=encode("lstg", ash)) == ["Birch"]
    assert await names(ann, by="RATE_BP_DESC") == ["Cedar", "Birch", "Ash"]
    assert await names(ann, search="home", autoAccept=False) == ["Birch"]
    assert await names(ann, search="-birch", categories=["HOME"]) == ["Ash"]


async def test_standing_is_shown_when_there_is_enough_of_it(
    db: Database, ann: Client, owner: asyncpg.Connection
) -> None:
    """Shares of fewer than ten decisions are nobody's reputation."""
    standing = "enough approvedPercent adjustedPercent daysToDecide"
    document = (
        f"{{ marketplace(orderBy: BRAND_NAME_ASC) {{ nodes {{ standing {{ {standing} }} }} }} }}"
    )
    for brand, approved, denied, adjusted in [("Ash", 9, 0, 0), ("Birch", 8, 4, 1)]:
        account_id, _, _ = await a_brand(owner, brand)
        counts = {"approved": approved, "denied": denied, "adjusted": adjusted}
        await a_reputation(owner, account_id, settled=50, **counts)
    await a_brand(owner, "Cedar")

    ash, birch, cedar = (await ann.ask(document))["marketplace"]["nodes"]

    nothing = {"approvedPercent": None, "adjustedPercent": None, "daysToDecide": None}
    assert ash["standing"] == {"enough": False} | nothing
    assert birch["standing"] == {
        "enough": True, "approvedPercent": "66.67", "adjustedPercent": "8.33", "daysToDecide": 3,
    }  # fmt: skip
    assert cedar["standing"] is None
    secret = document.replace("enough", "settled")
    assert (await ann.answer(secret))["errors"][0]["extensions"]["code"] == "WRONG_ROOM"


async def test_the_funnel_counts_affiliates_once(db: Database, owner: asyncpg.Connection) -> None:
    account_id, offer_id, listing_id = await a_brand(owner)
    people = [await an_affiliate(owner) for _ in range(4)]
    id = encode("lstg", listing_id)
    for number, who in enumerate(people):
        for started in [False, False, *[True] * number]:
            seen = await affiliate_client(db, who).act(VISIT, id=id, started=started)
            assert seen == {"__typename": "Listing", "id": id}
    for state in ("REJECTED", "ACCEPTED"):
        await an_application(owner, account_id, offer_id, people[0], state=state)
    await an_application(owner, account_id, offer_id, people[1])
    other_account, other_offer, _ = await a_brand(owner, "Fern")
    await a_visit(owner, other_account, other_offer, people[0])

    document = "{ account { listing { funnel { visited started submitted accepted } } } }"
    funnel = (await Client(db, account_id).ask(document))["account"]["listing"]["funnel"]

    assert funnel == {"visited": 4, "started": 3, "submitted": 2, "accepted": 1}


async def test_products_are_promoted_in_order_and_shown_to_every_affiliate(
    client: Client, ann: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S36."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    listing_id = await a_listing(owner, account_id, offer_id)
    a, b, hidden = [
        await a_product(owner, account_id, store_id, title=title) for title in ("Pan", "Pot", "Lid")
    ]
    chosen = [encode("prod", b), encode("prod", a)]

    promoted = await client.act(PROMOTE, offer=encode("offr", offer_id), products=chosen)

    shown = [{"productId": id, "place": n} for n, id in enumerate(chosen, 1)]
    assert [one | {"title": t} for one, t in zip(shown, ("Pot", "Pan"), strict=True)] == (
        promoted["promotedProducts"]
    )
    document = "query($id: ID!) { listing(id: $id) { products { productId place } } }"
    seen = await ann.ask(document, id=encode("lstg", listing_id))
    assert seen["listing"]["products"] == shown
    nodes = await ann.ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        ids=[*chosen, encode("prod", hidden), encode("stor", store_id)],
    )
    assert nodes == {"nodes": [None] * 4}, "the rest of the catalogue stays the brand's"
    theirs = await a_product(owner, account_id, await a_store(owner, account_id))
    answer = await client.act(
        PROMOTE, offer=encode("offr", offer_id), products=[encode("prod", theirs)]
    )
    assert answer["__typename"] == "NotFound"


async def test_an_agreement_is_published_and_read_by_who_may_apply(
    client: Client, ann: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    await a_listing(owner, account_id, offer_id)
    offer = encode("offr", offer_id)

    first = await client.act(PUBLISH, offer=offer, body="Be kind.")
    again = await client.act(PUBLISH, offer=offer, body="Be kind.")
    second = await client.act(PUBLISH, offer=offer, body="Be kind and true.")

    assert first == again
    assert (first["version"], second["version"]) == (1, 2)
    assert (second["publishedBy"], second["offer"]) == ("akey_test", {"id": offer})
    document = "{ marketplace { nodes { agreement { version body sha256 offer { id } } } } }"
    [seen] = (await ann.ask(document))["marketplace"]["nodes"]
    assert seen["agreement"] == {
        "version": 2, "body": "Be kind and true.", "sha256": second["sha256"], "offer": None,
    }  # fmt: skip
    versions = await client.ask(
        "query($id: ID!) { offer(id: $id) { agreements { version } } }", id=offer
    )
    assert versions == {"offer": {"agreements": [{"version": 2}, {"version": 1}]}}
    old = await ann.ask("query($id: ID!) { node(id: $id) { id } }", id=first["id"])
    assert old == {"node": None}, "an old version is for those who accepted it"


async def test_a_listing_is_edited_by_its_account_alone(
    client: Client, stranger: Client, ann: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    listing_id = encode("lstg", await a_listing(owner, account_id, offer_id, categories=["HOME"]))

    edit = {"listingId": listing_id, "description": "New", "questions": [{"question": "Why?"}]}
    assert await client.act(EDIT, input=edit) == {
        "__typename": "Listing", "description": "New", "categories": ["HOME"],
        "questions": [{"question": "Why?"}],
    }  # fmt: skip
    bad = {"listingId": listing_id, "coverUrl": "http://x.example/a.png"}
    assert await client.act(EDIT, input=bad) == {"__typename": "InvalidInput", "field": "coverUrl"}
    assert (await stranger.act(EDIT, input=edit))["__typename"] == "NotFound"
    assert (await stranger.act(UNLIST, id=listing_id))["__typename"] == "NotFound"
    for answer in (await ann.answer(EDIT, input=edit), await ann.answer(UNLIST, id=listing_id)):
        assert answer["errors"][0]["extensions"]["code"] == "WRONG_ROOM"
    assert await owner.fetchval("SELECT description FROM listing") == "New"


async def test_a_listed_offer_is_not_archived(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id), name="Summer")
    await a_listing(owner, account_id, offer_id)

    answer = await client.act(
        "mutation($id: ID!) { archiveOffer(id: $id) { __typename ... on OfferListed { name } } }",
        id=encode("offr", offer_id),
    )

    assert answer == {"__typename": "OfferListed", "name": "Summer"}


async def test_an_affiliate_sees_what_they_have_with_the_brand_and_nobody_elses(
    db: Database, owner: asyncpg.Connection
) -> None:
    account_id, offer_id, listing_id = await a_brand(owner)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    applicant, partner, nobody = [await an_affiliate(owner) for _ in range(3)]
    await an_application(
        owner, account_id, offer_id, applicant, state="REJECTED", reason="Not now", submitted_at=NOW
    )
    await a_partnership(owner, account_id, store_id, offer_id, partner)
    document = """query($id: ID!) { listing(id: $id) {
      myApplication { status reason: rejectionReason } myPartnership { status } } }"""

    seen = [
        (await affiliate_client(db, who).ask(document, id=encode("lstg", listing_id)))["listing"]
        for who in (applicant, partner, nobody)
    ]

    rejected = {"status": "REJECTED", "reason": "Not now"}
    assert seen == [
        {"myApplication": rejected, "myPartnership": None},
        {"myApplication": None, "myPartnership": {"status": "ACTIVE"}},
        {"myApplication": None, "myPartnership": None},
    ]
