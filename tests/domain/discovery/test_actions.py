from __future__ import annotations

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from domain.discovery import actions, queries
from domain.discovery.record import Record
from domain.discovery.rules import Channel, ChannelKind, Mark, ProfileIncomplete
from domain.duties.rules import Kind
from domain.errors import NotFound
from tests.domain.discovery.conftest import Brand, a_brand, as_affiliate
from tests.factories import NOW, a_conversion, a_link, a_partnership, an_affiliate
from tests.people import a_mark, a_person, a_profile_draft, a_published_profile

CHANNELS = [
    Channel(ChannelKind.TIKTOK, "https://www.tiktok.com/@ann", 300),
    Channel(ChannelKind.BLOG, "https://ann.example.com", 40),
]


async def save(db, affiliate_id, now=NOW, **changed):
    values = {
        "name": "Ann",
        "bio": "I cook.",
        "channels": CHANNELS,
        "niches": ["KITCHEN"],
        "countries": ["US"],
        "amazon_capable": True,
    } | changed
    async with as_affiliate(db, affiliate_id) as tx:
        return await actions.save_profile(tx, affiliate_id, **values, now=now)


async def publish(db, affiliate_id, now=NOW):
    async with as_affiliate(db, affiliate_id) as tx:
        return await actions.publish_profile(tx, affiliate_id, now)


async def seen_by(db, account_id):
    """What a brand's role reads of all that is published."""
    async with db.account(account_id) as tx:
        return [dict(row) for row in await tx.fetch("SELECT * FROM published_profile")]


async def test_a_brand_finds_what_was_published_and_not_the_draft(db, owner, brand: Brand):
    """S38."""
    ann = await an_affiliate(owner, person_id=await a_person(owner))
    await save(db, ann)
    assert await seen_by(db, brand.account_id) == []

    await publish(db, ann)
    await save(db, ann, name="Anna", channels=[])

    (found,) = await seen_by(db, brand.account_id)
    assert (found["id"], found["name"], found["audience"]) == (ann, "Ann", 340)
    assert found["channel_kinds"] == ["BLOG", "TIKTOK"]
    assert found["channels"][0] == {
        "kind": "TIKTOK", "url": "https://www.tiktok.com/@ann", "audience": 300
    }  # fmt: skip
    assert found["verified"] is True
    async with db.account(brand.account_id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.fetch("SELECT FROM affiliate_profile")


async def test_published_again_it_shows_the_new_text_and_keeps_its_age(db, owner, brand: Brand):
    ann = await an_affiliate(owner)
    await save(db, ann)
    await publish(db, ann)
    await save(db, ann, name="Anna")

    await publish(db, ann, NOW + timedelta(days=3))

    (found,) = await seen_by(db, brand.account_id)
    assert (found["name"], found["published_at"]) == ("Anna", NOW)


async def test_who_has_shown_no_address_is_not_verified(db, owner, brand: Brand):
    ann = await an_affiliate(owner)
    await save(db, ann)

    await publish(db, ann)

    (found,) = await seen_by(db, brand.account_id)
    assert found["verified"] is False


async def test_taken_back_it_is_gone_and_the_draft_stays(db, owner, brand: Brand):
    ann = await an_affiliate(owner)
    await save(db, ann)
    await publish(db, ann)

    for _ in range(2):
        async with as_affiliate(db, ann) as tx:
            await actions.unpublish_profile(tx, ann)

    assert await seen_by(db, brand.account_id) == []
    await publish(db, ann)
    assert len(await seen_by(db, brand.account_id)) == 1


async def test_nothing_written_is_nothing_to_publish(db, owner):
    ann = await an_affiliate(owner)

    with pytest.raises(ProfileIncomplete):
        await publish(db, ann)


async def test_nobody_writes_the_profile_of_another(db, owner):
    ann, bob = await an_affiliate(owner), await an_affiliate(owner)
    await a_profile_draft(owner, bob, niches=["PETS"])
    await a_published_profile(owner, bob, niches=["PETS"])

    async with as_affiliate(db, ann) as tx:
        await queries.unpublish(tx, bob)
        assert await queries.lock_profile(tx, bob) is None
        with pytest.raises(NotFound):
            await actions.unpublish_profile(tx, bob)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_affiliate(db, ann) as tx:
            await actions.save_profile(tx, bob, "Bob", "", [], [], [], True, NOW)

    assert await owner.fetchval("SELECT name FROM published_profile") is not None


async def test_a_mark_is_one_of_two_and_the_accounts_own(db, owner, brand: Brand):
    other = await a_brand(owner)
    ann = await a_published_profile(owner)

    async def mark(mark, now=NOW):
        async with db.transaction(brand.account_id) as tx:
            await actions.mark(tx, brand.account_id, ann, mark, now)

    await mark(Mark.STARRED)
    await mark(Mark.IGNORED)
    await mark(Mark.IGNORED, NOW + timedelta(hours=1))

    (kept,) = await owner.fetch("SELECT * FROM discovery_mark")
    assert (kept["account_id"], kept["mark"]) == (brand.account_id, "IGNORED")
    assert kept["marked_at"] == NOW
    async with db.account(other.account_id) as tx:
        assert await tx.fetch("SELECT FROM discovery_mark") == []


async def test_a_mark_goes_and_is_gone(db, owner, brand: Brand):
    ann = await a_published_profile(owner)
    await a_mark(owner, brand.account_id, ann)

    for _ in range(2):
        async with db.transaction(brand.account_id) as tx:
            await actions.unmark(tx, brand.account_id, ann)

    assert await owner.fetch("SELECT FROM discovery_mark") == []


async def test_who_is_not_published_is_told_from_nobody_by_nothing(db, owner, brand: Brand):
    hidden, nobody = await an_affiliate(owner), uuid4()
    await a_profile_draft(owner, hidden)

    for act in (
        lambda tx, who: actions.mark(tx, brand.account_id, who, Mark.STARRED, NOW),
        lambda tx, who: actions.unmark(tx, brand.account_id, who),
    ):
        words = []
        for who in (hidden, nobody):
            with pytest.raises(NotFound) as refused:
                async with db.transaction(brand.account_id) as tx:
                    await act(tx, who)
            words.append(refused.value.message.replace(who.hex, "x"))
        assert words[0] == words[1]


async def measured(db, owner, affiliate_id, now=NOW):
    async with db.system() as tx:
        await actions.measure_track_record(tx, affiliate_id, now)
    row = await owner.fetchrow(
        """SELECT clicks, orders, units, returned_units, partnerships, visible_partnerships
             FROM track_record WHERE id = $1""",
        affiliate_id,
    )
    return None if row is None else Record(**row)


async def settle(owner, conversion_id, orders=1, units=1, reported=1):
    await owner.execute(
        """UPDATE conversion SET status = 'SETTLED', settled_at = $2, orders = $3, units = $4,
                  reported_units = $5 WHERE id = $1""",
        conversion_id, NOW, orders, units, reported,
    )  # fmt: skip


async def test_a_record_is_over_all_accounts_and_of_one_affiliate(db, owner):
    ann, bob = await a_published_profile(owner), await a_published_profile(owner)
    for number, visible_at in enumerate((NOW, None)):
        brand = await a_brand(owner)
        version_id = await owner.fetchval(
            "SELECT id FROM offer_version WHERE offer_id = $1", brand.offer_id
        )
        for who in (ann, bob):
            partnership_id = await a_partnership(
                owner, brand.account_id, brand.store_id, brand.offer_id, who,
                visible_at=visible_at,
            )  # fmt: skip
            if who == bob:
                continue
            await a_link(owner, brand.account_id, partnership_id)
            link_id = await owner.fetchval(
                "SELECT id FROM link WHERE partnership_id = $1", partnership_id
            )
            for days in (1, 89, 91):
                await owner.execute(
                    """INSERT INTO click (account_id, partnership_id, link_id, clicked_at)
                       VALUES ($1, $2, $3, $4)""",
                    brand.account_id, partnership_id, link_id, NOW - timedelta(days=days),
                )  # fmt: skip
            for day in (date(2026, 7, 1), date(2026, 7, 2), date(2026, 1, 1)):
                made = await a_conversion(owner, brand.account_id, partnership_id, version_id, day)
                if day.day == 1:
                    await settle(owner, made, orders=3, units=5, reported=4 - number)

    assert await measured(db, owner, ann) == Record(
        clicks=4, orders=6, units=10, returned_units=3, partnerships=2, visible_partnerships=1
    )
    assert await measured(db, owner, bob) == Record(0, 0, 0, 0, 2, 1)


async def test_what_came_back_before_a_sale_settled_counts_too(db, owner, brand: Brand):
    ann = await a_published_profile(owner)
    partnership_id = await a_partnership(
        owner, brand.account_id, brand.store_id, brand.offer_id, ann, visible_at=NOW
    )
    version_id = await owner.fetchval("SELECT id FROM offer_version")
    made = await a_conversion(owner, brand.account_id, partnership_id, version_id, date(2026, 7, 1))
    await settle(owner, made, units=4, reported=4)
    for hours, units in enumerate((2, 7, 4)):
        await owner.execute(
            """INSERT INTO report_row
                      (account_id, level, subject_id, day, observed_at, recorded_at, run_id,
                       partnership_id, clicks, detail_page_views, add_to_carts, purchases, units,
                       sales_minor, total_purchases, total_units, total_sales_minor)
               VALUES ($1, 'CAMPAIGN', $2, $3, $4, $4, $5, $2, 9, 9, 9, 1, 1, 1, 1, $6, 1)""",
            brand.account_id, partnership_id, date(2026, 7, 1), NOW + timedelta(hours=hours),
            uuid4(), units,
        )  # fmt: skip

    record = await measured(db, owner, ann)

    assert (record.units, record.returned_units) == (7, 3)


async def test_of_whoever_is_not_published_nothing_is_measured(db, owner):
    assert await measured(db, owner, await an_affiliate(owner)) is None


async def test_measuring_is_promised_once_a_day_for_who_is_published(db, owner):
    ann = await a_published_profile(owner)
    await an_affiliate(owner)

    async def plan(now):
        async with db.system() as tx:
            await actions.plan_measuring(tx, now)

    async def promised():
        rows = await owner.fetch(
            "SELECT subject FROM duty WHERE kind = $1", Kind.MEASURE_TRACK_RECORD
        )
        return [row["subject"] for row in rows]

    await asyncio.gather(*(plan(NOW) for _ in range(4)))
    assert await promised() == [str(ann)]

    await owner.execute("DELETE FROM duty")
    await measured(db, owner, ann)
    await plan(NOW + timedelta(hours=1))
    assert await promised() == []

    await plan(NOW + timedelta(days=1))
    assert await promised() == [str(ann)]
