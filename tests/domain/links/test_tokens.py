"""The three texts of ours in a tag: what they stand for, and that Amazon carries them through."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.links.landing import DetailPage, StorePage
from domain.links.tags import (
    NO_SUBID,
    BadToken,
    Tag,
    ad_group_token,
    campaign_token,
    creative_token,
    is_ours,
)

PAGE = DetailPage("B0ABCD1234")
UUIDS = st.uuids()
PAGES = st.one_of(
    st.from_regex(r"B0[0-9A-Z]{8}", fullmatch=True).map(DetailPage),
    st.from_regex(r"/stores/[A-Za-z0-9%]{1,40}", fullmatch=True).map(StorePage),
)


@given(PAGES, UUIDS, UUIDS, st.none() | UUIDS)
def test_our_own_tokens_are_valid_and_known_again(page, store_id, affiliate_id, subid_id):
    tokens = (
        campaign_token(store_id, affiliate_id),
        ad_group_token(subid_id),
        creative_token(page),
    )

    assert Tag(*tokens)
    assert all(is_ours(token) for token in tokens)


@pytest.mark.parametrize(
    "token",
    [
        "Google Adwords 3",
        "my-campaign",
        "google ",
        "",
        "cl-",
        "cl-c-",
        "cl-c-summer",
        "cl-g-None",
        "cl-g-none ",
        "CL-G-NONE",
        "cl-p-B0ABCD1234",
        "x-cl-g-none",
        "cl-g-none\n",
        "{campaignId}",
    ],
)
def test_names_that_people_gave_are_not_ours(token):
    assert not is_ours(token)


@given(UUIDS, UUIDS)
def test_the_same_store_and_affiliate_always_give_the_same_campaign(store_id, affiliate_id):
    """S52: all links of an affiliate to a store count together."""
    assert campaign_token(store_id, affiliate_id) == campaign_token(store_id, affiliate_id)


@given(st.lists(st.tuples(UUIDS, UUIDS), unique=True, min_size=2, max_size=6))
def test_no_two_stores_or_affiliates_share_a_campaign(pairs):
    """S54: one affiliate's clicks do not help another."""
    assert len({campaign_token(*pair) for pair in pairs}) == len(pairs)


@given(st.lists(PAGES, unique=True, min_size=2, max_size=6))
def test_no_two_pages_share_a_creative(pages):
    assert len({creative_token(page) for page in pages}) == len(pages)


@given(UUIDS)
def test_a_subid_has_an_ad_group_of_its_own(subid_id):
    """S47."""
    assert ad_group_token(subid_id) != ad_group_token(None) == NO_SUBID


def test_tokens_never_change_since_amazon_keeps_them():
    """These are the texts that links already shared carry: changing one loses its sales."""
    store_id, affiliate_id = UUID(int=1), UUID(int=2)

    assert campaign_token(store_id, affiliate_id) == "cl-c-cfzvwltla77k5evq-wwchi4pwhys5cblt"
    assert ad_group_token(UUID(int=3)) == "cl-g-37msarwf53iv7nij"
    assert creative_token(PAGE) == "cl-p-b0abcd1234"
    assert creative_token(StorePage("/stores/Acme")) == "cl-p-v6jqx3dg7pjwnynw"


@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        ("", "empty"),
        ("a" * 255, "255 characters"),
        *((f"a{sign}b", "not carry through") for sign in "/&=#?+'\"%$ .é\n{"),
    ],
)
def test_a_token_that_would_spoil_the_measurement_is_refused(token, complaint):
    for tokens in ((token, "b", "c"), ("a", token, "c"), ("a", "b", token)):
        with pytest.raises(BadToken, match=complaint):
            Tag(*tokens)


def test_the_longest_token_is_accepted():
    assert Tag("a" * 254, "b", "c")
