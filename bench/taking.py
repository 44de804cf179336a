"""A receiver in a process of its own, as quick as one can be: `python -m bench.taking`.

It prints its port, and answers each request with 200 and how many there were.
"""

from __future__ import annotations

import asyncio
import re

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
_count = 0


class Taking(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        global _count
        self._buffer += data
        while (end := self._buffer.find(_END)) >= 0:
            found = _LENGTH.search(self._buffer, 0, end)
            whole = end + len(_END) + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            _count += 1
            body = b"%d" % _count
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s"
                % (len(body), body)
            )


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Taking, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
