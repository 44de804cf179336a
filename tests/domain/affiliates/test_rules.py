from __future__ import annotations

import pytest

from domain.affiliates.rules import PartnershipEnded, Status, affiliate_name, email, paused, resumed
from domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Lee+Shop@Example.CO.UK ", "ann.lee+shop@example.co.uk"),
    ],
)
def test_an_address_is_kept_in_lower_case(text, kept):
    assert email(text) == kept


@pytest.mark.parametrize(
    "text",
    ["", "ann", "ann@", "@example.com", "ann@example", "ann lee@example.com", "a@b@example.com",
     "ann@example.com\n.org", "ann@exam ple.com", "änn@example.com", "a" * 250 + "@b.co",
     "a\0@b.co"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InvalidInput, match=r"ann@example\.com"):
        email(text)


@pytest.mark.parametrize("text", ["", "  ", "a" * 201, "Ann\nLee"])
def test_what_is_no_name_is_refused(text):
    with pytest.raises(InvalidInput):
        affiliate_name(text)


def test_a_partnership_is_paused_and_resumed():
    assert paused(Status.ACTIVE) is paused(Status.PAUSED) is Status.PAUSED
    assert resumed(Status.PAUSED) is resumed(Status.ACTIVE) is Status.ACTIVE


@pytest.mark.parametrize("change", [paused, resumed])
def test_an_ended_partnership_is_neither(change):
    with pytest.raises(PartnershipEnded, match="Add the affiliate to an offer"):
        change(Status.ENDED)
