from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.marketplaces import MARKETPLACES, by_id
from domain.links.landing import DetailPage, StorePage, url
from domain.links.rules import may_lead_to
from domain.links.tags import (
    BadTemplate,
    Tag,
    ad_group_token,
    campaign_token,
    creative_token,
    destination,
)

US = by_id("ATVPDKIKX0DER")
PAGE = DetailPage("B0ABCD1234")
TAG = Tag("cl-c-one", "cl-g-two", "cl-p-three")
START = "?maas=maas_adg_api_1964981050701_static_12_73&ref_=aa_maas&tag=maas"
LIVE = (
    f"{START}&aa_campaignid={{insertCampaign}}&aa_adgroupid={{insertAdGroupId}}"
    "&aa_creativeid={insertCreativeId}"
)
SPECIFIED = (
    f"{START}&aa_campaignid={{insertCampaignId}}&aa_adgroupid={{insertAdGroupId}}"
    "&aa_creativeid={insertAdiD}"
)
GUIDE = (
    f"{START}&aa_campaignid={{campaignId}}&aa_adgroupid={{adgroupId}}&aa_creativeid={{creativeId}}"
)
MACRO = (
    f"{START}&aa_campaignid={{{{campaign.id}}}}&aa_adgroupid={{{{adset.id}}}}"
    "&aa_creativeid={{ad.id}}"
)
EMPTY = f"{START}&aa_campaignid=&aa_adgroupid=&aa_creativeid="

UUIDS = st.uuids()
PAGES = st.one_of(
    st.from_regex(r"B0[0-9A-Z]{8}", fullmatch=True).map(DetailPage),
    UUIDS.map(lambda id: StorePage(f"/stores/page/{str(id).upper()}")),
    st.from_regex(r"[A-Za-z0-9%]{1,40}", fullmatch=True).map(
        lambda name: StorePage(f"/stores/{name}")
    ),
)


@pytest.mark.parametrize("template", [LIVE, SPECIFIED, GUIDE, MACRO, EMPTY, LIVE.removeprefix("?")])
def test_a_destination_is_the_page_with_the_template_filled_in(template):
    """S45."""
    assert destination(PAGE, US, template, TAG) == (
        "https://www.amazon.com/dp/B0ABCD1234"
        "?maas=maas_adg_api_1964981050701_static_12_73&ref_=aa_maas&tag=maas"
        "&aa_campaignid=cl-c-one&aa_adgroupid=cl-g-two&aa_creativeid=cl-p-three"
    )


def test_a_store_page_gets_the_same_tag():
    """S45."""
    page = StorePage("/stores/page/1A2B3C4D-0000-4111-8222-ABCDEF012345")

    assert destination(page, US, LIVE, TAG).startswith(f"https://www.amazon.com{page.path}?maas=")


def test_unknown_parameters_of_the_template_are_kept_in_their_order():
    template = LIVE.replace("&tag=", "&new=a%20b%26c&tag=") + "&last=&new=again"

    parameters = parse_qsl(
        urlsplit(destination(PAGE, US, template, TAG)).query, keep_blank_values=True
    )

    assert [name for name, _ in parameters] == [
        *("maas", "ref_", "new", "tag"),
        *("aa_campaignid", "aa_adgroupid", "aa_creativeid", "last", "new"),
    ]
    assert dict(parameters[:3])["new"] == "a b&c"


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("", "maas 0 times"),
        ("?", "maas 0 times"),
        ("?maas={x}", "ref_ 0 times"),
        (LIVE.replace("ref_=aa_maas&", ""), "ref_ 0 times"),
        (LIVE.replace("aa_adgroupid", "aa_group"), "aa_adgroupid 0 times"),
        (f"{LIVE}&tag=mine-20", "tag 2 times"),
        (f"{LIVE}&ref_=x", "ref_ 2 times"),
        (f"{LIVE}&aa_campaignid=x", "aa_campaignid 2 times"),
        (LIVE.replace("tag=maas", "tag="), "tag is empty"),
        (f"{LIVE}&device={{device}}", "placeholder"),
        (f"{LIVE}&{{device}}=1", "placeholder"),
        (f"{LIVE}&device=%7Bdevice%7D", "placeholder"),
    ],
)
def test_a_template_that_would_not_be_measured_makes_no_link(template, complaint):
    with pytest.raises(BadTemplate, match=complaint):
        destination(PAGE, US, template, TAG)


@given(PAGES, st.sampled_from(MARKETPLACES), UUIDS, UUIDS, st.none() | UUIDS)
def test_every_destination_has_each_required_parameter_exactly_once(
    page, marketplace, store_id, affiliate_id, subid_id
):
    """S14, S45, S49."""
    tag = Tag(
        campaign_token(store_id, affiliate_id), ad_group_token(subid_id), creative_token(page)
    )

    address = destination(page, marketplace, LIVE, tag)

    assert address.startswith(f"{url(page, marketplace)}?")
    assert address.count("?") == 1
    names = [name for name, _ in parse_qsl(urlsplit(address).query)]
    for name in ("maas", "ref_", "tag", "aa_campaignid", "aa_adgroupid", "aa_creativeid"):
        assert names.count(name) == 1
    assert "{" not in address
    assert may_lead_to(address, None)
