"""The load where there is no wrk: raw connections in one process, which reports as post.lua does.

python -m bench.asking.connections URL SECONDS FOLDER
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import cast
from urllib.parse import urlsplit

import uvloop

from bench.asking.load import CONNECTIONS

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Connection(asyncio.Protocol):
    """Asks, waits for the whole answer, asks again."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        self._received.clear()
        self._asked = time.perf_counter()
        self._transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = bytes(self._received).partition(b"\r\n\r\n")
        found = _LENGTH.search(head) if end else None
        if found is None and end:
            self._load.refuse(head + b" (without a content-length)")
            self._transport.close()
        elif found and len(body) >= int(found[1]):
            self._load.took.append(time.perf_counter() - self._asked)
            if not head.startswith(b"HTTP/1.1 200 ") or _is_wrong(body, self._load.shortest):
                self._load.refuse(b"%d bytes: %b %b" % (len(body), head, body[:200]))
            if not self._load.over:
                self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._load.broken += not self._load.over


def _is_wrong(body: bytes, shortest: int) -> bool:
    """Errors stand before the data or after it."""
    return len(body) < shortest or b'"errors"' in body[:200] + body[-500:]


class _Load:
    def __init__(self, requests: list[bytes], shortest: int) -> None:
        self.requests: Iterator[bytes] = itertools.cycle(requests)
        self.shortest = shortest
        self.took: list[float] = []
        self.refused, self.example, self.broken, self.over = 0, b"", 0, False

    def refuse(self, answer: bytes) -> None:
        self.refused, self.example = self.refused + 1, answer[:500]

    def corrected(self) -> Iterator[float]:
        """What was taken, and what those would have who could not ask while they were waited for:
        as wrk reckons."""
        usual = sum(self.took) / max(len(self.took), 1)
        for seconds in self.took:
            yield seconds
            while (seconds := seconds - usual) > usual:
                yield seconds


async def _run(load: _Load, host: str, port: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: _Connection(load), host, port)
    await asyncio.sleep(seconds)
    elapsed, load.over = time.perf_counter() - started, True
    print(f"requests {len(load.took)}")
    print(f"microseconds {elapsed * 1_000_000:.0f}")
    print(f"p99 {quantiles([0, 0, *load.corrected()], n=100)[-1] * 1_000_000:.0f}")
    print(f"broken {load.broken}")
    print(f"refused {load.refused}")
    print(f"example {' '.join(load.example.decode(errors='replace').split())}")


def main() -> None:
    url, seconds, folder = urlsplit(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    body = (folder / "body").read_bytes()
    requests = [
        f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for key in (folder / "keys").read_text().split()
    ]
    shortest = int((folder / "shortest").read_text())
    assert url.hostname
    assert url.port
    uvloop.run(_run(_Load(requests, shortest), url.hostname, url.port, seconds))


if __name__ == "__main__":
    main()
