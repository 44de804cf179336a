"""What is wrong with an answer of Amazon's: rows set apart, reports held, and what stands."""

from __future__ import annotations

from typing import Any

import pytest

from domain.reports.accepting import accept
from domain.reports.parsing import MalformedPage
from domain.reports.runs import Held
from tests.reporting import (
    Desk,
    Sold,
    body,
    campaign_row,
    day,
    morning,
    noisy,
    sold,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"unitsSold14d": "-1"}, "unitsSold14d"),
        ({"totalAttributedSales14d": "-0.01"}, "totalAttributedSales14d"),
        ({"totalAttributedSales14d": "NaN"}, "totalAttributedSales14d"),
        ({"totalAttributedSales14d": ["1"]}, "totalAttributedSales14d"),
        ({"date": "20250101"}, "outside the days asked for"),
        ({"date": "2026-07-01"}, "date"),
        ({"date": None}, "date"),
        ({"campaignId": None}, "campaignId is missing"),
    ],
)
async def test_a_row_that_cannot_be_used_is_set_apart_and_leaves_its_day_as_it_was(
    desks, changed, named
) -> None:
    """A bad row is no row that Amazon left out; the rest goes on."""
    desk = await desks(2)
    await desk.report([campaign_row(token, day(0), sold(500)) for token in desk.tokens], morning(1))
    good = campaign_row(desk.tokens[0], day(0), sold(700))
    bad = campaign_row(desk.tokens[1], day(0), sold(9)) | changed
    await desk.report([good, bad], morning(2))
    found = {row["partnership_id"]: row["sales_minor"] for row in await desk.conversions()}
    assert found == dict(zip(desk.partnership_ids, (700, 500), strict=True))
    (reason,) = await desk.quarantined()
    assert named in reason


@pytest.mark.parametrize("row", [None, "row", 7, [], {"campaignId": 5}])
async def test_what_is_no_row_at_all_is_set_apart(desks, row) -> None:
    desk = await desks(2)
    await desk.report([campaign_row(token, day(0), sold(500)) for token in desk.tokens], morning(1))
    await desk.report([campaign_row(desk.tokens[0], day(0), sold(700)), row], morning(2))
    assert sorted(row["sales_minor"] for row in await desk.conversions()) == [500, 700]
    assert len(await desk.quarantined()) == 1


async def test_unknown_keys_are_passed_over(desks) -> None:
    desk = await desks()
    row = campaign_row(desk.tokens[0], day(0), sold(500)) | {"kindleRoyalties14d": {"a": [1]}}
    await desk.report([row], morning(1))
    assert (await desk.conversion())["sales_minor"] == 500
    assert await desk.quarantined() == []


async def test_a_row_without_any_figure_is_not_a_day_without_sales(desks) -> None:
    """Amazon has sent rows that lack every metric, and has renamed metrics."""
    desk = await desks()
    await desk.says(morning(1), (0, sold(500)))
    bare = {"date": "20260701", "campaignId": desk.tokens[0], "sales": "0"}
    await desk.report([bare], morning(2))
    assert (await desk.conversion())["sales_minor"] == 500
    (reason,) = await desk.quarantined()
    assert "no sales figure" in reason


async def test_a_row_told_twice_counts_once(desks) -> None:
    desk = await desks()
    row = campaign_row(desk.tokens[0], day(0), sold(500))
    await desk.take_in(
        await desk.receive(body([row, row], "next"), body([row]), at=morning(1)), morning(1)
    )
    assert (await desk.conversion())["sales_minor"] == 500
    assert await desk.quarantined() == []


async def test_a_row_that_contradicts_an_earlier_one_is_set_apart(desks) -> None:
    """The two are never added up."""
    desk = await desks()
    rows = [campaign_row(desk.tokens[0], day(0), sold(minor)) for minor in (500, 600)]
    await desk.report(rows, morning(1))
    assert (await desk.conversion())["sales_minor"] == 500
    (reason,) = await desk.quarantined()
    assert "other figures" in reason


async def test_a_cut_page_leaves_nothing_of_its_report(desks) -> None:
    """A first page that was good is not half of a report."""
    desk = await desks()
    await desk.says(morning(1), (0, sold(500)))
    before = await desk.written()
    good = body([campaign_row(desk.tokens[0], day(0), sold(900))], "next")
    run = await desk.receive(good, good[:-40], at=morning(2))
    with pytest.raises(MalformedPage):
        await desk.take_in(run, morning(2))
    assert await desk.written() == before


async def a_known_store(desks, affiliates: int = 12) -> tuple[Desk, list[dict[str, Any]]]:
    desk = await desks(affiliates)
    rows = [campaign_row(token, day(0), sold(1_000)) for token in desk.tokens]
    await desk.report(rows, morning(1))
    return desk, rows


def empty(rows: list[dict[str, Any]]) -> list[bytes]:
    return [body([])]


def half_of_the_pages(rows: list[dict[str, Any]]) -> list[bytes]:
    return [body(rows[: len(rows) // 2], "there is more")]


def most_rows_gone(rows: list[dict[str, Any]]) -> list[bytes]:
    return [body(rows[:4])]


def most_sales_gone(rows: list[dict[str, Any]]) -> list[bytes]:
    shrunken = {"totalAttributedSales14d": noisy(499), "attributedSales14d": "0"}
    return [body([row | shrunken for row in rows])]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (empty, "empty"),
        (half_of_the_pages, "last page names a next one"),
        (most_rows_gone, "lacks 8 of the 12 rows"),
        (most_sales_gone, "less than half"),
    ],
)
async def test_a_doubtful_report_is_held_changes_nothing_and_can_be_accepted(
    desks, told, reason
) -> None:
    desk, rows = await a_known_store(desks)
    before = await desk.written(), await desk.conversions()
    pages = told(rows)
    run = await desk.receive(*pages, at=morning(2))
    with pytest.raises(Held, match=reason) as held:
        await desk.take_in(run, morning(2))
    assert (await desk.written(), await desk.conversions()) == before
    await desk.hold(run, held.value, morning(2))
    await desk.accept(run, morning(3))
    found = {row["partnership_id"]: row for row in await desk.conversions()}
    kept = {"empty": [], "half_of_the_pages": rows[:6], "most_rows_gone": rows[:4]}
    for n, id in enumerate(desk.partnership_ids):
        expected = 1_000 if n < len(kept.get(told.__name__, [])) else 0
        if told is most_sales_gone:
            expected = 499
        assert found[id]["sales_minor"] == expected
        changed = morning(1) if expected == 1_000 else morning(2)
        assert (found[id]["first_seen_at"], found[id]["changed_at"]) == (morning(1), changed)


async def test_a_held_report_accepted_late_is_a_step_in_the_past(desks) -> None:
    """What newer reports have said since still stands."""
    desk, rows = await a_known_store(desks)
    run = await desk.receive(*most_sales_gone(rows), at=morning(2))
    with pytest.raises(Held) as held:
        await desk.take_in(run, morning(2))
    await desk.hold(run, held.value, morning(2))
    newest = [campaign_row(token, day(0), sold(1_200)) for token in desk.tokens[:6]] + rows[6:]
    await desk.report(newest, morning(3))
    await desk.accept(run, morning(4))
    sales = [row["sales_minor"] for row in await desk.conversions()]
    assert sorted(sales) == [1_000] * 6 + [1_200] * 6
    assert {row["changed_at"] for row in await desk.conversions()} == {morning(3)}
    before = await desk.conversions()
    await desk.rebuild()
    assert await desk.conversions() == before


async def test_a_report_without_totals_is_held_when_they_were_given_before(desks) -> None:
    """S64: the promoted part alone would cut the commission of whole carts."""
    desk = await desks()
    await desk.says(morning(1), (0, Sold(1, 1, 1_000, 1, 2, 3_000, 11)))
    row = campaign_row(desk.tokens[0], day(0), sold(1_000))
    promoted = {key: value for key, value in row.items() if "otal" not in key}
    run = await desk.receive(body([promoted]), at=morning(2))
    with pytest.raises(Held, match="other products") as held:
        await desk.take_in(run, morning(2), degraded=("totalAttributedSales14d",))
    assert (await desk.conversion())["sales_minor"] == 3_000
    await desk.hold(run, held.value, morning(2), degraded=["totalAttributedSales14d"])
    account_id = desk.profile.account_id
    async with desk.db.transaction(account_id) as tx:
        await accept(tx, account_id, run.id, morning(3))
    assert (await desk.conversion())["sales_minor"] == 1_000
    [kept] = await desk.owner.fetch("SELECT state, degraded FROM report_run WHERE id = $1", run.id)
    assert tuple(kept) == ("APPLIED", ["totalAttributedSales14d"])


async def test_what_waited_for_a_report_settles_when_that_is_accepted(desks) -> None:
    desk = await desks()
    await desk.says(morning(1), (0, sold(1_000)))
    late = desk.asking(day(1), day(30))
    held = await late.receive(body([]), at=morning(30))
    await desk.owner.execute("UPDATE report_run SET state = 'HELD' WHERE id = $1", held.id)
    account_id = desk.profile.account_id

    async with desk.db.transaction(account_id) as tx:
        await accept(tx, account_id, held.id, morning(31))

    promised = await desk.owner.fetch(
        "SELECT kind, subject, run_at FROM duty WHERE account_id = $1 AND kind = 'settle'",
        account_id,
    )
    assert [tuple(row) for row in promised] == [("settle", str(desk.store_id), morning(31))]


async def test_a_row_that_a_complete_report_lacks_is_restated_to_nothing(desks) -> None:
    """S71."""
    desk, rows = await a_known_store(desks)
    await desk.report(rows[1:], morning(2))
    found = {row["partnership_id"]: row for row in await desk.conversions()}
    gone = found[desk.partnership_ids[0]]
    assert (gone["sales_minor"], gone["units"], gone["commission_minor"]) == (0, 0, 0)
    assert gone["changed_at"] == morning(2)
    assert {found[id]["sales_minor"] for id in desk.partnership_ids[1:]} == {1_000}


async def test_an_empty_last_page_with_a_cursor_ends_a_report_that_lacks_nothing(desks) -> None:
    """Amazon ends some reports so. One that lacks something may have been broken off."""
    desk, rows = await a_known_store(desks)
    short = await desk.receive(body(rows[:9], "next"), body([], "more"), at=morning(2))
    with pytest.raises(Held, match="last page names a next one"):
        await desk.take_in(short, morning(2))

    whole = await desk.receive(body(rows, "next"), body([], "more"), at=morning(3))
    await desk.take_in(whole, morning(3))
    assert {row["sales_minor"] for row in await desk.conversions()} == {1_000}


async def test_days_that_were_not_asked_for_are_left_alone(desks) -> None:
    """A report says nothing about days outside its range."""
    desk = await desks()
    await desk.says(morning(5), (0, sold(500)), (4, sold(600)))
    later = desk.asking(day(3), day(5))
    await later.report([campaign_row(desk.tokens[0], day(4), sold(650))], morning(6))
    found = {row["day"]: row["sales_minor"] for row in await desk.conversions()}
    assert found == {day(0): 500, day(4): 650}
