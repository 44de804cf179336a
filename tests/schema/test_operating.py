"""The operators' room: accounts and people, and none of the trade."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from db.pool import Database
from domain.access import Room, Seat
from domain.ids import encode
from tests.factories import a_store, an_account
from tests.people import an_operator
from tests.schema.conftest import Client

OPEN = """mutation($input: OpenAccountInput!) { openAccount(input: $input) { __typename
  ... on Account { id name plan } ... on Refusal { message } ... on InvalidInput { field } } }"""
PLAN = """mutation($id: ID!, $plan: Plan!) { setPlan(accountId: $id, plan: $plan) { __typename
  ... on Account { plan } ... on Refusal { message } } }"""


@pytest.fixture
async def operator(db: Database, owner: asyncpg.Connection) -> Client:
    person_id = await an_operator(owner)
    seat = Seat(Room.OPERATOR, None)
    return Client(db, None, seat=seat, person_id=person_id, actor=encode("pers", person_id))


async def test_an_account_is_opened_and_its_owner_invited(
    operator: Client, owner: asyncpg.Connection
) -> None:
    given = {"name": "Acme", "ownerEmail": "Ann@Example.com", "plan": "GROWTH"}

    made = await operator.act(OPEN, input=given)

    assert (made["name"], made["plan"]) == ("Acme", "GROWTH")
    invitation = await owner.fetchrow("SELECT email, role FROM member_invitation")
    assert tuple(invitation) == ("ann@example.com", "OWNER")
    assert await owner.fetchval("SELECT recipient FROM mail") == "ann@example.com"
    entry = await owner.fetchrow("SELECT actor, action, changes FROM network_audit_entry")
    assert (entry["actor"], entry["action"]) == (operator.actor, "openAccount")
    assert made["id"] in entry["changes"]


async def test_a_bad_address_opens_no_account(operator: Client, owner: asyncpg.Connection) -> None:
    refused = await operator.act(OPEN, input={"name": "Acme", "ownerEmail": "nobody"})

    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "ownerEmail")
    assert await owner.fetchval("SELECT count(*) FROM account") == 0


async def test_a_plan_is_changed(operator: Client, owner: asyncpg.Connection) -> None:
    """S3."""
    id = encode("acct", await an_account(owner))

    changed = await operator.act(PLAN, id=id, plan="LAUNCH")

    assert changed == {"__typename": "Account", "plan": "LAUNCH"}
    assert await owner.fetchval("SELECT plan FROM account") == "LAUNCH"


async def test_accounts_and_people_are_listed_and_no_trade(
    operator: Client, owner: asyncpg.Connection
) -> None:
    account_id = await an_account(owner, name="Acme")
    await a_store(owner, account_id)
    await an_account(owner, name="Birch")

    seen = await operator.ask(
        "{ accounts(orderBy: NAME_ASC) { nodes { name } } logins { nodes { operatorSince } } }"
    )
    trade = await operator.answer("{ stores { totalCount } }")

    assert [one["name"] for one in seen["accounts"]["nodes"]] == ["Acme", "Birch"]
    assert [one["operatorSince"] is None for one in seen["logins"]["nodes"]] == [False]
    assert codes(trade) == ["WRONG_ROOM"]


async def test_an_account_sees_itself_alone(client: Client, stranger: Client) -> None:
    seen = await client.ask("{ accounts { nodes { name } } }")
    people = await client.answer("{ logins { totalCount } }")

    assert seen["accounts"]["nodes"] == [{"name": "Acme"}]
    assert codes(people) == ["WRONG_ROOM"]


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]
