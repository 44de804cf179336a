from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.discovery import invitation, rules
from domain.discovery.invitation import InvitationClosed, Sent, State, TooManyInvitations
from domain.discovery.rules import Channel, ChannelKind, ProfileIncomplete
from domain.errors import InvalidInput

BLOG = Channel(ChannelKind.BLOG, "https://ann.example.com/", 1200)
TUBE = Channel(ChannelKind.YOUTUBE, "https://www.youtube.com/@ann", 800)


def profile(**changed):
    values = {
        "name": "Ann",
        "bio": "I cook.",
        "channels": [BLOG],
        "niches": ["KITCHEN"],
        "countries": ["US"],
        "amazon_capable": True,
    }
    return rules.profile(**(values | changed))


def test_what_is_kept_is_tidy():
    kept = profile(
        name="  Ann ", bio=" I cook.\nAnd bake. ", channels=[TUBE, BLOG, TUBE_TWO],
        niches=["PETS", "KITCHEN", "PETS"], countries=["us", "DE ", "US"],
    )  # fmt: skip

    assert (kept.name, kept.bio) == ("Ann", "I cook.\nAnd bake.")
    assert kept.niches == ("KITCHEN", "PETS")
    assert kept.countries == ("DE", "US")
    assert kept.channel_kinds == (ChannelKind.BLOG, ChannelKind.YOUTUBE)
    assert kept.audience == 1200 + 800 + 5


TUBE_TWO = Channel(ChannelKind.YOUTUBE, "https://www.youtube.com/@ann-too", 5)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "  ", "1 to 200"),
        ("name", "A\nnn", "1 to 200"),
        ("bio", "x" * 5_001, "5,000 characters"),
        ("bio", "\0", "5,000 characters"),
        ("niches", ["NONSENSE"], "NONSENSE"),
        ("niches", list(rules.Category)[:11], "10 at most"),
        ("countries", ["UK"], '"UK" is not a country'),
        ("countries", ["USA"], "ISO 3166"),
        ("countries", sorted(rules.country_codes())[:51], "50 at most"),
        ("channels", [BLOG] * 21, "20 at most"),
        ("channels", [BLOG, BLOG], "named twice"),
        ("channels", [Channel(ChannelKind.X, "https://x.com/ann", -1)], "An audience is 0"),
        ("channels", [Channel(ChannelKind.X, "https://x.com/a", 2_000_000_001)], "An audience"),
    ],
)
def test_what_cannot_be_kept_is_told_by_its_field(field, value, reason):
    with pytest.raises(InvalidInput) as refused:
        profile(**{field: value})

    assert refused.value.field == field
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    "url",
    [
        "http://ann.example.com", "ann.example.com", "https://localhost/", "https://",
        "javascript:alert(1)", "https://ann:secret@example.com/", "https://example.com:8443/",
        "https://ann.example.com/a b", "https://ann.example.com\\@evil.example", "",
        "https://ann.example.com/" + "x" * 500,
    ],
)  # fmt: skip
def test_the_address_of_a_channel_is_one_that_a_brand_can_follow(url):
    with pytest.raises(InvalidInput, match="is not the address of a channel"):
        profile(channels=[Channel(ChannelKind.BLOG, url, 0)])


def test_a_profile_is_shown_only_when_it_says_enough():
    with pytest.raises(ProfileIncomplete) as nothing:
        rules.check_publishable(None)
    with pytest.raises(ProfileIncomplete) as half:
        rules.check_publishable(profile(bio=" ", niches=[], countries=[]))

    assert nothing.value.missing == ("name", "bio", "channels", "niches")
    assert half.value.missing == ("bio", "niches")
    assert "no bio and no niches" in half.value.message
    assert rules.check_publishable(profile(countries=[])).name == "Ann"


@pytest.mark.parametrize("ended", [State.ACCEPTED, State.DECLINED, State.WITHDRAWN])
def test_an_invitation_ends_once_and_the_same_end_again_is_no_change(ended):
    assert invitation.becomes(State.SENT, ended)
    assert not invitation.becomes(ended, ended)
    for other in {State.ACCEPTED, State.DECLINED, State.WITHDRAWN} - {ended}:
        with pytest.raises(InvitationClosed) as closed:
            invitation.becomes(ended, other)
        assert closed.value.state is ended
        assert ended.value.lower() in closed.value.message


@given(today=st.integers(0, 199), to_one=st.integers(0, 2))
def test_an_account_sends_up_to_200_a_day_and_three_a_month_to_one(today, to_one):
    invitation.check_few(Sent(today, to_one))

    with pytest.raises(TooManyInvitations, match="200 invitations to affiliates in 24 hours"):
        invitation.check_few(Sent(today + 200, to_one))
    with pytest.raises(TooManyInvitations, match="3 invitations to one affiliate in 30 days"):
        invitation.check_few(Sent(today, to_one + 3))


def test_a_reason_may_be_left_out():
    assert invitation.reason(None) is None
    assert invitation.reason("  ") is None
    assert invitation.reason(" No time. ") == "No time."
    with pytest.raises(InvalidInput, match="1,000"):
        invitation.reason("x" * 1_001)
