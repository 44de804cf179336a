"""The way to the tenth click, as the affiliate and the brand see it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg

from db.pool import Database
from domain.ids import encode
from tests.clicking import visit
from tests.journeys import words
from tests.journeys.actors import Affiliate, Answer, Brand, nodes, partners
from tests.reporting import MASKED, a_desk, campaign_row, day, morning, sold
from tests.schema.conftest import Client, Clock, affiliate_client


async def progress(who: Client, partnership: str) -> Answer:
    found = await who.ask(words.PROGRESS, id=partnership)
    answer: Answer = found["partnership"]["progress"]
    return answer


def code(link: Answer) -> str:
    return urlsplit(link["url"]).path.rsplit("/", 1)[-1]


async def test_nine_and_one_over_several_links(
    db: Database, brand: Brand, ann: Affiliate, ben: Affiliate, clock: Clock
) -> None:
    """S50-S52, S54: products, a subID and a pasted page count together, and only one's own."""
    for one in (ann, ben):
        await one.profile()
    mine, theirs = await partners(brand, ann), await partners(brand, ben)
    press, knife = await brand.product(), await brand.product()
    links = [
        await ann.link(productId=press),
        await ann.link(productId=knife, subId="blog"),
        await ann.link(partnershipId=mine, url="https://www.amazon.com/dp/B0FERN0001"),
    ]
    for n in range(9):
        await visit(db, code(links[n % 3]), clock.now() - timedelta(hours=n))
    await visit(db, code(await ben.link(productId=press)), clock.now())

    before = await progress(ann.client, mine)
    clock.moment += timedelta(hours=1)
    await visit(db, code(links[0]), clock.now())
    after = await progress(ann.client, mine)

    assert (before["clicks"], before["of"], before["remaining"]) == (9, 10, 1)
    assert (before["reached"], before["crossedAt"]) == (False, None)
    assert before["daysToGo"] == 1
    assert (after["clicks"], after["remaining"], after["reached"]) == (10, 0, True)
    assert after["crossedAt"] == f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert after["visibleAt"] is None, "Amazon has not shown anything yet"
    assert (await progress(brand.client, mine)) == after
    assert (await progress(ben.client, theirs))["clicks"] == 1


async def test_an_own_shop_has_no_threshold(brand: Brand, ann: Affiliate) -> None:
    """S42, S50: the ten clicks are Amazon's, and nobody waits for them elsewhere."""
    await ann.profile()
    shop = await brand.another_store()
    for one in (brand, shop):
        await partners(one, ann)

    found = nodes(
        await ann.client.ask(
            "{ partnerships { nodes { store { channel } progress { clicks of reached } } } }"
        )
    )

    assert {one["store"]["channel"]: one["progress"] for one in found} == {
        "AMAZON": {"clicks": 0, "of": 10, "reached": False}, "DTC": None,
    }  # fmt: skip


async def test_a_pause_does_not_stop_the_clicks(
    db: Database, brand: Brand, ann: Affiliate, clock: Clock
) -> None:
    """S14, S52: what is out there counts; and after it is ended and begun again, still."""
    await ann.profile()
    mine = await partners(brand, ann)
    link = await ann.link(productId=await brand.product())
    await visit(db, code(link), clock.now())
    await brand.act(words.PAUSE, id=mine, reason="Later.")
    await visit(db, code(link), clock.now())
    await brand.act(words.END, id=mine, reason="Over.")
    await visit(db, code(link), clock.now())
    again = await partners(brand, ann)

    assert again == mine
    assert (await progress(ann.client, mine))["clicks"] == 3


async def test_what_was_released_is_listed_when_amazon_shows_it(
    db: Database, owner: asyncpg.Connection
) -> None:
    """S50, S53: masked days say nothing, and are there with their sales once it shows them."""
    desk = await a_desk(db, owner)
    [partnership_id], [token] = desk.partnership_ids, desk.tokens
    affiliate_id = await owner.fetchval("SELECT affiliate_id FROM partnership")
    ann, mine = affiliate_client(db, affiliate_id), encode("part", partnership_id)
    for n in (1, 2):
        await desk.report([campaign_row(token, day(d), MASKED) for d in range(n)], morning(n))
    masked = await progress(ann, mine)

    rows = [(0, sold(4_000, clicks=6)), (1, sold(1_500, clicks=7))]
    await desk.report([campaign_row(token, day(n), it) for n, it in rows], morning(3))
    shown = await progress(ann, mine)

    assert (masked["amazonClicks"], masked["released"]["totalCount"]) == (None, 0)
    assert (shown["reached"], shown["amazonClicks"]) == (True, 13)
    assert [one["sales"]["amount"] for one in shown["released"]["nodes"]] == ["15.00", "40.00"]
    assert shown["visibleAt"] == f"{morning(3):%Y-%m-%dT%H:%M:%SZ}"
