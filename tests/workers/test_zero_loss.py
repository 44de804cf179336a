"""Whatever dies on the way, what was committed arrives, and what was not does not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from redis.asyncio import Redis

import config
from tests.environment import LEAST
from tests.factories import an_account
from tests.hooks import an_endpoint, an_event, webhook_ids
from tests.receivers import Received, Receiver, a_receiver
from tests.shop import empty
from workers.delivering import _UNRECORDED

pytestmark = pytest.mark.asyncio(loop_scope="module")

_ENDPOINTS = 3
_TRANSACTIONS = 150
_KILLS = 4


@pytest_asyncio.fixture(loop_scope="module")
async def owner(shared_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared_url)
    yield connection
    await empty(connection)
    await connection.close()


async def test_workers_are_killed_and_redis_is_emptied_and_everything_arrives(
    owner: asyncpg.Connection, shared_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Set equality in both directions; of each kill come no more duplicates than were under way."""
    async with a_receiver() as receiver, Redis.from_url(redis_url) as redis:
        receiver.react = _answer_slowly(receiver)
        account_id = await an_account(owner)
        for number in range(_ENDPOINTS):
            await an_endpoint(
                owner, account_id, f"{receiver.origin}/{number}", event_types=["offer.changed"]
            )
        environment = _environment(shared_url, redis_url, receiver.origin)
        writing = asyncio.create_task(_write(shared_url, account_id))
        kills = 0
        for _ in range(_KILLS):
            seen = len(receiver.seen)
            worker = _worker(environment, tmp_path)

            async def works(seen: int = seen) -> bool:
                return len(receiver.seen) > seen + 60

            await _until(works, 20)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            kills += 1
            await redis.flushall()
            # The lease of whoever was killed runs out; that takes no waiting here.
            await owner.execute("UPDATE duty SET lease_until = now() - interval '1 second'")
        committed, taken_back = await writing
        worker = _worker(environment, tmp_path)
        expected = {
            (f"/{number}", id) for number in range(_ENDPOINTS) for id in webhook_ids(committed)
        }

        async def arrived() -> bool:
            return {(one.path, one.id) for one in receiver.seen} >= expected and not await _undone(
                owner
            )

        try:
            await _until(arrived, 20)
        finally:
            worker.kill()
            worker.wait()
    received = Counter((one.path, one.id) for one in receiver.seen)
    assert received.keys() == expected
    assert not {id for _, id in received} & set(webhook_ids(taken_back))
    assert taken_back
    duplicates = received.total() - len(received)
    assert duplicates <= kills * _ENDPOINTS * _UNRECORDED
    assert len({(one.id, one.body) for one in receiver.seen}) == len(committed)
    assert await owner.fetchval("SELECT count(*) FROM event") == 0


async def _undone(owner: asyncpg.Connection) -> int:
    return await owner.fetchval("SELECT count(*) FROM webhook_delivery WHERE status <> 'DELIVERED'")


async def _write(url: str, account_id) -> tuple[list, list]:
    """Events in transactions, every sixth of which is rolled back."""
    connection = await asyncpg.connect(url)
    committed, taken_back = [], []
    for number in range(_TRANSACTIONS):
        transaction = connection.transaction()
        await transaction.start()
        ids = [
            await an_event(connection, account_id, type="offer.changed") for _ in range(number % 5)
        ]
        if number % 6:
            await transaction.commit()
            committed += ids
        else:
            await transaction.rollback()
            taken_back += ids
        await asyncio.sleep(0.01)
    await connection.close()
    return committed, taken_back


def _answer_slowly(receiver: Receiver):
    async def answer(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(receiver.answer())
        await writer.drain()

    return answer


async def _until(happened: Callable[[], Awaitable[bool]], within_s: float) -> None:
    begun = time.monotonic()
    while not await happened():
        assert time.monotonic() - begun < within_s, "it has not happened"
        await asyncio.sleep(0.01)


def _worker(environment: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "workers"],
            cwd=Path(config.__file__).parent, env=environment, stderr=log, stdout=log,
        )  # fmt: skip


def _environment(database_url: str, redis_url: str, receiver: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        **LEAST,
        "ENVIRONMENT": "development",
        "PUBLIC_URL": "https://links.example.com",
        "AMAZON_ORIGIN": "http://127.0.0.1:9",
        "WEBHOOK_RECEIVERS": receiver,
        "SWEEP_SECONDS": "1",
    }
