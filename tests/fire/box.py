"""The sandbox behind a socket, and a stage whose workers reach Amazon through it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server

from sandbox.app import create_app
from sandbox.world import World
from tests.stage import Stage
from workers.amazon.endpoints import Endpoints
from workers.clients import Amazon

PATIENCE_S = 0.5
SLOW_MS = 700
"""An answer that takes longer than whoever asks waits for it."""


@asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    """The origin at which a world can be reached for a while."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = Server(
        create_app(world),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        websockets=False,
    )
    serving = asyncio.create_task(server.serve())
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        break
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        await serving


@asynccontextmanager
async def over_http(stage: Stage) -> AsyncIterator[Stage]:
    """The same stage; its workers' calls go through a socket, and wait for half a second each."""
    async with (
        served(stage.world) as origin,
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as http,
    ):
        was = stage.deps.amazon
        amazon = Amazon(
            http, Endpoints.sandbox(origin), was.ads_application, was.selling_application,
            was.clock, was.pace, was.login_pace, was.throttle,
        )  # fmt: skip
        yield replace(stage, deps=replace(stage.deps, amazon=amazon))
