"""Settling, deciding and what comes after, through row-level security."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.conversions.rules import AlreadyDecided, NotSettled, Verdict
from domain.errors import NotFound
from domain.reports.rows import Level
from tests.reporting import OUTCOME, campaign_row, day, morning, seen_once, settled, sold

pytestmark = pytest.mark.asyncio(loop_scope="module")


SECOND = timedelta(seconds=1)


def local(on: date, zone: str, hour: int = 0) -> datetime:
    return datetime(on.year, on.month, on.day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)


async def test_a_sale_settles_thirty_days_on_and_not_a_second_sooner(desks) -> None:
    """S67: at the store's midnight, which is neither ours nor UTC's."""
    desk = await seen_once(desks)
    midnight = local(day(30), "America/Los_Angeles")
    assert (await desk.conversion())["settles_on"] == day(30)
    assert await desk.settle(midnight - SECOND) == 0
    assert (await desk.conversion())["status"] == "PENDING"
    assert await desk.settle(midnight) == 1
    found = await desk.conversion()
    assert (found["status"], found["settled_at"]) == ("SETTLED", midnight)


@pytest.mark.parametrize(
    ("sold_on", "settles_on", "zone", "utc"),
    [
        # Clocks went forward, or back, between the sale and its settlement.
        (date(2026, 2, 15), date(2026, 3, 17), "America/Los_Angeles", "2026-03-17T07:00"),
        (date(2026, 10, 15), date(2026, 11, 14), "America/Los_Angeles", "2026-11-14T08:00"),
        # It settles on the very day of 23, or 25, hours.
        (date(2026, 2, 6), date(2026, 3, 8), "America/Los_Angeles", "2026-03-08T08:00"),
        (date(2026, 10, 2), date(2026, 11, 1), "America/Los_Angeles", "2026-11-01T07:00"),
        (date(2026, 2, 27), date(2026, 3, 29), "Europe/Berlin", "2026-03-28T23:00"),
        # It was sold on that day.
        (date(2026, 3, 8), date(2026, 4, 7), "America/Los_Angeles", "2026-04-07T07:00"),
        (date(2026, 11, 1), date(2026, 12, 1), "America/Los_Angeles", "2026-12-01T08:00"),
        # Leap days.
        (date(2028, 2, 29), date(2028, 3, 30), "America/Los_Angeles", "2028-03-30T07:00"),
        (date(2028, 1, 30), date(2028, 2, 29), "America/Los_Angeles", "2028-02-29T08:00"),
        (date(2028, 2, 28), date(2028, 3, 29), "Asia/Tokyo", "2028-03-28T15:00"),
    ],
)
async def test_thirty_days_are_days_of_the_stores_calendar(
    desks, sold_on, settles_on, zone, utc
) -> None:
    """S67."""
    desk = (await desks(time_zone=zone)).asking(sold_on, sold_on)
    await desk.report(
        [campaign_row(desk.tokens[0], sold_on, sold(1_000))], local(sold_on, zone, 23)
    )
    midnight = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert (await desk.conversion())["settles_on"] == settles_on
    assert await desk.settle(midnight - SECOND) == 0
    assert await desk.settle(midnight) == 1


@pytest.mark.parametrize(
    ("hour", "seconds", "settles_on"), [(0, 0, day(62)), (24, -1, day(62)), (24, 0, day(63))]
)
async def test_a_sale_seen_late_settles_two_days_after_first_sight(
    desks, hour, seconds, settles_on
) -> None:
    """S75i: the days of first sight are the store's, too."""
    desk = await desks()
    seen = local(day(60), "America/Los_Angeles") + timedelta(hours=hour, seconds=seconds)
    await desk.says(seen, (0, sold(1_000)))
    assert (await desk.conversion())["settles_on"] == settles_on
    midnight = local(settles_on, "America/Los_Angeles")
    assert await desk.settle(midnight - SECOND) == 0
    assert await desk.settle(midnight) == 1


async def test_growing_later_does_not_put_settlement_off(desks) -> None:
    """S67, S75i: the floor counts from first sight, not from the last change."""
    desk = await seen_once(desks)
    await desk.says(morning(29), (0, sold(5_000)))
    assert (await desk.conversion())["settles_on"] == day(30)
    assert await desk.settle(morning(30)) == 1
    assert (await desk.conversion())["sales_minor"] == 5_000


async def test_how_long_settling_takes_is_a_setting(desks) -> None:
    """S75i."""
    desk = await desks()
    await desk.owner.execute("UPDATE installation SET settle_days = 45, settle_floor_days = 10")
    try:
        await desk.says(morning(1), (0, sold(1_000)))
        await desk.says(morning(40), (0, sold(1_000)), (1, sold(500)))
    finally:
        await desk.owner.execute("UPDATE installation SET settle_days = 30, settle_floor_days = 2")
    due = {row["day"]: row["settles_on"] for row in await desk.conversions()}
    assert due == {day(0): day(45), day(1): day(50)}


async def test_settling_again_or_at_an_earlier_moment_does_nothing(desks) -> None:
    """Settling is idempotent, and what has settled stays so."""
    desk = await settled(desks)
    before = await desk.conversions(), await desk.row_counts()
    for at in (30, 31, 20, 90):
        assert await desk.settle(morning(at)) == 0
    assert (await desk.conversions(), await desk.row_counts()) == before


async def test_only_what_is_due_in_that_store_settles(desks) -> None:
    """S67."""
    desk, other = await seen_once(desks), await seen_once(desks)
    await desk.says(morning(5), (0, sold(1_000)), (4, sold(70)))
    assert await desk.settle(morning(31)) == 1
    status = {row["day"]: row["status"] for row in await desk.conversions()}
    assert status == {day(0): "SETTLED", day(4): "PENDING"}
    assert (await other.conversion())["status"] == "PENDING"


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_before_it_settles_a_conversion_cannot_be_decided(desks, verdict) -> None:
    """S68: the refusal says from when on it can."""
    desk = await seen_once(desks)
    before = await desk.conversions()
    (outcome,) = (await desk.decide([before[0]["id"]], verdict, morning(29))).values()
    assert isinstance(outcome, NotSettled)
    assert (outcome.day, outcome.settles_on) == (day(0), day(30))
    assert "2026-07-31" in outcome.message
    assert await desk.conversions() == before
    assert (await desk.row_counts())["decision"] == 0


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_after_it_settled_a_conversion_can_be_approved_or_denied(desks, verdict) -> None:
    """S69."""
    desk = await settled(desks)
    before = await desk.conversion()
    outcomes = await desk.decide([before["id"]], verdict, morning(31), "as agreed")
    assert outcomes == {before["id"]: None}
    assert await desk.conversion() == before | {
        "status": verdict.value,
        "decided_at": morning(31),
    }
    kept = await desk.owner.fetchrow(
        "SELECT * FROM decision WHERE account_id = $1", desk.profile.account_id
    )
    assert (kept["verdict"], kept["reason"]) == (verdict.value, "as agreed")
    assert (kept["decided_by"], kept["decided_at"]) == ("june@acme.example", morning(31))
    assert (kept["partnership_id"], kept["day"]) == (desk.partnership_ids[0], day(0))


async def test_many_are_decided_at_once_with_an_outcome_for_each(desks) -> None:
    """S68, S69: what may not be decided does not stop the rest, and what is another account's is
    answered like what does not exist."""
    stranger = (await (await settled(desks)).conversion())["id"]
    desk = await desks()
    figures = [(n, sold(100 + n)) for n in range(5)]
    await desk.says(morning(6), *figures)
    await desk.settle(morning(33))
    ids = {row["day"]: row["id"] for row in await desk.conversions()}
    await desk.decide([ids[day(0)]], Verdict.APPROVED, morning(34))
    await desk.decide([ids[day(1)]], Verdict.DENIED, morning(34))
    before = {row["id"]: row for row in await desk.conversions()}
    unknown = uuid4()
    batch = [*(ids[day(n)] for n in (4, 3, 2, 1, 0)), stranger, unknown, ids[day(2)], unknown]
    outcomes = await desk.decide(batch, Verdict.APPROVED, morning(35))
    assert outcomes.keys() == set(batch)
    assert outcomes[ids[day(0)]] is outcomes[ids[day(2)]] is outcomes[ids[day(3)]] is None
    denied, pending = outcomes[ids[day(1)]], outcomes[ids[day(4)]]
    assert isinstance(denied, AlreadyDecided)
    assert (denied.verdict, denied.decided_at) == (Verdict.DENIED, morning(34))
    assert "denied on 2026-08-04" in denied.message
    assert isinstance(pending, NotSettled)
    assert pending.settles_on == day(34)
    assert_same_refusal(outcomes[stranger], stranger, outcomes[unknown], unknown)
    after = {row["id"]: row for row in await desk.conversions()}
    for n in (2, 3):
        assert after[ids[day(n)]]["status"] == "APPROVED"
        assert after[ids[day(n)]]["decided_at"] == morning(35)
    for n in (0, 1, 4):
        assert after[ids[day(n)]] == before[ids[day(n)]]
    assert (await desk.row_counts())["decision"] == 4


def assert_same_refusal(one: Any, one_id: UUID, other: Any, other_id: UUID) -> None:
    assert type(one) is type(other) is NotFound
    assert one.message.replace(one_id.hex, "") == other.message.replace(other_id.hex, "")


async def test_deciding_nothing_is_nothing(desks) -> None:
    desk = await settled(desks)
    assert await desk.decide([], Verdict.APPROVED, morning(31)) == {}


@pytest.mark.parametrize("verdict", [None, Verdict.APPROVED, Verdict.DENIED])
@pytest.mark.parametrize("restated", [400, 9_000, 0])
async def test_what_amazon_says_after_settlement_stands_beside_it(desks, verdict, restated) -> None:
    """S67, S70: the adjustment is the difference, and depends on the last word alone."""
    desk = await settled(desks)
    before = await desk.conversion()
    if verdict is not None:
        await desk.decide([before["id"]], verdict, morning(31))
        before = await desk.conversion()
    for at, figures in ((35, sold(77, units=7)), (45, sold(restated, units=2))):
        await desk.says(morning(at), (0, figures))
    assert await desk.conversion() == before | {
        "reported_units": 2,
        "reported_sales_minor": restated,
        "reported_commission_minor": restated // 10,
        "changed_at": morning(45),
    }
    assert await desk.settle(morning(60)) == 0
    found = await desk.conversion()
    assert [found[name] for name in OUTCOME] == [before[name] for name in OUTCOME]
    await desk.rebuilt_the_same()


async def test_a_settled_sale_that_comes_back_to_its_figures_has_no_adjustment(desks) -> None:
    desk = await settled(desks)
    for at, minor in ((31, 0), (32, 400), (33, 1_000)):
        await desk.says(morning(at), (0, sold(minor)))
    found = await desk.conversion()
    assert found["reported_sales_minor"] == found["sales_minor"] == 1_000


async def test_a_rebuild_of_one_profile_leaves_the_others_alone(desks) -> None:
    desk, other = await settled(desks), await settled(desks)
    before = await other.owner.fetch(
        "SELECT xmin::text, * FROM conversion WHERE account_id = $1", other.profile.account_id
    )
    assert await desk.rebuild() == 1
    after = await other.owner.fetch(
        "SELECT xmin::text, * FROM conversion WHERE account_id = $1", other.profile.account_id
    )
    assert before == after


async def test_a_day_of_another_level_settles_nothing(desks) -> None:
    """S67: a break-down neither makes nor settles anything."""
    desk = await desks()
    await desk.report(
        [campaign_row(desk.tokens[0], day(0), sold(5), adGroupId="cl-g-none")],
        morning(1),
        Level.ADGROUP,
    )
    assert await desk.settle(morning(90)) == 0
