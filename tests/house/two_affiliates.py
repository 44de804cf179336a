"""Two accounts and two affiliates who both deal with both: who has to do with which rows.

What is whose is noted while it is made, and not asked of the policies that are to be tested.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from uuid import UUID, uuid4

import asyncpg

from tests.factories import (
    NOW,
    a_conversion,
    a_link,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
    insert,
)
from tests.marketplace import (
    a_listing,
    a_promoted_product,
    a_reputation,
    a_visit,
    an_acceptance,
    an_agreement,
    an_application,
    an_invitation,
)
from tests.people import (
    a_mark,
    a_member,
    a_person,
    a_profile_draft,
    a_published_profile,
    a_track_record,
    an_api_key,
)
from tests.telling import a_told_endpoint

DAY = date(2026, 8, 1)
_runs = count(1)


@dataclass
class World:
    first: UUID
    """An affiliate."""
    second: UUID
    """Another one, who does the same in the same accounts."""
    accounts: list[UUID] = field(default_factory=list)
    things: dict[UUID, set[UUID]] = field(default_factory=dict)
    """By affiliate: the ids of everything that they have to do with, and what is published."""

    def shared(self, *ids: UUID) -> None:
        for things in self.things.values():
            things.update(ids)


async def a_world(owner: asyncpg.Connection) -> World:
    """Both affiliates in both accounts, and in each account matters of neither."""
    first = await an_affiliate(owner, person_id=await a_person(owner))
    second = await an_affiliate(owner, person_id=await a_person(owner))
    world = World(first, second, things={first: {first}, second: {second}})
    await insert(owner, "search_word", {"word": "kettle"}, id="word")
    for affiliate_id in (first, second):
        await a_profile_draft(owner, affiliate_id)
        await a_published_profile(owner, affiliate_id)
        await a_track_record(owner, affiliate_id, clicks=3 if affiliate_id == first else 5)
        await _an_answer(owner, affiliate_id)
        await a_told_endpoint(owner, affiliate_id)
    for name in ("Acme", "Birch"):
        account_id = await an_account(owner, name=name)
        world.accounts.append(account_id)
        await a_member(owner, account_id)
        await an_api_key(owner, account_id)
        await a_reputation(owner, account_id)
        await _an_answer(owner, account_id)
        await a_told_endpoint(owner, account_id)
        await _a_listed_programme(owner, world, account_id)
        for affiliate_id in (first, second):
            await _a_partnership(owner, world, account_id, affiliate_id)
            await _an_application(owner, world, account_id, affiliate_id)
            await _an_invitation(owner, world, account_id, affiliate_id)
        await _matters_of_the_account(owner, world, account_id)
    return world


async def _a_listed_programme(owner: asyncpg.Connection, world: World, account_id: UUID) -> None:
    """What everybody sees of it is its listing, its agreement and its promoted product."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    agreement_id = await an_agreement(owner, account_id, offer_id)
    product_id = await a_product(owner, account_id, store_id)
    await a_product(owner, account_id, store_id)
    await a_listing(
        owner, account_id, offer_id, agreement_id=agreement_id,
        questions=[{"question": "Why?", "required": True}],
    )  # fmt: skip
    await a_promoted_product(owner, account_id, offer_id, product_id)
    world.shared(agreement_id, product_id)


async def _a_partnership(
    owner: asyncpg.Connection, world: World, account_id: UUID, affiliate_id: UUID
) -> None:
    """With an offer before the one in force, a link, a click, reports, a sale and its decision."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    before = await an_offer(owner, account_id, store_id)
    partnership_id = await a_partnership(
        owner, account_id, store_id, offer_id, affiliate_id, visible_at=NOW, note="Ours alone.",
        tags=["ours"], custom_fields={"ours": "alone"},
    )  # fmt: skip
    assignment = {
        "account_id": account_id,
        "partnership_id": partnership_id,
        "offer_id": before,
        "valid_from": date(2025, 1, 1),
    }
    await insert(owner, "assignment", assignment)
    await a_link(owner, account_id, partnership_id)
    link = await owner.fetchrow(
        """UPDATE link SET visible_at = $2 WHERE partnership_id = $1
           RETURNING id, ad_group_id""",
        partnership_id, NOW,
    )  # fmt: skip
    assert link is not None
    await owner.execute("UPDATE ad_group SET visible_at = $2 WHERE id = $1", link[1], NOW)
    click = {"account_id": account_id, "partnership_id": partnership_id, "clicked_at": NOW}
    await insert(owner, "click", click | {"link_id": link["id"]})
    for level, subject_id in (
        ("CAMPAIGN", partnership_id),
        ("ADGROUP", link["ad_group_id"]),
        ("CREATIVE", link["id"]),
        ("PRODUCTS", link["ad_group_id"]),
    ):
        await _a_report_row(owner, account_id, partnership_id, level, subject_id)
    version_id = await owner.fetchval("SELECT id FROM offer_version WHERE offer_id = $1", offer_id)
    conversion_id = await a_conversion(owner, account_id, partnership_id, version_id, DAY)
    decision = {
        "account_id": account_id,
        "partnership_id": partnership_id,
        "day": DAY,
        "verdict": "APPROVED",
        "decided_at": NOW,
        "decided_by": "akey_test",
    }
    await insert(owner, "decision", decision)
    agreement_id = await an_agreement(owner, account_id, offer_id)
    await an_acceptance(owner, account_id, agreement_id, affiliate_id)
    world.things[affiliate_id] |= {
        store_id, offer_id, before, partnership_id, conversion_id, agreement_id,
        await a_product(owner, account_id, store_id), await _brand_of(owner, store_id),
    }  # fmt: skip


async def _an_application(
    owner: asyncpg.Connection, world: World, account_id: UUID, affiliate_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    agreement_id = await an_agreement(owner, account_id, offer_id)
    application_id = await an_application(
        owner, account_id, offer_id, affiliate_id, agreement_id=agreement_id,
        answers=[{"question": "Why?", "answer": "Because."}],
    )  # fmt: skip
    world.things[affiliate_id] |= {
        store_id, offer_id, agreement_id, application_id, await _brand_of(owner, store_id),
    }  # fmt: skip


async def _an_invitation(
    owner: asyncpg.Connection, world: World, account_id: UUID, affiliate_id: UUID
) -> None:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    agreement_id = await an_agreement(owner, account_id, offer_id)
    await an_invitation(owner, account_id, offer_id, affiliate_id, agreement_id=agreement_id)
    world.things[affiliate_id] |= {
        store_id, offer_id, agreement_id, await _brand_of(owner, store_id),
    }  # fmt: skip


async def _matters_of_the_account(
    owner: asyncpg.Connection, world: World, account_id: UUID
) -> None:
    """An offer that nobody has heard of, and what the brand thinks of both."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    await an_agreement(owner, account_id, offer_id)
    product_id = await a_product(owner, account_id, store_id)
    await a_promoted_product(owner, account_id, offer_id, product_id)
    for affiliate_id in world.things:
        await a_mark(owner, account_id, affiliate_id, "IGNORED")
        await a_visit(owner, account_id, offer_id, affiliate_id)


async def _a_report_row(
    owner: asyncpg.Connection, account_id: UUID, partnership_id: UUID, level: str, subject_id: UUID
) -> None:
    profile_id = await owner.fetchval(
        """SELECT s.profile_id FROM partnership p JOIN store s ON s.id = p.store_id
            WHERE p.id = $1""",
        partnership_id,
    )
    run = {
        "account_id": account_id,
        "profile_id": profile_id,
        "level": level,
        "purpose": "DAILY",
        "from_day": DAY,
        "to_day": DAY,
        "state": "APPLIED",
        "started_at": NOW,
        "observed_at": NOW,
    }
    row = {
        "account_id": account_id,
        "level": level,
        "subject_id": subject_id,
        "day": DAY,
        "asin": f"B{next(_runs):09}" if level == "PRODUCTS" else "",
        "observed_at": NOW,
        "recorded_at": NOW,
        "run_id": await insert(owner, "report_run", run),
        "partnership_id": partnership_id,
    }
    figures = (
        "clicks", "detail_page_views", "add_to_carts", "purchases", "units", "sales_minor",
        "total_purchases", "total_units", "total_sales_minor",
    )  # fmt: skip
    await insert(owner, "report_row", row | dict.fromkeys(figures, 1), id="subject_id")


async def _an_answer(owner: asyncpg.Connection, room_id: UUID) -> None:
    values = {
        "room_id": room_id,
        "caller": "test",
        "key": str(uuid4()),
        "place": "mutation",
        "request_hash": b"hash",
        "answered_at": NOW,
    }
    await insert(owner, "idempotent_answer", values, id="room_id")


async def _brand_of(owner: asyncpg.Connection, store_id: UUID) -> UUID:
    brand_id: UUID = await owner.fetchval("SELECT brand_id FROM store WHERE id = $1", store_id)
    return brand_id
