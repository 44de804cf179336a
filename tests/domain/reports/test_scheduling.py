"""What the calendar promises: once a slot, whoever asks and however often."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from db.pool import Database
from domain.clock import local_day
from domain.ids import new_id
from domain.reports import queries
from domain.reports.rows import Level
from domain.reports.runs import (
    PRODUCTS_DAYS_BACK,
    Purpose,
    Run,
    daily_window,
    earliest,
    late_windows,
    past_windows,
)
from domain.reports.scheduling import make_room, plan_again
from tests.conftest import a_database
from tests.factories import a_profile, a_seller_account, a_store, an_account
from tests.shop import empty
from workers.sweeping import Planner

ZONE = "America/Los_Angeles"
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
SUNDAY = datetime(2026, 8, 2, 20, tzinfo=UTC)
"""One in the afternoon in Los Angeles."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(postgres_url: str, template: str) -> AsyncIterator[str]:
    async with a_database(postgres_url, template) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(url: str) -> AsyncIterator[Database]:
    async with Database(url, system_size=8) as database:
        yield database


@pytest_asyncio.fixture(loop_scope="module")
async def owner(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await empty(connection)
    await connection.close()


async def a_connected_store(
    owner: asyncpg.Connection, grant: str | None = "CONNECTED", **profile: Any
) -> UUID:
    account_id = await an_account(owner)
    seller_id = await a_seller_account(owner, account_id)
    where = {"time_zone": profile.get("time_zone", ZONE)}
    profile_id = await a_profile(owner, account_id, seller_id, **profile)
    if grant is not None:
        await owner.execute(
            """INSERT INTO amazon_grant (account_id, seller_account_id, api, state)
               VALUES ($1, $2, 'ADS', $3)""",
            account_id, seller_id, grant,
        )  # fmt: skip
    return await a_store(owner, account_id, profile_id, **where)


async def planned(db: Database, owner: asyncpg.Connection, now: datetime) -> Counter[str]:
    """What a plan promises, by purpose or kind; the promises are then taken as kept."""
    await Planner().plan(db, now)
    return await promised(owner)


async def promised(owner: asyncpg.Connection) -> Counter[str]:
    rows = await owner.fetch(
        "DELETE FROM duty RETURNING COALESCE(payload ->> 'purpose', kind) AS what"
    )
    return Counter(row["what"] for row in rows)


loop = pytest.mark.asyncio(loop_scope="module")

NEW_DAY = {"DAILY": 4, "settle": 1}
NEW_WEEK = {"DAILY": 4, "LATE": 8, "settle": 1}


@loop
async def test_a_day_is_planned_once(db: Database, owner: asyncpg.Connection):
    await a_connected_store(owner)

    assert await planned(db, owner, SUNDAY) == NEW_WEEK
    assert await planned(db, owner, SUNDAY + timedelta(hours=8)) == {}
    monday = SUNDAY + timedelta(days=1)
    assert await planned(db, owner, monday) == NEW_WEEK
    assert await planned(db, owner, monday + timedelta(days=1)) == NEW_DAY


@loop
async def test_planners_at_once_plan_each_slot_once(db: Database, owner: asyncpg.Connection):
    """3 stores, 40 days, 6 workers."""
    for _ in range(3):
        await a_connected_store(owner)
    everything: Counter[str] = Counter()

    async def one(now: datetime) -> None:
        await Planner().plan(db, now)

    for number in range(40):
        now = SUNDAY + timedelta(days=number)
        await asyncio.gather(*(one(now + timedelta(seconds=n)) for n in range(6)))
        everything += await promised(owner)
        assert everything["settle"] == 3 * (number + 1)

    weeks = len({(SUNDAY + timedelta(days=n)).isocalendar()[:2] for n in range(40)})
    assert everything == {"DAILY": 3 * 4 * 40, "LATE": 3 * 8 * weeks, "settle": 3 * 40}


@loop
async def test_an_outage_is_caught_up_once(db: Database, owner: asyncpg.Connection):
    """The newest slot reads the days of those that were missed."""
    await a_connected_store(owner)
    await planned(db, owner, SUNDAY)

    back = SUNDAY + timedelta(days=5)

    assert await planned(db, owner, back) == NEW_WEEK
    assert await planned(db, owner, back + timedelta(hours=1)) == {}
    assert await planned(db, owner, back + timedelta(days=1)) == NEW_DAY


@loop
@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        (ZONE, date(2026, 3, 6), 5),  # an hour is missing on the 8th
        (ZONE, date(2026, 10, 30), 5),  # the 1st has an hour twice
        (ZONE, date(2028, 2, 27), 4),  # a leap day
        ("Europe/London", date(2026, 3, 27), 5),
        ("Asia/Tokyo", date(2026, 12, 30), 4),
    ],
)
async def test_every_local_day_has_its_slot_and_no_other(
    db: Database, owner: asyncpg.Connection, zone: str, first: date, days: int
):
    """Planned every half hour through changes of the clocks, a leap day, a new year."""
    await a_connected_store(owner, time_zone=zone)
    now = datetime.combine(first, datetime.min.time(), UTC)
    seen = {local_day(now + timedelta(minutes=30 * n), zone) for n in range(48 * days)}
    everything: Counter[str] = Counter()
    for n in range(48 * days):
        everything += await planned(db, owner, now + timedelta(minutes=30 * n))

    assert everything["settle"] == len(seen)
    assert everything["DAILY"] == 4 * len(seen)


@loop
async def test_a_store_settles_and_is_reported_on_by_its_own_midnight(
    db: Database, owner: asyncpg.Connection
):
    await a_connected_store(owner)
    await a_connected_store(owner, time_zone="Asia/Tokyo")
    await planned(db, owner, SUNDAY)

    assert await planned(db, owner, datetime(2026, 8, 3, 6, 59, tzinfo=UTC)) == {}
    assert (await planned(db, owner, datetime(2026, 8, 3, 7, 0, tzinfo=UTC)))["settle"] == 1
    assert (await planned(db, owner, datetime(2026, 8, 3, 15, 0, tzinfo=UTC)))["settle"] == 1


@loop
async def test_a_disconnected_store_settles_and_is_not_reported_on(
    db: Database, owner: asyncpg.Connection
):
    """S80i."""
    store_id = await a_connected_store(owner)
    await owner.execute("UPDATE store SET disconnected_at = now() WHERE id = $1", store_id)

    assert await planned(db, owner, SUNDAY) == {"settle": 1}


@loop
@pytest.mark.parametrize("grant", [None, "RECONNECT", "AWAITING_CONSENT", "DECLINED"])
async def test_a_profile_without_a_consent_is_not_reported_on(
    db: Database, owner: asyncpg.Connection, grant: str | None
):
    await a_connected_store(owner, grant)

    assert await planned(db, owner, SUNDAY) == {"settle": 1}


@loop
async def test_a_profile_that_does_not_measure_is_not_reported_on(
    db: Database, owner: asyncpg.Connection
):
    await a_connected_store(owner, measuring_since=None)

    assert await planned(db, owner, SUNDAY) == {"settle": 1}


@loop
async def test_brands_of_one_seller_share_their_reports(db: Database, owner: asyncpg.Connection):
    store_id = await a_connected_store(owner)
    account_id, profile_id = await owner.fetchrow(
        "SELECT account_id, profile_id FROM store WHERE id = $1", store_id
    )
    await a_store(owner, account_id, profile_id)

    assert await planned(db, owner, SUNDAY) == NEW_WEEK | {"settle": 2}


@loop
async def test_partitions_are_made_ahead(db: Database, owner: asyncpg.Connection):
    now = datetime(2031, 5, 17, tzinfo=UTC)

    await room_made(db, now)

    names = {row[0] for row in await owner.fetch("SELECT relname FROM pg_class")}
    for parent in ("click", "report_row"):
        assert {f"{parent}_2031m05", f"{parent}_2031m08", f"{parent}_2030m03"} <= names
        assert f"{parent}_2031m09" not in names
    await room_made(db, datetime(2031, 6, 1, tzinfo=UTC))
    assert await owner.fetchval("SELECT to_regclass('click_2031m09') IS NOT NULL")


async def room_made(db: Database, now: datetime) -> None:
    async with db.system() as tx:
        await make_room(tx, now)


@loop
async def test_a_long_report_keeps_partitions_waiting_and_no_shopper(
    db: Database, owner: asyncpg.Connection, url: str
):
    """S52: a click that nobody can write is lost, and its shopper with it."""
    taking_in, redirect = await asyncpg.connect(url), await asyncpg.connect(url)
    async with taking_in.transaction():
        await taking_in.execute("LOCK report_row IN ROW EXCLUSIVE MODE")
        making = asyncio.create_task(room_made(db, datetime(2032, 5, 17, tzinfo=UTC)))
        while not await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        async with redirect.transaction():
            await redirect.execute("LOCK click IN ROW EXCLUSIVE MODE NOWAIT")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await making
    await taking_in.close()
    await redirect.close()
    assert await owner.fetchval("SELECT to_regclass('click_2032m05')") is None
    await room_made(db, datetime(2032, 5, 17, tzinfo=UTC))
    assert await owner.fetchval("SELECT to_regclass('click_2032m05')") is not None


@loop
async def test_slots_of_long_ago_are_forgotten(db: Database, owner: asyncpg.Connection):
    await a_connected_store(owner)
    await planned(db, owner, SUNDAY)

    await room_made(db, SUNDAY + timedelta(days=59))
    assert await owner.fetchval("SELECT count(*) FROM slot WHERE planned_at = $1", SUNDAY) == 3
    await room_made(db, SUNDAY + timedelta(days=91))

    assert await owner.fetchval("SELECT count(*) FROM slot WHERE planned_at = $1", SUNDAY) == 0


@loop
async def test_a_daily_report_revives_what_was_given_up_whatever_else_was_read_meanwhile(
    db: Database, owner: asyncpg.Connection
):
    account_id = await an_account(owner)
    profile_id = await a_profile(owner, account_id, await a_seller_account(owner, account_id))

    async def taken_in(purpose: Purpose, hours_ago: int) -> Run:
        at, day = SUNDAY - timedelta(hours=hours_ago), SUNDAY.date()
        run = Run(account_id, new_id(), profile_id, Level.CAMPAIGN, purpose, day, day)
        async with db.transaction(account_id) as tx:
            await queries.insert_run(tx, run, at)
            await queries.close_run(tx, run, "APPLIED", at)
        return run

    await owner.executemany(
        """INSERT INTO duty (kind, subject, account_id, payload, run_at, dead_at)
           VALUES ('pull_report', $1, $2, '{}', $3, $3)""",
        [
            (f"{profile_id} CAMPAIGN BACKFILL {day}", account_id, SUNDAY - timedelta(hours=ago))
            for day, ago in [("long ago", 30), ("since then", 12)]
        ],
    )
    await taken_in(Purpose.DAILY, 24)
    await taken_in(Purpose.BACKFILL, 6)
    daily = await taken_in(Purpose.DAILY, 0)

    async with db.transaction(account_id) as tx:
        await plan_again(tx, daily, SUNDAY)

    [revived] = await owner.fetch("SELECT subject FROM duty WHERE dead_at IS NULL")
    assert revived["subject"].endswith("since then")


@loop
async def test_a_promise_that_waits_asks_for_the_days_of_its_own_time(
    db: Database, owner: asyncpg.Connection
):
    await a_connected_store(owner)
    await Planner().plan(db, SUNDAY)
    rows = await owner.fetch("SELECT payload ->> 'window' AS days, subject FROM duty")
    windows = {row["days"] for row in rows if "DAILY" in row["subject"]}
    late = {row["days"] for row in rows if "LATE" in row["subject"]}

    assert windows == {"[]"}
    assert late == {'["2026-06-06", "2026-06-12"]', '["2026-05-22", "2026-05-28"]'}


# The days that are asked for.


def days_of(windows: list[tuple[date, date]]) -> list[date]:
    return [
        since + timedelta(days=n) for since, to in windows for n in range((to - since).days + 1)
    ]


@given(DAYS)
def test_on_its_monday_a_week_reads_ages_45_to_51_and_60_to_66(today: date):
    monday = today - timedelta(days=today.weekday())

    ages = {(monday - day).days for day in days_of(late_windows(monday))}

    assert ages == {*range(45, 52), *range(60, 67)}
    assert late_windows(today) == late_windows(monday)


@given(DAYS, st.lists(st.integers(0, 6), min_size=8, max_size=8))
def test_no_day_falls_between_two_weeks(start: date, asked_on: list[int]):
    """Each week is asked for on one of its days, whichever: each day is read at both ages once."""
    monday = start - timedelta(days=start.weekday())
    read = Counter(
        day
        for week, weekday in enumerate(asked_on)
        for day in days_of(late_windows(monday + timedelta(weeks=week, days=weekday)))
    )
    steady = [monday - timedelta(days=51) + timedelta(days=n) for n in range(35)]
    assert {read[day] for day in steady} == {2}


@given(DAYS)
def test_the_daily_window_is_thirty_days_that_end_today(today: date):
    days = days_of([daily_window(today)])
    assert (len(days), max(days)) == (30, today)


@given(st.sampled_from(Level), DAYS, DAYS)
def test_past_windows_cover_each_day_before_the_daily_window_once(
    level: Level, since: date, today: date
):
    windows = past_windows(level, since, today)

    days = days_of(windows)
    first = max(since, earliest(level, today))
    length = max((daily_window(today)[0] - first).days, 0)
    assert sorted(days) == [first + timedelta(days=n) for n in range(length)]
    assert all((to - start).days < 30 for start, to in windows)


@given(DAYS)
def test_no_day_is_asked_for_that_amazon_no_longer_answers(today: date):
    """Thirteen months, and ninety days for products."""
    assert (today - earliest(Level.PRODUCTS, today)).days == PRODUCTS_DAYS_BACK == 89
    first = earliest(Level.CAMPAIGN, today)
    month, year = (today.month - 2) % 12 + 1, today.year - 1 - (today.month == 1)
    assert date(year, month, 1) <= first
    assert 390 <= (today - first).days <= 396
