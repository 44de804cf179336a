"""Somebody who keeps a copy by the events, and ignores what is older than what they have."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.conversions.rules import Verdict
from domain.events import entities, payloads
from tests.domain.events.happening import World, a_world
from tests.reporting import morning, sold

pytestmark = pytest.mark.asyncio(loop_scope="module")


def copied(deliveries: list[dict[str, Any]]) -> dict[str, Any]:
    """What the documentation tells them to do."""
    newest: dict[str, dict[str, Any]] = {}
    for body in deliveries:
        known = newest.get(body["entity"])
        if known is None or known["sequence"] < body["sequence"]:
            newest[body["entity"]] = body
    return {entity: body["data"] for entity, body in newest.items()}


async def months(world: World, draw: random.Random) -> None:
    """Sales that come, move, settle, are decided, and are restated after that."""
    desk = world.desk
    for number in range(3, 45, 3):
        days = [(n, sold(draw.randrange(0, 4) * 100)) for n in range(min(number, 6))]
        await desk.says(morning(number), *days, affiliate=0)
        if number > 30:
            await desk.settle(morning(number))
            for row in await desk.conversions():
                if row["status"] == "SETTLED" and draw.random() < 0.4:
                    verdict = draw.choice(list(Verdict))
                    await desk.decide([row["id"]], verdict, morning(number), "So it is.")


async def test_in_whatever_order_and_however_often_they_come_the_copy_is_ours(db, owner):
    world = await a_world(db, owner)
    await world.hear(*(f"conversion.{it}" for it in (
        "created", "restated", "settled", "approved", "denied", "adjusted",
    )))  # fmt: skip
    await months(world, random.Random(7))
    async with db.transaction(world.account_id) as tx:
        ids = [row["id"] for row in await world.desk.conversions()]
        rows = await entities.conversions(tx, world.account_id, ids)
    ours = {payload["id"]: payload for payload in map(payloads.conversion, rows)}
    events = [event["body"] for event in await world.events()]
    assert len({body["type"] for body in events}) == 6
    assert len(events) > 4 * len(ours)

    @settings(deadline=None, max_examples=200)
    @given(st.permutations(events), st.lists(st.sampled_from(events), max_size=20), st.randoms())
    def any_way(once: list[dict[str, Any]], again: list[dict[str, Any]], draw: Any) -> None:
        deliveries = [*once, *again]
        draw.shuffle(deliveries)
        assert copied(deliveries) == ours

    any_way()
