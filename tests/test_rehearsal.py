"""The clock that follows another one over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain.clock import SystemClock
from rehearsal import clock

START = datetime(2026, 8, 1, 8, tzinfo=UTC)


@dataclass
class OtherClock:
    """An HTTP server that answers every request with `status` and `body`."""

    url: str = ""
    status: int = 200
    body: str = ""

    def say(self, moment: datetime) -> None:
        self.status, self.body = 200, f'{{"now": "{moment.isoformat()}"}}'

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {self.status} X\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(self.body)}\r\n\r\n{self.body}".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def another() -> AsyncIterator[OtherClock]:
    told = OtherClock()
    told.say(START)
    server = await asyncio.start_server(told.answer, "127.0.0.1", 0)
    told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/clock"
    async with server:
        yield told


async def until(so: Callable[[], bool]) -> None:
    for _ in range(300):
        if so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it has not happened")


async def test_without_a_url_it_is_the_real_time():
    async with clock("") as time:
        assert isinstance(time, SystemClock)
        assert abs(time.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_it_shows_what_the_other_one_shows_and_tells_of_jumps():
    jumps = []

    async def jumped() -> None:
        jumps.append(None)

    async with another() as other, clock(other.url, jumped) as time:
        assert time.now() == START
        await asyncio.sleep(0.2)
        assert jumps == []  # it stood still

        other.say(START + timedelta(days=3))
        await until(lambda: time.now() == START + timedelta(days=3))
        await until(lambda: len(jumps) == 1)


async def test_a_moment_in_another_zone_is_shown_in_utc():
    async with another() as other:
        other.body = '{"now": "2026-08-01T01:00:00-07:00"}'
        async with clock(other.url) as time:
            assert time.now() == START
            assert time.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, ""), (200, "<html>"), (200, "{}"), (200, '{"now": "soon"}')],
)
async def test_the_last_time_stands_while_the_other_one_is_out_of_order(status: int, body: str):
    async with another() as other, clock(other.url) as time:
        other.status, other.body = status, body
        await asyncio.sleep(0.15)
        assert time.now() == START

        other.say(START + timedelta(hours=1))
        await until(lambda: time.now() == START + timedelta(hours=1))


async def test_it_does_not_begin_without_the_other_one():
    async with another() as other:
        url = other.url
    with pytest.raises(httpx.ConnectError):
        async with clock(url):
            pass
