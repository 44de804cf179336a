"""Offers by the API: saved as asked, or refused with the reasons, and nothing changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.ids import encode
from domain.offers.incompatibility import REASONS, Setting
from tests.factories import (
    NOW,
    a_conversion,
    a_dtc_store,
    a_partnership,
    a_store,
    a_version,
    an_offer,
)
from tests.schema.conftest import Client

CREATE = """mutation($input: CreateOfferInput!) { createOffer(input: $input) {
  __typename
  ... on Offer { id name description archivedAt store { id }
    currentVersion { startsOn ratePercent cookieDays dtcTerms } versions { startsOn } }
  ... on Refusal { message }
  ... on IncompatibleWithAmazon { settings reasons }
  ... on InvalidInput { field reason }
  ... on StartsInThePast { startsOn today }
} }"""
EDIT = """mutation($input: EditOfferInput!) { editOffer(input: $input) {
  __typename
  ... on Offer { name currentVersion { ratePercent } versions { startsOn ratePercent } }
  ... on Refusal { message }
  ... on SalesAlreadyReported { day }
} }"""
ARCHIVE = """mutation($id: ID!) { archiveOffer(id: $id) {
  __typename ... on Offer { archivedAt } ... on OfferInUse { partnerships } } }"""
TODAY = date(2026, 9, 1)


def order(store_id: UUID, **terms: Any) -> dict[str, Any]:
    return {
        "storeId": encode("stor", store_id),
        "name": "Summer",
        "terms": {"ratePercent": "12.50"} | terms,
    }


async def counts(owner: asyncpg.Connection) -> tuple[int, ...]:
    tables = ("offer", "offer_version", "audit_entry")
    return tuple([await owner.fetchval(f"SELECT count(*) FROM {t}") for t in tables])


async def test_an_offer_is_created_and_read_back(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S20, S62."""
    store_id = await a_store(owner, account_id)

    made = await client.act(CREATE, input=order(store_id) | {"description": "Ten a day"})

    assert made.pop("id").startswith("offr_")
    assert made == {
        "__typename": "Offer",
        "name": "Summer",
        "description": "Ten a day",
        "archivedAt": None,
        "store": {"id": encode("stor", store_id)},
        "currentVersion": {
            "startsOn": "2026-09-01", "ratePercent": "12.50", "cookieDays": 14, "dtcTerms": None,
        },
        "versions": [{"startsOn": "2026-09-01"}],
    }  # fmt: skip
    assert await counts(owner) == (1, 1, 1)
    assert client.rings == 1


BEYOND_AMAZON = {
    Setting.SKU_COMMISSIONS: {"skuRates": [{"sku": "A", "ratePercent": "5"}]},
    Setting.SKU_EXCLUSIONS: {"excludedSkus": ["A"]},
    Setting.CUSTOMER_RATES: {"newCustomerRatePercent": "5", "returningCustomerRatePercent": "1"},
    Setting.EMAIL_TRIGGER: {"triggerEmails": ["a@example.com"]},
    Setting.COUPON_TRIGGER: {"triggerCoupons": ["SPRING"]},
    Setting.SKU_TRIGGER: {"triggerSkus": ["A"]},
    Setting.COOKIE_DAYS: {"cookieDays": 30},
    Setting.SUBSCRIPTION_TRACKING: {"tracksSubscriptions": True},
    Setting.FIXED_PER_ORDER: {"fixedPerOrder": {"amount": "1.00", "currency": "USD"}},
}


@pytest.mark.parametrize("setting", Setting)
async def test_a_setting_that_amazon_cannot_carry_is_refused_with_its_reason(
    client: Client, owner: asyncpg.Connection, account_id: UUID, setting: Setting
) -> None:
    """S22, S23, S24, S25, S26, S27, S28, S30, S63."""
    store_id = await a_store(owner, account_id)

    refused = await client.act(CREATE, input=order(store_id, **BEYOND_AMAZON[setting]))

    assert refused["__typename"] == "IncompatibleWithAmazon"
    assert refused["settings"] == [setting.name]
    assert refused["reasons"] == [REASONS[setting]]
    assert REASONS[setting] in refused["message"]
    assert await counts(owner) == (0, 0, 0)
    assert client.rings == 0


async def test_a_shop_of_its_own_can_have_all_of_them(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S29."""
    store_id = await a_dtc_store(owner, account_id)
    terms = {name: it for one in BEYOND_AMAZON.values() for name, it in one.items()}

    made = await client.act(CREATE, input=order(store_id, **terms))

    assert made["currentVersion"]["cookieDays"] == 30
    assert made["currentVersion"]["dtcTerms"] == {
        "fixed_per_order_minor": 100, "sku_rates_bp": {"A": 500}, "excluded_skus": ["A"],
        "new_customer_rate_bp": 500, "returning_customer_rate_bp": 100,
        "trigger_emails": ["a@example.com"], "trigger_coupons": ["SPRING"], "trigger_skus": ["A"],
        "tracks_subscriptions": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"ratePercent": "12.505"}, "ratePercent"),
        ({"ratePercent": "100.01"}, "ratePercent"),
        ({"ratePercent": "-1"}, "ratePercent"),
        ({"ratePercent": "NaN"}, "ratePercent"),
        ({"ratePercent": "1e999999"}, "ratePercent"),
        ({"cookieDays": 0}, "cookieDays"),
        ({"skuRates": [{"sku": "A", "ratePercent": "1"}] * 2}, "skuRates"),
        ({"triggerSkus": ["A"] * 101}, "triggerSkus"),
        ({"fixedPerOrder": {"amount": "1.00", "currency": "EUR"}}, "fixedPerOrder"),
        ({"fixedPerOrder": {"amount": "1.001", "currency": "USD"}}, "amount"),
        ({"fixedPerOrder": {"amount": "1E+30", "currency": "USD"}}, "amount"),
    ],
)
async def test_a_figure_that_makes_no_sense_is_refused_by_its_name(
    client: Client, owner: asyncpg.Connection, account_id: UUID, terms: dict[str, Any], field: str
) -> None:
    store_id = await a_dtc_store(owner, account_id)

    refused = await client.act(CREATE, input=order(store_id, **terms))

    assert (refused["__typename"], refused["field"]) == ("InvalidInput", field)
    assert await counts(owner) == (0, 0, 0)


async def test_terms_do_not_start_in_the_past(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)

    refused = await client.act(CREATE, input=order(store_id) | {"startsOn": "2026-08-31"})

    assert refused["__typename"] == "StartsInThePast"
    assert (refused["startsOn"], refused["today"]) == ("2026-08-31", "2026-09-01")


async def test_the_current_version_follows_the_installations_clock(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """The day is the store's: in Los Angeles the new terms start seven hours after UTC's day."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id, 1000)
    await a_version(owner, account_id, offer_id, 2000, TODAY + timedelta(days=30))
    document = "query($id: ID!) { offer(id: $id) { currentVersion { ratePercent } } }"
    found = []

    for moment in (NOW, NOW.replace(month=10, hour=6), NOW.replace(month=10, hour=7)):
        client.clock.moment = moment
        offer = (await client.ask(document, id=encode("offr", offer_id)))["offer"]
        found.append(offer["currentVersion"]["ratePercent"])

    assert found == ["10.00", "10.00", "20.00"]


async def test_an_edit_adds_a_version_and_leaves_the_past(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S21."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id, 1000)

    edited = await client.act(
        EDIT,
        input={
            "offerId": encode("offr", offer_id), "name": "Winter", "startsOn": "2026-09-05",
            "terms": {"ratePercent": "15"},
        },
    )  # fmt: skip

    assert edited == {
        "__typename": "Offer",
        "name": "Winter",
        "currentVersion": {"ratePercent": "10.00"},
        "versions": [
            {"startsOn": "2026-09-05", "ratePercent": "15.00"},
            {"startsOn": "2026-01-01", "ratePercent": "10.00"},
        ],
    }


async def test_a_day_whose_sales_are_priced_keeps_its_terms(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id, 1000)
    version_id = await owner.fetchval("SELECT id FROM offer_version")
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    await a_conversion(owner, account_id, partnership_id, version_id, TODAY)
    before = await counts(owner)

    refused = await client.act(
        EDIT, input={"offerId": encode("offr", offer_id), "terms": {"ratePercent": "15"}}
    )

    assert (refused["__typename"], refused["day"]) == ("SalesAlreadyReported", "2026-09-01")
    assert await counts(owner) == before


async def test_an_offer_in_use_is_not_archived_and_a_free_one_is(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    used, free = [await an_offer(owner, account_id, store_id) for _ in range(2)]
    await a_partnership(owner, account_id, store_id, used)

    refused = await client.act(ARCHIVE, id=encode("offr", used))
    archived = await client.act(ARCHIVE, id=encode("offr", free))

    assert refused == {"__typename": "OfferInUse", "partnerships": 1}
    assert archived == {"__typename": "Offer", "archivedAt": "2026-09-01T12:00:00Z"}


async def test_an_offer_of_another_account_is_not_there(
    client: Client, stranger: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    nothing = UUID(int=5)

    for document, id in ((EDIT, {"name": "Mine"}), (ARCHIVE, None)):
        answers = []
        for uuid in (offer_id, nothing):
            shown = encode("offr", uuid)
            given = {"input": {"offerId": shown} | id} if id else {"id": shown}
            answers.append(await stranger.act(document, **given))
        assert [one["__typename"] for one in answers] == ["NotFound", "NotFound"]

    refused = await stranger.act(CREATE, input=order(store_id))
    assert refused["__typename"] == "NotFound"
    assert await counts(owner) == (1, 1, 0)


async def test_an_id_of_the_wrong_kind_is_refused(client: Client) -> None:
    refused = await client.act(CREATE, input=order(UUID(int=1)) | {"storeId": "offr_1"})

    assert refused["__typename"] == "WrongId"
    assert "stor_" in refused["message"]
