"""A worker may be stopped anywhere in a report; whoever does it again comes to the same end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from datetime import timedelta
from types import coroutine
from typing import Any

import pytest

from domain.reports.rows import Level
from domain.reports.runs import Purpose
from tests.shop import Shop
from workers.jobs import perform
from workers.reporting import pull_report

pytestmark = pytest.mark.asyncio(loop_scope="module")


@coroutine
def cut_off(work: Coroutine[Any, Any, None], point: int) -> Generator[Any, Any, bool]:
    """Do the work until it has waited `point` times, then cancel it there; whether it was."""
    task = asyncio.current_task()
    assert task is not None
    waits, answer, error = 0, None, None
    while True:
        try:
            waited_for = work.throw(error) if error is not None else work.send(answer)
        except StopIteration:
            return False
        except asyncio.CancelledError:
            return True
        waits += 1
        if waits == point:
            task.cancel()
        answer, error = None, None
        try:
            answer = yield waited_for
        except BaseException as thrown:
            error = thrown


async def interrupt(work: Coroutine[Any, Any, None], point: int) -> bool:
    """In a task of its own, so that what is cancelled is not the test."""

    async def one() -> bool:
        return await cut_off(work, point)

    return await asyncio.create_task(one())


async def forget(shop: Shop) -> None:
    """Nothing has been reported yet."""
    for table in (
        "duty", "conversion", "report_row", "own_tag_row", "quarantined_row", "report_page",
        "report_run",
    ):  # fmt: skip
        await shop.owner.execute(f"DELETE FROM {table}")
    for table in ("partnership", "ad_group", "link"):
        await shop.owner.execute(f"UPDATE {table} SET visible_at = NULL")
    await shop.owner.execute("UPDATE profile SET brb_enrolled = NULL")


async def outcome(shop: Shop) -> dict[str, Any]:
    """All that a report leaves behind, but for the runs that failed."""
    applied = [
        {name: run[name] for name in ("level", "from_day", "to_day", "rows_changed", "degraded")}
        for run in await shop.runs(state="APPLIED")
    ]
    visible = await shop.owner.fetch("SELECT visible_at FROM partnership ORDER BY id")
    own_tags = await shop.owner.fetch("SELECT * FROM own_tag_row ORDER BY day, key")
    promised = await shop.owner.fetch("SELECT subject FROM duty ORDER BY subject")
    return {
        "conversions": await shop.conversions(),
        "versions": await shop.versions(),
        "applied": applied[:1],  # a second one may have found it all there
        "visible": [row["visible_at"] for row in visible],
        "own_tags": [tuple(row) for row in own_tags],
        "promised": [row["subject"] for row in promised],
        "running": await shop.runs(state="RUNNING"),
    }


@pytest.mark.parametrize("level", [Level.CAMPAIGN, Level.CREATIVE])
async def test_a_report_cut_off_at_any_await_ends_as_if_it_had_not_been(shop: Shop, level: Level):
    """Killed there, with nothing recorded, and done again when its lease has ended."""
    await shop.click(12)
    for affiliate in (0, 1):
        await shop.sell(2500, affiliate)
    shop.pass_days(40)
    await shop.click(3, 1)
    await shop.sell(1200)
    shop.pass_days(3)
    assert (await shop.pull(level))["state"] == "APPLIED"
    await forget(shop)
    await shop.pull(level)
    whole = await outcome(shop)
    assert whole["versions"]
    assert whole["promised"]

    point, cut = 0, True
    while cut:
        point += 1
        await forget(shop)
        subject = await shop.promise_report(level)
        cut = await interrupt(pull_report(shop.stage.deps, await shop.claim(subject)), point)
        await shop.owner.execute("UPDATE duty SET lease_until = now() - interval '1 second'")
        await perform(shop.stage.deps, await shop.claim(subject))
        assert await outcome(shop) == whole, f"cut off at await {point}"
    assert point > 20


@pytest.mark.parametrize("purpose", [Purpose.DAILY, Purpose.REQUESTED])
async def test_a_report_cut_off_before_midnight_is_closed_by_the_next_days(
    shop: Shop, purpose: Purpose
):
    """It asks for other days then, and nobody will ever ask for the old ones again."""
    subject = await shop.promise_report(purpose=purpose)
    asking = interrupt(pull_report(shop.stage.deps, await shop.claim(subject)), 30)
    assert await asking
    [cut] = await shop.runs(state="RUNNING")
    shop.pass_days(1)
    await shop.owner.execute("UPDATE duty SET lease_until = now() - interval '1 second'")

    await perform(shop.stage.deps, await shop.claim(subject))

    [closed, applied] = [one for one in await shop.runs() if one["id"] >= cut["id"]]
    assert (closed["id"], closed["state"]) == (cut["id"], "FAILED")
    assert "stopped" in closed["problem"]
    assert (applied["state"], applied["to_day"]) == ("APPLIED", cut["to_day"] + timedelta(days=1))
