"""Links to shops of brands' own, beside the same affiliate's links to Amazon."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from domain.affiliates.rules import Status
from domain.catalog.shops import NotAShopPage
from domain.links.actions import create_link
from domain.links.aim import OfProduct, Storefront
from domain.links.landing import ShopPage
from domain.links.place import NoNewLinks, StoreDisconnected
from domain.links.rules import may_lead_to
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


async def link(db, account_id, partnership_id, target, subid=""):
    async with db.transaction(account_id) as tx:
        return await create_link(tx, account_id, partnership_id, target, subid, NOW)


@pytest.fixture
async def shop(owner):
    """Account, partnership and home of a shop, which is on a path of its host."""
    account_id = await an_account(owner)
    store_id = await a_dtc_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    await owner.execute("UPDATE store SET url = 'https://acme.example/us'")
    return account_id, partnership_id, "https://acme.example/us"


async def test_a_link_to_a_shop_keeps_the_page_and_says_whose_it_is(db, owner, shop):
    """S43."""
    account_id, partnership_id, _ = shop

    made = await link(
        db, account_id, partnership_id, "https://acme.example/p?v=2&utm_source=mail#top", "blog"
    )

    page = "https://acme.example/p?v=2&utm_source=mail"
    assert made.landing == ShopPage(page)
    assert made.destination == f"{page}&clk={made.code}"
    assert (made.subid, made.shop_host, made.left_out) == ("blog", "acme.example", ())
    assert may_lead_to(made.destination, made.shop_host)
    assert not may_lead_to(made.destination, None)
    kept = await owner.fetchrow("SELECT destination, shop_host FROM link_code")
    assert tuple(kept) == (made.destination, "acme.example")
    assert await owner.fetchval("SELECT kind FROM creative") == "SHOP_PAGE"


async def test_a_code_that_was_pasted_along_is_replaced(db, shop):
    account_id, partnership_id, home = shop
    first = await link(db, account_id, partnership_id, home)

    again = await link(db, account_id, partnership_id, first.destination)
    other = await link(db, account_id, partnership_id, f"{home}?clk=stranger", "blog")

    assert again == first
    assert again.left_out == ("clk",)
    assert other.destination == f"{home}?clk={other.code}"


async def test_a_page_has_one_link_however_it_is_said(db, owner, shop):
    account_id, partnership_id, home = shop
    store_id = await owner.fetchval("SELECT id FROM store")
    url = {"asin": None, "url": "https://acme.example/press"}
    product_id = await a_product(owner, account_id, store_id, **url)

    of_product = await link(db, account_id, partnership_id, OfProduct(product_id))
    pasted = await link(db, account_id, partnership_id, "acme.example/press#reviews")
    storefront = await link(db, account_id, partnership_id, Storefront())
    at_home = await link(db, account_id, partnership_id, home)

    assert of_product == pasted
    assert storefront == at_home
    assert storefront.landing == ShopPage(home)
    assert await owner.fetchval("SELECT count(*) FROM link") == 2


async def test_a_product_of_a_host_that_the_shop_has_left_gets_no_link(db, owner, shop):
    account_id, partnership_id, _ = shop
    store_id = await owner.fetchval("SELECT id FROM store")
    url = {"asin": None, "url": "https://old.example/press"}
    product_id = await a_product(owner, account_id, store_id, **url)

    with pytest.raises(NotAShopPage, match=r"it is on old\.example"):
        await link(db, account_id, partnership_id, OfProduct(product_id))


@pytest.mark.parametrize(
    "pasted",
    ["https://www.amazon.com/dp/B08N5WRWNW", "B08N5WRWNW", "https://evil.example/us", ""],
)
async def test_only_pages_of_the_shop_are_linked(db, owner, shop, pasted):
    account_id, partnership_id, _ = shop

    with pytest.raises(NotAShopPage):
        await link(db, account_id, partnership_id, pasted)

    assert await owner.fetchval("SELECT count(*) FROM creative") == 0


async def test_a_link_leads_where_it_was_made_to_when_the_shop_moves(db, owner, shop):
    account_id, partnership_id, home = shop
    before = await link(db, account_id, partnership_id, home)

    await owner.execute("UPDATE store SET url = 'https://new.example'")
    after = await link(db, account_id, partnership_id, Storefront())

    hosts = dict(await owner.fetch("SELECT code, shop_host FROM link_code"))
    assert hosts == {before.code: "acme.example", after.code: "new.example"}


async def test_a_shop_without_a_partnership_that_goes_on_gets_no_links(db, owner, shop):
    account_id, partnership_id, home = shop

    await owner.execute("UPDATE partnership SET status = $1", Status.PAUSED)
    with pytest.raises(NoNewLinks):
        await link(db, account_id, partnership_id, home)
    await owner.execute("UPDATE partnership SET status = $1", Status.ACTIVE)
    await owner.execute("UPDATE store SET disconnected_at = $1", NOW)
    with pytest.raises(StoreDisconnected):
        await link(db, account_id, partnership_id, home)


async def test_one_affiliate_promotes_both_stores_of_a_brand_at_the_same_time(db, owner):
    """S42, S43: by one way of asking, and each store by its own partnership and offer."""
    account_id, affiliate_id = await an_account(owner), await an_affiliate(owner)
    amazon_id, shop_id = await a_store(owner, account_id), await a_dtc_store(owner, account_id)
    await owner.execute(
        """UPDATE store SET brand_id = (SELECT brand_id FROM store WHERE id = $2) WHERE id = $1""",
        shop_id, amazon_id,
    )  # fmt: skip
    made = {}
    for store_id, page in (
        (amazon_id, {}),
        (shop_id, {"asin": None, "url": await home_of(owner, shop_id)}),
    ):
        offer_id = await an_offer(owner, account_id, store_id)
        partnership_id = await a_partnership(
            owner, account_id, store_id, offer_id, affiliate_id=affiliate_id
        )
        product_id = await a_product(owner, account_id, store_id, **page)
        made[store_id] = await link(db, account_id, partnership_id, OfProduct(product_id))

    assert urlsplit(made[amazon_id].destination).hostname == "www.amazon.com"
    assert urlsplit(made[shop_id].destination).hostname == made[shop_id].shop_host
    stores = await owner.fetch(
        "SELECT DISTINCT store_id FROM partnership WHERE affiliate_id = $1 AND status = 'ACTIVE'",
        affiliate_id,
    )
    assert {row["store_id"] for row in stores} == {amazon_id, shop_id}


async def home_of(owner, store_id):
    return f"{await owner.fetchval('SELECT url FROM store WHERE id = $1', store_id)}/press"


@pytest.mark.parametrize("shop_host", ["evil.example", "localhost", "10.0.0.1", ""])
def test_a_shops_link_stays_on_its_host(shop_host):
    assert not may_lead_to("https://acme.example/us?clk=a", shop_host)
    assert may_lead_to(f"https://{shop_host}/", shop_host) is (shop_host == "evil.example")
