"""Who waits for whom, and what a worker that is told to stop leaves behind."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from db.pool import Database
from domain.duties import actions, queries
from domain.duties.rules import Duty, Kind
from tests.stage import Stage, a_stage
from workers.deps import Deps
from workers.jobs import perform
from workers.lanes import LANES, REPORTS, SLOTS, WEBHOOKS, Lane, Lanes
from workers.leases import Lease, work_while_held

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = UUID(int=1)


@pytest_asyncio.fixture(loop_scope="module")
async def stage(shared_url: str, shared_db: Database) -> AsyncIterator[Stage]:
    owner = await asyncpg.connect(shared_url)
    async with a_stage(shared_db, owner) as stage:
        yield stage
    await owner.execute("DELETE FROM duty")
    await owner.execute("DELETE FROM account")
    await owner.close()


async def promise(stage: Stage, kind: Kind, times: int = 1, owner: UUID | None = None) -> None:
    """Of an owner each, unless it says whose."""
    async with stage.db.system() as tx:
        for _ in range(times):
            await actions.promise(tx, kind, str(uuid4()), owner or uuid4(), {}, stage.now())


class Work:
    """Does nothing, at once or when it is let go; remembers what is being done and what is done."""

    def __init__(self, *waiting: Kind) -> None:
        self.begun: Counter[Kind] = Counter()
        self.done: Counter[Kind] = Counter()
        self.waiting = set(waiting)
        self.go_on = asyncio.Event()

    async def __call__(self, deps: Deps, duty: Duty, lease: Lease) -> None:
        self.begun[duty.kind] += 1
        if duty.kind in self.waiting:
            await self.go_on.wait()
        async with deps.db.system() as tx:
            await queries.finish(tx, duty)
        self.done[duty.kind] += 1


async def until(happened: Callable[[], bool]) -> None:
    async def now() -> bool:
        return happened()

    await eventually(now)


async def left(stage: Stage) -> Counter[str]:
    return Counter(row["kind"] for row in await stage.owner.fetch("SELECT kind FROM duty"))


async def test_every_kind_has_its_lane():
    assert Counter(kind for lane in LANES for kind in lane.kinds) == dict.fromkeys(Kind, 1)


async def test_no_more_is_begun_than_there_are_slots(stage: Stage):
    work = Work(*Kind)
    for kind in Kind:
        await promise(stage, kind, 9)
    lanes = Lanes(stage.deps, work)
    working = asyncio.create_task(lanes.work())
    await until(lambda: work.begun.total() == SLOTS)
    await asyncio.sleep(0.05)

    assert work.begun.total() == SLOTS
    work.go_on.set()
    await lanes.stop(grace_s=5)
    await working


async def test_until_idle_is_until_nothing_is_due(stage: Stage):
    """Also when the last duty ends in the moment in which nothing could be claimed for want of a
    slot."""
    work = Work()
    await promise(stage, Kind.SETTLE, 300)

    assert await Lanes(stage.deps, work, lanes=[Lane(1, (Kind.SETTLE,))]).until_idle() == 300


async def test_slow_reports_hold_up_nothing_else(stage: Stage):
    work = Work(Kind.PULL_REPORT)
    await promise(stage, Kind.PULL_REPORT, 5)
    await promise(stage, Kind.SETTLE, 20)
    await promise(stage, Kind.DELIVER_WEBHOOKS, 20)
    lanes = Lanes(stage.deps, work)
    working = asyncio.create_task(lanes.work())

    await until(lambda: work.done == {Kind.SETTLE: 20, Kind.DELIVER_WEBHOOKS: 20})

    assert work.begun[Kind.PULL_REPORT] == REPORTS.slots
    assert await left(stage) == {"pull_report": 5}
    work.go_on.set()
    await until(lambda: work.done[Kind.PULL_REPORT] == 5)
    await lanes.stop(grace_s=1)
    await working


async def test_a_slot_is_filled_again_as_soon_as_it_is_free(stage: Stage):
    """Two of three reports hang; the third slot does all others, one after the other."""
    ways: list[asyncio.Event] = []

    async def hang_twice(deps: Deps, duty: Duty, lease: Lease) -> None:
        if len(ways) < 2:
            ways.append(asyncio.Event())
            await ways[-1].wait()
        async with deps.db.system() as tx:
            await queries.finish(tx, duty)

    await promise(stage, Kind.PULL_REPORT, 12)
    lanes = Lanes(stage.deps, hang_twice)
    working = asyncio.create_task(lanes.work())

    async def but_two() -> bool:
        return (await left(stage))["pull_report"] == 2

    await eventually(but_two)

    for way in ways:
        way.set()
    await lanes.stop(grace_s=1)
    await working
    assert await left(stage) == {}


async def test_slots_are_the_processes_whoever_wakes_it(stage: Stage):
    work = Work(*Kind)
    await promise(stage, Kind.DELIVER_WEBHOOKS, 20)
    lanes = Lanes(stage.deps, work)
    working = asyncio.create_task(lanes.work())
    for _ in range(10):
        lanes.wake()
        await asyncio.sleep(0.005)

    assert work.begun == {Kind.DELIVER_WEBHOOKS: WEBHOOKS.slots}
    work.go_on.set()
    await until(lambda: work.done.total() == 20)
    await lanes.stop(grace_s=1)
    await working


async def test_one_owner_has_two_of_the_slots_that_wait_for_receivers(stage: Stage):
    """However old their duties are, and however often it is woken; all of them are done."""
    begun: Counter[UUID] = Counter()
    go_on = asyncio.Event()

    async def hang(deps: Deps, duty: Duty, lease: Lease) -> None:
        begun[duty.account_id] += 1
        if duty.account_id in (first, second):
            await go_on.wait()
        async with deps.db.system() as tx:
            await queries.finish(tx, duty)

    first, second, other = (uuid4() for _ in range(3))
    for owner in (first, second, other):
        await promise(stage, Kind.DELIVER_WEBHOOKS, 20, owner)
    lanes = Lanes(stage.deps, hang)
    working = asyncio.create_task(lanes.work())

    await until(lambda: begun[other] == 20)

    assert begun == {first: 2, second: 2, other: 20}
    go_on.set()
    await until(lambda: begun == {first: 20, second: 20, other: 20})
    await lanes.stop(grace_s=1)
    await working


async def test_of_what_is_due_at_the_same_time_what_had_its_turn_last_comes_last(stage: Stage):
    """Also when the clock of the trade stands still."""
    owners = [uuid4() for _ in range(3)]
    for owner in owners:
        await promise(stage, Kind.DELIVER_WEBHOOKS, owner=owner)
    turns: list[UUID] = []

    async def once_more(deps: Deps, duty: Duty, lease: Lease) -> None:
        turns.append(duty.account_id)
        async with deps.db.system() as tx:
            if len(turns) > 6:
                await queries.finish(tx, duty)
            else:
                await queries.postpone(tx, duty, deps.clock.now())

    lane = Lane(1, (Kind.DELIVER_WEBHOOKS,), of_one=1)
    await Lanes(stage.deps, once_more, lanes=[lane]).until_idle()

    assert turns == owners * 3


async def test_it_sleeps_until_it_is_woken(stage: Stage):
    work = Work()
    lanes = Lanes(stage.deps, work)
    working = asyncio.create_task(lanes.work())
    await asyncio.sleep(0.05)
    await promise(stage, Kind.SETTLE)
    await asyncio.sleep(0.1)
    assert work.begun.total() == 0

    lanes.wake()

    await until(lambda: work.done.total() == 1)
    await lanes.stop(grace_s=1)
    await working


async def test_who_is_told_to_stop_claims_nothing_more_and_finishes_what_is_begun(stage: Stage):
    work = Work(Kind.PULL_REPORT)
    await promise(stage, Kind.PULL_REPORT, 5)
    lanes = Lanes(stage.deps, work)
    working = asyncio.create_task(lanes.work())
    await until(lambda: work.begun.total() == REPORTS.slots)

    stopping = asyncio.create_task(lanes.stop(grace_s=5))
    await asyncio.sleep(0.05)
    work.go_on.set()
    await stopping
    await working

    assert work.done == {Kind.PULL_REPORT: REPORTS.slots}
    assert await left(stage) == {"pull_report": 5 - REPORTS.slots}


@pytest.mark.parametrize("hurried", [False, True])
async def test_what_is_not_done_in_time_is_put_back_untried(stage: Stage, hurried: bool):
    """The real way of a duty, held up by somebody else's lock."""
    for _ in range(3):
        await hold_up(stage)
    lanes = Lanes(stage.deps, perform)
    working = asyncio.create_task(lanes.work())
    async with stage.owner.transaction():
        await stage.owner.execute("LOCK TABLE profile IN ACCESS EXCLUSIVE MODE")

        async def all_begun() -> bool:
            rows = await stage.owner.fetch("SELECT FROM duty WHERE attempts = 1")
            return len(rows) == 3

        await eventually(all_begun)
        hurry = asyncio.Event()
        if hurried:
            hurry.set()
        async with asyncio.timeout(4):
            await lanes.stop(60 if hurried else 0.1, hurry)
    await working

    rows = await stage.owner.fetch("SELECT attempts, lease_token, last_error FROM duty")
    assert {tuple(row) for row in rows} == {(0, None, None)}


async def hold_up(stage: Stage) -> None:
    ids = {"store_id": str(uuid4()), "profile_id": str(uuid4())}
    async with stage.db.transaction(ACCOUNT) as tx:
        await actions.promise(tx, Kind.SETTLE, str(uuid4()), ACCOUNT, ids, stage.now())


async def eventually(happened: Callable[[], Awaitable[bool]]) -> None:
    begun = time.monotonic()
    while not await happened():
        assert time.monotonic() - begun < 5, "it has not happened"
        await asyncio.sleep(0.005)


async def test_a_database_that_cuts_every_connection_is_waited_for(stage: Stage):
    work = Work()
    lanes = Lanes(stage.deps, work)
    working = asyncio.create_task(lanes.work())
    for _ in range(3):
        await stage.owner.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        lanes.wake()
        await asyncio.sleep(0.02)
    before = work.done.total()
    await stage.owner.execute(
        """INSERT INTO duty (kind, subject, account_id, run_at) VALUES ('settle', 's', $1, $2)""",
        ACCOUNT, stage.now(),
    )  # fmt: skip

    lanes.wake()

    await until(lambda: work.done.total() == before + 1)
    await lanes.stop(grace_s=1)
    await working


async def test_a_step_after_the_lease_is_not_taken(stage: Stage):
    """However the work came to wait so long, and also when it tidies up after itself."""
    steps: list[str] = []

    async def work(deps: Deps, duty: Duty, lease: Lease) -> None:
        async def handler() -> None:
            steps.append("begins")
            try:
                await asyncio.sleep(0.01)
                lease.lose()
                answer = asyncio.get_running_loop().create_future()
                answer.get_loop().call_later(0.01, answer.set_result, None)
                await asyncio.wait_for(answer, 1)  # which swallows a cancellation at this moment
                steps.append("goes on")
            except Exception:
                steps.append("takes it for a failure")
            finally:
                await asyncio.sleep(0)
                steps.append("tidies up")

        task = asyncio.create_task(work_while_held(handler(), lease))
        await asyncio.wait({task})
        steps.append(repr(task.exception()))

    await promise(stage, Kind.SETTLE)
    await Lanes(stage.deps, work, lanes=[Lane(1, (Kind.SETTLE,))]).until_idle()

    assert steps == ["begins", "tidies up", "LeaseLost()"]


async def test_who_lost_its_lease_is_stopped_by_its_next_beat(stage: Stage):
    """Another has taken the duty over, and this one hangs somewhere."""
    await hold_up(stage)
    lanes = Lanes(stage.deps, perform, lease=timedelta(seconds=0.4))
    async with stage.owner.transaction():
        await stage.owner.execute("LOCK TABLE profile IN ACCESS EXCLUSIVE MODE")
        working = asyncio.create_task(lanes.work())

        async def begun() -> bool:
            return bool(await stage.owner.fetchval("SELECT lease_token FROM duty"))

        await eventually(begun)
        another = uuid4()
        # A connection of its own: the transaction above is what it hangs on.
        async with stage.db.system() as tx:
            await tx.execute(
                "UPDATE duty SET lease_token = $1, attempts = 7, lease_until = now() + '1 hour'",
                another,
            )
        await until(lambda: not lanes._tasks)

        [row] = await stage.owner.fetch("SELECT lease_token, attempts, last_error FROM duty")
        assert tuple(row) == (another, 7, None)
    await lanes.stop(grace_s=1)
    await working
