"""What would keep the process, or whoever waits for it, busy for nothing."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from uuid import uuid4

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from api.auth import client_of
from db.pool import Database
from tests.api.browsers import ASKED, a_browser, an_app, ask, post, signed_in, somebody
from tests.environment import LEAST
from tests.factories import an_account
from tests.people import an_api_key

WHO = {"query": "{ viewer { person { name } } }"}


@pytest.mark.parametrize("path", ["/graphql", "/oauth/amazon/ads?state=x&code=y"])
async def test_a_cookie_full_of_escapes_takes_no_time(app: Starlette, path: str) -> None:
    """Python's own reader of cookies takes ten seconds of a processor for this one."""
    cookie = 'a="' + "\\1" * 40_000 + '"'
    async with a_browser(app, cookie=cookie) as http:
        begin = time.process_time()
        await (ask(http, WHO) if path == "/graphql" else http.get(path))

        assert time.process_time() - begin < 1


async def test_a_session_is_found_among_other_cookies(
    app: Starlette, owner: asyncpg.Connection
) -> None:
    token = await signed_in(owner, await somebody(owner, "ann@example.com", name="Ann"))
    ours = f"__Host-clickledger={token}"
    for cookie in (ours, f"a=1; {ours}", f"{ours};b", f'a="x; y"; {ours} ; c=d=e'):
        async with a_browser(app, cookie=cookie) as http:
            answer = await ask(http, WHO, **{"x-requested-by": "us"})

        assert answer.json()["data"] == {"viewer": {"person": {"name": "Ann"}}}, cookie
    for cookie in (f"x{ours}", f"a={ours}", f'"{ours}"', "__Host-clickledger", ""):
        async with a_browser(app, cookie=cookie) as http:
            answer = await ask(http, WHO, **{"x-requested-by": "us"})

        assert answer.json()["data"] == {"viewer": None}, cookie


async def test_the_server_takes_in_few_headers(database_of_test: str, redis_url: str) -> None:
    """Its own word is 400 kB, and 16 MB by HTTP/2."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "DATABASE_URL": database_of_test, "REDIS_URL": redis_url, "PORT": str(port),
        "ENVIRONMENT": "development", "HOST": "127.0.0.1",
        **LEAST,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "api", env=env)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            for _ in range(200):
                with suppress(httpx.TransportError):
                    await ask(http, ASKED)
                    break
                await asyncio.sleep(0.1)
            few = await ask(http, ASKED, a="b" * 20_000)
            many = 431  # also when it hangs up before all of it was sent
            with suppress(httpx.TransportError):
                many = (await ask(http, ASKED, a="b" * 100_000)).status_code
    finally:
        process.terminate()
        await process.wait()

    assert (few.status_code, many) == (200, 431)


async def test_a_hanging_redis_keeps_no_mutation_waiting(
    database_of_test: str, owner: asyncpg.Connection
) -> None:
    """It is committed by then; whoever did it would be told that nobody knows."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    key = await an_api_key(owner, await an_account(owner))
    with tempfile.TemporaryDirectory(prefix="clickledger-") as folder:
        server = await asyncio.start_unix_server(hang, f"{folder}/v.sock")
        async with (
            server,
            an_app(database_of_test, f"unix://{folder}/v.sock") as app,
            a_browser(app, authorization=f"Bearer {key}") as http,
        ):
            adds = [f'm{n}: addSellerAccount(name: "S{n}") {{ __typename }}' for n in range(4)]
            answer = await post(http, "mutation { " + " ".join(adds) + " }")
            server.close()

    assert (answer.status_code, len(answer.json()["data"])) == (200, 4), answer.text


async def test_from_wherever_it_is_looked_a_statement_has_three_seconds(app: Starlette) -> None:
    db = app.state.db
    for door in (db.account(uuid4()), db.affiliate(uuid4()), db.system()):
        async with door as tx:
            assert await tx.fetchval("SHOW statement_timeout") == "3s"


async def test_no_answer_is_kept_on_the_way_or_taken_for_something_else(
    http: httpx.AsyncClient,
) -> None:
    for answer in (
        await ask(http, WHO),
        await ask(http, b"{"),
        await ask(http, WHO, authorization="Bearer nothing"),
        await http.get("/graphql"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("field", ["stores", "viewer"])
async def test_a_switch_at_the_root_that_is_null_is_a_mistake_of_the_asker(
    http: httpx.AsyncClient, key: dict[str, str], field: str
) -> None:
    query = f"query($b: Boolean = true) {{ {field} @skip(if: $b) {{ __typename }} }}"

    answer = await ask(http, {"query": query, "variables": {"b": None}}, **key)

    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert "not to be None" in answer.json()["errors"][0]["message"]


async def test_one_account_leaves_connections_for_the_others(
    db: Database, owner: asyncpg.Connection
) -> None:
    """Three quarters of the eight are the most that one has at once."""
    greedy, modest = await an_account(owner), await an_account(owner)
    async with AsyncExitStack() as held:
        for _ in range(6):
            await held.enter_async_context(db.account(greedy))
        seventh = asyncio.ensure_future(held.enter_async_context(db.account(greedy)))
        async with asyncio.timeout(5), db.account(modest), db.account(modest):
            await asyncio.sleep(0)

            assert not seventh.done()
        seventh.cancel()
        await asyncio.wait([seventh])
    async with asyncio.timeout(5), db.account(greedy):
        pass


async def test_what_is_sent_costs_points_whatever_is_asked(http: httpx.AsyncClient) -> None:
    small = (await ask(http, WHO)).json()["extensions"]["cost"]["points"]
    padded = WHO | {"variables": {"unused": "x" * 50_000}}
    large = (await ask(http, padded)).json()["extensions"]["cost"]["points"]

    assert small < 10
    assert 500 <= large < 510


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:51234", "192.0.2.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("1.2.3.4, 192.0.2.7:1", "192.0.2.7"),
    ],
)
def test_a_port_makes_no_other_address(app: Starlette, said: str, address: str) -> None:
    headers = [(b"x-forwarded-for", said.encode())]
    scope = {"type": "http", "app": app, "headers": headers, "client": ("10.0.0.1", 1)}
    with pytest.MonkeyPatch.context() as proxied:
        proxied.setattr(app.state, "config", replace(app.state.config, trusted_proxies=1))

        assert client_of(Request(scope)) == address
