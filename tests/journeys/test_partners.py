"""Partners: paused, ended, moved, many at once; what becomes of their products and links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from db.pool import Database
from tests.factories import NOW
from tests.journeys import words
from tests.journeys.actors import Affiliate, Brand, a_brand, partners, somebody
from tests.schema.conftest import Clock


@pytest.fixture
async def partnership(brand: Brand, ann: Affiliate) -> str:
    await ann.profile()
    return await partners(brand, ann)


async def test_a_pause_hides_products_and_keeps_links(
    brand: Brand, ann: Affiliate, partnership: str
) -> None:
    """S11, S14: what is out there goes on leading and paying; a resume brings all of it back."""
    press, knife = [await brand.product(title=title) for title in ("Press", "Knife")]
    made = await ann.link(productId=press)
    await brand.act(words.PAUSE, id=partnership, reason="Stock is out.")

    [paused] = await ann.partnerships()
    [link] = await ann.links()
    refused = await ann.link(productId=knife)
    assert (await ann.link(productId=press))["__typename"] == "NoNewLinks"

    assert (paused["status"], paused["statusReason"]) == ("PAUSED", "Stock is out.")
    assert await ann.products() == []
    assert (link["url"], link["health"]) == (made["url"], "PARTNERSHIP_PAUSED")
    assert link["healthNote"]
    assert (refused["__typename"], refused["status"]) == ("NoNewLinks", "PAUSED")
    await brand.act(words.RESUME, id=partnership)
    assert [one["health"] for one in await ann.links()] == ["OK"]
    by_title = {one["title"]: one["link"] for one in await ann.products()}
    assert by_title["Knife"] is None
    assert by_title["Press"]["id"] == made["id"]


async def test_no_products_says_why(brand: Brand, ann: Affiliate, partnership: str) -> None:
    """S44: an empty list under a filter names the filter."""
    await brand.product(title="Press")

    page = (await ann.client.ask(words.MY_PRODUCTS, filter={"title": "zeppelin"}))["products"]

    assert page["nodes"] == []
    assert page["emptyBecause"] == [{"filter": "title", "without": 1}]


async def test_a_closed_store_gives_no_links_and_says_so(
    brand: Brand, ann: Affiliate, partnership: str
) -> None:
    """S80i: the partnership stands, so that what was sold can be paid."""
    press = await brand.product()
    await ann.link(productId=press)
    await brand.act(words.DISCONNECT, id=brand.store)

    refused = await ann.link(partnershipId=partnership, url="https://www.amazon.com/dp/B0FERN0001")
    by_product = await ann.link(productId=press)
    [link] = await ann.links()

    assert {refused["__typename"], by_product["__typename"]} == {"StoreDisconnected"}
    assert link["health"] == "STORE_DISCONNECTED"
    assert [one["status"] for one in await ann.partnerships()] == ["ACTIVE"]


async def test_a_product_that_the_shop_took_away_is_not_offered(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate
) -> None:
    """S43, S44: its link says what is the matter."""
    await ann.profile()
    shop = await a_brand(db, owner, clock, dtc=True)
    await partners(shop, ann)
    [url] = await owner.fetch("SELECT url FROM store")
    one = {"sku": "KNIFE", "title": "Knife", "url": f"{url['url']}/knife"}
    put = await shop.act(words.PUT, input={"storeId": shop.store, "products": [one]})
    [mine] = await ann.products()
    made = await ann.link(productId=mine["id"])
    assert put["outcomes"][0]["product"]["id"] == mine["id"]
    assert (made["kind"], made["product"]["id"]) == ("SHOP_PAGE", mine["id"])

    gone = {"storeId": shop.store, "products": [one | {"active": False}]}
    await shop.act(words.PUT, input=gone)

    [link] = await ann.links()
    assert link["health"] == "INACTIVE"
    [left] = await ann.products()
    assert left["status"] == "INACTIVE"
    assert await ann.products(status=["ACTIVE"]) == []


async def test_a_move_leaves_past_days_alone(
    brand: Brand, ann: Affiliate, partnership: str, clock: Clock
) -> None:
    """S11, S21: a later plan takes the place of an earlier one; nothing backwards."""
    better = await brand.another_offer("20.00", "Better")
    best = await brand.another_offer("30.00", "Best")

    async def move(offer: str, day: int) -> dict[str, Any]:
        wanted = {
            "partnershipId": partnership,
            "offerId": offer,
            "startsOn": str((NOW + timedelta(days=day)).date()),
        }
        return await brand.act(words.MOVE, input=wanted)

    await move(better, 10)
    planned = await move(best, 5)
    back = await move(better, -1)

    by_day = sorted(planned["assignments"], key=lambda one: one["startsOn"])
    assert [one["offer"]["id"] for one in by_day] == [brand.offer, best]
    assert planned["offer"]["id"] == brand.offer
    assert back["__typename"] == "MoveInThePast"
    assert str(NOW.date()) in back["message"]


async def test_many_partners_at_once_with_an_outcome_each(
    db: Database, owner: asyncpg.Connection, clock: Clock, brand: Brand, ann: Affiliate,
    partnership: str,
) -> None:  # fmt: skip
    """S11: another account's, one twice, one of the wrong kind, nonsense, and 101."""
    stranger = await a_brand(db, owner, clock)
    theirs = await partners(stranger, ann)
    ids = [partnership, theirs, partnership, brand.offer, "nonsense"]

    for what in ("tag", "pause", "resume", "end"):
        document = words.PARTNERSHIPS_AT_ONCE[what]
        found = (await brand.act(document, ids=ids))["outcomes"]
        too_many = await brand.act(document, ids=[partnership] * 101)

        assert [one["id"] for one in found] == ids
        refused = [one["refusal"] and one["refusal"]["__typename"] for one in found]
        assert refused == [None, "NotFound", None, "WrongId", "WrongId"]
        assert found[0] == found[2]
        assert too_many["__typename"] == "InvalidInput"
    assert [one["status"] for one in await brand.partnerships()] == ["ENDED"]
    assert [one["status"] for one in await stranger.partnerships()] == ["ACTIVE"]


async def test_many_applications_at_once_with_an_outcome_each(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate, ben: Affiliate
) -> None:
    """S35: as with partners, and one that was withdrawn."""
    stranger = await a_brand(db, owner, clock)
    theirs = (await ann.apply((await stranger.list_offer())["id"]))["id"]

    for document in words.APPLICATIONS_AT_ONCE.values():
        brand = await a_brand(db, owner, clock)
        listing = await brand.list_offer()
        mine, back = [(await one.apply(listing["id"]))["id"] for one in (ann, ben)]
        await ben.act(words.WITHDRAW, id=back)
        ids = [mine, theirs, mine, back, brand.offer]

        found = (await brand.act(document, ids=ids))["outcomes"]
        too_many = await brand.act(document, ids=[mine] * 101)

        refused = [one["refusal"] and one["refusal"]["__typename"] for one in found]
        assert refused == [None, "NotFound", None, "ApplicationDecided", "WrongId"]
        assert too_many["__typename"] == "InvalidInput"
    assert [one["status"] for one in await stranger.applications()] == ["SUBMITTED"]


async def test_many_moves_at_once_go_on_where_one_cannot(
    brand: Brand, ann: Affiliate, ben: Affiliate, partnership: str
) -> None:
    """S11, S19: ended ones and those of another store stay where they are."""
    await ben.profile()
    ended = await partners(brand, ben)
    await brand.act(words.END, id=ended, reason="Over.")
    shop = await brand.another_store()
    at_shop = await partners(shop, ann)
    better = await brand.another_offer()

    several = {"partnershipIds": [partnership, ended, at_shop], "offerId": better}
    moved = await brand.act(words.MOVE_MANY, input=several)

    found = moved["outcomes"]
    assert [one["refusal"] and one["refusal"]["__typename"] for one in found] == [
        None, "PartnershipEnded", "OneStorePerOffer",
    ]  # fmt: skip
    assert found[0]["partnership"]["offer"]["id"] == better


async def test_my_products_of_three_accounts_are_one_list(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate
) -> None:
    """S42, S44: same titles, changes while paging, and everything once."""
    await ann.profile()
    brands = [await a_brand(db, owner, clock, dtc=n == 1) for n in range(3)]
    mine: set[str] = set()
    for one in brands:
        await partners(one, ann)
        mine |= {await one.product(title=f"Pan {n // 2}") for n in range(5)}
    stranger = await a_brand(db, owner, clock)
    await stranger.product(title="Pan 0")

    seen: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await ann.client.ask(words.PAGE_OF_PRODUCTS, after=after))["products"]
        seen += page["nodes"]
        if len(seen) == 6:
            await brands[2].product(title="A pan of tomorrow")
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    assert len(seen) == 15
    assert {one["id"] for one in seen} == mine
    assert [one["title"] for one in seen] == sorted(one["title"] for one in seen)
    kinds = [(await ann.link(productId=one["id"]))["__typename"] for one in seen[::4]]
    assert set(kinds) == {"Link"}


async def test_many_links_at_once_of_paused_and_other_stores(
    db: Database, owner: asyncpg.Connection, clock: Clock, brand: Brand, ann: Affiliate,
    partnership: str,
) -> None:  # fmt: skip
    """S44, S46: what can be made is made, and each of the others says why not."""
    press = await brand.product()
    shop = await brand.another_store()
    paused = await partners(shop, ann)
    knife = await shop.product()
    await shop.act(words.PAUSE, id=paused, reason="Later.")
    stranger = await a_brand(db, owner, clock)
    theirs = await stranger.product()

    made = await ann.act(
        words.LINKS_AT_ONCE,
        links=[{"productId": one} for one in (press, knife, theirs, press, brand.offer)],
    )
    too_many = await ann.act(words.LINKS_AT_ONCE, links=[{"productId": press}] * 101)

    found = made["outcomes"]
    assert [one["place"] for one in found] == [1, 2, 3, 4, 5]
    assert [one["refusal"] and one["refusal"]["__typename"] for one in found] == [
        None, "NoNewLinks", "NotFound", None, "WrongId",
    ]  # fmt: skip
    assert found[0]["link"] == found[3]["link"]
    assert too_many["__typename"] == "InvalidInput"


async def test_all_links_of_an_affiliate_and_store_carry_one_campaign(
    brand: Brand, ann: Affiliate, partnership: str
) -> None:
    """S45, S46, S49: whatever they lead to."""
    products = [await brand.product() for _ in range(3)]

    made = [await ann.link(productId=one) for one in products]

    campaigns = {one["destination"].split("aa_campaignid=")[1].split("&")[0] for one in made}
    assert len(campaigns) == 1
    assert {one["partnership"]["id"] for one in made} == {partnership}
    assert len({one["url"] for one in made}) == 3


async def test_a_brand_does_not_bring_back_who_left(
    brand: Brand, ann: Affiliate, partnership: str
) -> None:
    """S39: it asks, and they say."""
    await ann.act(words.LEAVE, id=partnership, reason="No time.")

    refused = await brand.act(words.ADD, affiliate=ann.id, offer=brand.offer)
    back = await partners(brand, ann)

    assert refused["__typename"] == "AffiliateLeft"
    assert "nvite" in refused["message"]
    assert back == partnership


async def test_an_old_letter_does_not_open_the_door_again(brand: Brand, ann: Affiliate) -> None:
    """S11, S39: who was sent away cannot accept an invitation from before."""
    await ann.profile()
    listing = await brand.list_offer()
    letter = await brand.invite(ann.id)
    sent = await ann.apply(listing["id"])
    joined = await brand.accept(sent["id"])
    await brand.act(words.END, id=joined["partnership"]["id"], reason="Spam.")

    answer = await ann.accept(letter["id"])

    assert answer["status"] == "ACCEPTED", "it was answered when they joined"
    assert [one["status"] for one in await ann.partnerships()] == ["ENDED"]


async def test_a_room_full_of_affiliates_stays_in_order_by_name(
    db: Database, owner: asyncpg.Connection, clock: Clock, brand: Brand
) -> None:
    """S38: namesakes come in the same order on every page and every time."""
    for _ in range(7):
        one = await somebody(db, owner, clock)
        await one.profile(name="Sam Smith")

    document = """query($after: String) {
      discovery(first: 3, after: $after, orderBy: NAME_ASC) {
        nodes { id } pageInfo { hasNextPage endCursor } } }"""
    walks = []
    for _ in range(2):
        seen: list[str] = []
        after, more = None, True
        while more:
            page = (await brand.client.ask(document, after=after))["discovery"]
            seen += [one["id"] for one in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        walks.append(seen)

    assert walks[0] == walks[1]
    assert len(set(walks[0])) == 7
