from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.marketplaces import by_id
from domain.errors import Refusal
from domain.links.landing import DetailPage, StorePage, landing, left_out, url
from domain.links.pasting import (
    WrongMarketplace,
)

ASIN = "B0ABCD1234"
US = by_id("ATVPDKIKX0DER")
UUID = "1A2B3C4D-0000-4111-8222-ABCDEF012345"


@pytest.mark.parametrize(
    "pasted",
    [
        ASIN,
        ASIN.lower(),
        f"  {ASIN}\n",
        f"amazon.com/dp/{ASIN}",
        f"www.amazon.com/dp/{ASIN}",
        f"http://amazon.com/dp/{ASIN}",
        f"HTTPS://WWW.AMAZON.COM/dp/{ASIN}",
        f"//www.amazon.com/dp/{ASIN}",
        f"https://www.amazon.com:443/dp/{ASIN}",
        f"https://www.amazon.com./dp/{ASIN}",
        f"https://m.amazon.com/dp/{ASIN}",
        f"https://smile.amazon.com/dp/{ASIN}/",
        f"https://www.amazon.com/dp/{ASIN.lower()}",
        f"https://www.amazon.com/Big-Blue-Thing/dp/{ASIN}/ref=sr_1_1?keywords=thing&qid=1&sr=8-1",
        f"https://www.amazon.com/dp/{ASIN}?th=1&psc=1",
        f"https://www.amazon.com/dp/{ASIN}?ref_=nav_cs&pd_rd_w=x&content-id=amzn1.sym",
        f"https://www.amazon.com/dp/{ASIN}#customerReviews",
        f"https://www.amazon.com/-/es/Cosa-Azul/dp/{ASIN}/",
        f"https://www.amazon.com/Caf%C3%A9-100%25/dp/{ASIN}",
        f"https://www.amazon.com/Café-Crème/dp/{ASIN}",
        f"https://www.amazon.com/AC%2FDC-Shirt/dp/{ASIN}",
        f"https://www.amazon.com/dp%2F{ASIN}",
        f"https%3A%2F%2Fwww.amazon.com%2Fdp%2F{ASIN}%3Fth%3D1",
        f"https://www.amazon.com/gp/product/{ASIN}?pf_rd_r=XYZ",
        f"https://www.amazon.com/gp/product/glance/{ASIN}",
        f"https://www.amazon.com/gp/aw/d/{ASIN}",
        f"https://www.amazon.com/gp/aw/ol/{ASIN}",
        f"https://www.amazon.com/gp/offer-listing/{ASIN}/ref=dp_olp",
        f"https://www.amazon.com/exec/obidos/ASIN/{ASIN}",
        f"https://www.amazon.com/exec/obidos/tg/detail/-/{ASIN}",
        f"https://www.amazon.com/o/ASIN/{ASIN}",
        f"https://www.amazon.com/d/Home/Big-Blue-Thing/{ASIN}",
        f"https://www.amazon.com/Big-Thing/product-reviews/{ASIN}/ref=cm_cr",
        f"https://www.amazon.com/dp/{ASIN}&th=1",
        f"https://www.amazon.com/dp/{ASIN}).",
        f"https://www.amazon.com/sspa/click?ie=UTF8&spc=abc&url=%2FBig-Thing%2Fdp%2F{ASIN}%2Fref%3Dsr",
        f"https://www.amazon.com/gp/slredirect/picassoRedirect.html/?url=%2Fx%2Fdp%2F{ASIN}",
        f"https://www.amazon.com/dp/{ASIN}?ascsubtag=x&linkCode=ll1&tag=",
    ],
)
def test_a_product_page_is_understood_however_it_is_pasted(pasted):
    """S14."""
    assert landing(pasted, US) == DetailPage(ASIN)


@pytest.mark.parametrize("isbn", ["0306406152", "097522980X", "097522980x"])
def test_a_books_isbn_is_a_product(isbn):
    assert landing(f"https://www.amazon.com/dp/{isbn}", US) == DetailPage(isbn.upper())


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        (f"https://www.amazon.com/stores/page/{UUID}", f"/stores/page/{UUID}"),
        (f"https://www.amazon.com/stores/page/{UUID.lower()}", f"/stores/page/{UUID}"),
        (f"amazon.com/stores/page/{UUID}?ref_=ast_bln&store_ref=x", f"/stores/page/{UUID}"),
        (f"https://www.amazon.com/stores/Acme/page/{UUID}", f"/stores/page/{UUID}"),
        (f"https://www.amazon.com/stores/Acme/Kitchen/page/{UUID}/x", f"/stores/page/{UUID}"),
        (f"https://m.amazon.com/stores/page/{UUID}?is_tag=0", f"/stores/page/{UUID}"),
        ("https://www.amazon.com/stores/node/2529477011", "/stores/node/2529477011"),
        ("https://www.amazon.com/stores/Acme", "/stores/Acme"),
        ("https://www.amazon.com/stores/Acme/", "/stores/Acme"),
        ("https://www.amazon.com/stores/Acme/ref=bl_dp", "/stores/Acme"),
        ("https://www.amazon.com/stores/Caf%C3%A9", "/stores/Caf%C3%A9"),
        ("https://www.amazon.com/stores/100%25", "/stores/100%25"),
    ],
)
def test_a_store_page_is_understood(pasted, path):
    """S14."""
    assert landing(pasted, US) == StorePage(path)


def test_a_page_of_the_stores_own_marketplace_is_accepted_abroad():
    germany = by_id("A1PA6795UKMFR9")

    assert landing(f"https://www.amazon.de/-/en/Ding/dp/{ASIN}", germany) == DetailPage(ASIN)
    with pytest.raises(WrongMarketplace):
        landing(f"https://www.amazon.com/dp/{ASIN}", germany)


def test_a_person_is_told_what_was_left_out():
    pasted = f"https://www.amazon.com/dp/{ASIN}?th=1&psc=1&ref_=x&th=2"

    assert left_out(pasted) == ("th", "psc", "ref_")
    assert left_out(ASIN) == ()


@pytest.mark.parametrize("page", [DetailPage(ASIN), StorePage(f"/stores/page/{UUID}")])
def test_a_canonical_address_is_understood_as_the_same_page(page):
    assert landing(url(page, US), US) == page


@given(st.text())
def test_any_text_is_either_a_page_or_refused(text):
    try:
        page = landing(text, US)
    except Refusal:
        return

    assert landing(url(page, US), US) == page


SIGNS = st.text(st.sampled_from("/\\@?#%&=:;.dpB0aA29-_ \r\x00é"), max_size=30)


@given(SIGNS, SIGNS, SIGNS)
def test_whatever_surrounds_a_page_the_canonical_address_is_clean(before, middle, after):
    try:
        page = landing(f"{before}amazon.com{middle}/dp/{ASIN}{after}", US)
    except Refusal:
        return
    address = url(page, US)

    assert address.startswith(("https://www.amazon.com/dp/", "https://www.amazon.com/stores/"))
    assert not set(address) & set("\\@?#&=; \r\x00é")
    assert landing(address, US) == page
