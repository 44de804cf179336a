"""The worker as a process of its own, on real servers."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool

import config
from api.app import ring
from db.pool import Database
from domain.duties import actions
from domain.duties.rules import QUEUE, Kind
from tests.environment import LEAST
from tests.factories import a_profile, a_seller_account, a_store, an_account
from tests.shop import empty

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUSE = Path(config.__file__).parent
SELDOM = {"SWEEP_SECONDS": "60"}
"""A worker that has nothing but its rings, once its first look is over."""


@pytest_asyncio.fixture(loop_scope="module")
async def owner(shared_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared_url)
    yield connection
    await empty(connection)
    await connection.close()


@pytest.fixture
def environment(shared_url: str, redis_url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": shared_url,
        "REDIS_URL": redis_url,
        **LEAST,
        "ENVIRONMENT": "development",
        "PUBLIC_URL": "https://links.example.com",
        "AMAZON_ORIGIN": "http://127.0.0.1:9",
    }


@contextmanager
def process(*command: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as stderr:
        one = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=HOUSE, env=env, stdout=subprocess.PIPE, stderr=stderr,
        )  # fmt: skip
        with one:
            try:
                yield one
            finally:
                one.kill()


async def until(happened: Callable[[], Awaitable[bool]], within_s: float) -> float:
    """How long it took."""
    begun = time.monotonic()
    while not await happened():
        assert time.monotonic() - begun < within_s, "it has not happened"
        await asyncio.sleep(0.02)
    return time.monotonic() - begun


async def has_looked(owner: asyncpg.Connection) -> None:
    """The worker has started and its first sweep is over."""

    async def looked() -> bool:
        return bool(await owner.fetchval("SELECT count(*) FROM slot"))

    await until(looked, 15)
    await asyncio.sleep(0.2)


async def promise(db: Database, at: datetime | None = None) -> Callable[[], Awaitable[bool]]:
    """A duty that is done by finding its profile gone; whether it is done."""
    account_id, subject = uuid4(), str(uuid4())
    payload = {"profile_id": subject, "level": "CAMPAIGN", "purpose": "DAILY", "window": []}
    async with db.transaction(account_id) as tx:
        await actions.promise(
            tx, Kind.PULL_REPORT, subject, account_id, payload, at or datetime.now(UTC)
        )

    async def done() -> bool:
        async with db.account(account_id) as tx:
            return not await tx.fetchval("SELECT count(*) FROM duty WHERE subject = $1", subject)

    return done


def stop(worker: subprocess.Popen[bytes]) -> int:
    worker.send_signal(signal.SIGTERM)
    return worker.wait(5)


async def test_a_ring_wakes_it_and_a_signal_ends_it(
    shared_db: Database, owner: asyncpg.Connection, environment: dict[str, str], tmp_path: Path
):
    redis = ArqRedis(
        ConnectionPool.from_url(environment["REDIS_URL"]),
        job_serializer=orjson.dumps, default_queue_name=QUEUE,
    )  # fmt: skip
    log = tmp_path / "log"
    with process("workers", env=environment | SELDOM, log=log) as worker:
        await has_looked(owner)
        done = await promise(shared_db)
        await asyncio.sleep(0.3)
        assert not await done()

        await ring(redis)

        assert await until(done, 2) < 1
        assert stop(worker) == 0, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()
    await redis.aclose(close_connection_pool=True)


async def test_a_sweep_finds_what_no_ring_woke(
    shared_db: Database, owner: asyncpg.Connection, environment: dict[str, str], tmp_path: Path
):
    """Whatever Redis forgets is done all the same."""
    log = tmp_path / "log"
    with process("workers", env=environment | {"SWEEP_SECONDS": "1"}, log=log) as worker:
        await has_looked(owner)

        await until(await promise(shared_db), 3)

        assert stop(worker) == 0, log.read_text()


async def a_store_to_settle(owner: asyncpg.Connection) -> UUID:
    """Its profile; the worker's first look promises the settlement."""
    account_id = await an_account(owner)
    seller_id = await a_seller_account(owner, account_id)
    profile_id = await a_profile(owner, account_id, seller_id)
    await a_store(owner, account_id, profile_id)
    return profile_id


async def test_a_signal_lets_a_job_be_done_and_a_second_one_puts_it_back(
    owner: asyncpg.Connection, shared_url: str, environment: dict[str, str], tmp_path: Path
):
    profile_id = await a_store_to_settle(owner)
    log = tmp_path / "log"
    other = await asyncpg.connect(shared_url)
    with process("workers", env=environment | SELDOM, log=log) as worker:
        async with other.transaction():
            await other.execute("SELECT FROM profile WHERE id = $1 FOR UPDATE", profile_id)

            async def waits() -> bool:
                return bool(await owner.fetchval("SELECT attempts FROM duty WHERE attempts = 1"))

            await until(waits, 15)
            worker.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.3)
            assert worker.poll() is None
            assert await waits()
            assert stop(worker) == 0, log.read_text()
    await other.close()

    left = await owner.fetchrow("SELECT * FROM duty")
    assert (left["kind"], left["attempts"], left["lease_token"]) == ("settle", 0, None)
    assert (left["last_error"], left["dead_at"]) == (None, None)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    env = {"PATH": os.environ["PATH"]}
    with process("sandbox", "--products", "3", env=env, log=tmp_path / "sandbox") as one:
        assert one.stdout is not None
        yield one.stdout.readline().decode().split()[-1]


async def test_it_follows_a_clock_that_jumps(
    shared_db: Database, owner: asyncpg.Connection, environment: dict[str, str], tmp_path: Path,
    sandbox: str,
):  # fmt: skip
    rehearsal = {"AMAZON_ORIGIN": sandbox, "CLOCK_URL": f"{sandbox}/sandbox/clock"}
    async with httpx.AsyncClient(trust_env=False) as http:
        now = datetime.fromisoformat((await http.get(rehearsal["CLOCK_URL"])).json()["now"])
        log = tmp_path / "log"
        with process("workers", env=environment | SELDOM | rehearsal, log=log) as worker:
            await has_looked(owner)
            assert await owner.fetchval("SELECT slot FROM slot WHERE name = 'partitions'") == (
                "2026-08-01"
            )
            due = await promise(shared_db, now)
            later = await promise(shared_db, now + timedelta(days=10))

            await http.post(rehearsal["CLOCK_URL"], json={"advance_hours": 1})
            assert await until(due, 3) < 1
            assert not await later()
            await http.post(rehearsal["CLOCK_URL"], json={"advance_hours": 240})
            assert await until(later, 3) < 1

            assert stop(worker) == 0, log.read_text()


async def test_a_wrong_environment_is_told_in_one_message(tmp_path: Path):
    log = tmp_path / "log"
    with process("workers", env={"PATH": os.environ["PATH"]}, log=log) as worker:
        assert worker.wait(10) == 1
    said = log.read_text()
    assert "DATABASE_URL is not set" in said
    assert "REDIS_URL is not set" in said
    assert "Traceback" not in said
