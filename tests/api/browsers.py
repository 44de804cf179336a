"""The application over the test's servers, and browsers and programs that ask it over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from api.app import create_app
from api.auth import cookie_name
from config import Config
from domain.people.passwords import hashed
from tests.environment import LEAST
from tests.people import a_person, a_session

PUBLIC = "https://links.example.com"
FRONT_END = "https://app.example.com"
OURS = {"X-Requested-By": "tests"}
PASSWORD = "correct horse, battery staple"
ASKED = {"query": "{ __typename }"}
TYPED = {"content-type": "application/json"}


@asynccontextmanager
async def an_app(
    database_url: str, redis_url: str, *, queries_by_get: bool = False, **env: str
) -> AsyncIterator[Starlette]:
    """One process of the API, in production unless `env` says otherwise."""
    app = create_app(
        Config.from_env(
            {
                "ENVIRONMENT": "production",
                "DATABASE_URL": database_url,
                "REDIS_URL": redis_url,
                **LEAST,
                "PUBLIC_URL": PUBLIC,
                "FRONT_END_URL": FRONT_END,
                "MAIL_OUTBOX": "/dev/null",
                "CLICK_SPOOL": "/dev/null",  # nobody keeps clicks here
                # All tests ask from the same address, within the same minutes.
                "BUDGET_ADDRESS": "1000000000",
                "BUDGET_ANONYMOUS": "1000000000",
            }
            | env
        ),
        queries_by_get=queries_by_get,
    )
    async with app.router.lifespan_context(app):
        yield app


@asynccontextmanager
async def a_browser(
    app: Starlette, token: str | None = None, address: str = "192.0.2.1", **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    """With a session's cookie, if `token` is given; without our header unless it is given."""
    public = app.state.config.public_url
    transport = httpx.ASGITransport(app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=public, headers=headers) as client:
        if token is not None:
            name = cookie_name(secure=public.startswith("https://"))
            client.headers["cookie"] = f"{name}={token}"
        yield client


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """The application behind the product's own server; its origin."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False
    )
    serving = asyncio.create_task(server.serve())
    while not serving.done():
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            break
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await serving


async def ask(http: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    """Any body, as JSON or as the bytes that it is."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await http.post("/graphql", content=content, headers=TYPED | headers)


async def post(client: httpx.AsyncClient, query: str, **headers: str) -> httpx.Response:
    return await client.post("/graphql", json={"query": query}, headers=headers)


def code(answer: httpx.Response) -> Any:
    """Of the first error."""
    return answer.json()["errors"][0]["extensions"]["code"]


async def somebody(owner: asyncpg.Connection, email: str, **fields: Any) -> UUID:
    """Somebody with a password."""
    return await a_person(owner, email=email, password_hash=await hashed(PASSWORD), **fields)


async def signed_in(owner: asyncpg.Connection, person_id: UUID) -> str:
    """A session that began just now, by the server's own clock; its token."""
    now = datetime.now(UTC)
    return await a_session(
        owner, person_id, begun_at=now, seen_at=now, expires_at=now + timedelta(days=30)
    )
