from __future__ import annotations

import asyncio

from domain.clicks import actions
from tests.factories import NOW, a_link, a_partnership, a_store, an_account, an_offer


async def a_partner(owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    return account_id, await a_partnership(owner, account_id, store_id, offer_id)


async def test_a_click_is_counted_for_its_link_and_leads_to_amazon(db, owner):
    account_id, partnership_id = await a_partner(owner)
    code = await a_link(owner, account_id, partnership_id)

    way = await actions.count(db, code, NOW)

    row = await owner.fetchrow(
        """SELECT c.account_id, c.partnership_id, c.clicked_at, l.destination
             FROM click c JOIN link l ON l.account_id = c.account_id AND l.id = c.link_id"""
    )
    assert way is not None
    assert way.shop_host is None
    assert tuple(row) == (account_id, partnership_id, NOW, way.destination)


async def test_a_click_makes_no_amount_owed(db, owner):
    """S12."""
    account_id, partnership_id = await a_partner(owner)
    code = await a_link(owner, account_id, partnership_id)

    for _ in range(12):
        await actions.count(db, code, NOW)

    assert await owner.fetchval("SELECT count(*) FROM click") == 12
    assert await owner.fetchval("SELECT count(*) FROM conversion") == 0


async def test_every_click_of_many_at_once_is_counted(db, owner):
    account_id, partnership_id = await a_partner(owner)
    code = await a_link(owner, account_id, partnership_id)

    await asyncio.gather(*(actions.count(db, code, NOW) for _ in range(50)))

    assert await owner.fetchval("SELECT count(*) FROM click") == 50


async def test_looking_a_code_up_counts_nothing(db, owner):
    account_id, partnership_id = await a_partner(owner)
    code = await a_link(owner, account_id, partnership_id)

    destination = await owner.fetchval("SELECT destination FROM link")
    assert await actions.look_up(db, code) == (destination, None)
    assert await owner.fetchval("SELECT count(*) FROM click") == 0


async def test_an_unknown_code_leads_nowhere_and_counts_nothing(db, owner):
    assert await actions.count(db, "a" * 16, NOW) is None
    assert await actions.look_up(db, "a" * 16) is None
    assert await owner.fetchval("SELECT count(*) FROM click") == 0
