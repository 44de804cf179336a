from __future__ import annotations

import pytest

from domain.affiliates.rules import (
    PartnershipEnded,
    Status,
    affiliate_name,
    email,
    reason,
    reason_if_any,
    turns,
)
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


def test_a_status_that_stands_is_not_written_again():
    open_ = (Status.ACTIVE, Status.PAUSED)
    assert all(turns(status, to) is (status is not to) for status in open_ for to in Status)
    assert not turns(Status.ENDED, Status.ENDED)


@pytest.mark.parametrize("to", [Status.ACTIVE, Status.PAUSED])
def test_an_ended_partnership_becomes_nothing_else(to):
    with pytest.raises(PartnershipEnded, match="Add the affiliate to an offer"):
        turns(Status.ENDED, to)


def test_a_reason_is_kept_without_the_blanks_around_it():
    assert reason("  No samples\nbefore May.\n") == "No samples\nbefore May."
    assert reason("a" * 1000) == "a" * 1000
    assert reason_if_any(None) is reason_if_any(" \n") is None
    assert reason_if_any(" back ") == "back"


@pytest.mark.parametrize("text", ["", "  ", "a" * 1001, "a\0b"])
def test_what_is_no_reason_is_refused(text):
    with pytest.raises(InvalidInput, match="1 to 1,000"):
        reason(text)
