"""Whatever both sides do, in whatever order, what is left makes sense."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import asyncpg
import pytest

from domain.affiliates import actions as affiliates
from domain.discovery import actions, inviting
from domain.errors import Refusal
from domain.offers import actions as offers
from tests.domain.discovery.conftest import a_brand
from tests.factories import NOW, an_affiliate, an_offer
from tests.people import a_profile_draft, a_published_profile


@pytest.mark.parametrize("seed", range(4))
async def test_at_every_moment_an_invitation_has_one_end(db, owner, seed):
    """S39."""
    drawn = random.Random(seed)
    brand = await a_brand(owner)
    other_offer = await an_offer(owner, brand.account_id, brand.store_id)
    people = [await an_affiliate(owner) for _ in range(6)]
    for who in people:
        await a_profile_draft(owner, who, niches=["PETS"])
        await a_published_profile(owner, who, niches=["PETS"])
    done: Counter[str] = Counter()
    sent: list[asyncpg.Record] = []

    async def one(way: str) -> None:
        who, offer_id = drawn.choice(people), drawn.choice([brand.offer_id, other_offer])
        id, invited = drawn.choice(sent) if sent else (who, who)
        at = brand.account_id
        if way == "publish" or way == "hide":
            async with db.affiliate(who) as tx, tx.transaction():
                if way == "publish":
                    await actions.publish_profile(tx, who, NOW)
                else:
                    await actions.unpublish_profile(tx, who)
            return
        async with db.transaction(at) as tx:
            match way:
                case "invite":
                    await inviting.invite(tx, at, who, offer_id, "", "me", NOW)
                case "accept":
                    await inviting.accept(tx, at, id, invited, None, "them", NOW)
                case "decline":
                    await inviting.decline(tx, at, id, invited, None, NOW)
                case "withdraw":
                    await inviting.withdraw(tx, at, id, NOW)
                case "add":
                    await affiliates.add_to_offer(tx, at, who, offer_id, NOW)
                case "archive":
                    await offers.archive_offer(tx, at, other_offer, NOW)

    async def tried(way: str) -> None:
        try:
            await one(way)
        except Refusal:
            done["refused"] += 1
        else:
            done[way] += 1

    ways = ["invite"] * 6 + ["accept", "decline", "withdraw", "publish"] * 2 + ["hide", "add"]
    for _ in range(12):
        sent = await owner.fetch("SELECT id, affiliate_id FROM invitation")
        await asyncio.gather(*(tried(drawn.choice(ways)) for _ in range(4)))
        assert await broken(owner) == []
    sent = await owner.fetch("SELECT id, affiliate_id FROM invitation WHERE state = 'SENT'")
    await tried("archive")
    await asyncio.gather(*(tried("accept") for _ in range(4)))

    assert await broken(owner) == []
    assert done["invite"] > 0
    assert done["refused"] > 0


async def broken(owner):
    """Invitations that contradict each other or the partnerships."""
    return await owner.fetch(
        """SELECT 'two are open' FROM invitation WHERE state = 'SENT'
            GROUP BY account_id, store_id, affiliate_id HAVING count(*) > 1
           UNION ALL
           SELECT 'open and answered' FROM invitation
            WHERE (state = 'SENT') <> (answered_at IS NULL)
           UNION ALL
           SELECT 'accepted without a partnership' FROM invitation i
            WHERE state = 'ACCEPTED'
              AND NOT EXISTS (SELECT FROM partnership p
                               WHERE p.store_id = i.store_id AND p.affiliate_id = i.affiliate_id)
           UNION ALL
           SELECT 'too many' FROM invitation GROUP BY affiliate_id HAVING count(*) > 3"""
    )
