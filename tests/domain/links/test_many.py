"""Links by products and storefronts, and many at once."""

from __future__ import annotations

import asyncio
import random
from uuid import uuid4

import pytest

from domain.affiliates.rules import Status
from domain.catalog.shops import NotAShopPage
from domain.errors import InvalidInput, NotFound, Refusal
from domain.links.actions import create_link, create_links, set_storefront
from domain.links.aim import (
    NoStorefront,
    OfProduct,
    ProductOfOtherStore,
    Storefront,
    Wanted,
)
from domain.links.landing import DetailPage, StorePage
from domain.links.pasting import AssociatesTag, NotALandingPage, NotAnAmazonPage, WrongMarketplace
from domain.links.place import NoNewLinks, NotAnAmazonStore, NotMeasuringYet
from domain.links.rules import SubIdRefused
from domain.links.tags import BadTemplate
from tests.factories import (
    NOW,
    a_dtc_store,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_offer,
)

PAGE = "https://www.amazon.com/dp/B08N5WRWNW"
STORE_PAGE = "https://www.amazon.com/stores/page/0D1C2B3A-1111-2222-3333-444455556666"
STOREFRONT = f"{STORE_PAGE}?ref_=ast_bln"


async def links(db, account_id, *wanted):
    async with db.transaction(account_id) as tx:
        return await create_links(tx, account_id, wanted, NOW)


async def storefront(db, account_id, store_id, pasted):
    async with db.transaction(account_id) as tx:
        await set_storefront(tx, account_id, store_id, pasted)


@pytest.fixture
async def partner(owner):
    """Account, store on Amazon and partnership."""
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    return account_id, store_id, await a_partnership(owner, account_id, store_id, offer_id)


async def count(owner):
    return [
        await owner.fetchval(f"SELECT count(*) FROM {table}")
        for table in ("link", "link_code", "creative", "ad_group")
    ]


async def test_a_products_link_is_that_of_its_page(db, owner, partner):
    """S45."""
    account_id, store_id, partnership_id = partner
    product_id = await a_product(owner, account_id, store_id, asin="B08N5WRWNW")
    second_sku = await a_product(owner, account_id, store_id, asin="B08N5WRWNW")

    targets = (PAGE, OfProduct(product_id), OfProduct(second_sku))

    made = await links(db, account_id, *(Wanted(partnership_id, one) for one in targets))

    assert len({one.id for one in made}) == 1
    assert made[0].landing == DetailPage("B08N5WRWNW")
    assert await count(owner) == [1, 1, 1, 1]


async def test_a_product_is_linked_by_a_partnership_with_its_store(db, owner, partner):
    account_id, _, partnership_id = partner
    other_store = await a_product(owner, account_id, await a_store(owner, account_id))
    other_account = await an_account(owner)
    strangers = await a_product(owner, other_account, await a_store(owner, other_account))

    outcomes = await links(
        db, account_id,
        *(Wanted(partnership_id, OfProduct(id)) for id in (other_store, strangers, uuid4())),
    )  # fmt: skip

    assert [type(one) for one in outcomes] == [ProductOfOtherStore, NotFound, NotFound]


async def test_a_storefront_is_the_brands_store_page(db, owner, partner):
    account_id, store_id, partnership_id = partner
    wanted = Wanted(partnership_id, Storefront())
    [before] = await links(db, account_id, wanted)
    await storefront(db, account_id, store_id, STOREFRONT)

    [made] = await links(db, account_id, wanted)
    async with db.transaction(account_id) as tx:
        pasted = await create_link(tx, account_id, partnership_id, STORE_PAGE, "", NOW)
    await storefront(db, account_id, store_id, None)
    [after] = await links(db, account_id, wanted)

    assert isinstance(before, NoStorefront)
    assert isinstance(after, NoStorefront)
    assert made == pasted
    assert isinstance(made.landing, StorePage)


@pytest.mark.parametrize(
    ("pasted", "refusal"),
    [
        (PAGE, InvalidInput),
        ("B08N5WRWNW", InvalidInput),
        (f"{STORE_PAGE}?tag=mine-20", AssociatesTag),
        ("https://www.amazon.ca/stores/acme", WrongMarketplace),
        ("https://www.amazon.com/s?k=acme", NotALandingPage),
        ("https://acme.example", NotAnAmazonPage),
        ("", NotAnAmazonPage),
    ],
)
async def test_a_storefront_is_read_like_a_pasted_page(db, owner, partner, pasted, refusal):
    account_id, store_id, _ = partner

    with pytest.raises(refusal):
        await storefront(db, account_id, store_id, pasted)

    assert await owner.fetchval("SELECT storefront_url FROM store") is None


async def test_a_storefront_is_kept_without_what_was_pasted_along(db, owner, partner):
    account_id, store_id, _ = partner

    await storefront(db, account_id, store_id, STOREFRONT)

    assert await owner.fetchval("SELECT storefront_url FROM store") == STORE_PAGE


async def test_only_a_store_on_amazon_has_a_storefront_to_set(db, owner, partner):
    account_id, _, _ = partner
    shop_id = await a_dtc_store(owner, account_id)
    other_id = await a_store(owner, await an_account(owner))

    with pytest.raises(NotAnAmazonStore):
        await storefront(db, account_id, shop_id, STOREFRONT)
    for id in (other_id, uuid4()):
        with pytest.raises(NotFound):
            await storefront(db, account_id, id, STOREFRONT)


async def test_each_wish_has_its_own_outcome_in_its_place(db, owner, partner):
    account_id, store_id, on_amazon = partner
    shop_id = await a_dtc_store(owner, account_id)
    in_shop = await a_partnership(
        owner, account_id, shop_id, await an_offer(owner, account_id, shop_id)
    )
    offer_id = await owner.fetchval("SELECT offer_id FROM partnership WHERE id = $1", on_amazon)
    paused = await a_partnership(owner, account_id, store_id, offer_id, status=Status.PAUSED)
    home = await owner.fetchval("SELECT url FROM store WHERE id = $1", shop_id)
    wanted = [
        Wanted(on_amazon, PAGE),
        Wanted(on_amazon, home),
        Wanted(in_shop, PAGE),
        Wanted(in_shop, home, "blog"),
        Wanted(paused, PAGE),
        Wanted(uuid4(), PAGE),
        Wanted(on_amazon, PAGE, "ann@example.com"),
        Wanted(on_amazon, Storefront()),
        Wanted(on_amazon, f"{PAGE}?th=1"),
        Wanted(on_amazon, PAGE, "blog"),
    ]

    made = await links(db, account_id, *wanted)

    refused = {n: type(one) for n, one in enumerate(made) if isinstance(one, Refusal)}
    assert refused == {
        1: NotAnAmazonPage, 2: NotAShopPage, 4: NoNewLinks, 5: NotFound, 6: SubIdRefused,
        7: NoStorefront,
    }  # fmt: skip
    assert made[0] == made[8]
    assert (made[0].left_out, made[8].left_out) == ((), ("th",))
    assert (made[3].shop_host, made[3].subid) == (home.removeprefix("https://"), "blog")
    assert (made[9].subid, made[9].id != made[0].id) == ("blog", True)
    assert await count(owner) == [3, 3, 2, 3]


async def test_asking_again_gives_the_same_links(db, owner, partner):
    """S45. A hundred at once, and each is the one that is made alone."""
    account_id, _, partnership_id = partner
    wanted = [
        Wanted(partnership_id, f"B{page:09}", f"place {subid}" if subid else "")
        for page in range(10)
        for subid in range(10)
    ]

    first = await links(db, account_id, *wanted)
    again = await links(db, account_id, *reversed(wanted))
    async with db.transaction(account_id) as tx:
        alone = await create_link(tx, account_id, partnership_id, "B000000003", "place 4", NOW)

    assert first == list(reversed(again))
    assert first[34] == alone
    assert len({one.code for one in first}) == 100
    assert await count(owner) == [100, 100, 10, 10]
    for one in first:
        kept = await owner.fetchrow(
            "SELECT link_id, destination FROM link_code WHERE code = $1", one.code
        )
        assert tuple(kept) == (one.id, one.destination)


async def test_many_who_make_many_links_at_once_wait_for_each_other_and_never_both(
    db, owner, partner
):
    account_id, _, partnership_id = partner
    wanted = [Wanted(partnership_id, f"B{n % 6:09}", f"place {n // 6}") for n in range(30)]
    orders = [random.Random(seed).sample(wanted, len(wanted)) for seed in range(8)]

    made = await asyncio.gather(*(links(db, account_id, *order) for order in orders))

    found = [
        {wish: one.id for wish, one in zip(order, outcome, strict=True)}
        for order, outcome in zip(orders, made, strict=True)
    ]
    assert all(one == found[0] for one in found)
    assert await count(owner) == [30, 30, 6, 5]


async def test_a_store_that_cannot_be_measured_refuses_its_own_links_only(db, owner, partner):
    account_id, _, partnership_id = partner
    other_id = await a_store(owner, account_id)
    other = await a_partnership(
        owner, account_id, other_id, await an_offer(owner, account_id, other_id)
    )
    for template, refusal in ((None, NotMeasuringYet), ("?maas=1", BadTemplate)):
        await owner.execute(
            """UPDATE profile SET tag_template = $1
                WHERE id = (SELECT profile_id FROM store WHERE id = $2)""",
            template, other_id,
        )  # fmt: skip

        good, bad = await links(db, account_id, Wanted(partnership_id, PAGE), Wanted(other, PAGE))

        assert not isinstance(good, Refusal)
        assert isinstance(bad, refusal)


async def test_at_most_a_hundred_are_made_at_once(db, partner):
    account_id, _, partnership_id = partner

    for many in (0, 101):
        with pytest.raises(InvalidInput, match="1 to 100"):
            await links(db, account_id, *[Wanted(partnership_id, PAGE)] * many)
