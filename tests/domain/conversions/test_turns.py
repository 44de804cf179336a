"""Reports, settlements and decisions of one profile take turns, whatever the clocks say."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain.affiliates import actions as affiliates
from domain.catalog import actions as catalog
from domain.conversions import actions
from domain.conversions.rules import Verdict
from domain.offers import actions as offers
from domain.offers.lifecycle import SalesAlreadyReported
from domain.offers.rules import Terms
from domain.reports import actions as reports
from domain.reports.queries import lock_profile
from tests.factories import an_offer
from tests.reporting import (
    OUTCOME,
    Desk,
    body,
    campaign_row,
    consents,
    day,
    morning,
    seen_once,
    settled,
    sold,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_report_accepted_after_a_settlement_was_not_known_to_it(desks) -> None:
    """S53, S75i: a sale that lay in a held report settles by the next settlement, with all of
    its commission, and not by one that ran before anybody could know it."""
    desk = await desks(2)
    await desk.report([campaign_row(desk.tokens[0], day(0), sold(100))], morning(1))
    rows = [campaign_row(token, day(0), sold(900)) for token in desk.tokens]
    held = await desk.receive(body(rows), at=morning(2))
    assert await desk.settle(morning(33)) == 1
    await desk.take_in(held, morning(34), accepted=True)
    await desk.rebuilt_the_same()
    found = {row["partnership_id"]: row for row in await desk.conversions()}
    first, second = (found[id] for id in desk.partnership_ids)
    assert (first["status"], first["sales_minor"]) == ("SETTLED", 100)
    assert first["reported_sales_minor"] == 900
    assert (second["status"], second["sales_minor"]) == ("PENDING", 900)
    assert await desk.settle(morning(35)) == 1
    await desk.rebuilt_the_same()
    found = {row["partnership_id"]: row for row in await desk.conversions()}
    assert found[desk.partnership_ids[1]]["commission_minor"] == 90


async def test_an_earlier_first_sight_learned_late_does_not_settle_anew(desks) -> None:
    """The sale settled by what was known; what was seen before changes no cent."""
    desk = await desks(2)
    both = [campaign_row(token, day(0), sold(300)) for token in desk.tokens]
    early = await desk.receive(body(both), at=morning(20))
    await desk.report([campaign_row(desk.tokens[1], day(0), sold(50))], morning(21))
    await desk.report(
        [campaign_row(token, day(0), sold(700)) for token in desk.tokens], morning(40)
    )
    assert await desk.settle(morning(41)) == 1
    assert await desk.settle(morning(42)) == 1
    before = {row["id"]: [row[name] for name in OUTCOME] for row in await desk.conversions()}
    await desk.take_in(early, morning(43), accepted=True)
    after = {row["id"]: [row[name] for name in OUTCOME] for row in await desk.conversions()}
    assert after == before
    await desk.rebuilt_the_same()


async def test_a_store_that_came_back_waits_for_its_own_reading(desks) -> None:
    """Its profile was read all the while, for another store."""
    desk = await seen_once(desks)
    account_id = desk.profile.account_id
    await consents(desk)

    async def settled_at(now) -> int:
        async with desk.db.transaction(account_id) as tx:
            await lock_profile(tx, account_id, desk.profile.id)
            return await actions.settle_what_was_read(tx, desk.profile, desk.store_id, now)

    async with desk.db.transaction(account_id) as tx:
        await catalog.disconnect_store(tx, account_id, desk.store_id, morning(20))
    await desk.asking(day(5), day(34)).report([], morning(34))
    async with desk.db.transaction(account_id) as tx:
        await catalog.reconnect_store(tx, account_id, desk.store_id, morning(35))

    assert await settled_at(morning(35)) == 0
    await desk.asking(day(6), day(35)).report([], morning(35.1))
    assert await settled_at(morning(35.2)) == 1


@pytest.mark.parametrize("minutes", [-5, 0, 5])
async def test_a_report_after_a_settlement_is_after_it_by_any_clock(desks, minutes) -> None:
    """Two workers' clocks differ, and the order of the two is that of their turns."""
    desk = await settled(desks)
    run = await desk.receive(
        body([campaign_row(desk.tokens[0], day(0), sold(600))]), at=morning(29.9)
    )
    await desk.take_in(run, morning(30) + timedelta(minutes=minutes))
    found = await desk.conversion()
    assert (found["sales_minor"], found["reported_sales_minor"]) == (1_000, 600)
    await desk.rebuilt_the_same()


@pytest.mark.parametrize("minutes", [-5, 0, 5])
async def test_a_settlement_after_a_report_knows_it_by_any_clock(desks, minutes) -> None:
    desk = await seen_once(desks)
    run = await desk.receive(
        body([campaign_row(desk.tokens[0], day(0), sold(600))]), at=morning(29.9)
    )
    await desk.take_in(run, morning(30) + timedelta(minutes=minutes))
    assert await desk.settle(morning(30)) == 1
    assert (await desk.conversion())["sales_minor"] == 600
    await desk.rebuilt_the_same()


async def test_a_decision_made_while_conversions_are_made_anew_is_neither_lost_nor_refused(
    desks,
) -> None:
    """S69: the one waits for the other."""
    desk = await settled(desks)
    id, account_id = (await desk.conversion())["id"], desk.profile.account_id
    async with desk.db.transaction(account_id) as tx:
        await lock_profile(tx, account_id, desk.profile.id)
        await actions.rebuild(tx, desk.profile)
        deciding = asyncio.create_task(desk.decide([id], Verdict.APPROVED, morning(31)))
        await somebody_waits(desk)
    assert await deciding == {id: None}
    assert (await desk.conversion())["status"] == "APPROVED"
    await desk.rebuilt_the_same()


async def test_conversions_made_anew_while_a_decision_is_made_keep_it(desks) -> None:
    """S69."""
    desk = await settled(desks)
    id, account_id = (await desk.conversion())["id"], desk.profile.account_id
    older = await desk.receive(
        body([campaign_row(desk.tokens[0], day(0), sold(50))]), at=morning(0.5)
    )
    async with desk.db.transaction(account_id) as tx:
        outcomes = await actions.decide(
            tx, account_id, [id], Verdict.DENIED, None, "june@acme.example", morning(31)
        )
        assert outcomes == {id: None}
        reporting = asyncio.create_task(desk.take_in(older, morning(31)))
        await somebody_waits(desk)
    await reporting
    found = await desk.conversion()
    assert (found["status"], found["decided_at"]) == ("DENIED", morning(31))
    assert found["first_seen_at"] == morning(0.5)
    await desk.rebuilt_the_same()


@pytest.mark.parametrize("change", ["terms", "move"])
async def test_terms_that_change_while_a_report_is_priced_wait_for_it(desks, change) -> None:
    """S21: the day that the report prices keeps its terms, and the change is refused."""
    desk = await desks()
    account_id, partnership_id = desk.profile.account_id, desk.partnership_ids[0]
    offer_id = await desk.owner.fetchval(
        "SELECT offer_id FROM partnership WHERE id = $1", partnership_id
    )
    other_id = await an_offer(desk.owner, account_id, desk.store_id, 2_000)
    run = await desk.receive(
        body([campaign_row(desk.tokens[0], day(1), sold(1_000))]), at=morning(1)
    )

    async def changing() -> None:
        async with desk.db.transaction(account_id) as tx:
            if change == "terms":
                await offers.edit_offer(tx, account_id, offer_id, morning(1), terms=Terms(2_000))
            else:
                await affiliates.move_to_offer(
                    tx, account_id, partnership_id, other_id, None, morning(1)
                )

    async with desk.db.transaction(account_id) as tx:
        await reports.take_in(tx, run, morning(1), degraded=[])
        late = asyncio.create_task(changing())
        await somebody_waits(desk)
    with pytest.raises(SalesAlreadyReported):
        await late
    assert (await desk.conversion())["commission_minor"] == 100
    await desk.rebuilt_the_same()


async def somebody_waits(desk: Desk) -> None:
    """Until a statement of this database waits for a lock. The test's time limit ends it."""
    while not await desk.owner.fetchval(
        """SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    ):
        pass
