"""The schema behind the real application: keys, headers, and errors as they travel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from api.app import create_app
from config import Config
from db.pool import Database
from domain.accounts.actions import create_api_key
from tests.environment import LEAST
from tests.factories import a_store, an_account


@pytest.fixture
async def http(database_of_test: str, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Config.from_env(
            {
                "DATABASE_URL": database_of_test,
                "REDIS_URL": redis_url,
                **LEAST,
            }
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        yield client


async def post(
    http: httpx.AsyncClient, query: str, key: str | None = None, **variables: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return await http.post(
        "/graphql", json={"query": query, "variables": variables}, headers=headers
    )


async def a_key(db: Database, owner: asyncpg.Connection, name: str) -> str:
    account_id = await an_account(owner, name=name)
    await a_store(owner, account_id, name=f"{name}'s store")
    async with db.system() as tx:
        return (await create_api_key(tx, account_id, "test")).text


async def test_a_key_opens_its_own_account(
    http: httpx.AsyncClient, db: Database, owner: asyncpg.Connection
) -> None:
    keys = {name: await a_key(db, owner, name) for name in ("Acme", "Birch")}
    query = "{ viewer { account { name plan } } stores { nodes { name } } }"

    for name, key in keys.items():
        answer = await post(http, query, key)

        assert answer.status_code == 200
        assert answer.json()["data"] == {
            "viewer": {"account": {"name": name, "plan": "ENTERPRISE"}},
            "stores": {"nodes": [{"name": f"{name}'s store"}]},
        }


async def test_without_a_key_there_is_no_viewer_and_nothing_else(http: httpx.AsyncClient) -> None:
    nobody = await post(http, "{ viewer { now } }")
    nothing = await post(http, "{ stores { totalCount } }")
    unknown = await post(http, "{ viewer { now } }", "clk_wrong")

    assert nobody.json()["data"] == {"viewer": None}
    assert nothing.json()["errors"][0]["extensions"] == {"code": "NOT_SIGNED_IN"}
    assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]) == (
        401, {"code": "BAD_KEY"},
    )  # fmt: skip


async def test_a_mutation_changes_refuses_and_leaves_its_audit(
    http: httpx.AsyncClient, db: Database, owner: asyncpg.Connection
) -> None:
    key = await a_key(db, owner, "Acme")
    document = """mutation($name: String!) { addSellerAccount(name: $name) {
      __typename ... on SellerAccount { name } ... on InvalidInput { field message } } }"""

    made = (await post(http, document, key, name="Juniper")).json()
    refused = (await post(http, document, key, name="")).json()

    assert made["data"] == {"addSellerAccount": {"__typename": "SellerAccount", "name": "Juniper"}}
    assert refused["data"]["addSellerAccount"]["__typename"] == "InvalidInput"
    (entry,) = await owner.fetch("SELECT actor, action FROM audit_entry")
    assert entry["actor"].startswith("akey_")
    assert entry["action"] == "addSellerAccount"


async def test_a_fault_of_ours_carries_the_number_that_the_header_has(
    http: httpx.AsyncClient, db: Database, owner: asyncpg.Connection
) -> None:
    key = await a_key(db, owner, "Acme")
    await owner.execute("ALTER TABLE store RENAME TO shop")

    answer = await post(http, "{ stores { totalCount } }", key)

    (error,) = answer.json()["errors"]
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "shop" not in answer.text
