from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput, NotFound
from domain.marketplace import actions
from tests.factories import a_product, a_store, an_account, an_offer
from tests.reporting import a_desk, day, morning, sold


async def promote(db, account_id, offer_id, product_ids):
    async with db.transaction(account_id) as tx:
        await actions.promote_products(tx, account_id, offer_id, product_ids)


async def promoted(owner, offer_id):
    rows = await owner.fetch(
        "SELECT id FROM promoted_product WHERE offer_id = $1 ORDER BY place", offer_id
    )
    return [row["id"] for row in rows]


async def a_brand(owner, products=3):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    return (
        account_id,
        offer_id,
        [await a_product(owner, account_id, store_id) for _ in range(products)],
    )


async def test_the_brand_chooses_what_a_listing_shows_and_in_which_order(db, owner):
    """S36."""
    account_id, offer_id, (a, b, c) = await a_brand(owner)

    for chosen in ([c, a], [a, b, c], [b], []):
        await promote(db, account_id, offer_id, chosen)
        assert await promoted(owner, offer_id) == chosen


async def test_choices_at_once_leave_one_of_them_whole(db, owner):
    account_id, offer_id, (a, b, c) = await a_brand(owner)
    choices = [[a, b, c], [c, b], [b]] * 5

    await asyncio.gather(*(promote(db, account_id, offer_id, one) for one in choices))

    assert await promoted(owner, offer_id) in choices


async def test_products_of_other_stores_are_not_shown(db, owner):
    account_id, offer_id, (mine, *_) = await a_brand(owner)
    other = await a_product(owner, account_id, await a_store(owner, account_id))
    _, foreign_offer, (foreign, *_) = await a_brand(owner)
    await promote(db, account_id, offer_id, [mine])

    for unknown in (other, foreign, uuid4()):
        with pytest.raises(NotFound, match="product"):
            await promote(db, account_id, offer_id, [mine, unknown])
    with pytest.raises(NotFound, match="offer"):
        await promote(db, account_id, foreign_offer, [])
    with pytest.raises(InvalidInput, match="twice"):
        await promote(db, account_id, offer_id, [mine, mine])
    with pytest.raises(InvalidInput, match="100"):
        await promote(db, account_id, offer_id, [uuid4() for _ in range(101)])

    assert await promoted(owner, offer_id) == [mine]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    figures=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100_000)), min_size=1, max_size=6),
    chosen=st.integers(0, 3),
)
async def test_what_is_promoted_limits_nothing_that_is_paid(db, owner, figures, chosen):
    """S37: the same reports make the same conversions, whatever the listing shows."""
    columns = ("day", "orders", "units", "sales_minor", "commission_minor", "rate_bp", "status")
    seen = []
    for promotes in (False, True):
        desk = await a_desk(db, owner)
        account_id = desk.profile.account_id
        if promotes:
            offer_id = await owner.fetchval(
                "SELECT id FROM offer WHERE account_id = $1", account_id
            )
            products = [await a_product(owner, account_id, desk.store_id) for _ in range(3)]
            await promote(db, account_id, offer_id, products[:chosen])
        for number, (on, minor) in enumerate(figures):
            await desk.says(morning(on + 1 + number), (on, sold(minor)))
        await desk.settle(morning(33))
        found = await desk.conversions()
        seen.append([tuple(one[name] for name in columns) for one in found])
        assert all(one["day"] >= day(0) for one in found)

    assert sorted(seen[0]) == sorted(seen[1])
