"""Affiliates who act in accounts, cut off midway: no role, no setting and no half change stays."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from db.pool import AFFILIATE_ROLE, Database
from domain.ids import encode
from tests.factories import (
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
)
from tests.schema.conftest import Client, affiliate_client

ROUNDS, AT_ONCE = 6, 40
MAKES = """mutation($part: ID!, $product: ID!, $sub: String!) {
  createLink(input: {partnershipId: $part, productId: $product, subId: $sub}) {
    __typename ... on Refusal { message }
    ... on Link { id url partnership { id offer { id name } } } } }"""
BREAKS = MAKES.replace("id url", "id store { id products(first: 999) { totalCount } }")


@pytest.fixture
async def narrow(database_of_test: str) -> AsyncIterator[Database]:
    async with Database(database_of_test, app_size=2, affiliate_size=2, system_size=2) as database:
        yield database


@pytest.fixture
async def places(narrow: Database, owner: asyncpg.Connection) -> list[tuple[Client, str, str]]:
    """Two affiliates in two accounts each: who asks, their partnership, a product."""
    affiliates = [await an_affiliate(owner), await an_affiliate(owner)]
    found = []
    for name in ("Acme", "Birch"):
        account_id = await an_account(owner, name=name)
        store_id = await a_store(owner, account_id)
        offer_id = await an_offer(owner, account_id, store_id)
        product_id = await a_product(owner, account_id, store_id)
        for affiliate_id in affiliates:
            partnership_id = await a_partnership(
                owner, account_id, store_id, offer_id, affiliate_id
            )
            client = affiliate_client(narrow, affiliate_id)
            found.append((client, encode("part", partnership_id), encode("prod", product_id)))
    return found


async def test_cut_off_changes_leave_nothing_behind(
    narrow: Database, owner: asyncpg.Connection, places: list[tuple[Client, str, str]]
) -> None:
    draw = random.Random(7)
    made, cut = 0, 0
    for number in range(ROUNDS):
        given = await asyncio.gather(
            *(_one(draw, places, f"s{number}x{n}") for n in range(AT_ONCE)), return_exceptions=True
        )
        assert {type(each) for each in given} <= {bool, type(None)}, given
        made += sum(each is True for each in given)
        cut += sum(each is None for each in given)
        await _nobody_stands_elsewhere(narrow)

    assert made > 20
    assert cut > 20
    links = await owner.fetchval("SELECT count(*) FROM link")
    assert made <= links <= made + cut
    for table in ("link_code", "ad_group"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == links
    told = "SELECT count(*) FROM audit_entry WHERE action = 'createLink'"
    assert await owner.fetchval(told) == links
    asked = await owner.fetch("SELECT count(*) AS n, sealed_answer IS NULL AS open"
                              " FROM idempotent_answer GROUP BY 2")  # fmt: skip
    assert [(row["n"], row["open"]) for row in asked] == [(links, False)]


async def _one(draw: random.Random, places: list[tuple[Client, str, str]], sub: str) -> bool | None:
    """Whether a link was made; None when it was cut off."""
    client, part, product = draw.choice(places)
    document = draw.choice([MAKES, MAKES, MAKES, BREAKS])
    keyed = replace(client, idempotency_key=sub)
    asking = keyed.answer(document, part=part, product=product, sub=sub)
    task = asyncio.ensure_future(asking)
    if draw.random() < 0.5:
        await asyncio.sleep(draw.random() * 0.4)
        task.cancel()
    with suppress(asyncio.CancelledError):
        answer = await task
        if answer["errors"]:
            assert document is BREAKS, answer
            return False
        assert answer["data"]["createLink"]["__typename"] == "Link", answer
        assert answer["data"]["createLink"]["partnership"]["id"] == part
        return True
    return None


async def _nobody_stands_elsewhere(narrow: Database) -> None:
    async with narrow.affiliate(UUID(int=1)) as one, narrow.affiliate(UUID(int=1)) as two:
        for connection in (one, two):
            assert not connection.is_in_transaction()
            assert await connection.fetchval("SELECT current_user") == AFFILIATE_ROLE
            setting = "SELECT coalesce(current_setting('app.account_id', true), '')"
            assert await connection.fetchval(setting) == ""
            for table in ("partnership", "link", "offer", "idempotent_answer"):
                assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
