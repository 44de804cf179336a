"""Many partnerships at once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest

from domain.affiliates import actions, bulk
from domain.affiliates.rules import MoveInThePast, PartnershipEnded, Status
from domain.errors import InvalidInput, NotFound
from domain.offers.lifecycle import OfferArchived, SalesAlreadyReported
from domain.offers.rules import OneStorePerOffer
from tests.factories import (
    NOW,
    a_conversion,
    a_dtc_store,
    a_partnership,
    a_store,
    a_version,
    an_account,
    an_offer,
)

TODAY = date(2026, 9, 1)


async def a_shop_with(owner, partnerships, **fields):
    """Account, store, offer, and so many partnerships."""
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    ids = [
        await a_partnership(owner, account_id, store_id, offer_id, **fields)
        for _ in range(partnerships)
    ]
    return account_id, store_id, offer_id, ids


async def do(db, action, account_id, *given):
    async with db.transaction(account_id) as tx:
        return await action(tx, account_id, *given)


async def column(owner, name, ids):
    rows = await owner.fetch(f"SELECT id, {name} AS found FROM partnership")
    found = {row["id"]: row["found"] for row in rows}
    return [found[id] for id in ids]


def kinds(outcomes):
    return [None if refusal is None else type(refusal) for refusal in outcomes.values()]


async def test_each_id_has_its_outcome_and_those_that_can_be_are(db, owner):
    account_id, store_id, offer_id, [open_, paused] = await a_shop_with(owner, 2)
    ended = await a_partnership(owner, account_id, store_id, offer_id, status="ENDED")
    _, _, _, [elsewhere] = await a_shop_with(owner, 1)
    await do(db, actions.pause, account_id, paused, "First.", NOW)
    ids = [elsewhere, paused, ended, uuid4(), open_, paused]

    outcomes = await do(db, bulk.pause_many, account_id, ids, " Out of stock. ", NOW)

    assert list(outcomes) == ids[:-1]
    assert kinds(outcomes) == [NotFound, None, PartnershipEnded, NotFound, None]
    assert await column(owner, "status", [open_, paused, ended, elsewhere]) == [
        "PAUSED", "PAUSED", "ENDED", "ACTIVE",
    ]  # fmt: skip
    assert await column(owner, "status_reason", [open_, paused, ended, elsewhere]) == [
        "Out of stock.", "First.", None, None,
    ]  # fmt: skip


async def test_many_are_paused_resumed_and_ended(db, owner):
    account_id, _, _, ids = await a_shop_with(owner, 3)

    for action, reason, status in (
        (bulk.pause_many, "Out of stock.", Status.PAUSED),
        (bulk.resume_many, None, Status.ACTIVE),
        (bulk.end_many, "The shop closes.", Status.ENDED),
        (bulk.end_many, "Twice is once.", Status.ENDED),
    ):
        outcomes = await do(db, action, account_id, ids, reason, NOW)
        assert kinds(outcomes) == [None] * 3
        assert await column(owner, "status", ids) == [status] * 3

    assert await column(owner, "status_reason", ids) == ["The shop closes."] * 3


async def test_without_a_reason_none_is_paused_or_ended(db, owner):
    account_id, _, _, ids = await a_shop_with(owner, 2)

    for action in (bulk.pause_many, bulk.end_many):
        with pytest.raises(InvalidInput, match="reason"):
            await do(db, action, account_id, ids, " ", NOW)

    assert await column(owner, "status", ids) == ["ACTIVE"] * 2


async def test_those_that_can_be_moved_are(db, owner):
    """S19: an offer serves one store."""
    account_id, store_id, old, [free, priced] = await a_shop_with(owner, 2)
    ended = await a_partnership(owner, account_id, store_id, old, status="ENDED")
    shop_id = await a_dtc_store(owner, account_id)
    shop_offer = await an_offer(owner, account_id, shop_id)
    other_store = await a_partnership(owner, account_id, shop_id, shop_offer)
    version_id = await a_version(owner, account_id, old, 1100, date(2026, 8, 1))
    await a_conversion(owner, account_id, priced, version_id, TODAY + timedelta(days=3))
    new = await an_offer(owner, account_id, store_id)
    ids = [other_store, priced, free, ended]

    outcomes = await do(db, bulk.move_many, account_id, ids, new, TODAY, NOW)

    assert kinds(outcomes) == [OneStorePerOffer, SalesAlreadyReported, None, PartnershipEnded]
    assert await column(owner, "offer_id", ids) == [shop_offer, old, new, old]
    moved = await owner.fetch("SELECT partnership_id FROM assignment WHERE offer_id = $1", new)
    assert [row["partnership_id"] for row in moved] == [free]


async def test_what_is_wrong_with_the_move_itself_moves_none(db, owner):
    account_id, store_id, old, ids = await a_shop_with(owner, 2)
    archived = await an_offer(owner, account_id, store_id, archived_at=NOW)
    new = await an_offer(owner, account_id, store_id)

    for offer_id, day, refusal in (
        (archived, TODAY, OfferArchived),
        (uuid4(), TODAY, NotFound),
        (new, TODAY - timedelta(days=1), MoveInThePast),
    ):
        with pytest.raises(refusal):
            await do(db, bulk.move_many, account_id, ids, offer_id, day, NOW)

    assert await owner.fetchval("SELECT count(*) FROM assignment") == 2
    assert await column(owner, "offer_id", ids) == [old, old]


async def test_many_are_tagged_each_with_what_it_had(db, owner):
    account_id, store_id, offer_id, [none] = await a_shop_with(owner, 1)
    full, some = [
        await a_partnership(owner, account_id, store_id, offer_id, tags=tags)
        for tags in ([str(number) for number in range(20)], ["vip", "Old", "kept"])
    ]

    outcomes = await do(
        db, bulk.tag_many, account_id, [full, some, none], [" VIP ", "new"], ["OLD"]
    )

    assert kinds(outcomes) == [InvalidInput, None, None]
    assert await column(owner, "tags", [some, none]) == [["vip", "kept", "new"], ["VIP", "new"]]
    assert len((await column(owner, "tags", [full]))[0]) == 20


async def test_what_a_brand_notes_is_kept_and_what_is_left_out_stays(db, owner):
    account_id, _, _, [id, other] = await a_shop_with(owner, 2)

    async def annotate(**given):
        async with db.transaction(account_id) as tx:
            await actions.annotate(tx, account_id, id, **given)
        row = await owner.fetchrow(
            "SELECT tags, note, custom_fields::text FROM partnership WHERE id = $1", id
        )
        return tuple(row)

    assert await annotate(note=" Likes\nmail. ") == ([], "Likes\nmail.", "{}")
    assert await annotate(tags=["VIP", "vip"]) == (["VIP"], "Likes\nmail.", "{}")
    fields = '{"Contract": "17"}'
    assert await annotate(custom_fields=[("Contract", "17")]) == (["VIP"], "Likes\nmail.", fields)
    assert await annotate(note="", tags=[]) == ([], "", fields)
    with pytest.raises(InvalidInput, match="21 tags"):
        await annotate(tags=map(str, range(21)))
    assert await column(owner, "note", [other]) == [""]


async def test_who_changes_many_at_once_stands_in_nobodys_way(db, owner):
    """Twenty changes of the same partnerships, each in another order, and the moves of the day."""
    account_id, store_id, offer_id, ids = await a_shop_with(owner, 30)
    other = await an_offer(owner, account_id, store_id)
    tomorrow = NOW + timedelta(days=1)
    await do(db, bulk.move_many, account_id, ids, other, tomorrow.date(), NOW)
    draw = Random(7)

    def some():
        return draw.sample(ids, 25)

    changes = [
        change
        for number in range(4)
        for change in (
            do(db, bulk.pause_many, account_id, some(), "Out of stock.", NOW),
            do(db, bulk.resume_many, account_id, some(), None, NOW),
            do(db, bulk.move_many, account_id, some(), draw.choice([offer_id, other]), None, NOW),
            do(db, bulk.tag_many, account_id, some(), [f"tag {number}"], []),
            do(db, actions.start_planned_moves, account_id, store_id, tomorrow),
        )
    ]
    draw.shuffle(changes)
    outcomes = await asyncio.wait_for(asyncio.gather(*changes), 60)

    assert len(outcomes) == 20
    for found in outcomes:
        assert isinstance(found, int) or kinds(found) == [None] * 25
