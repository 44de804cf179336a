from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest

from domain.affiliates import actions
from domain.affiliates.rules import AlreadyPartner, MoveInThePast, PartnershipEnded, Status
from domain.errors import InvalidInput, NotFound
from domain.links.tags import campaign_token
from domain.offers.lifecycle import OfferArchived, SalesAlreadyReported
from domain.offers.rules import OneStorePerOffer
from tests.factories import (
    NOW,
    a_conversion,
    a_dtc_store,
    a_partnership,
    a_store,
    a_version,
    an_account,
    an_affiliate,
    an_offer,
)

TODAY = date(2026, 9, 1)
TOMORROW = TODAY + timedelta(days=1)
FIRST = date(2026, 1, 1)


async def add(db, account_id, affiliate_id, offer_id, now=NOW):
    async with db.transaction(account_id) as tx:
        return await actions.add_to_offer(tx, account_id, affiliate_id, offer_id, now)


async def move(db, account_id, partnership_id, offer_id, from_day=None, now=NOW):
    async with db.transaction(account_id) as tx:
        return await actions.move_to_offer(tx, account_id, partnership_id, offer_id, from_day, now)


async def change(db, action, account_id, partnership_id, reason="No samples.", now=NOW):
    async with db.transaction(account_id) as tx:
        await action(tx, account_id, partnership_id, reason, now)


async def assignments(owner, partnership_id):
    rows = await owner.fetch(
        """SELECT valid_from, offer_id FROM assignment WHERE partnership_id = $1
            ORDER BY valid_from""",
        partnership_id,
    )
    return [tuple(row) for row in rows]


async def a_store_with_offers(owner, count=2):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offers = [await an_offer(owner, account_id, store_id) for _ in range(count)]
    return account_id, store_id, *offers


async def test_an_affiliate_is_one_person_in_the_whole_network(db, owner):
    accounts = [await an_account(owner), await an_account(owner)]

    found = []
    for account_id, name in zip(accounts, ("Ann", "Somebody else"), strict=True):
        async with db.transaction(account_id) as tx:
            found.append(
                await actions.create_affiliate(tx, account_id, name, "Ann@Example.com", NOW)
            )

    assert found[0] == found[1]
    assert (found[0].name, found[0].email) == ("Ann", "ann@example.com")


async def test_a_person_is_created_once_however_many_ask(db, owner):
    account_id = await an_account(owner)

    async def create():
        async with db.transaction(account_id) as tx:
            return await actions.create_affiliate(tx, account_id, "Ann", "ann@example.com", NOW)

    found = await asyncio.gather(*(create() for _ in range(10)))

    assert len({affiliate.id for affiliate in found}) == 1


async def test_a_brand_adds_an_affiliate_to_an_offer(db, owner):
    """S11."""
    account_id, store_id, offer_id = await a_store_with_offers(owner, 1)
    affiliate_id = await an_affiliate(owner)

    partnership = await add(db, account_id, affiliate_id, offer_id)

    assert partnership.status is Status.ACTIVE
    assert partnership.campaign_token == campaign_token(store_id, affiliate_id)
    assert await assignments(owner, partnership.id) == [(TODAY, offer_id)]


async def test_an_affiliate_promotes_amazon_and_the_brands_own_shop_at_once(db, owner):
    """S42."""
    account_id, _, amazon_offer = await a_store_with_offers(owner, 1)
    shop_offer = await an_offer(owner, account_id, await a_dtc_store(owner, account_id))
    affiliate_id = await an_affiliate(owner)

    one = await add(db, account_id, affiliate_id, amazon_offer)
    other = await add(db, account_id, affiliate_id, shop_offer)

    assert one.campaign_token != other.campaign_token


async def test_a_partner_is_told_by_which_offer_and_to_move(db, owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    summer = await an_offer(owner, account_id, store_id, name="Summer")
    winter = await an_offer(owner, account_id, store_id, name="Winter")
    affiliate_id = await an_affiliate(owner)
    partnership = await add(db, account_id, affiliate_id, summer)

    with pytest.raises(AlreadyPartner, match=r'"Summer".*move the partnership') as refused:
        await add(db, account_id, affiliate_id, winter)

    assert refused.value.partnership_id == partnership.id


async def test_a_partnership_is_made_once_however_many_ask(db, owner):
    account_id, _, offer_id = await a_store_with_offers(owner, 1)
    affiliate_id = await an_affiliate(owner)

    outcomes = await asyncio.gather(
        *(add(db, account_id, affiliate_id, offer_id) for _ in range(10)), return_exceptions=True
    )

    assert sum(isinstance(outcome, AlreadyPartner) for outcome in outcomes) == 9
    assert await owner.fetchval("SELECT count(*) FROM assignment") == 1


async def test_a_move_today_is_in_force_at_once(db, owner):
    account_id, store_id, summer, winter = await a_store_with_offers(owner)
    partnership_id = await a_partnership(owner, account_id, store_id, summer)

    await move(db, account_id, partnership_id, winter)

    assert await owner.fetchval("SELECT offer_id FROM partnership") == winter
    assert await assignments(owner, partnership_id) == [(FIRST, summer), (TODAY, winter)]


async def test_a_move_to_come_shows_when_its_day_has_come(db, owner):
    account_id, store_id, summer, winter = await a_store_with_offers(owner)
    partnership_id = await a_partnership(owner, account_id, store_id, summer)

    await move(db, account_id, partnership_id, winter, TOMORROW)

    assert await owner.fetchval("SELECT offer_id FROM partnership") == summer
    async with db.transaction(account_id) as tx:
        assert await actions.start_planned_moves(tx, account_id, store_id, NOW) == 0
        later = NOW + timedelta(days=1)
        assert await actions.start_planned_moves(tx, account_id, store_id, later) == 1
        assert await actions.start_planned_moves(tx, account_id, store_id, later) == 0
    assert await owner.fetchval("SELECT offer_id FROM partnership") == winter


async def test_one_move_is_planned_at_a_time(db, owner):
    account_id, store_id, summer, winter = await a_store_with_offers(owner)
    partnership_id = await a_partnership(owner, account_id, store_id, summer)

    await move(db, account_id, partnership_id, winter, date(2026, 11, 1))
    await move(db, account_id, partnership_id, winter, date(2026, 10, 1))

    expected = [(FIRST, summer), (date(2026, 10, 1), winter)]
    assert await assignments(owner, partnership_id) == expected


async def test_a_past_day_stays_with_its_offer(db, owner):
    account_id, store_id, summer, winter = await a_store_with_offers(owner)
    partnership_id = await a_partnership(owner, account_id, store_id, summer)

    with pytest.raises(MoveInThePast):
        await move(db, account_id, partnership_id, winter, TODAY - timedelta(days=1))


async def test_a_day_that_was_priced_stays_with_its_offer(db, owner):
    account_id, store_id, summer, winter = await a_store_with_offers(owner)
    version_id = await a_version(owner, account_id, summer, 1100, date(2026, 8, 1))
    partnership_id = await a_partnership(owner, account_id, store_id, summer)
    await a_conversion(owner, account_id, partnership_id, version_id, TODAY)

    with pytest.raises(SalesAlreadyReported):
        await move(db, account_id, partnership_id, winter)
    await move(db, account_id, partnership_id, winter, TOMORROW)

    assert await assignments(owner, partnership_id) == [(FIRST, summer), (TOMORROW, winter)]


async def test_an_offer_of_another_store_is_refused(db, owner):
    """S19."""
    account_id, store_id, summer = await a_store_with_offers(owner, 1)
    other = await an_offer(owner, account_id, await a_dtc_store(owner, account_id))
    partnership_id = await a_partnership(owner, account_id, store_id, summer)

    with pytest.raises(OneStorePerOffer):
        await move(db, account_id, partnership_id, other)


async def test_an_archived_offer_takes_nobody(db, owner):
    account_id, store_id, summer = await a_store_with_offers(owner, 1)
    archived = await an_offer(owner, account_id, store_id, archived_at=NOW)
    partnership_id = await a_partnership(owner, account_id, store_id, summer)

    with pytest.raises(OfferArchived):
        await add(db, account_id, await an_affiliate(owner), archived)
    with pytest.raises(OfferArchived):
        await move(db, account_id, partnership_id, archived)


async def test_a_partnership_is_paused_resumed_and_ended_with_reasons(db, owner):
    """S11."""
    account_id, store_id, offer_id = await a_store_with_offers(owner, 1)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)

    seen = []
    for hours, (action, reason) in enumerate(
        [
            (actions.pause, " Out of stock until May. "),
            (actions.pause, "Twice is once."),
            (actions.resume, None),
            (actions.resume, "Twice is once."),
            (actions.pause, "Again."),
            (actions.resume, "In stock."),
            (actions.end, "The shop closes."),
            (actions.end, "Twice is once."),
            (actions.leave, "Twice is once, whoever does it."),
        ]
    ):
        now = NOW + timedelta(hours=hours)
        await change(db, action, account_id, partnership_id, reason, now)
        seen.append(await status(owner, partnership_id))

    out_of_stock = ("PAUSED", "Out of stock until May.", "BRAND", NOW)
    back = ("ACTIVE", None, "BRAND", NOW + timedelta(hours=2))
    ended = ("ENDED", "The shop closes.", "BRAND", NOW + timedelta(hours=6))
    assert seen == [
        out_of_stock, out_of_stock, back, back,
        ("PAUSED", "Again.", "BRAND", NOW + timedelta(hours=4)),
        ("ACTIVE", "In stock.", "BRAND", NOW + timedelta(hours=5)),
        ended, ended, ended,
    ]  # fmt: skip
    for action in (actions.pause, actions.resume):
        with pytest.raises(PartnershipEnded):
            await change(db, action, account_id, partnership_id)
    with pytest.raises(PartnershipEnded):
        await move(db, account_id, partnership_id, offer_id)


async def test_an_affiliate_leaves_and_says_why(db, owner):
    account_id, store_id, offer_id = await a_store_with_offers(owner, 1)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id, status="PAUSED")

    await change(db, actions.leave, account_id, partnership_id, "I write about books now.")

    expected = ("ENDED", "I write about books now.", "AFFILIATE", NOW)
    assert await status(owner, partnership_id) == expected


@pytest.mark.parametrize("action", [actions.pause, actions.end, actions.leave])
@pytest.mark.parametrize("reason", ["", " \n ", "a" * 1001])
async def test_who_gives_no_reason_changes_nothing(db, owner, action, reason):
    account_id, store_id, offer_id = await a_store_with_offers(owner, 1)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)

    with pytest.raises(InvalidInput, match="reason"):
        await change(db, action, account_id, partnership_id, reason)

    assert await status(owner, partnership_id) == ("ACTIVE", None, None, None)


async def status(owner, partnership_id):
    row = await owner.fetchrow(
        """SELECT status, status_reason, status_changed_by, status_changed_at FROM partnership
            WHERE id = $1""",
        partnership_id,
    )
    return tuple(row)


async def test_who_comes_back_goes_on_with_the_same_campaign(db, owner):
    account_id, store_id, summer, winter = await a_store_with_offers(owner)
    affiliate_id = await an_affiliate(owner)
    partnership_id = await a_partnership(owner, account_id, store_id, summer, affiliate_id)
    await change(db, actions.end, account_id, partnership_id)

    again = await add(db, account_id, affiliate_id, winter)

    assert (again.id, again.status, again.offer_id) == (partnership_id, Status.ACTIVE, winter)
    assert again.campaign_token == campaign_token(store_id, affiliate_id)
    assert await assignments(owner, partnership_id) == [(FIRST, summer), (TODAY, winter)]
    assert await owner.fetchval("SELECT offer_id FROM partnership") == winter
    assert await status(owner, partnership_id) == ("ACTIVE", None, "BRAND", NOW)


async def test_another_accounts_rows_are_as_good_as_none(db, owner):
    mine, my_store, my_offer = await a_store_with_offers(owner, 1)
    theirs, store_id, offer_id = await a_store_with_offers(owner, 1)
    affiliate_id = await an_affiliate(owner)
    partnership_id = await a_partnership(owner, theirs, store_id, offer_id)
    my_partnership = await a_partnership(owner, mine, my_store, my_offer)

    for offer in (offer_id, uuid4()):
        with pytest.raises(NotFound, match="offer"):
            await add(db, mine, affiliate_id, offer)
        with pytest.raises(NotFound, match="offer"):
            await move(db, mine, my_partnership, offer)
    for partnership in (partnership_id, uuid4()):
        with pytest.raises(NotFound, match="partnership"):
            await move(db, mine, partnership, my_offer)
        for action in (actions.pause, actions.resume, actions.end, actions.leave):
            with pytest.raises(NotFound, match="partnership"):
                await change(db, action, mine, partnership)
        with pytest.raises(NotFound, match="partnership"):
            async with db.transaction(mine) as tx:
                await actions.annotate(tx, mine, partnership, note="Mine.")
    with pytest.raises(NotFound, match="affiliate"):
        await add(db, mine, uuid4(), my_offer)
    assert await owner.fetchval("SELECT status FROM partnership WHERE id = $1", partnership_id) == (
        "ACTIVE"
    )
