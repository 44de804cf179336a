from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from uuid import UUID

import pytest

from domain.accounts.rules import (
    Account,
    AmazonNotOffered,
    Installation,
    Plan,
    PlanTooLow,
    account_name,
    may_connect_amazon,
)
from domain.errors import InvalidInput

NOW = datetime(2026, 9, 1, tzinfo=UTC)
OPEN = Installation(amazon_open=True, default_plan=Plan.ENTERPRISE, amazon_plan=Plan.ENTERPRISE)
CLOSED = Installation(amazon_open=False, default_plan=Plan.ENTERPRISE, amazon_plan=Plan.ENTERPRISE)


def an_account(plan=Plan.ENTERPRISE, entitled_at=NOW):
    return Account(UUID(int=1), "Acme", plan, entitled_at, NOW)


def test_an_account_without_the_entitlement_is_refused_once_amazon_is_closed():
    """S1."""
    with pytest.raises(AmazonNotOffered) as refused:
        may_connect_amazon(an_account(entitled_at=None), CLOSED)

    assert "AMAZON entitlement" in refused.value.message
    assert "no longer being offered to new accounts" in refused.value.message


def test_an_entitled_account_connects_also_when_amazon_is_closed():
    """S2."""
    assert may_connect_amazon(an_account(), CLOSED) is None


@pytest.mark.parametrize("plan", [Plan.LAUNCH, Plan.GROWTH, Plan.SCALE])
def test_a_lower_plan_is_told_to_upgrade(plan):
    """S3."""
    with pytest.raises(PlanTooLow, match=r"Upgrade to Enterprise") as refused:
        may_connect_amazon(an_account(plan), OPEN)

    assert refused.value.plan is plan
    assert refused.value.needed is Plan.ENTERPRISE


def test_the_plan_that_amazon_needs_is_the_installations_choice():
    scale = Installation(amazon_open=True, default_plan=Plan.LAUNCH, amazon_plan=Plan.SCALE)

    assert may_connect_amazon(an_account(Plan.SCALE), scale) is None


def test_a_larger_plan_covers_a_smaller_one_and_not_the_reverse():
    for smaller, larger in combinations(Plan, 2):
        assert larger.covers(smaller)
        assert not smaller.covers(larger)
        assert smaller.covers(smaller)


@pytest.mark.parametrize("name", ["", "   ", "a" * 201, "two\nlines"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidInput):
        account_name(name)
