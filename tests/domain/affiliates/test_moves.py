"""Which offer pays for which day, whatever is moved and whenever."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.affiliates import actions
from tests.factories import a_partnership, a_store, an_account, an_offer

FIRST = date(2026, 1, 1)
START = date(2026, 9, 1)
DAYS = [START + timedelta(days=n) for n in range(-10, 60)]
MOVES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=6
)
"""Days that pass before the move, days from then until it holds, and the offer."""


async def paid_by(owner, partnership_id):
    rows = await owner.fetch(
        "SELECT valid_from, offer_id FROM assignment WHERE partnership_id = $1 ORDER BY valid_from",
        partnership_id,
    )
    return {
        day: rows[bisect_right(rows, day, key=lambda row: row["valid_from"]) - 1]["offer_id"]
        for day in DAYS
    }


@given(MOVES)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_a_move_changes_no_day_before_it(db, owner, moves):
    """S11: from its day on the new offer pays, until then the one in force; past days stay."""
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offers = [await an_offer(owner, account_id, store_id) for _ in range(3)]
    partnership_id = await a_partnership(owner, account_id, store_id, offers[0], valid_from=FIRST)
    today = START
    for pass_, ahead, number in moves:
        today += timedelta(days=pass_)
        since = today + timedelta(days=ahead)
        before = await paid_by(owner, partnership_id)
        # Noon at Greenwich is the same day at the store.
        now = datetime.combine(today, time(12), UTC)

        async with db.transaction(account_id) as tx:
            await actions.move_to_offer(tx, account_id, partnership_id, offers[number], since, now)

        after = await paid_by(owner, partnership_id)
        for day in DAYS:
            if day >= since:
                assert after[day] == offers[number]
            elif day <= today:
                assert after[day] == before[day]
            else:
                assert after[day] == before[today], "a plan for the days between is given up"
