"""What one customer's bad luck must not do to all others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.catalog.marketplaces import Region
from domain.duties import actions
from domain.duties.rules import MAX_ATTEMPTS, Kind
from tests.stage import Stage
from workers.amazon.ads import Profile
from workers.connecting import _found
from workers.jobs import sweep

PROFILE = Profile(Region.EUROPE, "1", "seller", "A1", "Acme", "A1F83G8C2ARO7P", "UK", "GBP", "")


@pytest.mark.parametrize("named", ["", "PDT (Seattle)", "America", "../etc/passwd", "America/\0"])
def test_a_time_zone_that_nobody_knows_is_the_marketplaces(named: str):
    """S67: a zone that cannot be read would stop every store's calendar, not this one's."""
    assert _found(replace(PROFILE, time_zone=named)).time_zone == "Europe/London"
    assert _found(replace(PROFILE, time_zone=named, marketplace_id="?")).time_zone == "UTC"


def test_a_time_zone_that_amazon_names_wins_over_the_marketplaces():
    assert _found(replace(PROFILE, time_zone="Asia/Tokyo")).time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(("named", "found"), [("", "GBP"), ("GBP", "GBP"), ("EUR", "EUR")])
def test_a_currency_that_amazon_leaves_out_is_the_marketplaces(named: str, found: str):
    assert _found(replace(PROFILE, currency=named)).currency == found


async def test_a_duty_that_workers_die_of_is_given_up(stage: Stage):
    """A killed worker records no failure, so nothing else would ever end it."""
    async with stage.db.transaction(stage.account_id) as tx:
        await actions.promise(tx, Kind.SETTLE, "deadly", stage.account_id, {}, stage.now())
    died = "UPDATE duty SET attempts = $1, lease_token = id, lease_until = now() - interval '1 s'"
    await stage.owner.execute(died, MAX_ATTEMPTS)

    await sweep(stage.deps)

    [duty] = await stage.owner.fetch("SELECT * FROM duty WHERE subject = 'deadly'")
    assert (duty["attempts"], duty["lease_token"]) == (MAX_ATTEMPTS + 1, None)
    assert duty["dead_at"] == stage.now()
    assert "log" in duty["last_error"]
