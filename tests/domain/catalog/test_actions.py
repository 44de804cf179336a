"""Which stores may be connected, and what becomes of a store that is disconnected."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.accounts.rules import AmazonNotOffered, PlanTooLow
from domain.amazon.rules import MerchantTaken
from domain.catalog import actions
from domain.catalog.rules import StoreExists
from domain.conversions.actions import settle
from domain.errors import InvalidInput, NotFound
from domain.money import UnknownCurrency
from domain.reports.runs import Profile
from tests.factories import (
    NOW,
    a_conversion,
    a_partnership,
    a_profile,
    a_seller_account,
    an_account,
    an_offer,
)
from workers.sweeping import Planner


@pytest.fixture
async def account_id(owner: asyncpg.Connection) -> UUID:
    return await an_account(owner)


async def a_found_profile(owner: asyncpg.Connection, account_id: UUID, **fields: Any) -> UUID:
    """A profile behind a consent that stands."""
    seller = await a_seller_account(owner, account_id, merchant_id=None)
    await owner.execute(
        """INSERT INTO amazon_grant (account_id, seller_account_id, api, state)
           VALUES ($1, $2, 'ADS', 'CONNECTED')""",
        account_id, seller,
    )  # fmt: skip
    return await a_profile(owner, account_id, seller, **fields)


@pytest.fixture
def connect(db: Database, account_id: UUID) -> Callable[..., Awaitable[UUID]]:
    async def connect(profile_id: UUID, brand: str = "Acme", **more: Any) -> UUID:
        async with db.transaction(account_id) as tx:
            return await actions.connect_store(tx, account_id, profile_id, brand, NOW, **more)

    return connect


@pytest.fixture
def shop(db: Database, account_id: UUID) -> Callable[..., Awaitable[UUID]]:
    async def shop(brand: str = "Acme", url: str = "https://acme.example", **more: Any) -> UUID:
        zone = more.pop("time_zone", "America/New_York")
        currency = more.pop("currency", "USD")
        async with db.transaction(account_id) as tx:
            return await actions.connect_dtc_store(
                tx, account_id, brand, url, currency, zone, NOW, **more
            )

    return shop


async def test_an_account_without_the_entitlement_is_refused(owner, account_id, connect):
    """S1."""
    await owner.execute("UPDATE installation SET amazon_open = false")
    await owner.execute("UPDATE account SET amazon_entitled_at = NULL")

    with pytest.raises(AmazonNotOffered, match="no longer being offered to new"):
        await connect(await a_found_profile(owner, account_id))

    assert await owner.fetchval("SELECT count(*) FROM store") == 0


async def test_an_account_that_had_amazon_connects_further_stores(owner, account_id, connect):
    """S2."""
    await connect(await a_found_profile(owner, account_id), "Acme")
    await owner.execute("UPDATE installation SET amazon_open = false")

    assert await connect(await a_found_profile(owner, account_id, merchant_id="A2"), "Bolt")


async def test_a_lower_plan_is_told_to_upgrade(owner, account_id, connect):
    """S3."""
    await owner.execute("UPDATE account SET plan = 'SCALE'")

    with pytest.raises(PlanTooLow, match="Upgrade to Enterprise"):
        await connect(await a_found_profile(owner, account_id))


async def test_the_open_marketplaces_are_data(owner, account_id, connect):
    """S6."""
    canada = {"marketplace_id": "A2EUQ1WTGCTBG2", "country": "CA", "currency": "CAD"}
    profile_id = await a_found_profile(owner, account_id, **canada)
    await owner.execute("UPDATE installation SET marketplace_ids = '{A2EUQ1WTGCTBG2}'")

    store = await owner.fetchrow("SELECT * FROM store WHERE id = $1", await connect(profile_id))

    assert (store["currency"], store["name"]) == ("CAD", "Acme on Amazon CA")


async def test_a_store_belongs_to_one_brand_of_the_seller(owner, account_id, connect):
    """S9."""
    profile_id = await a_found_profile(owner, account_id)

    await connect(profile_id, "Acme", store_name="Main street")

    store = await owner.fetchrow(
        """SELECT s.name, b.name AS brand, b.seller_account_id = p.seller_account_id AS of_seller
             FROM store s JOIN brand b ON b.id = s.brand_id JOIN profile p ON p.id = s.profile_id"""
    )
    assert tuple(store) == ("Main street", "Acme", True)
    with pytest.raises(asyncpg.NotNullViolationError):
        await owner.execute("UPDATE store SET brand_id = NULL")


async def test_a_profile_of_another_account_is_not_there(owner, account_id, connect):
    other = await an_account(owner)

    with pytest.raises(NotFound):
        await connect(await a_found_profile(owner, other))


async def test_a_merchant_stands_under_one_seller_account(owner, account_id, connect):
    await connect(await a_found_profile(owner, account_id), "Acme")

    with pytest.raises(MerchantTaken):
        await connect(await a_found_profile(owner, account_id), "Bolt")


async def test_a_brands_shop_and_its_amazon_store_are_of_one_brand(
    owner, account_id, connect, shop
):
    """S9. Whichever of them comes first."""
    await shop("Acme", "https://acme.example")
    await connect(await a_found_profile(owner, account_id), "ACME")
    await shop("acme", "https://acme.example/outlet")

    assert await owner.fetchval("SELECT count(*) FROM brand") == 1
    assert await owner.fetchval("SELECT count(*) FROM store") == 3


async def test_a_shop_is_kept_with_its_money_and_time(owner, shop):
    store_id = await shop(currency="JPY", time_zone="Asia/Tokyo", store_name="Tokyo")

    store = await owner.fetchrow("SELECT * FROM store WHERE id = $1", store_id)
    assert [store[name] for name in ("channel", "name", "url", "currency", "time_zone")] == [
        "DTC", "Tokyo", "https://acme.example", "JPY", "Asia/Tokyo",
    ]  # fmt: skip


async def test_a_shop_is_connected_once(shop):
    await shop()

    with pytest.raises(StoreExists, match=r"https://acme\.example already"):
        await shop("Bolt", "https://ACME.example/")


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"currency": "EURO"}, UnknownCurrency),
        ({"time_zone": "Nowhere"}, InvalidInput),
        ({"url": "http://acme.example"}, InvalidInput),
        ({"brand": " "}, InvalidInput),
    ],
)
async def test_a_shop_is_checked(shop, wrong: dict[str, str], refusal: type[Exception]):
    with pytest.raises(refusal):
        await shop(**wrong)


async def test_a_disconnected_store_still_settles_and_fetches_nothing(
    db: Database, owner, account_id, connect
):
    """S80."""
    profile_id = await a_found_profile(owner, account_id)
    store_id = await connect(profile_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    version_id = await owner.fetchval("SELECT id FROM offer_version")
    conversion_id = await a_conversion(
        owner, account_id, partnership_id, version_id, date(2026, 8, 15)
    )
    await owner.execute("DELETE FROM duty")

    async with db.transaction(account_id) as tx:
        await actions.disconnect_store(tx, account_id, store_id, NOW)
    later = NOW + timedelta(days=31)
    await Planner().plan(db, later)
    async with db.transaction(account_id) as tx:
        profile = Profile(account_id, profile_id, "1", "NA", "USD", "America/Los_Angeles")
        await settle(tx, profile, store_id, later)

    kinds = [row["kind"] for row in await owner.fetch("SELECT DISTINCT kind FROM duty")]
    assert kinds == ["settle"]
    status = await owner.fetchval("SELECT status FROM conversion WHERE id = $1", conversion_id)
    assert status == "SETTLED"


async def test_disconnecting_twice_keeps_the_first_moment(db: Database, owner, account_id, connect):
    store_id = await connect(await a_found_profile(owner, account_id))
    for moment in (NOW, NOW + timedelta(days=1)):
        async with db.transaction(account_id) as tx:
            await actions.disconnect_store(tx, account_id, store_id, moment)

    assert await owner.fetchval("SELECT disconnected_at FROM store") == NOW


async def test_a_store_goes_on_where_it_was_left(db: Database, owner, account_id, connect):
    profile_id = await a_found_profile(owner, account_id)
    store_id = await connect(profile_id)
    async with db.transaction(account_id) as tx:
        await actions.disconnect_store(tx, account_id, store_id, NOW)
    await owner.execute("DELETE FROM duty")
    with pytest.raises(StoreExists, match="Reconnect it"):
        await connect(profile_id)

    async with db.transaction(account_id) as tx:
        await actions.reconnect_store(tx, account_id, store_id, NOW)

    assert await owner.fetchval("SELECT disconnected_at FROM store") is None
    kinds = {row["kind"] for row in await owner.fetch("SELECT kind FROM duty")}
    assert kinds == {"sync_catalog", "pull_report"}


async def test_reconnecting_is_connecting_and_may_be_refused(
    db: Database, owner, account_id, connect
):
    """S3."""
    store_id = await connect(await a_found_profile(owner, account_id))
    async with db.transaction(account_id) as tx:
        await actions.disconnect_store(tx, account_id, store_id, NOW)
    await owner.execute("UPDATE account SET plan = 'LAUNCH'")

    with pytest.raises(PlanTooLow):
        async with db.transaction(account_id) as tx:
            await actions.reconnect_store(tx, account_id, store_id, NOW)

    assert await owner.fetchval("SELECT disconnected_at FROM store") == NOW


async def test_a_shop_is_disconnected_and_reconnected(db: Database, owner, account_id, shop):
    store_id = await shop()
    async with db.transaction(account_id) as tx:
        await actions.disconnect_store(tx, account_id, store_id, NOW)
        await actions.reconnect_store(tx, account_id, store_id, NOW)

    assert await owner.fetchval("SELECT disconnected_at FROM store") is None
    assert await owner.fetchval("SELECT count(*) FROM duty") == 0


async def test_a_store_that_is_not_there_cannot_be_disconnected(db: Database, account_id):
    with pytest.raises(NotFound):
        async with db.transaction(account_id) as tx:
            await actions.disconnect_store(tx, account_id, uuid4(), NOW)
