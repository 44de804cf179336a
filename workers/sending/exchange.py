"""One request at a time on one connection, by HTTP/1.1."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import h11

MOST_READ: Final = 20_000
"""Bytes of an answer's body; what comes after them is not waited for."""
MOST_PARTS: Final = 1_000
"""Pieces that the body may come in, since each of them is work for us and one byte for them."""
MOST_FOREWORDS: Final = 10
"""Answers of 100 to 199 before the answer itself: without an end they would keep a worker busy."""


class NoAnswer(Exception):
    """The connection ended before an answer had begun."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    retry_after: str | None
    body: bytes
    """As it came: never unpacked, and cut off."""


class Connection:
    """To one address. Reusable while `idle`."""

    def __init__(
        self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.address = address
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    @property
    def idle(self) -> bool:
        """Whether another request may go, as far as can be told."""
        # A connection that was reset has no end that could be read; it only is closing.
        gone = self._reader.at_eof() or self._writer.transport.is_closing()
        return self._http.our_state is h11.IDLE and not gone

    async def exchange(self, path: str, headers: list[tuple[str, str]], body: bytes) -> Reply:
        """Post it. Raises OSError, NoAnswer and h11.RemoteProtocolError."""
        send, http = self._writer.write, self._http
        request = h11.Request(method="POST", target=path, headers=headers)
        send((http.send(request) or b"") + (http.send(h11.Data(data=body)) or b""))
        http.send(h11.EndOfMessage())
        await self._writer.drain()
        response = await self._response()
        parts: list[bytes] = []
        size = 0
        while size < MOST_READ and len(parts) < MOST_PARTS:
            event = await self._next()
            if not isinstance(event, h11.Data):
                break  # its end
            parts.append(bytes(event.data))
            size += len(event.data)
        if http.our_state is h11.DONE and http.their_state is h11.DONE:
            http.start_next_cycle()
        asked = [value for name, value in response.headers if name == b"retry-after"]
        return Reply(
            status=response.status_code,
            retry_after=asked[0].decode("ascii", "replace") if asked else None,
            body=b"".join(parts)[:MOST_READ],
        )

    def close(self) -> None:
        """At once: nobody is waited for."""
        self._writer.transport.abort()

    async def _response(self) -> h11.Response:
        for _ in range(MOST_FOREWORDS + 1):
            event = await self._next()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise NoAnswer
        raise h11.RemoteProtocolError("it never comes to the answer")

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._reader.read(65_536)
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise NoAnswer
            self._http.receive_data(data)
        return event
