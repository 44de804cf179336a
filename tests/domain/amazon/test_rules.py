from itertools import permutations

import pytest

from domain.amazon.consent import Pages, ads_page, login_answer, seller_page, start_url
from domain.amazon.rules import Answer, Api, NoPublisher, choose_publisher, why_unusable

LISTED = [
    ("1", "Google Ads", True),
    ("5", "Snapchat Ads", False),
    ("9", "Display - Other", False),
    ("11", "Blogpost - Other", False),
    ("12", "Email - Other", False),
]


def test_tags_are_made_for_blog_posts_whatever_the_order_of_the_list():
    assert {choose_publisher(order) for order in permutations(LISTED)} == {"11"}


@pytest.mark.parametrize(
    ("publishers", "chosen"),
    [
        ([("4", "BLOGPOST - OTHER ", False)], "4"),
        ([("11", "Blogpost - Other", True), ("12", "Email - Other", False)], "12"),
        ([("5", "Snapchat Ads", False), ("77", "Podcast - Other", False)], "77"),
    ],
)
def test_the_publisher_goes_by_name(publishers: list[tuple[str, str, bool]], chosen: str):
    assert choose_publisher(publishers) == chosen


@pytest.mark.parametrize("publishers", [[], [("1", "Google Ads", True)], [("5", "TikTok", False)]])
def test_without_a_fitting_publisher_there_is_no_tag(publishers: list[tuple[str, str, bool]]):
    with pytest.raises(NoPublisher):
        choose_publisher(publishers)


@pytest.mark.parametrize(
    ("answer", "api", "pinned", "reason"),
    [
        (Answer("c"), Api.ADS, "A1", None),
        (Answer("c", "A1"), Api.SELLING_PARTNER, None, None),
        (Answer("c", "A1"), Api.SELLING_PARTNER, "A1", None),
        (Answer("c", "A2"), Api.SELLING_PARTNER, "A1", "A2"),
        (Answer("c"), Api.SELLING_PARTNER, None, "which seller"),
        (Answer(None), Api.ADS, None, "no code"),
        (Answer(None, error="access_denied"), Api.ADS, None, "choose Allow"),
        (Answer("c", error="server_error"), Api.ADS, None, "server_error"),
    ],
)
def test_an_answer_connects_or_says_why_not(
    answer: Answer, api: Api, pinned: str | None, reason: str | None
):
    found = why_unusable(answer, api, pinned)

    assert found is None if reason is None else reason in (found or "")


def test_a_code_is_not_shown_when_an_answer_is_printed():
    assert "secret" not in repr(Answer("secret"))


def test_the_addresses_of_a_consent():
    pages, ours = Pages.at(""), "https://us.example"
    assert start_url(ours, Api.ADS, "s") == "https://us.example/oauth/amazon/ads/start?state=s"
    assert ads_page(pages, "client", ours, "s") == (
        "https://www.amazon.com/ap/oa?client_id=client"
        "&scope=advertising%3A%3Acampaign_management&response_type=code"
        "&redirect_uri=https%3A%2F%2Fus.example%2Foauth%2Famazon%2Fads&state=s"
    )
    assert seller_page(pages, "app", ours, "s") == (
        "https://sellercentral.amazon.com/apps/authorize/consent?application_id=app&state=s"
        "&redirect_uri=https%3A%2F%2Fus.example%2Foauth%2Famazon%2Fseller"
    )
    assert login_answer("https://amazon.com/a", "x", ours, "s") == (
        "https://amazon.com/a?redirect_uri=https%3A%2F%2Fus.example%2Foauth%2Famazon%2Fseller"
        "&amazon_state=x&state=s"
    )


def test_in_a_rehearsal_the_sandbox_is_amazon():
    assert Pages.at("http://127.0.0.1:8900").is_amazon("http://127.0.0.1:8900/apps/a")
    assert not Pages.at("http://127.0.0.1:8900").is_amazon("http://127.0.0.1:89001/apps/a")
    assert not Pages.at("").is_amazon("http://127.0.0.1:8900/apps/a")
