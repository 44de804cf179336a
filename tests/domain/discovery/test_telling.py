from __future__ import annotations

import pytest

from domain.applications.telling import Post
from domain.discovery import inviting
from domain.mail.rules import place_of
from domain.sealing import Keyring
from tests.domain.discovery.conftest import Brand
from tests.factories import NOW, an_affiliate
from tests.marketplace import an_invitation
from tests.people import a_member, a_person, a_published_profile

KEYRING = Keyring("k1", {"k1": bytes(32)})
POST = Post(KEYRING, "https://app.example")


async def letters(owner, brand):
    """To whom, and what it says."""
    rows = await owner.fetch("SELECT id, recipient, subject, sealed_text FROM mail ORDER BY id")
    return [
        (
            row["recipient"],
            row["subject"],
            KEYRING.open(row["sealed_text"], place_of(brand.account_id, row["id"])),
        )
        for row in rows
    ]


async def invite(db, brand, affiliate_id, message, post=POST):
    async with db.transaction(brand.account_id) as tx:
        return await inviting.invite(
            tx, brand.account_id, affiliate_id, brand.offer_id, message, "me", NOW, post
        )


async def test_the_invited_are_told_in_the_brands_words(db, owner, brand: Brand):
    """S39."""
    ann = await an_affiliate(owner, email="ann@example.com", person_id=await a_person(owner))
    await a_published_profile(owner, ann)

    await invite(db, brand, ann, "Your films are lovely.")

    ((to, subject, text),) = await letters(owner, brand)
    assert to == "ann@example.com"
    assert subject.endswith("invites you")
    assert "Your films are lovely." in text
    assert '"Summer"' in text
    assert await owner.fetchval("SELECT count(*) FROM duty WHERE kind = 'send_mail'") == 1


async def test_an_address_that_nobody_has_proven_is_sent_no_words_of_a_stranger(db, owner, brand):
    """An account may enter any address, and is not to write to it through us."""
    bob = await a_published_profile(owner)

    await invite(db, brand, bob, "Buy now!")

    ((_, _, text),) = await letters(owner, brand)
    assert "Buy now!" not in text


async def test_whoever_may_invite_is_told_of_the_answer_once(db, owner, brand: Brand):
    for role in ("OWNER", "MANAGER", "FINANCE", "VIEWER"):
        email = f"{role.lower()}@example.com"
        await a_member(owner, brand.account_id, await a_person(owner, email=email), role)
    ann = await an_affiliate(owner, name="Ann")
    sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)

    for _ in range(2):
        async with db.transaction(brand.account_id) as tx:
            await inviting.accept(tx, brand.account_id, sent, ann, None, "ann", NOW, POST)

    told = await letters(owner, brand)
    assert {to for to, _, _ in told} == {"owner@example.com", "manager@example.com"}
    assert len(told) == 2
    assert {subject for _, subject, _ in told} == {"Ann has accepted your invitation"}


@pytest.mark.parametrize("reason", [None, "No time."])
async def test_a_refusal_is_told_too(db, owner, brand: Brand, reason):
    await a_member(owner, brand.account_id)
    ann = await an_affiliate(owner, name="Ann")
    sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)

    async with db.transaction(brand.account_id) as tx:
        await inviting.decline(tx, brand.account_id, sent, ann, reason, NOW, POST)

    ((_, subject, _),) = await letters(owner, brand)
    assert subject == "Ann has declined your invitation"


async def test_without_a_post_nothing_is_written(db, owner, brand: Brand):
    await invite(db, brand, await a_published_profile(owner), "", post=None)

    assert await letters(owner, brand) == []
