"""Receivers of webhooks on this machine: they remember what came and answer as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Reaction: TypeAlias = Callable[
    [Received, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]
]


@dataclass
class Receiver:
    origin: str = ""
    seen: list[Received] = field(default_factory=list)
    connections: int = 0
    react: Reaction | None = None
    """Instead of an answer."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.seen]

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().split("\r\n")[:-2]
                headers = {
                    name.strip().lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines)
                }
                body = await reader.readexactly(int(headers["content-length"]))
                received = Received(first.split(" ")[1], headers, body)
                self.seen.append(received)
                if self.react is not None:
                    await self.react(received, reader, writer)
                else:
                    writer.write(self.answer())
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def answer(self) -> bytes:
        headers = {"Content-Length": str(len(self.body))} | self.headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} OK\r\n{lines}\r\n".encode() + self.body


@asynccontextmanager
async def a_receiver(**how: object) -> AsyncIterator[Receiver]:
    receiver = Receiver(**how)
    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receiver.take(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    receiver.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
