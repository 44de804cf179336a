"""A brand puts an offer into the marketplace, and affiliates come upon it at awkward moments."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import asyncpg
import pytest

from db.pool import Database
from tests.factories import NOW
from tests.journeys import words
from tests.journeys.actors import Affiliate, Brand, a_brand, a_new_day, somebody
from tests.schema.conftest import Clock


async def test_a_listing_costs_nothing_on_any_plan(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate
) -> None:
    """S31: also on the lowest plan and without Amazon."""
    small = await a_brand(db, owner, clock, dtc=True, plan="LAUNCH", amazon_entitled_at=None)

    listed = await small.list_offer()

    assert listed["__typename"] == "Listing"
    assert [one["id"] for one in await ann.market()] == [listed["id"]]


async def test_fifty_at_once_leave_one_listing(brand: Brand, ann: Affiliate, clock: Clock) -> None:
    """S32, S33, by fifty requests and not by fifty calls of ours."""
    offers = [brand.offer] + [await brand.another_offer(name=f"Offer {n}") for n in range(4)]

    answers = await asyncio.gather(*(brand.list_offer(offers[n % 5]) for n in range(50)))

    assert {one["__typename"] for one in answers} == {"Listing"}
    [found] = await ann.market()
    own = await brand.listing()
    assert own is not None
    assert own["id"] == found["id"]
    assert own["offer"]["id"] in offers
    seen = [await ann.look(one["id"]) for one in answers if one["id"] != found["id"]]
    assert not any(seen)


async def test_listing_and_unlisting_at_once_leaves_one_or_none(
    brand: Brand, ann: Affiliate
) -> None:
    """S32, S34."""
    offers = [brand.offer, await brand.another_offer()]
    first = await brand.list_offer()
    draw = Random(7)

    async def turn() -> str:
        if draw.random() < 0.5:
            return str((await brand.list_offer(draw.choice(offers)))["__typename"])
        now = await brand.listing() or first
        return str((await brand.act(words.UNLIST, id=now["id"]))["__typename"])

    answers = await asyncio.gather(*(turn() for _ in range(30)))

    assert set(answers) <= {"Listing", "Offer", "NotFound"}
    found, own = await ann.market(), await brand.listing()
    assert [one["id"] for one in found] == ([own["id"]] if own else [])


async def test_who_read_one_offer_does_not_apply_to_another(brand: Brand, ann: Affiliate) -> None:
    """S32, S35: the listing was swapped between reading and applying."""
    read = await brand.list_offer(rules={"autoAccept": True})
    other = await brand.another_offer("3.00")
    await brand.list_offer(other, rules={"autoAccept": True})

    answer = await ann.apply(read["id"])

    assert answer["__typename"] == "NotFound"
    assert await ann.partnerships() == []


async def test_swaps_among_applications_mix_nothing_up(
    db: Database, owner: asyncpg.Connection, clock: Clock, brand: Brand
) -> None:
    """S32, S35: whoever gets an application has it for the offer that they read."""
    people = [await somebody(db, owner, clock) for _ in range(8)]
    other = await brand.another_offer("3.00")
    read = await brand.list_offer()

    swaps = [brand.list_offer(offer) for offer in [other, brand.offer] * 4]
    sent, _ = await asyncio.gather(
        asyncio.gather(*(one.apply(read["id"]) for one in people)), asyncio.gather(*swaps)
    )

    for answer in sent:
        assert answer["__typename"] in {"Application", "NotFound"}
        if answer["__typename"] == "Application":
            assert (answer["offer"]["id"], answer["ratePercent"]) == (brand.offer, "10.00")


async def test_applications_outlive_the_listing(brand: Brand, ann: Affiliate) -> None:
    """S35: what was sent before the offer was taken out is answered after."""
    listing = await brand.list_offer()
    sent = await ann.apply(listing["id"])
    await brand.unlist()

    [waiting] = await ann.applications()
    accepted = await brand.accept(sent["id"])

    assert waiting["status"] == "SUBMITTED"
    assert accepted["partnership"]["status"] == "ACTIVE"
    assert accepted["partnership"]["offer"]["id"] == brand.offer


async def test_a_rate_of_tomorrow_is_shown_tomorrow(
    db: Database, brand: Brand, ann: Affiliate, clock: Clock
) -> None:
    """S21, S34: a listing says what is paid on the day on which it is read."""
    listing = await brand.list_offer()
    tomorrow = str((NOW + timedelta(days=1)).date())
    change = {"offerId": brand.offer, "startsOn": tomorrow, "terms": {"ratePercent": "20.00"}}
    await brand.act(words.EDIT_OFFER, input=change)

    today = await ann.market(minimumRatePercent="15.00")
    sent = await ann.apply(listing["id"])
    clock.moment += timedelta(days=2)
    await a_new_day(db, clock)

    assert today == []
    assert sent["ratePercent"] == "10.00"
    assert [one["ratePercent"] for one in await ann.market()] == ["20.00"]
    assert len(await ann.market(minimumRatePercent="15.00")) == 1
    [mine] = await ann.applications()
    assert mine["ratePercent"] == "10.00"


async def test_an_agreement_that_changed_is_read_again(brand: Brand, ann: Affiliate) -> None:
    """S35: what was accepted is what was read, and its acceptance stays as it was."""
    await brand.publish("Be kind.")
    listing = await brand.list_offer()
    read = await ann.look(listing["id"])
    assert read is not None
    second = await brand.publish("Be kind, and say that you earn.")

    late = await ann.apply(listing["id"], agreementSha256=read["agreement"]["sha256"])
    assert (late["__typename"], late["version"], late["sha256"]) == (
        "AgreementNotAccepted", 2, second["sha256"],
    )  # fmt: skip
    sent = await ann.apply(listing["id"], agreementSha256=late["sha256"])
    await brand.publish("A third text.")
    assert (await brand.accept(sent["id"]))["status"] == "ACCEPTED"

    accepted = await brand.client.ask(
        """query($id: ID!) { offer(id: $id) { agreements { version sha256
             acceptances { nodes { sha256 affiliate { id } } } } } }""",
        id=brand.offer,
    )
    by_version = {
        one["version"]: (one["sha256"], one["acceptances"]["nodes"])
        for one in accepted["offer"]["agreements"]
    }
    assert sent["agreement"] == {"version": 2}
    assert {version: len(found) for version, (_, found) in by_version.items()} == {
        1: 0, 2: 1, 3: 0,
    }  # fmt: skip
    sha256, [acceptance] = by_version[2]
    assert (acceptance["sha256"], acceptance["affiliate"]["id"]) == (sha256, ann.id)


async def test_an_agreement_goes_with_its_offer_when_the_listing_is_swapped(
    brand: Brand, ann: Affiliate
) -> None:
    """S32: the second offer has no agreement, and nobody is asked for the first one's."""
    await brand.publish("Be kind.")
    await brand.list_offer()
    other = await brand.list_offer(await brand.another_offer())

    read = await ann.look(other["id"])

    assert read is not None
    assert read["agreement"] is None
    assert (await ann.apply(other["id"]))["status"] == "SUBMITTED"


async def test_a_product_that_is_not_shown_is_promoted_all_the_same(
    brand: Brand, ann: Affiliate
) -> None:
    """S36, S37: the choice is for the shop window only."""
    shown, hidden = [await brand.product(title=title) for title in ("Press", "Knife")]
    listing = await brand.list_offer(rules={"autoAccept": True})
    await brand.act(words.PROMOTE, offer=brand.offer, products=[shown])
    window = await ann.look(listing["id"])
    assert window is not None
    assert [one["title"] for one in window["products"]] == ["Press"]

    await ann.apply(listing["id"])

    assert {one["id"] for one in await ann.products()} == {shown, hidden}
    assert (await ann.link(productId=hidden))["__typename"] == "Link"


async def test_a_choice_that_cannot_be_is_refused_whole(
    db: Database, owner: asyncpg.Connection, clock: Clock, brand: Brand
) -> None:
    """S36: a product of another account, one twice, and none at all."""
    stranger = await a_brand(db, owner, clock)
    mine, theirs = await brand.product(), await stranger.product()

    async def promote(*products: str) -> dict[str, object]:
        return await brand.act(words.PROMOTE, offer=brand.offer, products=products)

    assert (await promote(mine))["__typename"] == "Offer"
    assert (await promote(mine, theirs))["__typename"] == "NotFound"
    twice = await promote(mine, mine)
    kept = await brand.client.ask(
        "query($id: ID!) { offer(id: $id) { promotedProducts { productId } } }", id=brand.offer
    )
    assert twice["__typename"] in {"InvalidInput", "Offer"}
    assert kept["offer"]["promotedProducts"] == [{"productId": mine}]
    assert (await promote())["promotedProducts"] == []


async def test_a_closed_stores_offer_is_found_no_more(brand: Brand, ann: Affiliate) -> None:
    """S34, S80i: nobody applies to a store that earns nothing any more."""
    listing = await brand.list_offer()
    waiting = await ann.apply(listing["id"])
    assert waiting["status"] == "SUBMITTED"

    await brand.act(words.DISCONNECT, id=brand.store)

    assert await ann.market() == []
    assert await ann.look(listing["id"]) is None
    assert await brand.listing() is None
    again = await brand.list_offer()
    assert (again["__typename"], "connect" in again["message"].lower()) == (
        "NoStoreToPromote", True,
    )  # fmt: skip


async def test_a_mistyped_name_is_found_among_others(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate
) -> None:
    """S34."""
    for name in ("Fernhollow", "Birchwood", "Juniper"):
        one = await a_brand(db, owner, clock)
        await one.list_offer(description=f"{name} makes things for the kitchen.")

    for word in ("fernholow", "Fernhllow", "fernhollows", "FERNHOLLOW", "fernhollow kichen"):
        assert len(await ann.market(search=word)) == 1, word


async def test_nothing_found_says_what_to_loosen(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate
) -> None:
    """S34: one filter at a time is too much, and two together."""
    shop = await a_brand(db, owner, clock, dtc=True, rate_bp=500)
    await shop.list_offer(categories=["KITCHEN"])
    at_amazon = await a_brand(db, owner, clock, rate_bp=2000)
    await at_amazon.list_offer(categories=["GARDEN"])

    async def why(**filter: object) -> dict[str, int]:
        page = (await ann.client.ask(words.MARKET, filter=filter, by="LISTED_AT_DESC"))[
            "marketplace"
        ]
        assert page["totalCount"] == 0
        return {one["filter"]: one["without"] for one in page["emptyBecause"]}

    assert await why(channel=["DTC"], minimumRatePercent="15.00") == {
        "channel": 1, "minimumRatePercent": 1,
    }  # fmt: skip
    assert await why(categories=["KITCHEN"], channel=["AMAZON"]) == {
        "categories": 1, "channel": 1,
    }  # fmt: skip
    assert await why(search="xylophone") == {"search": 2}
    assert await why(search="xylophone", categories=["TOYS"]) == {"search": 0, "categories": 0}


@pytest.mark.parametrize("by", ["LISTED_AT_DESC", "RATE_BP_DESC"])
async def test_pages_of_a_list_that_changes_repeat_nobody_who_stays(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate, by: str
) -> None:
    """S34: some come, some go, one of them that the reader's cursor stands on."""
    brands = [await a_brand(db, owner, clock, rate_bp=100 * (n // 2 + 1)) for n in range(7)]
    listed = {}
    for one in brands:
        clock.moment += timedelta(minutes=1)
        listed[(await one.list_offer())["id"]] = one

    document = """query($after: String, $by: ListingOrder) {
      marketplace(first: 2, after: $after, orderBy: $by) {
        nodes { id } pageInfo { hasNextPage endCursor } } }"""
    seen: list[str] = []
    gone: set[str] = set()
    after = None
    while True:
        page = (await ann.client.ask(document, after=after, by=by))["marketplace"]
        seen += [one["id"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        if len(seen) == 2:
            gone = {seen[-1]}
            await listed[seen[-1]].unlist()
            clock.moment += timedelta(minutes=1)
            await (await a_brand(db, owner, clock, rate_bp=9000)).list_offer()

    assert len(seen) == len(set(seen))
    assert set(listed) - gone <= set(seen)
