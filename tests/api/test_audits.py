"""The audits of GraphQL over HTTP: all are met, but for those that ask for what is switched off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from tests.api.audits import AUDITS, GRAPHQL, JSON, LEVEL, Audit, NoSuite, Suite, suite
from tests.api.browsers import a_browser, an_app, served
from tests.factories import an_account
from tests.people import an_api_key

TESTED = {"ENVIRONMENT": "development", "PUBLIC_URL": "http://127.0.0.1"}
"""A build with introspection, for everybody; queries by GET are switched on beside it."""

BY_GET = {"5A70": "notice", "D6D5": "notice", "6A70": "notice"}
"""A server may take queries by GET, and ours does not."""
BY_INTROSPECTION = {"28B9": "error", "2EA1": "warn"}
"""These ask for `__type`, which in production is for those who are signed in."""


def met(audit: Audit, answer: httpx.Response) -> bool:
    low, high = audit.status
    body = json.loads(answer.content.decode("utf-8"))
    return (
        low <= answer.status_code <= high
        and audit.type in answer.headers["content-type"]
        and (not audit.lacks or audit.lacks not in body)
    )


async def unmet(client: httpx.AsyncClient) -> dict[str, str]:
    """How each audit of the table that was not met is counted."""
    found = {}
    for audit in AUDITS:
        headers = {"accept": audit.accept} if audit.accept else {}
        if audit.params is not None:
            answer = await client.get("/graphql", params=audit.params, headers=headers)
        else:
            body = audit.body if isinstance(audit.body, str) else json.dumps(audit.body)
            headers |= {"content-type": audit.content_type} if audit.content_type else {}
            answer = await client.post(
                "/graphql", content=b"" if audit.body is None else body.encode(), headers=headers
            )
        if not met(audit, answer):
            found[audit.id] = LEVEL[audit.duty]
    return found


@asynccontextmanager
async def asking(app: Starlette, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    async with a_browser(app, **headers) as client:
        del client.headers["accept"]  # A program's own default would hide that of the server.
        yield client


async def test_every_audit_of_the_table_is_met_where_all_is_switched_on(
    database_of_test: str, redis_url: str
) -> None:
    assert len({audit.id for audit in AUDITS}) == len(AUDITS) == 61
    async with (
        an_app(database_of_test, redis_url, queries_by_get=True, **TESTED) as app,
        asking(app) as client,
    ):
        assert await unmet(client) == {}


async def test_in_production_only_what_asks_for_get_or_introspection_is_not_met(
    database_of_test: str, redis_url: str, owner: asyncpg.Connection
) -> None:
    key = await an_api_key(owner, await an_account(owner))
    async with an_app(database_of_test, redis_url) as app:
        async with asking(app) as client:
            assert await unmet(client) == BY_GET | BY_INTROSPECTION
        async with asking(app, authorization=f"Bearer {key}") as client:
            assert await unmet(client) == BY_GET


def test_the_table_tells_a_server_that_does_not_meet_it() -> None:
    """Each audit refuses an answer that is wrong in what it asks for."""
    for audit in AUDITS:
        body = {"data": None, "errors": []} if audit.lacks else {}
        right = {"content-type": audit.type or (audit.accept or JSON)}
        wrong = {"content-type": JSON if audit.type == GRAPHQL else "text/html"}
        low, high = audit.status
        assert not met(audit, httpx.Response(high + 1, json={}, headers=right)), audit.id
        assert not met(audit, httpx.Response(low - 1, json={}, headers=right)), audit.id
        if audit.type:
            assert not met(audit, httpx.Response(low, json={}, headers=wrong)), audit.id
        if audit.lacks:
            assert not met(audit, httpx.Response(low, json=body, headers=right)), audit.id


@pytest.fixture(scope="session")
def published(data_dir: Path) -> Suite:
    try:
        return suite(data_dir / "audits")
    except NoSuite as reason:
        pytest.skip(f"The published audits are not run, only their table: {reason}.")


async def audited(published: Suite, app: Starlette, **headers: str) -> dict[str, str]:
    """How each published audit that was not met is counted."""
    async with served(app) as origin:
        running = await asyncio.create_subprocess_exec(
            *published.command(f"{origin}/graphql", json.dumps(headers)),
            stdout=asyncio.subprocess.PIPE, env=published.environment,
        )  # fmt: skip
        told, _ = await running.communicate()
    results = json.loads(told)
    assert [result["id"] for result in results] == [audit.id for audit in AUDITS]
    return {each["id"]: each["status"] for each in results if each["status"] != "ok"}


async def test_every_published_audit_is_met_where_all_is_switched_on(
    database_of_test: str, redis_url: str, published: Suite
) -> None:
    async with an_app(database_of_test, redis_url, queries_by_get=True, **TESTED) as app:
        assert await audited(published, app) == {}


async def test_in_production_only_published_audits_of_get_or_introspection_are_not_met(
    database_of_test: str, redis_url: str, owner: asyncpg.Connection, published: Suite
) -> None:
    key = await an_api_key(owner, await an_account(owner))
    async with an_app(database_of_test, redis_url) as app:
        assert await audited(published, app) == BY_GET | BY_INTROSPECTION
    async with an_app(database_of_test, redis_url) as app:
        assert await audited(published, app, authorization=f"Bearer {key}") == BY_GET
