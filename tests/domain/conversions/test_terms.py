"""Which terms pay for a day."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.conversions import queries
from tests.factories import a_version, an_offer
from tests.reporting import day, morning, sold

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_changed_offer_never_touches_a_past_day(desks) -> None:
    """S62, S64: each day is paid by the terms of that day, restated or not, rebuilt or not."""
    desk = await desks(rate_bp=1_000)
    await desk.says(morning(4), *((n, sold(1_000)) for n in range(4)))
    before = {row["day"]: row for row in await desk.conversions()}
    account_id = desk.profile.account_id
    offer_id = await desk.owner.fetchval(
        "SELECT id FROM offer WHERE account_id = $1 AND store_id = $2", account_id, desk.store_id
    )
    new = await a_version(desk.owner, account_id, offer_id, 2_500, day(4))
    await desk.says(morning(6), (0, sold(3_000)), *((n, sold(1_000)) for n in range(1, 6)))
    found = {row["day"]: row for row in await desk.conversions()}
    assert found[day(0)]["commission_minor"] == 300
    assert {found[day(n)]["rate_bp"] for n in range(4)} == {1_000}
    for n in (1, 2, 3):
        assert found[day(n)] == before[day(n)]
    for n in (4, 5):
        assert (found[day(n)]["offer_version_id"], found[day(n)]["commission_minor"]) == (new, 250)
    await desk.rebuilt_the_same()


days_of_terms = st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True).map(sorted)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(versions=st.tuples(days_of_terms, days_of_terms), moves=days_of_terms)
@example(versions=([0, 5, 9], [0, 7]), moves=[0, 5, 8])
async def test_a_day_is_paid_by_the_version_in_force_of_the_offer_assigned_on_it(
    desks, versions, moves
) -> None:
    """S62, S64: against a look at every day by itself."""
    desk = await desks()
    account_id, owner = desk.profile.account_id, desk.owner
    partnership_id = desk.partnership_ids[0]
    offers: list[tuple[UUID, dict[date, int]]] = []
    for number, starts in enumerate(versions, start=1):
        first, rates = -10, {day(-10): 100 * number}
        offer_id = await an_offer(owner, account_id, desk.store_id, 100 * number, day(first))
        for start in starts:
            rates[day(start)] = 100 * number + start + 1
            await a_version(owner, account_id, offer_id, rates[day(start)], day(start))
        offers.append((offer_id, rates))
    await owner.execute("DELETE FROM assignment WHERE account_id = $1", account_id)
    for turn, move in enumerate(moves):
        await owner.execute(
            """INSERT INTO assignment (account_id, partnership_id, offer_id, valid_from)
               VALUES ($1, $2, $3, $4)""",
            account_id, partnership_id, offers[turn % 2][0], day(move),
        )  # fmt: skip
    async with desk.db.transaction(account_id) as tx:
        terms = (await queries.terms(tx, account_id, desk.profile.id))[partnership_id]
    for n in range(-3, 25):
        on = max(n, moves[0])  # a day before the first agreement is paid by it
        turn = max(turn for turn, move in enumerate(moves) if move <= on)
        rates = offers[turn % 2][1]
        assert terms.on(day(n)).rate_bp == rates[max(start for start in rates if start <= day(on))]
    assert all(earlier < later for earlier, later in pairwise(terms.days))
