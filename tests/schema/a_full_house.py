"""A world for every question: accounts that share affiliates, ties, nulls, and an empty account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from db.pool import Database
from domain.access import SCOPES, Role, Room, Seat
from tests.access.merchant import a_merchant
from tests.access.world import a_world
from tests.factories import (
    NOW,
    a_conversion,
    a_link,
    a_partnership,
    a_product,
    a_store,
    a_version,
    an_account,
    an_acquaintance,
    an_affiliate,
    an_offer,
)
from tests.people import a_mark, a_person, a_published_profile, a_track_record

DAYS = tuple(date(2026, 7, 1) + timedelta(days=n) for n in (0, 0, 1, 2, 3, 5))


async def a_full_house(db: Database, owner: asyncpg.Connection) -> dict[str, Seat]:
    """The seats from which it is looked, by name."""
    world, _, _ = await a_world(db, owner)
    own, other = world.affiliates["affiliate_own"], world.affiliates["affiliate_other"]
    # Each of the two has to do with two accounts, and with a third that has to do with both.
    maple = await a_merchant(db, owner, "Maple", other, own)
    empty = await an_account(owner, name="Empty")
    for account_id in (world.fern.account_id, maple.account_id):
        for currency in ("JPY", "KWD"):
            await _a_store_abroad(owner, account_id, currency, (own, other))
    await _strangers(owner, (world.fern.account_id, maple.account_id))

    def member(account_id: UUID, role: Role) -> Seat:
        return Seat(Room.ACCOUNT, account_id, SCOPES[role], role)

    return {
        "owner": member(world.fern.account_id, Role.OWNER),
        "viewer": member(world.fern.account_id, Role.VIEWER),
        "owner of another": member(maple.account_id, Role.OWNER),
        "owner of nothing": member(empty, Role.OWNER),
        "affiliate": Seat(Room.AFFILIATE, own),
        "other affiliate": Seat(Room.AFFILIATE, other),
        "operator": Seat(Room.OPERATOR, None),
    }


async def _a_store_abroad(
    owner: asyncpg.Connection, account_id: UUID, currency: str, affiliates: Sequence[UUID]
) -> None:
    """Its name, its days and its sums are those of another, and half of its products lack much."""
    store_id = await a_store(owner, account_id, name="Fern and Maple abroad", currency=currency)
    for number, (price, quantity) in enumerate(
        ((None, None), (None, 0), (0, 5), (100, 5), (100, None), (101, 0))
    ):
        await a_product(
            owner, account_id, store_id, title=f"Kettle 100% {number // 2}", price_minor=price,
            quantity=quantity, currency=currency, brand_name="Fern_" if number % 2 else None,
        )  # fmt: skip
    offer_id = await an_offer(owner, account_id, store_id, name=f"In {currency}")
    version_id = await owner.fetchval("SELECT id FROM offer_version WHERE offer_id = $1", offer_id)
    await a_version(owner, account_id, offer_id, 1250, date(2026, 8, 1))
    await a_version(owner, account_id, offer_id, 1500, date(2026, 12, 1))
    for affiliate_id in affiliates:
        partnership_id = await a_partnership(owner, account_id, store_id, offer_id, affiliate_id)
        await a_link(owner, account_id, partnership_id)
        for day in dict.fromkeys(DAYS):
            await a_conversion(owner, account_id, partnership_id, version_id, day)
        await owner.execute(
            "UPDATE conversion SET currency = $2 WHERE partnership_id = $1",
            partnership_id, currency,
        )  # fmt: skip
    await owner.execute(
        "UPDATE conversion SET sales_minor = 1001, changed_at = $2"
        " WHERE account_id = $1 AND currency = 'KWD' AND day = $3",
        account_id, NOW + timedelta(microseconds=1), DAYS[-1],
    )  # fmt: skip


async def _strangers(owner: asyncpg.Connection, accounts: Sequence[UUID]) -> None:
    """Affiliates whom one account has entered, and some who only show themselves."""
    for number in range(4):
        affiliate_id = await an_affiliate(owner, name=f"Entered {number // 2}")
        await an_acquaintance(owner, accounts[number % 2], affiliate_id)
    for number in range(6):
        affiliate_id = await an_affiliate(
            owner, name=f"Shown {number // 3}", person_id=await a_person(owner)
        )
        await a_published_profile(
            owner, affiliate_id, verified=number % 2 == 0, amazon_capable=number < 3,
            niches=["KITCHEN"] if number % 3 else [], channels=[] if number == 4 else [
                {"kind": "YOUTUBE", "url": "https://youtube.example/@them", "audience": 500},
                {"kind": "BLOG", "url": "https://blog.example", "audience": 500 * (number % 2)},
            ],
        )  # fmt: skip
        if number % 2:
            await a_track_record(owner, affiliate_id, clicks=number)
        else:
            await a_mark(owner, accounts[0], affiliate_id, "IGNORED" if number else "STARRED")
