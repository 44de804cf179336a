"""A proxy that can be bad weather: latency, jitter, resets, black holes, cuts after so many bytes.

Bytes that pass are never changed and never reordered. Listens on loopback TCP, where a connection
can really be reset, in front of a server's unix socket.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

_CHUNK = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing sends RST, and what was not sent is thrown away."""


@dataclass(slots=True)
class Weather:
    """What happens to bytes that pass from now on, in both directions."""

    latency_s: float = 0
    jitter_s: float = 0
    """Added to the latency of each chunk, from nothing up to this."""


@dataclass(slots=True, eq=False)
class Connection:
    """Two ends and what may still pass between them."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    left: int | None = None
    """Bytes until it is cut; None for as many as there are."""

    def reset(self) -> None:
        for writer in (self.client, self.server):
            end = writer.get_extra_info("socket")
            if end.family != socket.AF_UNIX:
                with suppress(OSError):  # it is closed already
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


@dataclass(slots=True)
class Proxy:
    """One server behind bad weather."""

    upstream: Path
    chance: Random
    weather: Weather = field(default_factory=Weather)
    port: int = 0
    connections: set[Connection] = field(default_factory=set)
    _passing: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> int:
        """Reset every connection there is; how many there were."""
        cut = list(self.connections)
        for connection in cut:
            connection.reset()
        return len(cut)

    def cut_after(self, most: int) -> None:
        """Each connection there is passes some more bytes, at most so many, and is reset."""
        for connection in self.connections:
            connection.left = self.chance.randint(0, most)

    def swallow(self) -> None:
        """A black hole: connections are taken and stay, and nothing passes until `pass_on`."""
        self._passing.clear()

    def pass_on(self) -> None:
        """What was held back passes, as TCP sends again what got no answer."""
        self._passing.set()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(str(self.upstream))
        except OSError:
            writer.transport.abort()  # the server is away
            return
        connection = Connection(writer, back)
        self.connections.add(connection)
        try:
            await asyncio.gather(
                self._pump(reader, back, connection), self._pump(there, writer, connection)
            )
        except OSError:
            connection.reset()  # one end is gone: the other hears of it the hard way
        finally:
            self.connections.discard(connection)
            for end in (writer, back):
                end.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, of: Connection
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            weather = self.weather
            if weather.latency_s or weather.jitter_s:
                await asyncio.sleep(weather.latency_s + self.chance.random() * weather.jitter_s)
            await self._passing.wait()
            if of.left is not None:
                chunk = chunk[: of.left]
                of.left -= len(chunk)
            writer.write(chunk)
            await writer.drain()
            if of.left == 0:
                of.reset()
                return
        if writer.can_write_eof() and not writer.is_closing():
            writer.write_eof()


@asynccontextmanager
async def proxy(upstream: Path, chance: Random) -> AsyncIterator[Proxy]:
    """A proxy that listens, in fine weather."""
    made = Proxy(upstream, chance)
    made.pass_on()
    server = await asyncio.start_server(made._take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.pass_on()
        made.cut()
