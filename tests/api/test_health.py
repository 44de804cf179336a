"""Whether a process may have traffic, as a proxy asks it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from starlette.applications import Starlette

from db.migrate import MIGRATIONS
from tests.api.browsers import ASKED, a_browser, an_app, ask
from tests.environment import LEAST

FIT = {"ready": True, "database": "ok", "redis": "ok", "clicks": "ok", "stopping": False}


async def test_it_is_ready_when_everything_is_there(http: httpx.AsyncClient) -> None:
    for _ in range(50):
        answer = await http.get("/readyz")
        if answer.json()["redis"] == "ok":  # the test's own has only just been started
            break
        await asyncio.sleep(0.1)

    assert (answer.status_code, answer.json()) == (200, FIT)


async def test_a_redis_that_is_away_is_told_and_keeps_nobody_out(database_of_test: str) -> None:
    async with an_app(database_of_test, "redis://127.0.0.1:1/0") as app, a_browser(app) as http:
        answer = await http.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["redis"] == "away: ConnectionError"


async def test_a_schema_that_is_older_than_the_release_gets_no_traffic(
    app: Starlette, owner: asyncpg.Connection
) -> None:
    """Newer it may be: old processes run on it while a release rolls out."""
    newest = max(path.stem for path in MIGRATIONS.glob("*.sql"))
    await owner.execute(
        "INSERT INTO _pogo_migration SELECT 'x', '9999_next', applied, schema_name"
        " FROM _pogo_migration LIMIT 1"
    )
    async with a_browser(app) as http:
        ahead = await http.get("/readyz")
        await owner.execute("DELETE FROM _pogo_migration WHERE migration_id = $1", newest)
        behind = await http.get("/readyz")

    assert ahead.status_code == 200
    assert behind.status_code == 503
    assert newest in behind.json()["database"]


async def test_without_its_database_it_is_alive_and_not_ready(
    app: Starlette, owner: asyncpg.Connection, postgres_url: str
) -> None:
    name = await owner.fetchval("SELECT current_database()")
    server = await asyncpg.connect(postgres_url)
    try:
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        async with a_browser(app) as http:
            # The first that meets a connection which was cut tells of it; the pool is empty then.
            alive, ready = await http.get("/healthz"), await http.get("/readyz")
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    finally:
        await server.close()

    assert (alive.status_code, ready.status_code) == (200, 503)
    assert ready.json()["database"].startswith("away: ")


async def test_while_it_stops_it_asks_for_no_more(database_of_test: str, redis_url: str) -> None:
    async with an_app(database_of_test, redis_url) as app:
        app.state.stopping = True
        async with a_browser(app) as http:
            answer = await http.get("/readyz")

    assert (answer.status_code, answer.json()["stopping"]) == (503, True)


async def a_server(**env: str) -> tuple[asyncio.subprocess.Process, str]:
    """The API as it is started in production, once it answers, and where."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    whole = os.environ | env | {
        "ENVIRONMENT": "development", "HOST": "127.0.0.1",
        **LEAST,
        "PORT": str(port),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", env=whole, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    origin = f"http://127.0.0.1:{port}"
    for _ in range(200):
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient() as http:
                await http.get(f"{origin}/healthz")
            return process, origin
        await asyncio.sleep(0.1)
    process.kill()
    raise AssertionError((await process.communicate())[1].decode())


async def test_told_to_stop_the_server_drains_and_counts_for_all_its_processes(
    database_of_test: str, redis_url: str
) -> None:
    """Two processes on one port, from outside: one count of all, lines of JSON, and an end that a
    proxy sees coming."""
    process, origin = await a_server(
        DATABASE_URL=database_of_test, REDIS_URL=redis_url, WEB_WORKERS="2", DRAIN_SECONDS="1"
    )
    try:
        for _ in range(12):
            # Each by a connection of its own, which any of the processes may take.
            async with httpx.AsyncClient(base_url=origin, timeout=20) as http:
                await ask(http, ASKED)
        async with httpx.AsyncClient(timeout=20) as http:
            told = (await http.get(f"{origin}/metrics")).text
            process.send_signal(signal.SIGTERM)
            for _ in range(20):
                await asyncio.sleep(0.05)
                ready = await http.get(f"{origin}/readyz")
                if ready.status_code == 503:
                    break
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        said, lines = await process.communicate()

    counted = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families(told)
        for sample in family.samples
    }
    assert counted["clickledger_graphql_seconds_count", "query", "ok"] == 12
    assert counted["clickledger_database_up",] == 1
    assert (ready.status_code, ready.json()["stopping"]) == (503, True)
    assert said == b""
    events = [json.loads(line) for line in lines.splitlines()]
    assert sum(event["event"] == "graphql" for event in events) == 12


async def test_it_begins_without_its_database_and_ends_with_whoever_started_it(
    tmp_path: Path,
) -> None:
    """Only its first process is killed; the one that serves is not left behind on the port."""
    process, origin = await a_server(
        DATABASE_URL="postgresql://nobody@127.0.0.1:9/none", REDIS_URL="unix:///nowhere",
        CLICK_SPOOL=str(tmp_path),
    )  # fmt: skip
    async with httpx.AsyncClient(timeout=20) as http:
        alive, ready = [await http.get(f"{origin}/{path}") for path in ("healthz", "readyz")]
    process.kill()
    await process.communicate()  # until nobody holds its standard error any more

    assert (alive.status_code, ready.status_code) == (200, 503)
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"{origin}/healthz")
