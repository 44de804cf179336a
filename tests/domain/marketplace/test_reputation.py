from __future__ import annotations

from datetime import timedelta
from statistics import median_low

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.marketplace import actions
from tests.factories import NOW, a_conversion, a_partnership, a_store, an_account, an_offer

KEPT = "SELECT settled, approved, denied, adjusted, days_to_decide FROM reputation"
SALES = st.lists(
    st.tuples(
        st.integers(0, 180),  # days since it settled
        st.sampled_from([None, "APPROVED", "DENIED"]),
        st.integers(0, 40),  # days until it was decided
        st.integers(-50, 50),  # what Amazon reported more afterwards
    ),
    max_size=15,
)


async def measured(db, owner, account_id, now=NOW):
    async with db.system() as tx:
        await actions.measure_reputation(tx, account_id, now)
    return tuple(await owner.fetchrow(f"{KEPT} WHERE account_id = $1", account_id))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sales=SALES)
async def test_reputation_is_counted_from_what_settled_in_ninety_days(db, owner, sales):
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id)
    version_id = await owner.fetchval("SELECT id FROM offer_version WHERE offer_id = $1", offer_id)
    for number, (ago, verdict, waited, adjusted) in enumerate(sales):
        day = NOW.date() - timedelta(days=400 + number)
        id = await a_conversion(owner, account_id, partnership_id, version_id, day)
        settled_at = NOW - timedelta(days=ago)
        await owner.execute(
            """UPDATE conversion SET status = $2, settled_at = $3, decided_at = $4,
                      reported_commission_minor = commission_minor + $5 WHERE id = $1""",
            id, verdict or "SETTLED", settled_at,
            verdict and settled_at + timedelta(days=waited), adjusted,
        )  # fmt: skip

    inside = [sale for sale in sales if sale[0] < 90]
    decided = [sale for sale in inside if sale[1]]
    assert await measured(db, owner, account_id) == (
        len(inside),
        sum(sale[1] == "APPROVED" for sale in inside),
        sum(sale[1] == "DENIED" for sale in inside),
        sum(sale[3] < 0 for sale in decided),
        median_low(sale[2] for sale in decided) if decided else None,
    )


async def test_measuring_again_takes_the_place_of_what_was_measured(db, owner):
    account_id = await an_account(owner)
    other = await an_account(owner)
    await measured(db, owner, other)

    for now in (NOW, NOW + timedelta(days=1)):
        await measured(db, owner, account_id, now)

    rows = await owner.fetch("SELECT account_id, measured_at FROM reputation ORDER BY measured_at")
    assert [tuple(row) for row in rows] == [
        (other, NOW),
        (account_id, NOW + timedelta(days=1)),
    ]
