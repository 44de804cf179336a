"""`python -m sandbox`: runs the sandbox until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from datetime import UTC, date, datetime, time

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from sandbox.app import create_app
from sandbox.cast.draw import Size
from sandbox.world import DEFAULT_START, Plan, World


def main() -> None:
    options = _options()
    world = World(
        Plan(
            seed=options.seed,
            start=datetime.combine(options.start, time(8), UTC),
            size=Size(options.products, options.large_products),
        )
    )
    uvloop.run(_serve(world, options.host, options.port or _free_port(options.host)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--seed", type=int, default=7, help="the world is drawn from it")
    parser.add_argument(
        "--start",
        type=date.fromisoformat,
        default=DEFAULT_START.date(),
        help="the day on which the clock starts, at 08:00 UTC",
    )
    parser.add_argument("--products", type=int, default=12, help="products of a brand")
    parser.add_argument(
        "--large-products", type=int, default=640, help="products of the large seller"
    )
    return parser.parse_args()


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


async def _serve(world: World, host: str, port: int) -> None:
    server = Server(
        create_app(world),
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        log_enabled=False,
        websockets=False,
    )
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, server.stop)
    serving = loop.create_task(server.serve())
    await _until_it_answers(host, port, serving)
    sys.stdout.write(f"sandbox listening on http://{host}:{port}\n")
    sys.stdout.flush()
    await serving


async def _until_it_answers(host: str, port: int, serving: asyncio.Task[None]) -> None:
    while not serving.done():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        return
    await serving


if __name__ == "__main__":
    main()
