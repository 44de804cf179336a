from __future__ import annotations

import asyncio

import pytest

from db.line import Line
from domain.clicks import actions
from domain.clicks.known import KnownLinks, way_of
from domain.clicks.queries import Visit
from domain.ids import new_id
from tests.factories import NOW, a_link, a_partnership, a_store, an_account, an_offer

PATIENCE_S = 10


@pytest.fixture
async def line(db):
    line = Line(db)
    yield line
    await line.close()


async def a_partner(owner):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    return account_id, await a_partnership(owner, account_id, store_id, offer_id)


def a_visit(code, *, is_click=True):
    return Visit(new_id(), code, NOW, is_click)


async def test_a_click_is_counted_for_its_link_and_leads_to_amazon(line, owner):
    account_id, partnership_id = await a_partner(owner)
    code = await a_link(owner, account_id, partnership_id)

    [link] = await actions.count(line, [a_visit(code)], PATIENCE_S)

    row = await owner.fetchrow(
        """SELECT c.account_id, c.partnership_id, c.clicked_at, l.destination
             FROM click c JOIN link l ON l.account_id = c.account_id AND l.id = c.link_id"""
    )
    assert link is not None
    way = way_of(link)
    assert way.shop_host is None
    assert tuple(row) == (account_id, partnership_id, NOW, way.destination)


async def test_a_click_makes_no_amount_owed(line, owner):
    """S12."""
    account_id, partnership_id = await a_partner(owner)
    code = await a_link(owner, account_id, partnership_id)

    await actions.count(line, [a_visit(code) for _ in range(12)], PATIENCE_S)

    assert await owner.fetchval("SELECT count(*) FROM click") == 12
    assert await owner.fetchval("SELECT count(*) FROM conversion") == 0


async def test_a_click_that_is_told_again_is_counted_once(line, owner):
    account_id, partnership_id = await a_partner(owner)
    visit = a_visit(await a_link(owner, account_id, partnership_id))

    one = await actions.count(line, [visit], PATIENCE_S)
    again = await actions.count(line, [visit], PATIENCE_S)

    assert one == again
    assert await owner.fetchval("SELECT count(*) FROM click") == 1


async def test_looking_a_code_up_counts_nothing(line, owner):
    account_id, partnership_id = await a_partner(owner)
    code = await a_link(owner, account_id, partnership_id)

    destination = await owner.fetchval("SELECT destination FROM link")
    [link] = await actions.count(line, [a_visit(code, is_click=False)], PATIENCE_S)
    assert link is not None
    assert way_of(link) == (destination, None)
    assert await owner.fetchval("SELECT count(*) FROM click") == 0


async def test_an_unknown_code_leads_nowhere_and_counts_nothing(line, owner):
    assert await actions.count(line, [a_visit("a" * 16)], PATIENCE_S) == [None]
    assert await owner.fetchval("SELECT count(*) FROM click") == 0


async def test_a_link_that_is_committed_after_a_later_one_is_learnt(line, owner):
    account_id, partnership_id = await a_partner(owner)
    early, late = [await a_link(owner, account_id, partnership_id) for _ in range(2)]
    await owner.execute("SET session_replication_role = replica")  # codes go without their links
    for code in (early, late):
        await owner.execute("UPDATE link_code SET link_id = $2 WHERE code = $1", code, new_id())
        await asyncio.sleep(0.01)
    known = KnownLinks(10)
    newest = await actions.learn(line, known, None, 1)
    assert (known.get(early), known.get(late) is not None) == (None, True)

    assert await actions.learn(line, known, newest, 1) >= newest

    assert known.get(early) is not None
