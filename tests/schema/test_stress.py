"""Two accounts and two affiliates over a pool of two connections, with requests cut off midway."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import AFFILIATE_ROLE, APP_ROLE, Database
from domain.ids import encode
from tests.factories import (
    NOW,
    a_conversion,
    a_link,
    a_partnership,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
)
from tests.schema.conftest import Client, affiliate_client

NOWHERE = UUID(int=1)
REQUESTS = 200
ROUNDS = 4
SEES = """{ conversions { nodes { id partnership { id } store { id name } } }
  links { nodes { id store { id } } } partnerships { nodes { id offer { id } } } }"""
RENAMES = """mutation($id: ID!, $name: String!) {
  editOffer(input: {offerId: $id, name: $name}) {
    ... on Offer { id name store { id name } } ... on Refusal { message } } }"""
BREAKS = """mutation($id: ID!, $name: String!) {
  editOffer(input: {offerId: $id, name: $name}) {
    ... on Offer { id store { id products(first: 999) { totalCount } } } } }"""


@dataclass
class Party:
    """Somebody who asks, and the ids that they may be shown."""

    client: Client
    own: set[str]
    offer_id: str


@pytest.fixture
async def narrow(database_of_test: str) -> AsyncIterator[Database]:
    async with Database(database_of_test, app_size=2, affiliate_size=2, system_size=2) as database:
        yield database


@pytest.fixture
async def parties(narrow: Database, owner: asyncpg.Connection) -> list[Party]:
    found = []
    for name in ("Acme", "Birch"):
        account_id, affiliate_id = await an_account(owner, name=name), await an_affiliate(owner)
        own = set()
        for _ in range(3):
            store_id = await a_store(owner, account_id, name=f"{name}'s")
            offer_id = await an_offer(owner, account_id, store_id)
            partnership_id = await a_partnership(
                owner, account_id, store_id, offer_id, affiliate_id
            )
            version_id = await owner.fetchval(
                "SELECT id FROM offer_version WHERE offer_id = $1", offer_id
            )
            conversion_id = await a_conversion(
                owner, account_id, partnership_id, version_id, NOW.date()
            )
            await a_link(owner, account_id, partnership_id)
            link_id = await owner.fetchval(
                "SELECT id FROM link WHERE partnership_id = $1", partnership_id
            )
            own |= {
                encode("stor", store_id),
                encode("offr", offer_id),
                encode("part", partnership_id),
                encode("conv", conversion_id),
                encode("link", link_id),
            }
        offer = encode("offr", offer_id)
        found.append(Party(Client(narrow, account_id), own, offer))
        found.append(Party(affiliate_client(narrow, affiliate_id), own, offer))
    return found


async def test_cut_off_requests_leave_nobody_in_anothers_room(
    narrow: Database, parties: list[Party]
) -> None:
    draw = random.Random(11)
    for _ in range(ROUNDS):
        answers = await asyncio.gather(*(request(draw, parties) for _ in range(REQUESTS)))
        assert sum(answer is not None for answer in answers) > REQUESTS // 4
        assert sum(answer is None for answer in answers) > REQUESTS // 20

    for door, role in ((narrow.account, APP_ROLE), (narrow.affiliate, AFFILIATE_ROLE)):
        async with door(NOWHERE) as one, door(NOWHERE) as two:
            for connection in (one, two):
                assert await connection.fetchval("SELECT current_user") == role
                assert not connection.is_in_transaction()
                assert await connection.fetchval("SELECT count(*) FROM conversion") == 0


async def request(draw: random.Random, parties: list[Party]) -> dict[str, Any] | None:
    """One request, checked against its party's own; None when it was cut off."""
    party = draw.choice(parties)
    kind = draw.choice([sees, sees, renames, breaks])
    task = asyncio.ensure_future(kind(party, draw))
    if draw.random() < 0.4:
        await asyncio.sleep(draw.random() * 0.2)
        task.cancel()
    with suppress(asyncio.CancelledError):
        answer = await task
        assert ids_in(answer) <= party.own
        return answer
    return None


async def sees(party: Party, draw: random.Random) -> dict[str, Any]:
    answer = await party.client.answer(SEES)
    assert answer["errors"] == []
    assert any(id.startswith("conv_") for id in ids_in(answer))
    return answer


async def renames(party: Party, draw: random.Random) -> dict[str, Any]:
    return await party.client.answer(RENAMES, id=party.offer_id, name=f"N{draw.random()}")


async def breaks(party: Party, draw: random.Random) -> dict[str, Any]:
    """Fails when its transaction is half way."""
    answer = await party.client.answer(BREAKS, id=party.offer_id, name=f"N{draw.random()}")
    assert answer["errors"] != []
    return answer


def ids_in(answer: object) -> set[str]:
    if isinstance(answer, dict):
        found: set[str] = set().union(*(ids_in(value) for value in answer.values()))
        return found | ({answer["id"]} if isinstance(answer.get("id"), str) else set())
    if isinstance(answer, list):
        return set().union(*(ids_in(item) for item in answer))
    return set()
