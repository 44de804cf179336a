"""Reports: asked of Amazon page by page, kept as received, then taken in. And settlement."""

from __future__ import annotations

from contextlib import aclosing
from datetime import date
from uuid import UUID

import structlog

from domain.affiliates import actions as affiliates
from domain.clock import local_day
from domain.conversions import actions as conversions
from domain.duties.rules import Duty
from domain.ids import new_id
from domain.reports import actions, queries, scheduling
from domain.reports.parsing import MalformedPage
from domain.reports.rows import Level
from domain.reports.runs import Held, Profile, Purpose, Run, catch_up, daily_window, earliest
from workers.amazon.attribution import Question, report
from workers.amazon.errors import AmazonError
from workers.deps import Deps

log = structlog.get_logger()


async def pull_report(deps: Deps, duty: Duty) -> None:
    """One level of one profile over a range of days."""
    now = deps.clock.now()
    async with deps.db.transaction(duty.account_id) as tx:
        profile_id = UUID(duty.payload["profile_id"])
        profile = await queries.reported_profile(tx, duty.account_id, profile_id)
        if profile is None:
            return  # since this was promised, the last store or the consent has gone
        level = Level(duty.payload["level"])
        last_read = await queries.last_read(tx, profile, level)
        run = _run(duty, profile, level, local_day(now, profile.time_zone), last_read)
        await queries.close_abandoned(tx, run, now)
        await queries.insert_run(tx, run, now)
    degraded: list[str] = []
    try:
        degraded = await _receive(deps, run, profile)
        await _take_in(deps, run, profile, degraded)
    except Held as held:
        await _close(deps, run, "HELD", held.message, degraded)
        log.warning("report_held", run=str(run.id), level=run.level.value, reason=held.reason)
    except (AmazonError, MalformedPage) as error:
        await _close(deps, run, "FAILED", str(error))
        raise
    except Exception:
        await _close(deps, run, "FAILED", "A fault of ours, not Amazon's: the worker's log has it.")
        raise


def _run(duty: Duty, profile: Profile, level: Level, today: date, last_read: date | None) -> Run:
    window = duty.payload["window"]
    from_day, to_day = (
        map(date.fromisoformat, window) if window else catch_up(daily_window(today), last_read)
    )
    # A duty that had to wait may have days that Amazon no longer answers for.
    from_day = min(max(from_day, earliest(level, today)), to_day)
    purpose = Purpose(duty.payload["purpose"])
    return Run(profile.account_id, new_id(), profile.id, level, purpose, from_day, to_day)


async def _receive(deps: Deps, run: Run, profile: Profile) -> list[str]:
    """Store every page before anything is read from it. Gives the metrics that Amazon refused."""
    ads = await deps.ads(run.account_id, profile.id)
    question = Question.of(run.level, run.from_day, run.to_day)
    wanted = question.metrics
    async with aclosing(report(ads.client, ads.profile, question)) as pages:
        async for page in pages:
            question = page.question
            asked = {"metrics": list(question.metrics)}
            async with deps.db.transaction(run.account_id) as tx:
                await actions.store_page(tx, run, page.number, asked, page.body, deps.clock.now())
    return [metric for metric in wanted if metric not in question.metrics]


async def _take_in(deps: Deps, run: Run, profile: Profile, degraded: list[str]) -> None:
    now = deps.clock.now()
    async with deps.db.transaction(run.account_id) as tx:
        reader = await actions.take_in(tx, run, now, degraded=degraded)
        if reader is not None and reader.shown and run.purpose is not Purpose.RELEASE:
            await scheduling.plan_release(tx, profile, run, now)


async def _close(
    deps: Deps, run: Run, state: str, problem: str, degraded: list[str] | None = None
) -> None:
    now = deps.clock.now()
    async with deps.db.transaction(run.account_id) as tx:
        await queries.close_run(tx, run, state, now, degraded=degraded, problem=problem)


async def settle(deps: Deps, duty: Duty) -> None:
    """A store's new day: what is due is settled, and moves planned for today take place."""
    async with deps.db.transaction(duty.account_id) as tx:
        profile_id = UUID(duty.payload["profile_id"])
        profile = await queries.lock_profile(tx, duty.account_id, profile_id)
        assert profile is not None, "profiles are never deleted"
        store_id = UUID(duty.payload["store_id"])
        # The moment is taken under the lock: no report is being taken in that was seen before it.
        now = deps.clock.now()
        settled = await conversions.settle(tx, profile, store_id, now)
        await affiliates.start_planned_moves(tx, duty.account_id, store_id, now)
    if settled:
        log.info("store_settled", store=str(store_id), conversions=settled)
