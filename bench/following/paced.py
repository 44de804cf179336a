"""Visits at a rate, whatever becomes of those before; or, at rate 0, as many as there is time for.

python -m bench.following.paced URL FILE_OF_CODES SECONDS RATE CONNECTIONS

How long one takes is told from when it was due, so that whoever had to wait for a connection has
waited. Tells microseconds.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import deque
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


class _Load:
    def __init__(self, requests: list[bytes], *, paced: bool) -> None:
        self.requests = itertools.cycle(requests)
        self.paced = paced
        self.due: deque[float] = deque()
        self.idle: list[_Connection] = []
        self.took: list[float] = []
        self.broken, self.refused, self.example, self.over = 0, 0, b"", False

    def free(self, connection: _Connection) -> None:
        if self.over:
            return
        if not self.paced:
            connection.ask(time.perf_counter())
        elif self.due:
            connection.ask(self.due.popleft())
        else:
            self.idle.append(connection)

    def come(self, moment: float) -> None:
        if self.idle:
            self.idle.pop().ask(moment)
        else:
            self.due.append(moment)


class _Connection(asyncio.Protocol):
    """Redirects have no body, so an answer ends with its head."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._load.free(self)

    def ask(self, due: float) -> None:
        self._due, self._received = due, b""
        self._transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if b"\r\n\r\n" not in self._received:
            return
        self._load.took.append(time.perf_counter() - self._due)
        if not self._received.startswith(b"HTTP/1.1 302 "):
            self._load.refused, self._load.example = self._load.refused + 1, self._received[:300]
        self._load.free(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.broken += not self._load.over


async def _run(load: _Load, url: str, seconds: float, rate: int, connections: int) -> None:
    loop = asyncio.get_running_loop()
    parts = urlsplit(url)
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(load), parts.hostname, parts.port)
    started = time.perf_counter()
    if rate:
        for number in range(int(seconds * rate)):
            due = started + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            load.come(due)
        for _ in range(1_000):
            if len(load.took) >= int(seconds * rate):
                break
            await asyncio.sleep(0.01)
    else:
        await asyncio.sleep(seconds)
    elapsed, load.over = time.perf_counter() - started, True
    took = sorted(load.took) or [0]
    print(f"requests {len(load.took)}")
    print(f"microseconds {elapsed * 1_000_000:.0f}")
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999)):
        print(f"{name} {took[int(len(took) * share)] * 1_000_000:.0f}")
    print(f"broken {load.broken + len(load.due)}")
    print(f"refused {load.refused}")
    print(f"example {' '.join(load.example.decode(errors='replace').split())}")


def main() -> None:
    url, codes, seconds, rate, connections = sys.argv[1:]
    requests = [
        f"GET /l/{code} HTTP/1.1\r\nHost: links\r\nUser-Agent: {BROWSER}\r\n\r\n".encode()
        for code in Path(codes).read_text().split()
    ]
    load = _Load(requests, paced=rate != "0")
    uvloop.run(_run(load, url, float(seconds), int(rate), int(connections)))


if __name__ == "__main__":
    main()
