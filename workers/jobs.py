"""Every job, and the one way that all of them go: claim, do, record.

A duty is claimed and committed, done without a transaction around it, and then removed or put back,
fenced by its lease. Every job may run twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from db.pool import Tx
from domain.duties import actions, queries
from domain.duties.rules import LEASE, MAX_ATTEMPTS, Again, Dead, Duty, Kind
from domain.errors import Refusal
from scrubbing import said, scrub
from workers import (
    cataloguing,
    connecting,
    delivering,
    forgetting,
    mailing,
    measuring,
    metrics,
    reporting,
)  # fmt: skip
from workers.amazon.errors import AmazonError, ClientRefused, InvalidGrant, TryLater
from workers.deps import Deps
from workers.errors import GiveUp, NotYet, TryAgain
from workers.lanes import Lanes
from workers.leases import Lease, LeaseLost, kept, work_while_held
from workers.payloads import about, fault_of
from workers.sweeping import Planner, steps

log = structlog.get_logger()

_FAILED = {Again: "failed", Dead: "given_up"}

HANDLERS: dict[Kind, Callable[[Deps, Duty], Coroutine[Any, Any, None]]] = {
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
    Kind.DELIVER_WEBHOOKS: delivering.deliver_webhooks,
}


async def sweep(deps: Deps) -> int:
    """Plan what the calendar says, then do all that is due; how many duties were done."""
    for step in steps(Planner()).values():
        await step(deps)
    return await do_due(deps)


async def do_due(deps: Deps) -> int:
    """Do all that is due, and what that makes due; how many duties were done."""
    done = await Lanes(deps, perform).until_idle()
    while await delivering.relay(deps):
        done += await Lanes(deps, perform).until_idle()
    return done


async def perform(deps: Deps, duty: Duty, lease: Lease | None = None) -> None:
    """Do one claimed duty and record how it went. Whatever goes wrong ends here."""
    begun, outcome = time.perf_counter(), "unrecorded"
    with structlog.contextvars.bound_contextvars(**about(duty)):
        try:
            if duty.attempts > MAX_ATTEMPTS:
                outcome = await _give_up_crashing(deps, duty)
            elif (fault := fault_of(duty)) is not None:
                outcome = await _give_up(deps, duty, fault)
            else:
                outcome = await _do(deps, duty, lease or Lease(LEASE))
        except asyncio.CancelledError:
            outcome = "put_back"
            raise
        except Exception as error:
            # Its lease runs out by itself, and whoever comes next does it again.
            log.error("duty_not_recorded", exc_info=error)
        finally:
            metrics.DUTY.labels(duty.kind, outcome).observe(time.perf_counter() - begun)


async def _give_up_crashing(deps: Deps, duty: Duty) -> str:
    """Whoever tried it last never came to record how it went."""
    error = "Workers died of it, or lost the database, again and again: see their last log lines."
    return await _give_up(deps, duty, error)


async def _give_up(deps: Deps, duty: Duty, error: str) -> str:
    now = deps.clock.now()
    async with deps.db.system() as tx:
        await actions.give_up(tx, duty, error, now)
        await _tell_if_given_up(tx, duty, now)
    log.error("duty_given_up", error=error)
    return "given_up"


async def _do(deps: Deps, duty: Duty, lease: Lease) -> str:
    """The work is a task of its own, so that it can be ended without ending whoever waits. How it
    ended, as the metrics have it."""
    outcome = "done"
    work = asyncio.create_task(work_while_held(HANDLERS[duty.kind](deps, duty), lease))
    told_to_stop = False
    async with kept(deps, duty, lease, work):
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            told_to_stop = True
            work.cancel()
            await asyncio.wait({work})
    if work.cancelled() or isinstance(work.exception(), LeaseLost):
        # The worker stops, or has lost the lease: no fault of the duty's. If it is another's by
        # now, its token is too.
        if not told_to_stop:
            log.warning("lease_lost")
        async with deps.db.system() as tx:
            await queries.postpone(tx, duty, deps.clock.now())
        outcome = "put_back"
    elif (error := work.exception()) is None:
        async with deps.db.system() as tx:
            await queries.finish(tx, duty)
    elif isinstance(error, Exception):
        outcome = await _record_failure(deps, duty, error)
    else:
        raise error
    if told_to_stop:
        raise asyncio.CancelledError
    return outcome


async def _record_failure(deps: Deps, duty: Duty, error: Exception) -> str:
    now = deps.clock.now()
    async with deps.db.system() as tx:
        outcome = await _recorded(tx, duty, error, now)
        if outcome == "given_up":
            await _tell_if_given_up(tx, duty, now)
    return outcome


async def _recorded(tx: Tx, duty: Duty, error: Exception, now: datetime) -> str:
    """How it ended, as the metrics have it."""
    words = _words(error)
    match error:
        case NotYet():
            await queries.postpone(tx, duty, error.at)
            outcome = "later"
        case ClientRefused():
            await actions.give_up(tx, duty, words, now)
            log.critical("amazon_refuses_our_credentials", error=words)
            outcome = "given_up"
        case GiveUp() | InvalidGrant() | Refusal():
            await actions.give_up(tx, duty, words, now)
            log.warning("duty_given_up", error=words)
            outcome = "given_up"
        case TryAgain() | AmazonError():
            verdict = await actions.fail(tx, duty, words, now, _not_before(error, now))
            log.warning("duty_failed", error=words, verdict=str(verdict))
            outcome = _FAILED[type(verdict)]
        case _:
            verdict = await actions.fail(tx, duty, words, now)
            log.error("duty_failed", exc_info=error)
            outcome = _FAILED[type(verdict)]
    return outcome


def _words(error: Exception) -> str:
    """What is kept of an error for whoever the duty belongs to: no secret, and no other's row."""
    if isinstance(error, GiveUp | TryAgain | NotYet | Refusal | AmazonError):
        return scrub(str(error))
    return scrub(f"Something went wrong on our side, {type(error).__name__}: {said(error)}")


async def _tell_if_given_up(tx: Tx, duty: Duty, now: datetime) -> None:
    """A report that nobody asks for any more is news; one that was promised again is not."""
    if duty.kind is not Kind.PULL_REPORT or fault_of(duty) is not None:
        return
    if await queries.was_given_up(tx, duty, now):
        await reporting.give_up_report(tx, duty, now)


def _not_before(error: Exception, now: datetime) -> datetime | None:
    match error:
        case TryAgain():
            return error.not_before
        case TryLater(retry_after_s=float() as wait):
            return now + timedelta(seconds=wait)
        case _:
            return None
