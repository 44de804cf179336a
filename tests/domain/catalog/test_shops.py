"""Shops of brands' own: their addresses, their pages, the products that people enter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.pool import Database
from domain.catalog import shopkeeping, shops
from domain.catalog.actions import connect_dtc_store
from domain.catalog.rules import StoreExists, is_public_host
from domain.catalog.shops import Entry, NotAShop, NotAShopPage, ShopInUse
from domain.errors import InvalidInput, NotFound, Refusal
from domain.money import UnknownCurrency
from tests.factories import NOW, a_dtc_store, a_product, a_store, an_account, an_offer

HOST = "acme.example"
HOME = f"https://{HOST}"


@pytest.fixture
async def account_id(owner: asyncpg.Connection) -> UUID:
    return await an_account(owner)


@pytest.fixture
async def shop_id(db: Database, account_id: UUID) -> UUID:
    async with db.transaction(account_id) as tx:
        return await connect_dtc_store(
            tx, account_id, "Acme", HOME, "USD", "America/New_York", NOW, "Acme's shop"
        )


@pytest.fixture
def edit(db: Database, account_id: UUID) -> Callable[..., Awaitable[None]]:
    async def edit(store_id: UUID, **more: Any) -> None:
        async with db.transaction(account_id) as tx:
            await shopkeeping.edit_shop(tx, account_id, store_id, NOW, **more)

    return edit


@pytest.fixture
def put(db: Database, account_id: UUID) -> Callable[..., Awaitable[list[UUID | Refusal]]]:
    async def put(store_id: UUID, *entries: Entry) -> list[UUID | Refusal]:
        async with db.transaction(account_id) as tx:
            return await shopkeeping.put_shop_products(tx, account_id, store_id, entries, NOW)

    return put


def an_entry(sku: str = "PRESS-1", **more: Any) -> Entry:
    values = {"title": "Garlic press", "url": f"{HOME}/products/press", "price": "24.90"}
    return Entry(sku, **(values | more))


# Pages.


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        (HOME, f"{HOME}/"),
        (f"{HOST}/products/press", f"{HOME}/products/press"),
        (f"http://{HOST}/press", f"{HOME}/press"),
        (f"{HOME}:443/press", f"{HOME}/press"),
        ("https://ACME.example./Press?b=2&a=1#top", f"{HOME}/Press?b=2&a=1"),
        (f"{HOME}/p?utm_source=news&variant=3", f"{HOME}/p?utm_source=news&variant=3"),
        (f"{HOME}/p?clk=abcdefghijklmnop&variant=3", f"{HOME}/p?variant=3"),
        (f"{HOME}/p?clk=x&clk=y&%63lk=z", f"{HOME}/p"),
        (f"{HOME}/p?click=1&CLK=2", f"{HOME}/p?click=1&CLK=2"),
        (f"{HOME}/käse?maß=ü&a[]=1", f"{HOME}/k%C3%A4se?ma%C3%9F=%C3%BC&a%5B%5D=1"),
        (f"{HOME}/a%20b?q=100%", f"{HOME}/a%20b?q=100%"),
        (f"{HOME}//evil.example/", f"{HOME}//evil.example/"),
    ],
)
def test_a_page_of_the_shop_is_kept_with_its_query(pasted: str, kept: str) -> None:
    assert shops.page(pasted, HOST) == kept
    assert shops.page(kept, HOST) == kept


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "press",
        "/products/press",
        "//evil.example/press",
        "https://evil.example/acme.example",
        f"https://{HOST}.evil.example/",
        f"https://www.{HOST}/",
        f"https://{HOST}@evil.example/",
        f"https://me:secret@{HOST}/",
        f"https://{HOST}:8443/",
        f"https://{HOST}\\@evil.example/",
        f"https:\\\\{HOST}/",
        f"https://{HOST}/a\r\nset-cookie: a=b",
        f"https%3A%2F%2F{HOST}%2Fa%0d%0aset-cookie:a=b",
        f"https://{HOST}/a b",
        f"javascript:alert(1)//{HOST}/",
        f"data:text/html,{HOST}",
        "https://аcme.example/",  # a Cyrillic letter
        "https://127.0.0.1/",
        "https://www.amazon.com/dp/B08N5WRWNW",
        f"{HOME}/{'x' * 2000}",
    ],
)
def test_what_is_no_page_of_the_shop_is_refused(pasted: str) -> None:
    with pytest.raises(NotAShopPage, match="Open the page in the shop") as refused:
        shops.page(pasted, HOST)

    assert len(refused.value.message) < 400


_SIGNS = st.text(st.characters(codec="utf-8"), max_size=40)
_TAILS = st.text(st.sampled_from("/?#&=%@:\\;.\r\n\t clkevil.example0aA\u3002\uff0fé"), max_size=40)


@given(st.one_of(_SIGNS, _TAILS), st.sampled_from(["", "https://", f"{HOME}", f"{HOME}/", "//"]))
def test_whatever_is_pasted_is_refused_or_is_on_the_shops_host(tail: str, start: str) -> None:
    """S14."""
    try:
        kept = shops.page(start + tail, HOST)
    except NotAShopPage:
        return

    assert kept.startswith(f"{HOME}/")
    assert kept.isascii()
    assert kept.isprintable()
    assert "#" not in kept
    assert urlsplit(kept).hostname == HOST
    assert shops.page(kept, HOST) == kept
    tagged = shops.tagged(kept, "abcdefghijklmnop")
    assert shops.page(tagged, HOST) == kept
    assert shops.carries_code(tagged)


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("shop.example", True),
        ("xn--kse-qla.xn--p1ai", True),
        ("localhost", False),
        ("127.0.0.1", False),
        ("[::1]", False),
        ("shop.example:443", False),
        ("me@shop.example", False),
        ("Shop.example", False),
        ("shop..example", False),
        ("-shop.example", False),
        (f"{'a.' * 126}example", False),
    ],
)
def test_a_public_host_has_a_name(host: str, public: bool) -> None:
    assert is_public_host(host) is public


# The shop.


async def test_a_shop_is_connected_for_a_brand_that_is_known(
    db, owner, account_id, shop_id
) -> None:
    """S42: the brand of a store on Amazon may have a shop beside it."""
    amazon_id = await a_store(owner, account_id)
    brand_id = await owner.fetchval("SELECT brand_id FROM store WHERE id = $1", amazon_id)
    async with db.transaction(account_id) as tx:
        store_id = await connect_dtc_store(
            tx, account_id, brand_id, "https://two.example", "USD", "Europe/Paris", NOW
        )

    store = await owner.fetchrow("SELECT * FROM store WHERE id = $1", store_id)
    name = await owner.fetchval("SELECT name FROM brand WHERE id = $1", brand_id)
    assert (store["brand_id"], store["name"], store["channel"]) == (brand_id, name, "DTC")


async def test_another_accounts_brand_is_as_good_as_none(db, owner, account_id) -> None:
    other_id = await an_account(owner)
    await a_dtc_store(owner, other_id)
    brand_id = await owner.fetchval("SELECT id FROM brand")

    with pytest.raises(NotFound, match="brand"):
        async with db.transaction(account_id) as tx:
            await connect_dtc_store(tx, account_id, brand_id, HOME, "USD", "Europe/Paris", NOW)


async def test_what_is_given_is_changed_and_the_rest_stays(owner, shop_id, edit) -> None:
    await edit(shop_id, name=" New  name ")
    await edit(shop_id, url="https://new.example/")
    await edit(shop_id, currency="EUR", time_zone="Europe/Paris")

    shop = await owner.fetchrow("SELECT name, url, currency, time_zone FROM store")
    assert tuple(shop) == ("New name", "https://new.example", "EUR", "Europe/Paris")


async def test_an_address_is_one_shops(owner, account_id, shop_id, edit) -> None:
    await a_dtc_store(owner, account_id)
    taken = await owner.fetchval("SELECT url FROM store WHERE id <> $1", shop_id)

    with pytest.raises(StoreExists, match=taken):
        await edit(shop_id, url=taken)
    await edit(shop_id, url=HOME)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"name": " "}, InvalidInput),
        ({"url": "http://acme.example"}, InvalidInput),
        ({"url": "https://10.0.0.1"}, InvalidInput),
        ({"url": "https://www.amazon.com/stores/acme"}, InvalidInput),
        ({"currency": "EURO"}, UnknownCurrency),
        ({"time_zone": "Nowhere"}, InvalidInput),
    ],
)
async def test_an_edit_is_checked_like_a_new_shop(owner, shop_id, edit, wrong, refusal) -> None:
    before = await owner.fetchrow("SELECT * FROM store")

    with pytest.raises(refusal):
        await edit(shop_id, **wrong)

    assert await owner.fetchrow("SELECT * FROM store") == before


async def test_money_and_days_stay_once_something_goes_by_them(
    owner, account_id, shop_id, edit
) -> None:
    await an_offer(owner, account_id, shop_id)

    for more in ({"currency": "EUR"}, {"time_zone": "Europe/Paris"}):
        with pytest.raises(ShopInUse):
            await edit(shop_id, **more)
    await edit(shop_id, name="Other", currency="USD", time_zone="America/New_York")


async def test_a_store_on_amazon_is_no_shop_to_keep(owner, account_id, edit, put) -> None:
    store_id = await a_store(owner, account_id)

    with pytest.raises(NotAShop):
        await edit(store_id, name="Mine")
    with pytest.raises(NotAShop):
        await put(store_id, an_entry())
    assert await owner.fetchval("SELECT count(*) FROM product") == 0


async def test_another_accounts_shop_is_as_good_as_none(owner, edit, put) -> None:
    other_id = await an_account(owner)

    for store_id in (await a_dtc_store(owner, other_id), uuid4()):
        with pytest.raises(NotFound):
            await edit(store_id, name="Mine")
        with pytest.raises(NotFound):
            await put(store_id, an_entry())


# Products.


async def test_a_product_is_kept_as_entered(owner, shop_id, put) -> None:
    """S44."""
    [id] = await put(
        shop_id,
        an_entry(
            " PRESS-1 ",
            title=" Garlic\tpress ",
            url=f"{HOST}/products/press#reviews",
            image_url="https://cdn.example/ü.jpg",
            quantity=3,
        ),
    )

    product = dict(await owner.fetchrow("SELECT * FROM product"))
    assert product["id"] == id
    expected = {
        "sku": "PRESS-1",
        "title": "Garlic press",
        "url": f"{HOME}/products/press",
        "asin": None,
        "price_minor": 2490,
        "currency": "USD",
        "image_url": "https://cdn.example/%C3%BC.jpg",
        "quantity": 3,
        "status": "ACTIVE",
        "brand_name": "Acme",
        "fulfilment": "MERCHANT",
        "first_seen_at": NOW,
    }
    assert {name: product[name] for name in expected} == expected


async def test_putting_again_changes_the_same_product(owner, shop_id, put) -> None:
    [one] = await put(shop_id, an_entry(quantity=3))
    [again] = await put(shop_id, an_entry(title="Press", price=None, active=False))

    assert one == again
    kept = await owner.fetchrow("SELECT title, price_minor, quantity, status FROM product")
    assert tuple(kept) == ("Press", None, None, "INACTIVE")


WRONG = {
    "sku": [" ", "x" * 201, "a\nb"],
    "title": ["", "x" * 501, "bell\x07"],
    "url": ["https://evil.example/press", "javascript:alert(1)", ""],
    "price": ["-1", "1.999", "free", "1e9", "99999999999999999999"],
    "image_url": ["http://cdn.example/a.jpg", "javascript:alert(1)", "https://me@cdn.example/a"],
    "quantity": [-1, 2**31],
}


async def test_every_entry_has_its_own_outcome(owner, shop_id, put) -> None:
    entries = [an_entry("FIRST")]
    entries += [
        an_entry(**({"sku": f"{field} {n}"} | {field: value}))
        for field, values in WRONG.items()
        for n, value in enumerate(values)
    ]
    entries += [an_entry("LAST"), an_entry("FIRST", title="Twice")]

    outcomes = await put(shop_id, *entries)

    assert isinstance(outcomes[0], UUID)
    assert isinstance(outcomes[-2], UUID)
    refused = [*outcomes[1:-2], outcomes[-1]]
    assert all(isinstance(one, InvalidInput | NotAShopPage) for one in refused)
    titles = {row["sku"]: row["title"] for row in await owner.fetch("SELECT * FROM product")}
    assert titles == {"FIRST": "Garlic press", "LAST": "Garlic press"}


async def test_at_most_a_hundred_are_put_at_once(owner, shop_id, put) -> None:
    with pytest.raises(InvalidInput, match="1 to 100"):
        await put(shop_id)
    with pytest.raises(InvalidInput, match="1 to 100"):
        await put(shop_id, *(an_entry(f"SKU {n}") for n in range(101)))

    ids = await put(shop_id, *(an_entry(f"SKU {n}") for n in range(100)))

    assert len(set(ids)) == 100
    assert await owner.fetchval("SELECT count(*) FROM product") == 100


async def test_a_product_is_on_amazon_or_in_a_shop(owner, account_id) -> None:
    store_id = await a_store(owner, account_id)

    for page in ({"asin": None}, {"url": f"{HOME}/press"}):
        with pytest.raises(asyncpg.CheckViolationError, match="product_page_check"):
            await a_product(owner, account_id, store_id, **page)
