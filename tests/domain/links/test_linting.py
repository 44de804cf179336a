from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.marketplaces import MARKETPLACES, by_id
from domain.catalog.shops import tagged
from domain.links.landing import DetailPage, StorePage
from domain.links.linting import TaggedLink, problems, problems_at_shop
from domain.links.tags import (
    Tag,
    ad_group_token,
    apart,
    campaign_token,
    creative_token,
    destination,
)

US = by_id("ATVPDKIKX0DER")
TEMPLATE = (
    "?maas=maas_adg_api_1964981050701_static_12_73&ref_=aa_maas&tag=maas"
    "&aa_campaignid={insertCampaign}&aa_adgroupid={insertAdGroupId}"
    "&aa_creativeid={insertCreativeId}"
)
ID = st.uuids()
PAGE = DetailPage("B0ABCD1234")
PAGES = st.one_of(
    st.from_regex(r"B0[0-9A-Z]{8}", fullmatch=True).map(DetailPage),
    ID.map(lambda id: StorePage(f"/stores/page/{str(id).upper()}")),
    st.integers(1, 10**12).map(lambda node: StorePage(f"/stores/node/{node}")),
)


def a_tagged_link(page=PAGE, marketplace=US, tag=None):
    tag = tag or Tag("cl-c-one", "cl-g-two", creative_token(page))
    return TaggedLink(
        destination(page, marketplace, TEMPLATE, tag),
        page.asin if isinstance(page, DetailPage) else page.path,
        marketplace,
        tag.campaign,
        tag.ad_group,
        tag.creative,
    )


@given(PAGES, st.sampled_from(MARKETPLACES), ID, ID, st.one_of(st.none(), ID))
def test_nothing_is_wrong_with_any_link_that_is_made(page, marketplace, store, affiliate, subid):
    """S45, S49."""
    tag = Tag(campaign_token(store, affiliate), ad_group_token(subid), creative_token(page))

    assert problems(a_tagged_link(page, marketplace, tag)) == []


@given(PAGES, st.sampled_from(MARKETPLACES))
def test_a_tag_comes_off_the_page_that_it_was_put_on(page, marketplace):
    link = a_tagged_link(page, marketplace)

    tag, address = apart(link.destination)

    assert len(tag) == 6
    assert urlsplit(address).query == ""
    assert link.destination.startswith(f"{address}?")


PLANTED = {
    "a second tag": ("&maas=maas_adg_other", "already carries an Amazon Attribution tag"),
    "a second part of a tag": ("&aa_campaignid=other", "already carries an Amazon Attribution tag"),
    "an Associate's tag": ("&tag=mine-20", 'Associates tag "mine-20"'),
    "utm": ("&utm_source=mail", "UTM reporting is not supported"),
    "a sign that shoppers are not sent to": ("&th=<1>", "signs or a host"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_what_was_added_to_a_link_is_found(fault):
    added, message = PLANTED[fault]
    link = a_tagged_link()

    (found,) = problems(replace(link, destination=link.destination + added))

    assert message in found


@pytest.mark.parametrize(
    ("there", "instead", "message"),
    [
        ("www.amazon.com", "www.amazon.de", "the store sells on amazon.com"),
        ("/dp/B0ABCD1234", "/s", "neither a product page"),
        ("/dp/B0ABCD1234", "/dp/B0ABCD9999", "leads to B0ABCD9999"),
        ("tag=maas&", "", "lacks tag, so Amazon does not measure it"),
        ("aa_campaignid=cl-c-one", "aa_campaignid=cl-c-other", "another link's (aa_campaignid)"),
        ("https://", "http://", "signs or a host"),
    ],
)
def test_what_was_changed_in_a_link_is_found(there, instead, message):
    link = a_tagged_link()
    changed = link.destination.replace(there, instead)
    assert changed != link.destination

    (found,) = problems(replace(link, destination=changed))

    assert message in found


def test_an_associates_tag_before_ours_is_found_too():
    link = a_tagged_link()
    changed = link.destination.replace("?", "?tag=mine-20&", 1)

    (found,) = problems(replace(link, destination=changed))

    assert 'Associates tag "mine-20"' in found


@given(st.text())
def test_whatever_stands_there_is_read_or_said_to_be_wrong(text):
    assert problems(replace(a_tagged_link(), destination=text)) != []
    assert all(problems(replace(a_tagged_link(), destination=f"https://www.amazon.com/{text}")))


def test_a_link_to_a_shop_is_its_page_with_its_code():
    shop, page = "https://shop.example.com", "https://shop.example.com/mugs?colour=red"
    made = tagged(page, "abcdefghijklmnop")

    def found(destination, shop_url=shop):
        return problems_at_shop(destination, page, shop_url, "abcdefghijklmnop")

    assert found(made) == []
    for changed, shop_url in (
        (made.replace("https", "http"), shop),
        (made.replace("shop.example.com", "evil.example.com"), shop),
        (made, "https://moved.example.com"),
        (page, shop),
        (tagged(page, "ponmlkjihgfedcba"), shop),
        (made.replace("mugs", "hats"), shop),
    ):
        assert len(found(changed, shop_url)) == 1
