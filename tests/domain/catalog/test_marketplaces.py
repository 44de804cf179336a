from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from domain.catalog.marketplaces import MARKETPLACES, by_host, by_id
from domain.money import exponent


@pytest.mark.parametrize("marketplace", MARKETPLACES, ids=lambda each: each.country)
def test_a_marketplace_has_a_real_currency_and_time_zone(marketplace):
    assert exponent(marketplace.currency) in (0, 2)
    assert ZoneInfo(marketplace.time_zone).key == marketplace.time_zone


@pytest.mark.parametrize("marketplace", MARKETPLACES, ids=lambda each: each.country)
def test_a_marketplace_is_found_by_id_and_host(marketplace):
    assert by_id(marketplace.id) is marketplace
    assert by_host(marketplace.domain) is marketplace
    assert by_host(f"www.{marketplace.domain}") is marketplace


def test_every_marketplace_of_amazon_attribution_is_known():
    known = {marketplace.country for marketplace in MARKETPLACES}

    assert {"US", "CA", "MX", "UK", "DE", "FR", "IT", "ES", "NL"} <= known


@pytest.mark.parametrize(
    "host", ["amazon.com.evil.com", "evilamazon.com", "amazon.org", "", "com", "amazon"]
)
def test_a_host_that_is_not_amazons_belongs_to_no_marketplace(host):
    assert by_host(host) is None


def test_the_us_marketplace_reports_in_pacific_time():
    us = by_id("ATVPDKIKX0DER")

    assert us is not None
    assert (us.currency, us.time_zone, us.region) == ("USD", "America/Los_Angeles", "NA")
