"""The rebuild that an operator runs."""

from __future__ import annotations

import pytest

from domain.conversions.verifying import RebuiltOtherwise, rebuild_account
from domain.ids import encode
from tests.reporting import morning, seen_once, sold

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_rebuild_leaves_every_conversion_as_it_was(desks) -> None:
    desk = await seen_once(desks)
    await desk.says(morning(3), (0, sold(2_000)))
    before = await desk.conversions()

    async with desk.db.transaction(desk.profile.account_id) as tx:
        assert await rebuild_account(tx, desk.profile.account_id) == len(before) == 1

    assert await desk.conversions() == before


async def test_a_conversion_that_somebody_changed_by_hand_is_named_and_nothing_is_changed(
    desks,
) -> None:
    desk = await seen_once(desks)
    await desk.owner.execute(
        "UPDATE conversion SET commission_minor = commission_minor + 1 WHERE account_id = $1",
        desk.profile.account_id,
    )
    before = await desk.conversions()

    with pytest.raises(RebuiltOtherwise) as refused:
        async with desk.db.transaction(desk.profile.account_id) as tx:
            await rebuild_account(tx, desk.profile.account_id)

    assert refused.value.ids == [encode("conv", before[0]["id"])]
    assert await desk.conversions() == before
