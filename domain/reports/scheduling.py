"""The calendar: when reports and catalogues are read, and when stores settle."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from db.migrate import make_partitions, months_around
from db.pool import Tx
from domain.clock import local_day
from domain.duties import actions as duties
from domain.duties.queries import delete_slots, take_slots
from domain.duties.rules import Kind
from domain.reports import queries, tags
from domain.reports.rows import Level
from domain.reports.runs import Profile, Purpose, Run, late_windows, past_windows

_SLOTS_KEPT = timedelta(days=60)


async def make_room(tx: Tx, now: datetime) -> None:
    """Once a month: partitions for what is to come, and no more slots of long ago.

    Nobody gets at a table while its partition is made, so this wants a transaction of its own.
    """
    month = now.date().replace(day=1)
    if await take_slots(tx, {"partitions": str(month)}, now):
        await make_partitions(tx, months_around(month))
        await delete_slots(tx, now - _SLOTS_KEPT)


async def plan(tx: Tx, now: datetime) -> None:
    """Promise what is due by the calendar of each profile and store, once a slot.

    Asked as often as one likes, by as many workers as there are. What an outage missed is promised
    on return, once: the newest slot reads the days of those before it.
    """
    profiles = {f"reports {p.id}": p for p in await queries.scheduled_profiles(tx)}
    today = {name: local_day(now, p.time_zone) for name, p in profiles.items()}
    for name in await take_slots(tx, {name: str(day) for name, day in today.items()}, now):
        await _promise_daily(tx, profiles[name], now)
    weeks = {f"late {name}": f"{day:%G-W%V}" for name, day in today.items()}
    for name in await take_slots(tx, weeks, now):
        profile = profiles[name.removeprefix("late ")]
        await _promise_late(tx, profile, now)
    shops = {f"catalog {s.id}": s for s in await queries.listed_stores(tx)}
    # Weekly, since Amazon's quota for the catalogue is small; a person may ask at any time.
    weeks = {name: f"{local_day(now, s.time_zone):%G-W%V}" for name, s in shops.items()}
    for name in await take_slots(tx, weeks, now):
        shop = shops[name]
        await duties.promise(tx, Kind.SYNC_CATALOG, str(shop.id), shop.account_id, {}, now)
    stores = {f"settle {s.id}": s for s in await queries.settling_stores(tx)}
    days = {name: str(local_day(now, s.time_zone)) for name, s in stores.items()}
    for name in await take_slots(tx, days, now):
        store = stores[name]
        payload = {"store_id": str(store.id), "profile_id": str(store.profile_id)}
        await duties.promise(tx, Kind.SETTLE, str(store.id), store.account_id, payload, now)


async def plan_backfill(tx: Tx, account_id: UUID, profile_id: UUID, now: datetime) -> None:
    """Promise the past of a profile that has just been connected, as far as Amazon goes back.

    The brand's own tags have a past, and so has a store that comes back.
    """
    profile = await queries.fetch_profile(tx, account_id, profile_id)
    assert profile is not None, "the caller has just seen it"
    await _promise_daily(tx, profile, now)
    for level in Level:
        await _promise_past(tx, profile, level, Purpose.BACKFILL, date.min, now)


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


async def _promise_daily(tx: Tx, profile: Profile, now: datetime) -> None:
    for level in Level:
        await _promise(tx, profile, level, Purpose.DAILY, None, now)


async def _promise_late(tx: Tx, profile: Profile, now: datetime) -> None:
    for level in Level:
        for window in late_windows(local_day(now, profile.time_zone)):
            await _promise(tx, profile, level, Purpose.LATE, window, now)


async def _promise_past(
    tx: Tx, profile: Profile, level: Level, purpose: Purpose, since: date, now: datetime
) -> None:
    for window in past_windows(level, since, local_day(now, profile.time_zone)):
        await _promise(tx, profile, level, purpose, window, now)


async def _promise(
    tx: Tx, profile: Profile, level: Level, purpose: Purpose, window: tuple[date, date] | None,
    now: datetime,
) -> None:  # fmt: skip
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
    await duties.promise(tx, Kind.PULL_REPORT, subject, profile.account_id, payload, now)
