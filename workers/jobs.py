"""Every job, and the one way that all of them go: claim, do, record.

A duty is claimed and committed, done without a transaction around it, and then removed or put back,
fenced by its lease. Every job may run twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import structlog

from domain.discovery import actions as discovery
from domain.duties import actions, queries
from domain.duties.rules import MAX_ATTEMPTS, Duty, Kind
from domain.errors import Refusal
from domain.marketplace import actions as marketplace
from domain.reports.scheduling import make_room, plan
from workers import cataloguing, connecting, forgetting, mailing, measuring, reporting
from workers.amazon.errors import AmazonError, ClientRefused, InvalidGrant, TryLater
from workers.deps import Deps
from workers.errors import GiveUp, NotYet, TryAgain

log = structlog.get_logger()

HANDLERS: dict[Kind, Callable[[Deps, Duty], Awaitable[None]]] = {
    Kind.EXCHANGE_CODE: connecting.exchange_code,
    Kind.DISCOVER_PROFILES: connecting.discover_profiles,
    Kind.ENABLE_MEASUREMENT: connecting.enable_measurement,
    Kind.SYNC_CATALOG: cataloguing.sync_catalog,
    Kind.PULL_REPORT: reporting.pull_report,
    Kind.SETTLE: reporting.settle,
    Kind.SEND_MAIL: mailing.send_mail,
    Kind.MEASURE_REPUTATION: measuring.measure_reputation,
    Kind.MEASURE_TRACK_RECORD: measuring.measure_track_record,
    Kind.FORGET_OLD: forgetting.forget_old,
}

_AT_ONCE = 4
_HEARTBEAT_S = 30


async def sweep(deps: Deps) -> int:
    """Plan what the calendar says, then do all that is due; how many duties were done."""
    await _make_room(deps)
    async with deps.db.system() as tx:
        await plan(tx, deps.clock.now())
        await discovery.plan_measuring(tx, deps.clock.now())
        await marketplace.plan_measuring(tx, deps.clock.now())
        await forgetting.plan_forgetting(tx, deps.clock.now())
    return await do_due(deps)


async def do_due(deps: Deps) -> int:
    """Do all that is due, and what that makes due; how many duties were done."""
    done = 0
    while duties := await _claim(deps):
        await asyncio.gather(*(perform(deps, duty) for duty in duties))
        done += len(duties)
    return done


async def _make_room(deps: Deps) -> None:
    try:
        async with deps.db.system() as tx:
            await make_room(tx, deps.clock.now())
    except asyncpg.LockNotAvailableError:
        log.info("partitions_wait")  # a table is in use; there are months left to find it idle


async def perform(deps: Deps, duty: Duty) -> None:
    """Do one claimed duty and record how it went. Whatever goes wrong ends here."""
    with structlog.contextvars.bound_contextvars(duty=str(duty.id), kind=duty.kind.value):
        beat = asyncio.create_task(_keep_lease(deps, duty))
        try:
            if duty.attempts > MAX_ATTEMPTS:
                await _give_up_crashing(deps, duty)
            else:
                await _do(deps, duty)
        except Exception as error:
            # Its lease runs out by itself, and whoever comes next does it again.
            log.error("duty_not_recorded", exc_info=error)
        finally:
            beat.cancel()


async def _give_up_crashing(deps: Deps, duty: Duty) -> None:
    """Whoever tried it last never came to record how it went."""
    error = "Workers died of it, or lost the database, again and again: see their last log lines."
    async with deps.db.system() as tx:
        await actions.give_up(tx, duty, error, deps.clock.now())
    log.error("duty_given_up", error=error)


async def _do(deps: Deps, duty: Duty) -> None:
    try:
        await HANDLERS[duty.kind](deps, duty)
    except asyncio.CancelledError:
        # The worker is told to stop, which is no fault of the duty's.
        async with deps.db.system() as tx:
            await queries.postpone(tx, duty, deps.clock.now())
        raise
    except Exception as error:
        await _record_failure(deps, duty, error)
    else:
        async with deps.db.system() as tx:
            await queries.finish(tx, duty)


async def _claim(deps: Deps) -> list[Duty]:
    async with deps.db.system() as tx:
        return await queries.claim_due(tx, deps.clock.now(), _AT_ONCE)


async def _keep_lease(deps: Deps, duty: Duty) -> None:
    while True:
        await asyncio.sleep(_HEARTBEAT_S)
        try:
            async with deps.db.system() as tx:
                await queries.extend(tx, duty)
        except Exception as error:
            log.warning("lease_not_extended", error=repr(error))


async def _record_failure(deps: Deps, duty: Duty, error: Exception) -> None:
    now = deps.clock.now()
    async with deps.db.system() as tx:
        match error:
            case NotYet():
                await queries.postpone(tx, duty, error.at)
            case ClientRefused():
                await actions.give_up(tx, duty, str(error), now)
                log.critical("amazon_refuses_our_credentials", error=str(error))
            case GiveUp() | InvalidGrant() | Refusal():
                await actions.give_up(tx, duty, str(error), now)
                log.warning("duty_given_up", error=str(error))
            case TryAgain() | AmazonError():
                verdict = await actions.fail(tx, duty, str(error), now, _not_before(error, now))
                log.warning("duty_failed", error=str(error), verdict=str(verdict))
            case _:
                await actions.fail(tx, duty, repr(error), now)
                log.error("duty_failed", exc_info=error)


def _not_before(error: Exception, now: datetime) -> datetime | None:
    match error:
        case TryAgain():
            return error.not_before
        case TryLater(retry_after_s=float() as wait):
            return now + timedelta(seconds=wait)
        case _:
            return None
