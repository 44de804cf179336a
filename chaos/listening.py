"""A very small HTTP/1.1 server, which can do what a real one takes care not to: vanish."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_LONGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""


class Vanish(Exception):
    """The connection is reset instead of an answer."""


Endpoint = Callable[[Asked], Awaitable[Answer]]


@asynccontextmanager
async def listening(endpoint: Endpoint) -> AsyncIterator[str]:
    """Serve on loopback; yields the origin."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            try:
                while True:
                    answer = await endpoint(await _read(reader))
                    writer.write(_bytes(answer))
                    await writer.drain()
            except Vanish:
                writer.transport.abort()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, limit=_LONGEST_HEAD)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(first.split()[1], headers, body)


def _bytes(answer: Answer) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status} -\r\ncontent-type: application/json\r\n"
        f"content-length: {len(answer.body)}\r\n\r\n"
    )
    return head.encode() + answer.body
