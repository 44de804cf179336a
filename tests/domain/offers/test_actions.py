from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from domain.errors import InvalidInput, NotFound
from domain.offers import actions
from domain.offers.incompatibility import IncompatibleWithAmazon, Setting
from domain.offers.lifecycle import (
    OfferArchived,
    OfferInUse,
    OfferNameTaken,
    SalesAlreadyReported,
)
from domain.offers.rules import StartsInThePast, Terms, Version
from tests.factories import (
    NOW,
    a_conversion,
    a_dtc_store,
    a_partnership,
    a_store,
    a_version,
    an_account,
    an_offer,
)

TODAY = date(2026, 9, 1)
TEN_PERCENT = Terms(rate_bp=1000)
EVERYTHING = Terms(
    rate_bp=500,
    cookie_days=30,
    fixed_per_order_minor=250,
    sku_rates_bp={"SKU-1": 1500},
    excluded_skus=("SKU-3", "SKU-2"),
    new_customer_rate_bp=2000,
    returning_customer_rate_bp=0,
    trigger_emails=("ann@example.com",),
    trigger_coupons=("ANN10",),
    trigger_skus=("SKU-9",),
    tracks_subscriptions=True,
)


async def versions(owner, offer_id):
    rows = await owner.fetch(
        """SELECT valid_from, rate_bp FROM offer_version WHERE offer_id = $1
            ORDER BY valid_from""",
        offer_id,
    )
    return [tuple(row) for row in rows]


async def create(db, account_id, store_id, name="Summer", terms=TEN_PERCENT, starts_on=None):
    async with db.transaction(account_id) as tx:
        return await actions.create_offer(tx, account_id, store_id, name, "", terms, starts_on, NOW)


async def edit(db, account_id, offer_id, now=NOW, **changes):
    async with db.transaction(account_id) as tx:
        return await actions.edit_offer(tx, account_id, offer_id, now, **changes)


async def archive(db, account_id, offer_id, now=NOW):
    async with db.transaction(account_id) as tx:
        return await actions.archive_offer(tx, account_id, offer_id, now)


async def test_an_offer_is_created_and_pays_from_today_on(db, owner):
    """S21, S62."""
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)

    async with db.transaction(account_id) as tx:
        offer = await actions.create_offer(
            tx, account_id, store_id, " Summer ", "Ten\npercent.", TEN_PERCENT, None, NOW
        )

    assert (offer.name, offer.description) == ("Summer", "Ten\npercent.")
    assert offer.versions == (Version(TODAY, TEN_PERCENT),)
    row = await owner.fetchrow("SELECT * FROM offer_version WHERE offer_id = $1", offer.id)
    assert (row["rate_bp"], row["cookie_days"], row["dtc_terms"]) == (1000, 14, None)


async def test_today_is_the_stores_day(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    before_midnight_there = datetime(2026, 9, 2, 6, 59, tzinfo=UTC)

    async with db.transaction(account_id) as tx:
        offer = await actions.create_offer(
            tx, account_id, store_id, "Late", "", TEN_PERCENT, None, before_midnight_there
        )

    assert offer.versions[0].starts_on == date(2026, 9, 1)


async def test_a_store_has_as_many_offers_as_it_likes(db, owner):
    """S20."""
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)

    for number in range(25):
        await create(db, account_id, store_id, f"Offer {number}")

    assert await owner.fetchval("SELECT count(*) FROM offer") == 25


async def test_every_setting_that_amazon_cannot_carry_is_refused_when_saved(db, owner):
    """S22, S23, S24, S25, S26, S27, S28, S30, S63: at creation and at an edit, nothing is kept."""
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)

    with pytest.raises(IncompatibleWithAmazon) as created:
        await create(db, account_id, store_id, terms=EVERYTHING)
    with pytest.raises(IncompatibleWithAmazon) as edited:
        await edit(db, account_id, offer_id, name="Renamed", terms=EVERYTHING)

    assert created.value.settings == edited.value.settings == tuple(Setting)
    assert await owner.fetchval("SELECT count(*) FROM offer") == 1
    assert await owner.fetchval("SELECT name FROM offer") != "Renamed"


async def test_changing_the_cookie_period_of_an_amazon_offer_is_refused(db, owner):
    """S63."""
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))

    with pytest.raises(IncompatibleWithAmazon, match="14 days"):
        await edit(db, account_id, offer_id, terms=replace(TEN_PERCENT, cookie_days=30))


async def test_a_shop_of_ones_own_keeps_all_of_them(db, owner):
    """S29."""
    account_id = await an_account(owner)
    store_id = await a_dtc_store(owner, account_id)
    offer = await create(db, account_id, store_id, terms=EVERYTHING)

    loaded = await edit(db, account_id, offer.id, name="Renamed")

    [version] = loaded.versions
    assert version.terms == replace(EVERYTHING, excluded_skus=("SKU-2", "SKU-3"))


async def test_a_brands_two_stores_have_an_offer_each(db, owner):
    """S19: the same name may stand at both, and each has the terms that fit."""
    account_id = await an_account(owner)
    amazon = await a_store(owner, account_id)
    shop = await a_dtc_store(owner, account_id)

    one = await create(db, account_id, amazon, "Summer")
    other = await create(db, account_id, shop, "Summer", EVERYTHING)

    assert one.id != other.id
    assert (one.store_id, other.store_id) == (amazon, shop)


async def test_two_offers_of_a_store_cannot_have_one_name(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    await create(db, account_id, store_id, "Summer")
    other = await create(db, account_id, store_id, "Winter")

    with pytest.raises(OfferNameTaken, match="Choose another name"):
        await create(db, account_id, store_id, "Summer")
    with pytest.raises(OfferNameTaken):
        await edit(db, account_id, other.id, name="Summer")


async def test_one_name_is_given_once_however_many_ask(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)

    outcomes = await asyncio.gather(
        *(create(db, account_id, store_id) for _ in range(5)), return_exceptions=True
    )

    assert sum(isinstance(outcome, OfferNameTaken) for outcome in outcomes) == 4
    assert await owner.fetchval("SELECT count(*) FROM offer_version") == 1


async def test_an_edit_adds_a_version_and_leaves_past_days_alone(db, owner):
    """S21."""
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id), 1000)

    await edit(db, account_id, offer_id, terms=Terms(1200))
    await edit(db, account_id, offer_id, terms=Terms(1300))

    assert await versions(owner, offer_id) == [(date(2026, 1, 1), 1000), (TODAY, 1300)]


async def test_one_change_is_planned_at_a_time(db, owner):
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id), 1000)
    october, november = date(2026, 10, 1), date(2026, 11, 1)

    await edit(db, account_id, offer_id, terms=Terms(1200), starts_on=november)
    edited = await edit(db, account_id, offer_id, terms=Terms(1300), starts_on=october)

    assert edited.versions[-1] == Version(october, Terms(1300))
    assert await versions(owner, offer_id) == [(date(2026, 1, 1), 1000), (october, 1300)]


async def test_name_and_description_have_no_date(db, owner):
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))

    await edit(db, account_id, offer_id, name="Autumn", description="New")
    edited = await edit(db, account_id, offer_id, description="")

    assert (edited.name, edited.description) == ("Autumn", "")
    assert len(await versions(owner, offer_id)) == 1


async def test_terms_never_start_in_the_past(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    yesterday = TODAY - timedelta(days=1)

    with pytest.raises(StartsInThePast):
        await create(db, account_id, store_id, starts_on=yesterday)
    with pytest.raises(StartsInThePast):
        await edit(db, account_id, offer_id, terms=Terms(1200), starts_on=yesterday)


async def test_a_day_that_was_priced_keeps_its_terms(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    version_id = await a_version(owner, account_id, offer_id, 1100, date(2026, 8, 1))
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    await a_conversion(owner, account_id, partnership_id, version_id, TODAY)

    with pytest.raises(SalesAlreadyReported, match="later day"):
        await edit(db, account_id, offer_id, terms=Terms(1200))
    tomorrow = TODAY + timedelta(days=1)
    edited = await edit(db, account_id, offer_id, terms=Terms(1200), starts_on=tomorrow)

    assert edited.versions[-1].starts_on == tomorrow


async def test_an_offer_in_use_is_not_archived(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id, name="Summer")
    for status in ("ACTIVE", "PAUSED", "ENDED"):
        await a_partnership(owner, account_id, store_id, offer_id, status=status)

    with pytest.raises(OfferInUse, match='2 partnerships go by the offer "Summer"') as refused:
        await archive(db, account_id, offer_id)
    await owner.execute("UPDATE partnership SET status = 'ENDED'")
    archived = await archive(db, account_id, offer_id)
    again = await archive(db, account_id, offer_id, NOW + timedelta(days=1))

    assert refused.value.partnerships == 2
    assert archived.archived_at == again.archived_at == NOW


async def test_an_offer_that_a_partnership_is_about_to_move_to_is_in_use(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    used, planned = [await an_offer(owner, account_id, store_id) for _ in range(2)]
    partnership_id = await a_partnership(owner, account_id, store_id, used)
    await owner.execute(
        """INSERT INTO assignment (account_id, partnership_id, offer_id, valid_from)
           VALUES ($1, $2, $3, '2026-10-01')""",
        account_id, partnership_id, planned,
    )  # fmt: skip

    with pytest.raises(OfferInUse, match="1 partnership goes"):
        await archive(db, account_id, planned)


async def test_an_archived_offer_stays_as_it_is(db, owner):
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id), archived_at=NOW)

    with pytest.raises(OfferArchived):
        await edit(db, account_id, offer_id, name="Again")


async def test_another_accounts_rows_are_as_good_as_none(db, owner):
    mine, theirs = await an_account(owner), await an_account(owner)
    store_id = await a_store(owner, theirs)
    offer_id = await an_offer(owner, theirs, store_id)

    for store in (store_id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await create(db, mine, store)
        assert refused.value.message == NotFound("store", f"stor_{store.hex}").message
    for offer in (offer_id, uuid4()):
        with pytest.raises(NotFound):
            await edit(db, mine, offer, name="Mine")
        with pytest.raises(NotFound):
            await archive(db, mine, offer)


async def test_what_makes_no_sense_is_refused(db, owner):
    account_id = await an_account(owner)
    store_id = await a_dtc_store(owner, account_id)
    senseless = [
        ("", "", TEN_PERCENT),
        ("Summer", "a" * 2001, TEN_PERCENT),
        ("Summer", "a\0b", TEN_PERCENT),
        ("Summer", "", Terms(10_001)),
        ("Summer", "", Terms(500, trigger_coupons=("a\0b",))),
    ]

    async with db.transaction(account_id) as tx:
        for name, description, terms in senseless:
            with pytest.raises(InvalidInput):
                await actions.create_offer(
                    tx, account_id, store_id, name, description, terms, None, NOW
                )
