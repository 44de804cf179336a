"""The calendar: when reports and catalogues are read, and when stores settle."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID

from db.migrate import make_partitions, months_around
from db.pool import Tx
from domain.clock import local_day
from domain.conversions.queries import overdue_stores
from domain.duties import actions as duties
from domain.duties.queries import delete_slots, take_slots
from domain.duties.rules import Kind, Promise
from domain.duties.slots import Slot
from domain.reports import queries, tags
from domain.reports.rows import Level
from domain.reports.runs import (
    CalendarStore,
    Profile,
    Purpose,
    Run,
    late_windows,
    past_windows,
)

_SLOTS_KEPT = timedelta(days=60)


async def make_room(tx: Tx, now: datetime) -> None:
    """Once a month: partitions for what is to come, and no more slots of long ago.

    Nobody gets at a table while its partition is made, so this wants a transaction of its own.
    """
    month = now.date().replace(day=1)
    if await take_slots(tx, {"partitions": str(month)}, now):
        await make_partitions(tx, months_around(month))
        await delete_slots(tx, now - _SLOTS_KEPT)


async def calendar(tx: Tx, now: datetime) -> list[Slot]:
    """Whose turn it is by the calendar of each profile and store: the newest slot of all names.

    What an outage missed comes on return, once: the newest slot reads the days of those before it.
    """
    slots = []
    for profile in await queries.scheduled_profiles(tx):
        day = local_day(now, profile.time_zone)
        slots.append(Slot(f"reports {profile.id}", str(day), partial(_daily, profile)))
        slots.append(
            Slot(f"late reports {profile.id}", f"{day:%G-W%V}", partial(_late, profile, day))
        )
    for store in await queries.listed_stores(tx):
        # Weekly, since Amazon's quota for the catalogue is small; a person may ask at any time.
        week = f"{local_day(now, store.time_zone):%G-W%V}"
        slots.append(Slot(f"catalog {store.id}", week, partial(_catalog, store)))
    for store in await queries.settling_stores(tx):
        today = str(local_day(now, store.time_zone))
        slots.append(Slot(f"settle {store.id}", today, partial(_settlement, store)))
    return slots


async def plan_backfill(tx: Tx, account_id: UUID, profile_id: UUID, now: datetime) -> None:
    """Promise the past of a profile that has just been connected, as far as Amazon goes back.

    The brand's own tags have a past, and so has a store that comes back.
    """
    profile = await queries.fetch_profile(tx, account_id, profile_id)
    assert profile is not None, "the caller has just seen it"
    await duties.promise_all(tx, _daily(profile), now)
    today = local_day(now, profile.time_zone)
    past = [
        _report(profile, level, Purpose.BACKFILL, window)
        for level in Level
        for window in past_windows(level, date.min, today)
    ]
    await duties.promise_all(tx, past, now)
    await queries.begin_backfill(tx, account_id, profile_id, now, len(past))


async def plan_again(tx: Tx, run: Run, now: datetime) -> None:
    """A daily report was taken in, so Amazon answers: promise anew what was given up meanwhile.
    Tomorrow's daily report makes good for today's, and nothing does for past days."""
    if run.purpose is Purpose.DAILY:
        await queries.revive_reports(tx, run, now)


async def plan_settling(tx: Tx, profile: Profile, run: Run, now: datetime) -> None:
    """A daily report was taken in: promise what had to wait for it."""
    if run.level is not Level.CAMPAIGN or run.purpose not in (Purpose.DAILY, Purpose.REQUESTED):
        return
    today = local_day(now, profile.time_zone)
    for store_id in await overdue_stores(tx, profile, today):
        payload = {"store_id": str(store_id), "profile_id": str(profile.id)}
        await duties.promise(tx, Kind.SETTLE, str(store_id), profile.account_id, payload, now)


async def plan_release(tx: Tx, profile: Profile, run: Run, now: datetime) -> None:
    """Amazon has unmasked something: promise its past days, from the first click that we counted.

    The daily window is read anyway.
    """
    since = await tags.first_click_day(tx, run, profile.time_zone)
    if since is not None:
        await _promise_past(tx, profile, run.level, Purpose.RELEASE, since, now)


async def request(tx: Tx, account_id: UUID, profile_id: UUID, now: datetime) -> None:
    """Promise all levels of the last days right away, because a person asked."""
    profile = await queries.fetch_profile(tx, account_id, profile_id)
    assert profile is not None, "the caller has just seen it"
    for level in Level:
        await _promise(tx, profile, level, Purpose.REQUESTED, None, now)


def _daily(profile: Profile) -> list[Promise]:
    return [_report(profile, level, Purpose.DAILY, None) for level in Level]


def _late(profile: Profile, day: date) -> list[Promise]:
    return [
        _report(profile, level, Purpose.LATE, window)
        for level in Level
        for window in late_windows(day)
    ]


def _catalog(store: CalendarStore) -> list[Promise]:
    return [Promise(Kind.SYNC_CATALOG, str(store.id), store.account_id, {})]


def _settlement(store: CalendarStore) -> list[Promise]:
    payload = {"store_id": str(store.id), "profile_id": str(store.profile_id)}
    return [Promise(Kind.SETTLE, str(store.id), store.account_id, payload)]


async def _promise_past(
    tx: Tx, profile: Profile, level: Level, purpose: Purpose, since: date, now: datetime
) -> None:
    for window in past_windows(level, since, local_day(now, profile.time_zone)):
        await _promise(tx, profile, level, purpose, window, now)


async def _promise(
    tx: Tx, profile: Profile, level: Level, purpose: Purpose, window: tuple[date, date] | None,
    now: datetime,
) -> None:  # fmt: skip
    await duties.promise_all(tx, [_report(profile, level, purpose, window)], now)


def _report(
    profile: Profile, level: Level, purpose: Purpose, window: tuple[date, date] | None
) -> Promise:
    """Without a window the days are those of the moment of asking: a duty that had to wait, or was
    promised twice meanwhile, asks for the newest."""
    span = [str(day) for day in window] if window else []
    payload = {
        "profile_id": str(profile.id),
        "level": level.value,
        "purpose": purpose.value,
        "window": span,
    }
    subject = " ".join([str(profile.id), level.value, purpose.value, *span])
    return Promise(Kind.PULL_REPORT, subject, profile.account_id, payload)
