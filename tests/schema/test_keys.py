"""Keys of an account, over GraphQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import orjson
import pytest

from domain.access import SCOPES, Role, Scope
from domain.accounts.actions import viewer_of_key

CREATE = """mutation($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    __typename
    ... on ApiKeyCreated { text apiKey { id name prefix: beginning scopes createdBy expiresAt } }
    ... on ScopesNotHeld { scopes }
    ... on Refusal { message }
  }
}"""
REVOKE = """mutation($id: ID!) {
  revokeApiKey(id: $id) {
    __typename ... on ApiKey { id revokedAt } ... on Refusal { message }
  }
}"""
LISTED = "{ apiKeys { nodes { id name prefix: beginning scopes lastUsedAt revokedAt } } }"


async def test_a_key_is_made_used_and_revoked(client, db, owner):
    made = await client.act(
        CREATE, input={"name": "reports", "scopes": ["READ"], "expiresAt": "2999-01-01T00:00:00Z"}
    )

    text, key = made["text"], made["apiKey"]
    id = key.pop("id")
    assert key == {
        "name": "reports",
        "prefix": text[:10],
        "scopes": ["READ"],
        "createdBy": "akey_test",
        "expiresAt": "2999-01-01T00:00:00Z",
    }
    viewer = await viewer_of_key(db, text)
    assert (viewer.actor, viewer.seat.scopes) == (id, {Scope.READ})
    [listed] = (await client.ask(LISTED))["apiKeys"]["nodes"]
    assert listed["lastUsedAt"] is not None

    revoked = await client.act(REVOKE, id=id)
    again = await client.act(REVOKE, id=id)

    assert revoked["revokedAt"] is not None
    assert again == revoked
    assert await viewer_of_key(db, text) is None


async def test_a_key_is_shown_once_and_kept_nowhere(client, owner):
    text = (await client.act(CREATE, input={"name": "k", "scopes": ["READ"]}))["text"]

    for table in ("api_key", "audit_entry"):
        assert text not in str(await owner.fetch(f"TABLE {table}"))
    assert text not in str(await client.ask(LISTED))
    [entry] = await owner.fetch("SELECT action, changes FROM audit_entry")
    [change] = orjson.loads(entry["changes"])
    assert (entry["action"], change["before"]) == ("createApiKey", None)
    assert change["after"]["beginning"] == text[:10]


async def test_asked_again_under_one_idempotency_key_it_is_the_same_key(client, owner):
    client.idempotency_key = "once"
    one = await client.act(CREATE, input={"name": "k", "scopes": ["READ"]})

    other = await client.act(CREATE, input={"name": "k", "scopes": ["READ"]})

    assert one == other
    assert await owner.fetchval("SELECT count(*) FROM api_key") == 1
    assert one["text"] not in str(await owner.fetch("TABLE idempotent_answer"))


async def test_asked_twenty_times_at_once_it_is_one_key(client, owner):
    """Those that come while the first is at it wait, and find its answer."""
    clients = [replace(client, idempotency_key="once") for _ in range(20)]

    answers = await asyncio.gather(
        *(one.act(CREATE, input={"name": "k", "scopes": ["READ"]}) for one in clients)
    )

    assert len({one["text"] for one in answers}) == 1
    assert await owner.fetchval("SELECT count(*) FROM api_key") == 1
    assert await owner.fetchval("SELECT count(*) FROM audit_entry") == 1


async def test_a_key_may_not_do_more_than_its_maker(client, owner):
    narrow = replace(client, scopes=frozenset({Scope.READ, Scope.ADMINISTER}))

    answer = await narrow.act(CREATE, input={"name": "k", "scopes": ["MANAGE", "READ", "DECIDE"]})
    none = await narrow.act(CREATE, input={"name": "k", "scopes": []})

    assert (answer["__typename"], answer["scopes"]) == ("ScopesNotHeld", ["MANAGE", "DECIDE"])
    assert none["__typename"] == "InvalidInput"
    assert await owner.fetchval("SELECT count(*) FROM api_key") == 0


@pytest.mark.parametrize("role", [Role.MANAGER, Role.FINANCE, Role.VIEWER])
async def test_only_who_administers_sees_and_makes_keys(client, role):
    lesser = replace(client, scopes=SCOPES[role])

    made = await lesser.answer(CREATE, input={"name": "k", "scopes": ["READ"]})
    revoked = await lesser.answer(REVOKE, id="akey_" + "0" * 32)
    listed = await lesser.answer(LISTED)

    for answer in (made, revoked, listed):
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_a_strangers_key_is_not_there(client, stranger):
    id = (await client.act(CREATE, input={"name": "k", "scopes": ["READ"]}))["apiKey"]["id"]

    assert (await stranger.act(REVOKE, id=id))["__typename"] == "NotFound"
    assert (await stranger.ask(LISTED))["apiKeys"]["nodes"] == []
