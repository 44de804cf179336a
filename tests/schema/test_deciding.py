"""Approve and deny by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.ids import encode
from tests.reporting import Desk, a_desk, day, morning, sold
from tests.schema.conftest import Client

ONE = """mutation($id: ID!) { approveConversion(id: $id) {
  __typename
  ... on Conversion { status decidedAt commission { amount }
                      decision { verdict reason decidedBy decidedAt } }
  ... on Refusal { message }
  ... on NotSettled { conversionId day settlesOn }
  ... on AlreadyDecided { conversionId verdict since }
} }"""
DENY = """mutation($id: ID!, $reason: String!) { denyConversion(id: $id, reason: $reason) {
  __typename
  ... on Conversion { status decision { verdict reason } }
  ... on InvalidInput { field }
} }"""
MANY = """mutation($ids: [ID!]!) { approveConversions(ids: $ids) {
  __typename
  ... on ConversionOutcomes { outcomes {
    id conversion { id status } refusal { __typename message ... on NotSettled { settlesOn } }
  } }
  ... on InvalidInput { field reason }
} }"""


@pytest.fixture
async def desk(db: Database, owner: asyncpg.Connection) -> Desk:
    """Sales of two days, of which the first has settled."""
    desk = await a_desk(db, owner)
    await desk.says(morning(1), (0, sold(10000)))
    await desk.says(morning(3), (0, sold(10000)), (2, sold(5000)))
    await desk.settle(morning(30))
    return desk


@pytest.fixture
def brand(db: Database, desk: Desk) -> Client:
    client = Client(db, desk.profile.account_id)
    client.clock.moment = morning(30)
    return client


@pytest.fixture
async def settled(desk: Desk) -> UUID:
    return await of(desk, 0)


@pytest.fixture
async def pending(desk: Desk) -> UUID:
    return await of(desk, 2)


async def of(desk: Desk, number: int) -> UUID:
    (id,) = [row["id"] for row in await desk.conversions() if row["day"] == day(number)]
    return id


async def written(owner: asyncpg.Connection) -> tuple[int, int]:
    return (
        await owner.fetchval("SELECT count(*) FROM decision"),
        await owner.fetchval("SELECT count(*) FROM audit_entry"),
    )


async def test_a_settled_conversion_is_approved(
    brand: Client, settled: UUID, owner: asyncpg.Connection
) -> None:
    """S69."""
    approved = await brand.act(ONE, id=encode("conv", settled))

    assert approved == {
        "__typename": "Conversion",
        "status": "APPROVED",
        "decidedAt": "2026-07-31T15:00:00Z",
        "commission": {"amount": "10.00"},
        "decision": {
            "verdict": "APPROVED", "reason": None, "decidedBy": "akey_test",
            "decidedAt": "2026-07-31T15:00:00Z",
        },
    }  # fmt: skip
    assert (await brand.act(ONE, id=encode("conv", settled)))["status"] == "APPROVED"
    assert await written(owner) == (1, 2)


async def test_before_settlement_both_verdicts_are_refused(
    brand: Client, pending: UUID, owner: asyncpg.Connection
) -> None:
    """S68."""
    id = encode("conv", pending)

    approved = await brand.act(ONE, id=id)
    denied = await brand.act(DENY, id=id, reason="No.")

    assert (approved["__typename"], denied["__typename"]) == ("NotSettled", "NotSettled")
    assert (approved["conversionId"], approved["day"], approved["settlesOn"]) == (
        id, "2026-07-03", "2026-08-02",
    )  # fmt: skip
    assert "2026-08-02" in approved["message"]
    assert await written(owner) == (0, 0)


async def test_a_verdict_stands(brand: Client, settled: UUID, owner: asyncpg.Connection) -> None:
    id = encode("conv", settled)

    denied = await brand.act(DENY, id=id, reason=" A coupon that was not agreed. ")
    refused = await brand.act(ONE, id=id)

    assert denied == {
        "__typename": "Conversion", "status": "DENIED",
        "decision": {"verdict": "DENIED", "reason": "A coupon that was not agreed."},
    }  # fmt: skip
    assert (refused["__typename"], refused["verdict"], refused["since"]) == (
        "AlreadyDecided", "DENIED", "2026-07-31T15:00:00Z",
    )  # fmt: skip
    assert await written(owner) == (1, 1)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001, "a\0b"])
async def test_a_denial_needs_a_reason(
    brand: Client, settled: UUID, owner: asyncpg.Connection, reason: str
) -> None:
    refused = await brand.act(DENY, id=encode("conv", settled), reason=reason)

    assert refused == {"__typename": "InvalidInput", "field": "reason"}
    assert await written(owner) == (0, 0)


async def test_many_are_decided_with_an_outcome_for_each(
    brand: Client, settled: UUID, pending: UUID, owner: asyncpg.Connection
) -> None:
    """S68, S69."""
    good, early, none, wrong = (
        encode("conv", settled), encode("conv", pending), encode("conv", UUID(int=3)), "offr_1",
    )  # fmt: skip

    answer = await brand.act(MANY, ids=[early, good, none, wrong, good])

    outcomes = answer["outcomes"]
    assert [one["id"] for one in outcomes] == [early, good, none, wrong, good]
    assert [one["refusal"] and one["refusal"]["__typename"] for one in outcomes] == [
        "NotSettled", None, "NotFound", "WrongId", None,
    ]  # fmt: skip
    assert outcomes[0]["refusal"]["settlesOn"] == "2026-08-02"
    assert [one["conversion"] for one in outcomes] == [
        {"id": early, "status": "PENDING"},
        {"id": good, "status": "APPROVED"},
        None,
        None,
        {"id": good, "status": "APPROVED"},
    ]
    assert await written(owner) == (1, 1)


async def test_a_batch_has_a_hundred_at_most(
    brand: Client, settled: UUID, owner: asyncpg.Connection
) -> None:
    answer = await brand.act(MANY, ids=[encode("conv", settled)] * 101)

    assert (answer["__typename"], answer["field"]) == ("InvalidInput", "ids")
    assert await written(owner) == (0, 0)


async def test_another_accounts_conversion_is_not_there(
    stranger: Client, settled: UUID, owner: asyncpg.Connection
) -> None:
    one: dict[str, Any] = await stranger.act(ONE, id=encode("conv", settled))
    many = await stranger.act(MANY, ids=[encode("conv", settled)])

    assert one["__typename"] == "NotFound"
    (outcome,) = many["outcomes"]
    assert (outcome["conversion"], outcome["refusal"]["__typename"]) == (None, "NotFound")
    assert outcome["refusal"]["message"] == one["message"]
    assert await owner.fetchval("SELECT count(*) FROM decision") == 0
