from __future__ import annotations

import asyncio
from hashlib import sha256
from uuid import uuid4

import pytest

from domain.errors import InvalidInput, NotFound
from domain.marketplace import actions, queries
from domain.marketplace.agreements import AgreementNotAccepted, check_accepted
from domain.offers.lifecycle import OfferArchived
from tests.factories import NOW, a_store, an_account, an_affiliate, an_offer
from tests.marketplace import a_listing


async def a_brand(owner):
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    return account_id, offer_id


async def publish(db, account_id, offer_id, body):
    async with db.transaction(account_id) as tx:
        return await actions.publish_agreement(tx, account_id, offer_id, body, "prsn_1", NOW)


async def accept(db, account_id, offer_id, affiliate_id, sha, by="prsn_2"):
    async with db.transaction(account_id) as tx:
        newest = await queries.newest_agreement(tx, account_id, offer_id)
        await actions.accept_agreement(tx, account_id, newest, affiliate_id, sha, by, NOW)


def sha_of(body):
    return sha256(body.encode()).hexdigest()


async def test_each_new_text_is_a_version_that_stays(db, owner):
    account_id, offer_id = await a_brand(owner)

    ids = [await publish(db, account_id, offer_id, f" {text}\r\n") for text in "AABBA"]

    assert ids[0] == ids[1] != ids[2] == ids[3] != ids[4]
    assert ids[4] != ids[0], "an old text again is what holds from now on: a version of its own"
    rows = await owner.fetch("SELECT id, version, body, sha256 FROM agreement ORDER BY version")
    assert [tuple(row) for row in rows] == [
        (id, version, text, sha256(text.encode()).digest())
        for version, (id, text) in enumerate(zip(ids[::2], "ABA", strict=True), 1)
    ]


async def test_versions_published_at_once_are_numbered_one_after_the_other(db, owner):
    account_id, offer_id = await a_brand(owner)

    await asyncio.gather(*(publish(db, account_id, offer_id, f"Text {n}") for n in range(12)))

    rows = await owner.fetch("SELECT version FROM agreement ORDER BY version")
    assert [row["version"] for row in rows] == list(range(1, 13))


async def test_the_listing_shows_the_newest_version(db, owner):
    account_id, offer_id = await a_brand(owner)
    await a_listing(owner, account_id, offer_id)
    for text in ("One", "Two"):
        newest = await publish(db, account_id, offer_id, text)
        assert await owner.fetchval("SELECT agreement_id FROM listing") == newest


async def test_who_when_and_what_was_accepted_is_kept_and_never_changed(db, owner):
    account_id, offer_id = await a_brand(owner)
    ann = await an_affiliate(owner)
    first = await publish(db, account_id, offer_id, "One")
    await accept(db, account_id, offer_id, ann, sha_of("One").upper())
    await accept(db, account_id, offer_id, ann, sha_of("One"), "prsn_3")
    second = await publish(db, account_id, offer_id, "Two")
    await accept(db, account_id, offer_id, ann, sha_of("Two"))

    rows = await owner.fetch(
        "SELECT agreement_id, affiliate_id, encode(sha256, 'hex'), accepted_at, accepted_by"
        " FROM agreement_acceptance ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        (first, ann, sha_of("One"), NOW, "prsn_2"),
        (second, ann, sha_of("Two"), NOW, "prsn_2"),
    ]


async def test_another_version_than_the_newest_is_not_accepted(db, owner):
    account_id, offer_id = await a_brand(owner)
    ann = await an_affiliate(owner)
    await accept(db, account_id, offer_id, ann, None)  # there is none to accept
    for text in ("One", "Two"):
        newest = await publish(db, account_id, offer_id, text)

    for given, words in [(None, "Read version 2"), (sha_of("One"), "replaced"), ("x", "replaced")]:
        with pytest.raises(AgreementNotAccepted, match=words) as refused:
            await accept(db, account_id, offer_id, ann, given)
        assert (refused.value.agreement_id, refused.value.version) == (newest, 2)
        assert refused.value.sha256 == sha_of("Two")
    check_accepted(None, "whatever")

    assert await owner.fetchval("SELECT count(*) FROM agreement_acceptance") == 0


async def test_an_agreement_needs_a_text_and_an_offer_in_use(db, owner):
    account_id, offer_id = await a_brand(owner)
    _, foreign = await a_brand(owner)
    store_id = await owner.fetchval("SELECT store_id FROM offer WHERE id = $1", offer_id)
    archived = await an_offer(owner, account_id, store_id, archived_at=NOW)

    for text in ("", " \n", "x" * 50_001, "a\0b"):
        with pytest.raises(InvalidInput):
            await publish(db, account_id, offer_id, text)
    for unknown in (foreign, uuid4()):
        with pytest.raises(NotFound):
            await publish(db, account_id, unknown, "Text")
    with pytest.raises(OfferArchived):
        await publish(db, account_id, archived, "Text")
