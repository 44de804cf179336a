"""Reports: asked of Amazon page by page, kept as received, then taken in. And settlement."""

from __future__ import annotations

from contextlib import aclosing
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog

from db.pool import Tx
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
from workers.amazon.errors import AmazonError, NotEligible
from workers.deps import Deps
from workers.errors import GiveUp, TryAgain

log = structlog.get_logger()

_ASKED = 4
"""So often a report is asked for before it is believed, or held, against all doubts."""


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
        if run is None:
            log.warning("report_too_late", level=level.value, window=duty.payload["window"])
            return
        await queries.close_abandoned(tx, run, now)
        await queries.insert_run(tx, run, now)
    degraded: list[str] = []
    try:
        degraded = await _receive(deps, run, profile)
        await _take_in(deps, run, profile, degraded, may_ask_again=duty.attempts < _ASKED)
    except Held as held:
        if duty.attempts < _ASKED:
            # Cut and empty answers pass: a person is troubled with what Amazon says again and again
            await _fail(deps, run, f"{held.reason} It is asked for again.")
            raise TryAgain(held.reason) from held
        now = deps.clock.now()
        async with deps.db.transaction(run.account_id) as tx:
            await actions.hold(tx, run, held.message, now, degraded)
        log.warning("report_held", run=str(run.id), level=run.level.value, reason=held.reason)
    except MalformedPage as error:
        await _fail(deps, run, str(error))
        raise TryAgain(str(error)) from error
    except NotEligible as error:
        # Tomorrow Amazon is asked again, by which the brand may have set it right.
        await _fail(deps, run, str(error))
        async with deps.db.transaction(run.account_id) as tx:
            await queries.set_eligible(tx, profile, False)
        raise GiveUp(str(error)) from error
    except AmazonError as error:
        await _fail(deps, run, str(error))
        raise
    except Exception:
        await _fail(deps, run, "A fault of ours, not Amazon's: the worker's log has it.")
        raise


async def give_up_report(tx: Tx, duty: Duty, now: datetime) -> None:
    """Its duty is given up: whoever listens is told of it."""
    payload = duty.payload
    await actions.give_up(
        tx, duty.account_id, UUID(payload["profile_id"]), Level(payload["level"]),
        payload["purpose"], _window(payload), now,
    )  # fmt: skip


def _window(payload: dict[str, Any]) -> tuple[date, date] | None:
    """The days that are asked for; None for the newest, whenever it is asked."""
    if not payload["window"]:
        return None
    first, last = map(date.fromisoformat, payload["window"])
    return first, last


def _run(
    duty: Duty, profile: Profile, level: Level, today: date, last_read: date | None
) -> Run | None:
    """A duty that had to wait may have days that Amazon no longer answers for, or such days only:
    then there is nothing to ask."""
    from_day, to_day = _window(duty.payload) or catch_up(daily_window(today), last_read)
    from_day = max(from_day, earliest(level, today))
    if from_day > to_day:
        return None
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


async def _take_in(
    deps: Deps, run: Run, profile: Profile, degraded: list[str], *, may_ask_again: bool
) -> None:
    now = deps.clock.now()
    async with deps.db.transaction(run.account_id) as tx:
        reader = await actions.take_in(tx, run, now, degraded=degraded, may_ask_again=may_ask_again)
        if reader is not None and reader.shown and run.purpose is not Purpose.RELEASE:
            await scheduling.plan_release(tx, profile, run, now)
        await scheduling.plan_settling(tx, profile, run, now)
        await scheduling.plan_again(tx, run, now)
        if run.level is Level.CAMPAIGN:
            await queries.set_eligible(tx, profile, True)


async def _fail(deps: Deps, run: Run, problem: str) -> None:
    now = deps.clock.now()
    async with deps.db.transaction(run.account_id) as tx:
        await queries.close_run(tx, run, "FAILED", now, problem=problem)


async def settle(deps: Deps, duty: Duty) -> None:
    """A store's new day: what is due is settled, and moves planned for today take place."""
    async with deps.db.transaction(duty.account_id) as tx:
        profile_id = UUID(duty.payload["profile_id"])
        profile = await queries.lock_profile(tx, duty.account_id, profile_id)
        assert profile is not None, "profiles are never deleted"
        store_id = UUID(duty.payload["store_id"])
        # The moment is taken under the lock: no report is being taken in that was seen before it.
        now = deps.clock.now()
        settled = await conversions.settle_what_was_read(tx, profile, store_id, now)
        await affiliates.start_planned_moves(tx, duty.account_id, store_id, now)
    if settled:
        log.info("store_settled", store=str(store_id), conversions=settled)
