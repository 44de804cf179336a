"""A consumer's own server: takes what it is told, checks who says so, and keeps the newest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(slots=True)
class Ear:
    """What came to one path of the receiver."""

    url: str
    endpoint: str = ""
    secret: str = ""
    """Known, as its id is, once the endpoint is made."""
    heard: int = 0
    again: int = 0
    """Deliveries of an event that had come before."""
    doubted: int = 0
    """Whose signature is not the endpoint's."""
    newest: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By entity, what was said with the highest sequence."""
    types: dict[str, int] = field(default_factory=dict)
    sequences: dict[str, set[int]] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)

    def hear(self, headers: dict[str, str], body: bytes) -> int:
        """The status that is answered."""
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.doubted += 1
            return 401
        if headers["webhook-id"] in self._ids:
            self.again += 1
            return 204
        self._ids.add(headers["webhook-id"])
        event = json.loads(body)
        self.heard += 1
        self.types[event["type"]] = self.types.get(event["type"], 0) + 1
        entity = event["entity"]
        self.sequences.setdefault(entity, set()).add(event["sequence"])
        known = self.newest.get(entity)
        if known is None or known["sequence"] < event["sequence"]:
            self.newest[entity] = event
        return 204

    def missing(self) -> int:
        """How many events the sequences say there are between those that came."""
        return sum(max(known) - min(known) + 1 - len(known) for known in self.sequences.values())


@asynccontextmanager
async def receiver(origin: str, ears: dict[str, Ear]) -> AsyncIterator[None]:
    """Listens at the origin; an ear for each path."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                lines = (line.partition(":") for line in head[1:] if line)
                headers = {name.lower(): value.strip() for name, _, value in lines}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status = ears[path].hear(headers, body) if path in ears else 404
                writer.write(f"HTTP/1.1 {status} Heard\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever was sending has gone
        finally:
            writer.close()

    parts = urlsplit(origin)
    server = await asyncio.start_server(serve, parts.hostname, parts.port)
    try:
        yield
    finally:
        server.close()
