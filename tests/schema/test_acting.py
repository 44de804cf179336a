"""A mutation, its answer and its audit are one transaction; who may call it is said beside it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from strawberry.schema.schema_converter import GraphQLCoreConverter

from db.pool import Database
from domain.access import SCOPES, Role, Room, Scope, Seat
from domain.ids import encode
from schema.acting import RULE, Rule
from schema.context import Context
from schema.root import schema
from tests.factories import a_store, an_affiliate, an_offer
from tests.schema.conftest import Client, affiliate_client

ADD = """mutation($name: String!) { addSellerAccount(name: $name) {
  __typename ... on SellerAccount { id name } ... on Refusal { message } } }"""
EDIT = """mutation($id: ID!, $name: String!) { editOffer(input: {offerId: $id, name: $name}) {
  __typename ... on Offer { id name } ... on Refusal { message } } }"""


@pytest.fixture
async def offer_id(owner: asyncpg.Connection, account_id: UUID) -> str:
    store_id = await a_store(owner, account_id)
    return encode("offr", await an_offer(owner, account_id, store_id, name="Standard"))


async def code_of(client: Client, document: str = ADD, **variables: Any) -> str:
    answer = await client.answer(document, **(variables or {"name": "Juniper"}))
    (error,) = answer["errors"]
    code: str = error["extensions"]["code"]
    return code


def rules() -> dict[str, Rule]:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    return {
        name: field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].metadata.get(RULE)
        for name, field in mutation.fields.items()
    }


def test_every_mutation_says_who_may_call_it() -> None:
    assert [name for name, rule in rules().items() if rule is None] == []


async def test_the_audit_has_the_row_before_and_after(
    client: Client, owner: asyncpg.Connection, offer_id: str
) -> None:
    await client.act(EDIT, id=offer_id, name="Better")

    entry = await owner.fetchrow("SELECT * FROM audit_entry")
    [change] = json.loads(entry["changes"])
    assert (entry["actor"], entry["action"], entry["request_id"]) == (
        "akey_test", "editOffer", "r3qu3st",
    )  # fmt: skip
    assert change["id"] == offer_id
    assert (change["before"]["name"], change["after"]["name"]) == ("Standard", "Better")
    assert change["before"]["store"] == change["after"]["store"]
    given = json.loads(entry["input"])["input"]
    assert (given["offerId"], given["name"]) == (offer_id, "Better")


async def test_the_audit_of_new_terms_has_the_rates_before_and_after(
    client: Client, owner: asyncpg.Connection, offer_id: str
) -> None:
    document = """mutation($id: ID!) {
      editOffer(input: {offerId: $id, terms: {ratePercent: "13"}}) {
        __typename ... on Refusal { message } } }"""

    assert (await client.act(document, id=offer_id))["__typename"] == "Offer"

    [change] = json.loads(await owner.fetchval("SELECT changes FROM audit_entry"))
    before, after = ([one["ratePercent"] for one in change[when]["versions"]]
                     for when in ("before", "after"))  # fmt: skip
    assert (before, after) == (["10.00"], ["13.00", "10.00"])


async def test_what_is_made_was_nothing_before(client: Client, owner: asyncpg.Connection) -> None:
    made = await client.act(ADD, name="Juniper")

    [change] = json.loads(await owner.fetchval("SELECT changes FROM audit_entry"))
    assert (change["id"], change["before"]) == (made["id"], None)
    assert change["after"]["name"] == "Juniper"


async def test_a_refusal_leaves_nothing_and_rings_nobody(
    client: Client, owner: asyncpg.Connection
) -> None:
    refused = await client.act(ADD, name="")

    assert refused["__typename"] == "InvalidInput"
    assert await owner.fetchval("SELECT count(*) FROM audit_entry") == 0
    assert client.rings == 0


async def test_an_answer_that_fails_takes_the_change_back(
    client: Client, owner: asyncpg.Connection, offer_id: str
) -> None:
    document = EDIT.replace("id name }", "id store { id products(first: 201) { totalCount } } }")

    answer = await client.answer(document, id=offer_id, name="Better")

    assert answer["errors"][0]["extensions"] == {"code": "BAD_PAGE_SIZE"}
    assert await owner.fetchval("SELECT name FROM offer") == "Standard"
    assert await owner.fetchval("SELECT count(*) FROM audit_entry") == 0


async def test_without_an_audit_row_there_is_no_change(
    client: Client, owner: asyncpg.Connection, offer_id: str
) -> None:
    await owner.execute("REVOKE INSERT ON audit_entry FROM clickledger_app")

    answer = await client.answer(EDIT, id=offer_id, name="Better")

    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert await owner.fetchval("SELECT name FROM offer") == "Standard"


async def test_each_mutation_of_a_document_stands_for_itself(
    client: Client, owner: asyncpg.Connection
) -> None:
    document = """mutation { a: addSellerAccount(name: "A") { __typename }
      b: addSellerAccount(name: "") { __typename }
      c: addSellerAccount(name: "C") { __typename } }"""

    answer = await client.ask(document)

    assert [answer[key]["__typename"] for key in "abc"] == [
        "SellerAccount", "InvalidInput", "SellerAccount",
    ]  # fmt: skip
    names = await owner.fetch("SELECT name FROM seller_account ORDER BY name")
    assert [row["name"] for row in names] == ["A", "C"]


async def test_the_same_again_under_a_key_is_answered_and_not_done(
    client: Client, owner: asyncpg.Connection
) -> None:
    client.idempotency_key = "once"

    first = await client.answer(ADD, name="Juniper")
    await owner.execute("UPDATE seller_account SET name = 'Renamed'")
    second = await client.answer(ADD, name="Juniper")

    assert first == second
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 1
    assert await owner.fetchval("SELECT count(*) FROM audit_entry") == 1


async def test_another_body_under_the_same_key_is_refused(
    client: Client, owner: asyncpg.Connection
) -> None:
    client.idempotency_key = "once"
    await client.act(ADD, name="Juniper")

    assert await code_of(client, name="Maple") == "BAD_IDEMPOTENCY_KEY"
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 1


async def test_a_key_is_its_callers_own(client: Client, owner: asyncpg.Connection) -> None:
    client.idempotency_key = "once"
    other = replace(client, actor="akey_other")

    await client.act(ADD, name="Juniper")
    await other.act(ADD, name="Maple")

    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 2


async def test_a_refusal_is_not_remembered_under_a_key(
    client: Client, owner: asyncpg.Connection, offer_id: str
) -> None:
    client.idempotency_key = "once"
    await owner.execute("UPDATE offer SET archived_at = now()")
    refused = await client.act(EDIT, id=offer_id, name="Better")
    await owner.execute("UPDATE offer SET archived_at = NULL")

    done = await client.act(EDIT, id=offer_id, name="Better")

    assert (refused["__typename"], done["__typename"]) == ("OfferArchived", "Offer")


async def test_fifty_at_once_under_one_key_are_one(
    client: Client, owner: asyncpg.Connection
) -> None:
    client.idempotency_key = "once"

    answers = await asyncio.gather(*(client.answer(ADD, name="Juniper") for _ in range(50)))

    assert len({str(answer) for answer in answers}) == 1
    assert answers[0]["errors"] == []
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 1


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_do_what_its_scopes_say(
    client: Client, owner: asyncpg.Connection, offer_id: str, role: Role
) -> None:
    client.scopes = SCOPES[role]
    approve = "mutation($id: ID!) { approveConversion(id: $id) { __typename } }"

    managing = await client.answer(EDIT, id=offer_id, name="Better")
    deciding = await client.answer(approve, id=encode("conv", uuid4()))

    assert (managing["errors"] == []) == (Scope.MANAGE in SCOPES[role])
    assert (deciding["errors"] == []) == (Scope.DECIDE in SCOPES[role])
    refusals = [*managing["errors"], *deciding["errors"]]
    assert {error["extensions"]["code"] for error in refusals} <= {"FORBIDDEN"}


async def test_who_stands_elsewhere_is_told_so(
    db: Database, owner: asyncpg.Connection, anonymous: Client
) -> None:
    affiliate = affiliate_client(db, await an_affiliate(owner))
    operator = Client(db, None, seat=Seat(Room.OPERATOR, None))

    assert await code_of(anonymous) == "NOT_SIGNED_IN"
    assert await code_of(affiliate) == "WRONG_ROOM"
    assert await code_of(operator) == "WRONG_ROOM"


async def test_money_asks_for_a_fresh_session(client: Client) -> None:
    class Stale(Client):
        def context(self) -> Context:
            context = super().context()
            assert context.viewer is not None
            context.viewer = replace(context.viewer, fresh=False)
            return context

    stale = Stale(client.db, client.account_id)
    approve = "mutation($id: ID!) { approveConversion(id: $id) { __typename } }"

    assert await code_of(stale, approve, id=encode("conv", uuid4())) == "SIGN_IN_AGAIN"
    assert (await stale.act(ADD, name="Juniper"))["__typename"] == "SellerAccount"
