"""What is refused as a landing page, and what the refusal says."""

from __future__ import annotations

import pytest

from domain.catalog.marketplaces import by_id
from domain.links.landing import landing
from domain.links.pasting import (
    AlreadyTagged,
    AssociatesTag,
    NotALandingPage,
    NotAnAmazonPage,
    ShortLink,
    UtmNotSupported,
    WrongMarketplace,
)

US = by_id("ATVPDKIKX0DER")
ASIN = "B0ABCD1234"
UUID = "1A2B3C4D-0000-4111-8222-ABCDEF012345"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "   ",
        "hello",
        "not an address",
        "BASKETBALL",
        f"https://www.amazon.com.evil.com/dp/{ASIN}",
        f"https://evilamazon.com/dp/{ASIN}",
        f"https://amazon.com@evil.com/dp/{ASIN}",
        f"https://user:pass@www.amazon.com/dp/{ASIN}",
        f"https://evil.com/www.amazon.com/dp/{ASIN}",
        f"https://evil.com\\@www.amazon.com/dp/{ASIN}",
        f"https://www.amazon.com\\dp\\{ASIN}",
        f"https://www.amazon.com:8443/dp/{ASIN}",
        f"https://www.amazon.com:x/dp/{ASIN}",
        f"https://amаzon.com/dp/{ASIN}",  # a Cyrillic letter
        f"https://amazon%2ecom/dp/{ASIN}",
        f"https://amazon.c0m/dp/{ASIN}",
        f"https://[::1/dp/{ASIN}",
        f"javascript:alert(1)//www.amazon.com/dp/{ASIN}",
        f"javascript://www.amazon.com/dp/{ASIN}%0aalert(1)",
        f"data:text/html,amazon.com/dp/{ASIN}",
        f"ftp://www.amazon.com/dp/{ASIN}",
        f"http:www.amazon.com/dp/{ASIN}",
        f"https:///dp/{ASIN}",
        f"/dp/{ASIN}",
        f"https://www.amazon.com/dp/{ASIN}\r\nSet-Cookie: a=b",
        f"https://www.amazon.com/dp/ {ASIN}",
        f"https://www.amazon.com/dp/{ASIN}?x= y",
        f"https://www.amazon.com/x\\y/dp/{ASIN}",
        f"https://www.amazon.com/dp/{ASIN}?x=\x00",
        f"https://www.amazon.com/dp/{ASIN}?x=\u200b",
        f"https://www.amazon.com/dp/{ASIN}?x={'y' * 4096}",
        f"https://bit.ly/{ASIN}",
    ],
)
def test_what_is_not_an_amazon_page_is_refused(pasted):
    with pytest.raises(NotAnAmazonPage) as refused:
        landing(pasted, US)

    assert len(refused.value.message) < 400


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        (f"https://www.amazon.co.uk/dp/{ASIN}", "amazon.co.uk"),
        (f"amazon.com.mx/dp/{ASIN}", "amazon.com.mx"),
        (f"https://smile.amazon.de/dp/{ASIN}", "amazon.de"),
        ("https://www.amazon.ca/s?k=shoes", "amazon.ca"),
    ],
)
def test_a_page_of_another_marketplace_is_refused_and_named(pasted, found):
    with pytest.raises(WrongMarketplace) as refused:
        landing(pasted, US)

    assert (refused.value.found, refused.value.wanted) == (found, "amazon.com")
    assert found in refused.value.message


@pytest.mark.parametrize(
    "pasted",
    [
        "https://a.co/d/5xYz",
        "a.co/d/5xYz",
        "https://amzn.to/3abcd",
        "https://amzn.eu/d/1",
        f"https://www.amzn.com/{ASIN}",
    ],
)
def test_a_short_link_is_refused_with_what_to_do(pasted):
    with pytest.raises(ShortLink, match="paste the address you land on"):
        landing(pasted, US)


@pytest.mark.parametrize(
    "address",
    [
        "amazon.com",
        "https://www.amazon.com/",
        "https://www.amazon.com/s?k=blue+thing",
        f"https://www.amazon.com/s?k={ASIN}",
        "https://www.amazon.com/gp/cart/view.html",
        f"https://www.amazon.com/gp/aws/cart/add.html?ASIN.1={ASIN}",
        "https://www.amazon.com/acme",
        "https://www.amazon.com/b?node=1234",
        "https://www.amazon.com/stores",
        "https://www.amazon.com/stores/page/not-a-uuid",
        "https://www.amazon.com/stores/author/B000AP9A6K",
        f"https://www.amazon.com/stores/page/{UUID}0",
        "https://www.amazon.com/stores/%0d%0aX",
        f"https://www.amazon.com/dp/{ASIN}5",
        "https://www.amazon.com/dp/",
        "https://www.amazon.com/dp/B0ABC",
        f"https://www.amazon.com/x/../dp/{ASIN}/..",
        f"https://www.amazon.com/stores/%2e%2e/page/{UUID}",
        f"https://sellercentral.amazon.com/dp/{ASIN}",
        f"https://music.amazon.com/dp/{ASIN}",
        "https://www.amazon.com/sspa/click?url=//evil.com/dp/B0ABCD1234",
        "https://www.amazon.com/sspa/click?url=https://evil.com/dp/B0ABCD1234",
        "https://www.amazon.com/sspa/click?ie=UTF8",
        f"https://www.amazon.com/gp/video/detail/{ASIN}",
    ],
)
def test_an_amazon_page_that_is_neither_product_nor_store_is_refused(address):
    with pytest.raises(NotALandingPage):
        landing(address, US)


@pytest.mark.parametrize(
    "pasted",
    [
        f"https://www.amazon.com/dp/{ASIN}?tag=mine-20",
        f"https://www.amazon.com/dp/{ASIN}?linkCode=ll1&tag=mine-20&linkId=1",
        f"https://www.amazon.com/dp/{ASIN}?TAG=mine-20",
        f"https://www.amazon.com/dp/{ASIN}?th=1;tag=mine-20",
        f"https://www.amazon.com/dp/{ASIN}&tag=mine-20",
        f"https://www.amazon.com/dp/{ASIN}%3Ftag=mine-20",
        f"https://www.amazon.com/exec/obidos/ASIN/{ASIN}/mine-20",
        f"https://www.amazon.com/stores/page/{UUID}?tag=mine-20",
        f"https://www.amazon.com/sspa/click?url=%2Fx%2Fdp%2F{ASIN}%3Ftag%3Dmine-20",
    ],
)
def test_an_associates_tag_is_refused_with_what_to_do(pasted):
    with pytest.raises(AssociatesTag, match="Remove the tag") as refused:
        landing(pasted, US)

    assert refused.value.tag == "mine-20"


@pytest.mark.parametrize(
    "query",
    [
        "maas=maas_adg_api_1_static_12_1&ref_=aa_maas&tag=maas&aa_campaignid=a",
        "tag=maas&maas=maas_adg_79129CDC_afap_abs",
        "aa_creativeid=x",
        "AA_AdGroupId=x",
    ],
)
def test_a_page_that_already_carries_an_attribution_tag_is_refused(query):
    with pytest.raises(AlreadyTagged):
        landing(f"https://www.amazon.com/dp/{ASIN}?{query}", US)


@pytest.mark.parametrize("parameter", ["utm_source", "UTM_Campaign", "utm_anything"])
def test_utms_are_refused_in_favour_of_a_subid(parameter):
    """S48."""
    with pytest.raises(UtmNotSupported, match="subID"):
        landing(f"https://www.amazon.com/dp/{ASIN}?{parameter}=news", US)
