"""One body serves both rooms: what it is made of, an affiliate may read by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from domain.events import entities, payloads
from domain.ids import decode
from tests.domain.events import happening
from tests.domain.events.happening import World, a_world
from tests.factories import a_product

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Of each kind that affiliates are told of: what makes one, and how it is read for its payload.
KINDS: dict[str, Any] = {
    "conversion": (happening.threshold, "conv", entities.conversions, payloads.conversion),
    "partnership": (happening.paused, "part", entities.partnerships, payloads.partnership),
    "threshold": (happening.threshold, "part", entities.thresholds, payloads.threshold),
    "application": (happening.submitted, "appl", entities.applications, payloads.application),
    "offer": (happening.offer_changed, "offr", entities.offer, payloads.offer),
    "listing": (happening.listing_changed, "lstg", entities.listing, payloads.listing),
}


async def read(tx: Any, world: World, kind: str, entity: str) -> Any:
    _, prefix, reading, payload = KINDS[kind]
    id = decode(prefix, entity)
    if kind == "listing":
        return payload(await reading(tx, world.account_id))
    if kind == "offer":
        return payload(await reading(tx, world.account_id, id))
    return [payload(row) for row in await reading(tx, world.account_id, [id])]


@pytest.mark.parametrize("kind", KINDS)
async def test_an_affiliate_may_read_all_that_they_are_told(db, owner, kind):
    world = await a_world(db, owner)
    make, prefix, *_ = KINDS[kind]
    await make(world)
    event = [e for e in await world.events() if e["entity"].startswith(prefix)][-1]
    async with db.transaction(world.account_id) as tx:
        ours = await read(tx, world, kind, event["entity"])
    [affiliate_id, *_] = event["affiliate_ids"]
    async with db.affiliate_transaction(affiliate_id) as tx:
        theirs = await read(tx, world, kind, event["entity"])
    assert ours
    assert theirs == ours


async def test_a_partner_may_read_of_a_product_what_they_are_told_of_it(db, owner):
    world = await a_world(db, owner)
    id = await a_product(owner, world.account_id, world.desk.store_id, status="INACTIVE")
    async with db.affiliate_transaction(world.affiliate_ids[0]) as tx:
        [row] = await entities.removed_products(tx, world.account_id, [id])
    assert payloads.product(row)["id"] == f"prod_{id.hex}"
