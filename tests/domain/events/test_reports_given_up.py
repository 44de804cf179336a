from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from domain.duties.rules import MAX_ATTEMPTS
from domain.reports.rows import Level
from domain.reports.runs import Purpose
from tests.shop import a_shop
from tests.stage import a_stage
from workers.jobs import perform

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_report_that_nobody_asks_for_any_more_is_told_of(db, owner):
    """While it is tried again nothing is lost yet, and nothing is told."""
    async with a_stage(db, owner) as stage:
        shop = await a_shop(stage, affiliates=1)
        await owner.execute("UPDATE account SET hears = '{report.failed}'")
        shop.fault("status", status=500, times=1_000)
        told = []
        for attempts in (1, MAX_ATTEMPTS - 1):
            subject = await shop.promise_report()
            await owner.execute("UPDATE duty SET attempts = $1", attempts)
            await perform(stage.deps, await shop.claim(subject))
            told.append(await owner.fetch("SELECT entity, body, to_account FROM event"))
        assert told[0] == []
        [(entity, body, to_account)] = told[1]
        data = orjson.loads(body)["data"]
        run = await shop.last_run()
        assert entity == data["id"] == f"rrun_{run['id'].hex}"
        assert (data["status"], data["given_up"], to_account) == ("FAILED", True, True)
        assert data["problem"] == run["problem"]
        assert [one["id"] for one in data["stores"]] == [f"stor_{shop.store_id.hex}"]


async def test_it_is_told_of_the_days_that_were_given_up(db, owner):
    """Others of the same profile, level and purpose were asked for since."""
    async with a_stage(db, owner) as stage:
        shop = await a_shop(stage, affiliates=1)
        await owner.execute("UPDATE account SET hears = '{report.failed}'")
        days = [shop.today() - timedelta(days=n) for n in (90, 61, 60, 31)]
        first, second = (days[0], days[1]), (days[2], days[3])
        shop.fault("status", status=500, times=1_000)
        subject = await shop.promise_report(Level.CAMPAIGN, Purpose.BACKFILL, *first)
        await perform(stage.deps, await shop.claim(subject))
        await shop.pull(Level.CAMPAIGN, Purpose.BACKFILL, *second)
        # Workers die of it, so nothing new is asked for when it is given up.
        await owner.execute(
            "UPDATE duty SET attempts = $1, run_at = $2 WHERE subject = $3",
            MAX_ATTEMPTS, shop.now(), subject,
        )  # fmt: skip
        await perform(stage.deps, await shop.claim(subject))

        told = "SELECT body FROM event WHERE account_id = $1"
        [row] = await owner.fetch(told, stage.account_id)
        data = orjson.loads(row["body"])["data"]
        assert (data["from_day"], data["to_day"]) == tuple(map(str, first))
