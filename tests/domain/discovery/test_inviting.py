from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.affiliates import actions as affiliates
from domain.affiliates.rules import AlreadyPartner
from domain.discovery import invitations, inviting
from domain.discovery.invitation import (
    AlreadyInvited,
    Invitation,
    InvitationClosed,
    OfferNoLongerUsed,
    TooManyInvitations,
)
from domain.errors import InvalidInput, NotFound, Refusal
from domain.marketplace.agreements import AgreementNotAccepted
from domain.offers.lifecycle import OfferArchived
from tests.domain.discovery.conftest import Brand, a_brand, as_affiliate
from tests.factories import NOW, a_partnership, a_store, an_affiliate, an_offer
from tests.marketplace import an_agreement, an_invitation
from tests.people import a_mark, a_profile_draft, a_published_profile


async def invite(db, brand, affiliate_id, offer_id=None, message="Join us.", now=NOW):
    async with db.transaction(brand.account_id) as tx:
        return await inviting.invite(
            tx, brand.account_id, affiliate_id, offer_id or brand.offer_id, message, "me", now
        )


async def accept(db, brand, invitation_id, affiliate_id, sha256=None):
    async with db.transaction(brand.account_id) as tx:
        return await inviting.accept(
            tx, brand.account_id, invitation_id, affiliate_id, sha256, "ann", NOW
        )


async def decline(db, brand, invitation_id, affiliate_id, reason=None):
    async with db.transaction(brand.account_id) as tx:
        return await inviting.decline(
            tx, brand.account_id, invitation_id, affiliate_id, reason, NOW
        )


async def withdraw(db, brand, invitation_id):
    async with db.transaction(brand.account_id) as tx:
        return await inviting.withdraw(tx, brand.account_id, invitation_id, NOW)


async def states(owner):
    return [row["state"] for row in await owner.fetch("SELECT state FROM invitation ORDER BY id")]


async def partners(owner):
    rows = await owner.fetch("SELECT affiliate_id, offer_id FROM partnership WHERE status='ACTIVE'")
    return [tuple(row) for row in rows]


async def test_a_brand_recruits_whom_it_found(db, owner, brand: Brand):
    """S39, S11."""
    ann = await a_published_profile(owner, name="Ann cooks")

    sent = await invite(db, brand, ann)

    (row,) = await owner.fetch("SELECT * FROM invitation")
    assert (row["id"], row["state"], row["message"]) == (sent.id, "SENT", "Join us.")
    assert (row["affiliate_name"], row["sent_by"], row["sent_at"]) == ("Ann cooks", "me", NOW)
    async with as_affiliate(db, ann) as tx:
        assert await invitations.account_of(tx, ann, sent.id) == brand.account_id

    partnership = await accept(db, brand, sent.id, ann)

    assert await states(owner) == ["ACCEPTED"]
    assert await partners(owner) == [(ann, brand.offer_id)]
    assert partnership.affiliate_id == ann


async def test_who_is_not_published_cannot_be_told_from_nobody(db, owner, brand: Brand):
    hidden, nobody = await an_affiliate(owner), uuid4()
    await a_profile_draft(owner, hidden)

    words = []
    for who in (hidden, nobody):
        with pytest.raises(NotFound) as refused:
            await invite(db, brand, who)
        words.append(refused.value.message.replace(who.hex, "x"))

    assert words[0] == words[1]


async def test_who_is_known_is_invited_without_a_profile(db, owner, brand: Brand):
    async with db.transaction(brand.account_id) as tx:
        ann = await affiliates.create_affiliate(tx, brand.account_id, "Ann", "a@example.com", NOW)
    bob = await an_affiliate(owner, name="Bob")
    store_id = await a_store(owner, brand.account_id)
    offer_id = await an_offer(owner, brand.account_id, store_id)
    await a_partnership(owner, brand.account_id, store_id, offer_id, bob)

    for who in (ann.id, bob):
        await invite(db, brand, who)

    rows = await owner.fetch("SELECT affiliate_name FROM invitation ORDER BY id")
    assert [row["affiliate_name"] for row in rows] == ["Ann", "Bob"]


async def test_a_partner_of_the_store_is_not_invited_and_a_former_one_is(db, owner, brand: Brand):
    ann, bob = await a_published_profile(owner), await a_published_profile(owner)
    at = (owner, brand.account_id, brand.store_id, brand.offer_id)
    partnership_id = await a_partnership(*at, ann, status="PAUSED")
    await a_partnership(*at, bob, status="ENDED")

    with pytest.raises(AlreadyPartner) as refused:
        await invite(db, brand, ann)
    assert refused.value.partnership_id == partnership_id

    sent = await invite(db, brand, bob)
    await accept(db, brand, sent.id, bob)
    assert await partners(owner) == [(bob, brand.offer_id)]


async def test_one_invitation_of_a_store_is_open_at_a_time(db, owner, brand: Brand):
    ann = await a_published_profile(owner)
    other_store = await an_offer(
        owner, brand.account_id, await a_store(owner, brand.account_id), name="Elsewhere"
    )
    found = await asyncio.gather(
        *(invite(db, brand, ann) for _ in range(6)), return_exceptions=True
    )

    (sent,) = [one for one in found if isinstance(one, Invitation)]
    refused = [one for one in found if isinstance(one, AlreadyInvited)]
    assert len(refused) == 5
    assert {one.invitation_id for one in refused} == {sent.id}
    assert "Summer" in refused[0].message

    await invite(db, brand, ann, other_store)
    await withdraw(db, brand, sent.id)
    await invite(db, brand, ann)
    assert sorted(await states(owner)) == ["SENT", "SENT", "WITHDRAWN"]


async def test_an_archived_offer_and_the_offer_of_another_invite_nobody(db, owner, brand: Brand):
    ann = await a_published_profile(owner)
    other = await a_brand(owner)
    await owner.execute("UPDATE offer SET archived_at = $1 WHERE id = $2", NOW, brand.offer_id)

    with pytest.raises(OfferArchived):
        await invite(db, brand, ann)
    with pytest.raises(NotFound):
        await invite(db, brand, ann, other.offer_id)
    with pytest.raises(InvalidInput):
        await invite(db, other, ann, message="x" * 2_001)


async def test_who_is_invited_is_ignored_no_more_and_a_star_stays(db, owner, brand: Brand):
    ann, bob = await a_published_profile(owner), await a_published_profile(owner)
    await a_mark(owner, brand.account_id, ann, "IGNORED")
    await a_mark(owner, brand.account_id, bob, "STARRED")

    await invite(db, brand, ann)
    await invite(db, brand, bob)

    assert await owner.fetchval("SELECT array_agg(affiliate_id) FROM discovery_mark") == [bob]


async def test_an_account_sends_no_more_than_200_in_24_hours(db, owner, brand: Brand):
    ids = [await a_published_profile(owner) for _ in range(4)]
    for _ in range(199):
        await an_invitation(owner, brand.account_id, brand.offer_id, state="WITHDRAWN")

    found = await asyncio.gather(*(invite(db, brand, id) for id in ids), return_exceptions=True)

    sent = [one for one in found if isinstance(one, Invitation)]
    refused = [one for one in found if isinstance(one, TooManyInvitations)]
    assert (len(sent), len(refused)) == (1, 3)
    assert "200 invitations" in refused[0].message
    another = await a_brand(owner)
    await invite(db, another, ids[0])
    late = next(id for id in ids if id != sent[0].affiliate_id)
    await invite(db, brand, late, now=NOW + timedelta(hours=24))


async def test_nobody_is_invited_again_and_again(db, owner, brand: Brand):
    ann = await a_published_profile(owner)
    for _ in range(3):
        await withdraw(db, brand, (await invite(db, brand, ann)).id)

    with pytest.raises(TooManyInvitations, match="one affiliate in 30 days"):
        await invite(db, brand, ann)
    await invite(db, brand, ann, now=NOW + timedelta(days=30))


async def test_of_many_each_has_an_outcome_of_its_own(db, owner, brand: Brand):
    new, waiting, hidden, partner = [await a_published_profile(owner) for _ in range(4)]
    await owner.execute("DELETE FROM published_profile WHERE id = $1", hidden)
    await an_invitation(owner, brand.account_id, brand.offer_id, waiting)
    await a_partnership(owner, brand.account_id, brand.store_id, brand.offer_id, partner)

    async with db.transaction(brand.account_id) as tx:
        found = await inviting.invite_many(
            tx, brand.account_id, [waiting, new, hidden, partner, new], brand.offer_id, "", "me",
            NOW,
        )  # fmt: skip

    kinds = {id: type(one) for id, one in found.items()}
    assert kinds == {
        waiting: AlreadyInvited, new: Invitation, hidden: NotFound, partner: AlreadyPartner
    }  # fmt: skip
    assert await states(owner) == ["SENT", "SENT"]


async def test_accepted_twice_is_accepted_once(db, owner, brand: Brand):
    ann = await an_affiliate(owner)
    sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)

    found = await asyncio.gather(*(accept(db, brand, sent, ann) for _ in range(5)))

    assert len([one for one in found if one is not None]) == 1
    assert await states(owner) == ["ACCEPTED"]
    assert await partners(owner) == [(ann, brand.offer_id)]


async def test_two_answers_at_once_have_one_outcome(db, owner, brand: Brand):
    """S39."""
    for _ in range(10):
        ann = await an_affiliate(owner)
        sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)

        found = await asyncio.gather(
            accept(db, brand, sent, ann), decline(db, brand, sent, ann, "No."),
            withdraw(db, brand, sent), return_exceptions=True,
        )  # fmt: skip

        refused = [one for one in found if isinstance(one, Refusal)]
        assert [type(one) for one in refused] == [InvitationClosed] * 2
        state = await owner.fetchval("SELECT state FROM invitation WHERE id = $1", sent)
        assert {one.state for one in refused} == {state}
        assert ((ann, brand.offer_id) in await partners(owner)) == (state == "ACCEPTED")


async def test_a_reason_for_declining_is_kept_for_the_brand(db, owner, brand: Brand):
    ann = await an_affiliate(owner)
    sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)

    await decline(db, brand, sent, ann, " Not my kind of goods. ")
    await decline(db, brand, sent, ann, "Another reason")

    (row,) = await owner.fetch("SELECT state, reason, answered_at FROM invitation")
    assert tuple(row) == ("DECLINED", "Not my kind of goods.", NOW)


async def test_an_invitation_is_answered_by_the_invited_alone(db, owner, brand: Brand):
    ann, bob = await an_affiliate(owner), await an_affiliate(owner)
    sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)
    other = await a_brand(owner)

    for act in (
        accept(db, brand, sent, bob), decline(db, brand, sent, bob), accept(db, other, sent, ann),
        decline(db, other, sent, ann), withdraw(db, other, sent),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await act
    async with as_affiliate(db, bob) as tx:
        assert await invitations.account_of(tx, bob, sent) is None
        assert await invitations.account_of(tx, ann, sent) is None
    assert await states(owner) == ["SENT"]


async def test_the_agreement_is_accepted_with_it_in_its_newest_version(db, owner, brand: Brand):
    ann = await a_published_profile(owner)
    old = await an_agreement(owner, brand.account_id, brand.offer_id, "Be nice.")
    sent = await invite(db, brand, ann)
    assert sent.agreement_id == old
    new = await an_agreement(owner, brand.account_id, brand.offer_id, "Be very nice.")
    async with db.transaction(brand.account_id) as tx:
        await invitations.renew_agreement(tx, brand.account_id, brand.offer_id, new)
    hashes = {
        row["id"]: row["sha256"].hex() for row in await owner.fetch("SELECT * FROM agreement")
    }

    for given in (None, "00", hashes[old]):
        with pytest.raises(AgreementNotAccepted):
            await accept(db, brand, sent.id, ann, given)
    assert await states(owner) == ["SENT"]
    async with as_affiliate(db, ann) as tx:
        texts = [row["body"] for row in await tx.fetch("SELECT body FROM agreement")]
        assert texts == ["Be very nice."]

    await accept(db, brand, sent.id, ann, hashes[new])

    (kept,) = await owner.fetch("SELECT * FROM agreement_acceptance")
    assert (kept["agreement_id"], kept["affiliate_id"]) == (new, ann)


async def test_an_offer_that_was_archived_meanwhile_takes_nobody_in(db, owner, brand: Brand):
    ann = await an_affiliate(owner)
    sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)
    await owner.execute("UPDATE offer SET archived_at = $1", NOW)

    with pytest.raises(OfferNoLongerUsed, match="Summer"):
        await accept(db, brand, sent, ann)

    await decline(db, brand, sent, ann)
    assert await states(owner) == ["DECLINED"]


async def test_who_became_a_partner_meanwhile_is_told_so(db, owner, brand: Brand):
    ann = await an_affiliate(owner)
    sent = await an_invitation(owner, brand.account_id, brand.offer_id, ann)
    await a_partnership(owner, brand.account_id, brand.store_id, brand.offer_id, ann)

    with pytest.raises(AlreadyPartner):
        await accept(db, brand, sent, ann)

    assert await states(owner) == ["SENT"]
