"""`make bench`, `make bench ONLY=ingest`: progress on standard error, one JSON line each on stdout.

python -m bench [NAME ...]
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from bench import ask, console, deliver, ingest, redirect, search, settle, walls
from db.migrate import migrate
from embedded import start_postgres
from workers.__main__ import collect_less

BENCHES: dict[str, Callable[[str], Awaitable[dict[str, Any]]]] = {
    "ingest": ingest.run,
    "settle": settle.run,
    "search": search.run,
    "walls": walls.run,
    "ask": ask.run,
    "console": console.run,
    "redirect": redirect.run,
    "deliver": deliver.run,
}
# What a small server would be given.
_SETTINGS = {
    "shared_buffers": "1GB",
    "min_wal_size": "4GB",  # made once, not zeroed anew in each run
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_compression": "on",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
}


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        raise SystemExit(f"There is no bench {unknown[0]}; there are: {', '.join(BENCHES)}")
    data = Path(os.environ.get("DATA_DIR", ".data")) / "bench"
    data.mkdir(parents=True, exist_ok=True)
    server = start_postgres(data / "postgres", _SETTINGS)
    collect_less()
    for name in wanted:
        url = uvloop.run(_fresh_database(server.get_uri(), f"bench_{name}"))
        started = time.perf_counter()
        result = uvloop.run(BENCHES[name](url))
        head = {"bench": name, "machine": _machine()}
        print(json.dumps(head | result | {"seconds": round(time.perf_counter() - started, 1)}))


async def _fresh_database(server_url: str, name: str) -> str:
    server = await asyncpg.connect(server_url)
    await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await server.execute(f"CREATE DATABASE {name}")
    await server.close()
    url = server_url.replace("/postgres?", f"/{name}?")
    await migrate(url)
    return url


def _machine() -> str:
    return f"{os.cpu_count()} × {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
