"""The weather: what passes is what was sent, and what is cut is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.proxy import Proxy, Weather, proxy


@asynccontextmanager
async def an_echo_behind_a_proxy() -> AsyncIterator[Proxy]:
    """A server on a unix socket that sends back whatever it gets, and the proxy before it."""
    taking: set[asyncio.Task[None]] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taking.add(asyncio.current_task())
        with suppress(OSError):
            while chunk := await reader.read(1000):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    with TemporaryDirectory(prefix="echo-") as folder:
        server = await asyncio.start_unix_server(echo, f"{folder}/socket")
        async with server, proxy(Path(folder) / "socket", Random(0)) as made:
            yield made
        await asyncio.gather(*taking)


async def until_reset(reader: asyncio.StreamReader) -> int:
    """How many bytes came before the connection was reset."""
    count = 0
    try:
        while chunk := await reader.read(1):
            count += len(chunk)
    except ConnectionResetError:
        return count
    raise AssertionError("it ended in peace")


async def sent_back(made: Proxy, chunks: list[bytes]) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", made.port)

    async def send() -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()

    _, back = await asyncio.gather(send(), reader.read())
    writer.close()
    return back


@settings(max_examples=30, deadline=None)
@given(chunks=st.lists(st.binary(max_size=5_000), max_size=40), slow=st.booleans())
def test_bytes_pass_unchanged_in_any_chunks(chunks: list[bytes], slow: bool) -> None:
    async def pass_them() -> None:
        async with an_echo_behind_a_proxy() as made:
            made.weather = Weather(0, 0.001) if slow else Weather()
            assert await sent_back(made, chunks) == b"".join(chunks)

    asyncio.run(pass_them())


async def test_a_million_bytes_pass_both_ways_at_once() -> None:
    whole = Random(1).randbytes(1_000_000)
    chunks, place, chance = [], 0, Random(2)
    while place < len(whole):
        size = chance.choice((1, 7, 100, 4_096, 70_000))
        chunks.append(whole[place : place + size])
        place += size

    async with an_echo_behind_a_proxy() as made:
        assert await sent_back(made, chunks) == whole


async def test_a_cut_is_a_reset_for_everybody_who_is_connected() -> None:
    async with an_echo_behind_a_proxy() as made:
        pairs = [await asyncio.open_connection("127.0.0.1", made.port) for _ in range(3)]
        for reader, writer in pairs:
            writer.write(b"ping")
            assert await reader.readexactly(4) == b"ping"

        assert made.cut() == 3

        for reader, writer in pairs:
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()
        assert await sent_back(made, [b"again"]) == b"again"


async def test_a_connection_is_cut_within_an_answer() -> None:
    async with an_echo_behind_a_proxy() as made:
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        writer.write(b"ping")
        assert await reader.readexactly(4) == b"ping"

        made.cut_after(50)
        writer.write(b"x" * 100)

        assert await until_reset(reader) <= 50
        writer.close()


async def test_a_black_hole_takes_everything_and_gives_nothing_until_it_is_over() -> None:
    async with an_echo_behind_a_proxy() as made:
        made.swallow()
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        writer.write(b"anybody there?")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)

        made.pass_on()

        assert await reader.readexactly(14) == b"anybody there?"
        writer.close()


async def test_a_server_that_is_away_is_a_connection_that_ends() -> None:
    async with proxy(Path("/nowhere/socket"), Random(0)) as made:
        reader, writer = await asyncio.open_connection("127.0.0.1", made.port)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
