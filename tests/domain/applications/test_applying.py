from __future__ import annotations

import asyncio
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from domain.affiliates.actions import add_to_offer
from domain.affiliates.rules import AlreadyPartner
from domain.applications import actions, rules
from domain.applications.rules import (
    AlreadyApplied,
    Answer,
    ApplicationDecided,
    Doubt,
    Draft,
    PartnersAlready,
    QuestionsUnanswered,
    State,
    TooManyApplications,
)
from domain.errors import InvalidInput, NotFound, Refusal
from domain.marketplace import actions as marketplace
from domain.marketplace import showing
from domain.marketplace.agreements import AgreementNotAccepted
from domain.marketplace.rules import Form
from domain.offers.actions import edit_offer
from domain.offers.lifecycle import OfferArchived
from tests.factories import NOW, a_partnership, a_store, an_account, an_affiliate, an_offer
from tests.marketplace import a_listing, an_agreement, an_application
from tests.people import a_published_profile

WORDS = Draft("I write about pans.")
AUTO = {"auto_accept": True}


async def a_listed_brand(owner, **listing):
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    return account_id, offer_id, await a_listing(owner, account_id, offer_id, **listing)


async def apply(db, listing_id, affiliate_id, draft=WORDS, now=NOW):
    """Both halves, as a mutation runs them: as the affiliate, then in the account."""
    async with db.affiliate(affiliate_id) as own, own.transaction():
        account_id = await actions.account_to_apply_to(own, affiliate_id, listing_id, now)
        async with db.transaction(account_id) as tx:
            return await actions.apply(
                tx, account_id, listing_id, affiliate_id, draft, "prsn_ann", now
            )


async def answer(db, action, account_id, *args, now=NOW):
    async with db.transaction(account_id) as tx:
        return await action(tx, account_id, *args, "prsn_june", now)


async def history(owner, application_id):
    rows = await owner.fetch(
        "SELECT state, reason, actor FROM application_event WHERE application_id = $1 ORDER BY id",
        application_id,
    )
    return [tuple(row) for row in rows]


async def partners(owner):
    rows = await owner.fetch("SELECT affiliate_id, offer_id FROM partnership")
    return {tuple(row) for row in rows}


async def test_an_affiliate_applies_and_the_brand_accepts(db, owner):
    """S35."""
    account_id, offer_id, listing_id = await a_listed_brand(
        owner, questions=[{"question": "Where?", "required": True}], rate_bp=700
    )
    ann = await a_published_profile(owner, name="Ann's kitchen")

    draft = Draft(" I cook. ", (Answer("Where?", " On film "),))
    made = await apply(db, listing_id, ann, draft)

    assert await partners(owner) == set()
    row = await owner.fetchrow("SELECT * FROM application")
    assert (row["affiliate_name"], row["audience"], row["verified"]) == (
        "Ann's kitchen",
        1000,
        True,
    )
    assert (row["message"], row["rate_bp"], row["decided_at"]) == ("I cook.", 700, None)
    assert row["answers"] == '[{"answer": "On film", "question": "Where?"}]'
    assert await history(owner, made.id) == [("SUBMITTED", Doubt.NOT_AUTOMATIC.value, "prsn_ann")]

    for _ in range(2):
        accepted = await answer(db, actions.accept_application, account_id, made.id)
        assert accepted.state is State.ACCEPTED
    assert await partners(owner) == {(ann, offer_id)}
    row = await owner.fetchrow("SELECT state, decided_at, decided_by FROM application")
    assert tuple(row) == ("ACCEPTED", NOW, "prsn_june")
    assert (await history(owner, made.id))[1:] == [("ACCEPTED", None, "prsn_june")]


async def test_the_brand_rejects_with_a_reason_and_that_stands(db, owner):
    account_id, _, listing_id = await a_listed_brand(owner)
    ann = await an_affiliate(owner)
    made = await apply(db, listing_id, ann)
    for bad in ("", " ", "x" * 1_001, "\0"):
        with pytest.raises(InvalidInput):
            await answer(db, actions.reject_application, account_id, made.id, bad)

    for reason in (" Not now. ", "Another reason"):
        await answer(db, actions.reject_application, account_id, made.id, reason)

    assert await owner.fetchval("SELECT reason FROM application") == "Not now."
    assert (await history(owner, made.id))[1:] == [("REJECTED", "Not now.", "prsn_june")]
    for action in (actions.accept_application, actions.withdraw):
        with pytest.raises(ApplicationDecided) as refused:
            await answer(db, action, account_id, made.id)
        assert refused.value.state is State.REJECTED
    assert await partners(owner) == set()
    assert (await apply(db, listing_id, ann)).id != made.id, "they may ask again"


async def test_the_affiliate_withdraws_and_may_ask_again(db, owner):
    account_id, _, listing_id = await a_listed_brand(owner)
    ann = await an_affiliate(owner)
    made = await apply(db, listing_id, ann)

    for _ in range(2):
        assert (await answer(db, actions.withdraw, account_id, made.id)).state is State.WITHDRAWN

    assert (await history(owner, made.id))[1:] == [("WITHDRAWN", None, "prsn_june")]
    with pytest.raises(ApplicationDecided):
        await answer(db, actions.accept_application, account_id, made.id)
    await apply(db, listing_id, ann)


async def test_what_is_not_listed_cannot_be_applied_to(db, owner):
    """S34: the words are those for a listing that never was."""
    account_id, _, listing_id = await a_listed_brand(owner)
    ann = await an_affiliate(owner)
    await owner.execute("DELETE FROM listing")

    words = set()
    for id in (listing_id, uuid4()):
        with pytest.raises(NotFound) as refused:
            await apply(db, id, ann)
        words.add(refused.value.message.replace(id.hex, "…"))
        with pytest.raises(NotFound) as refused:  # it was taken down between the halves
            async with db.transaction(account_id) as tx:
                await actions.apply(tx, account_id, id, ann, WORDS, "prsn", NOW)
        words.add(refused.value.message.replace(id.hex, "…"))
    assert len(words) == 1


async def test_partners_and_those_who_wait_have_nothing_to_apply_for(db, owner):
    account_id, _, listing_id = await a_listed_brand(owner)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    other_offer = await an_offer(owner, account_id, store_id)
    active, paused, ended, waits = [await an_affiliate(owner) for _ in range(4)]
    for who, status in [(active, "ACTIVE"), (paused, "PAUSED"), (ended, "ENDED")]:
        await a_partnership(owner, account_id, store_id, other_offer, who, status=status)
    waiting = await apply(db, listing_id, waits)

    for who in (active, paused):
        with pytest.raises(PartnersAlready) as partner:
            await apply(db, listing_id, who)
        assert isinstance(partner.value.partnership_id, UUID)
    with pytest.raises(AlreadyApplied) as applied:
        await apply(db, listing_id, waits)
    assert applied.value.application_id == waiting.id
    assert (await apply(db, listing_id, ended)).state is State.SUBMITTED


async def test_required_questions_are_answered_and_others_not_invented(db, owner):
    questions = [
        {"question": "Where?", "required": True},
        {"question": "Since when?", "required": True},
        {"question": "Why?", "required": False},
    ]
    _, _, listing_id = await a_listed_brand(owner, questions=questions)
    ann = await an_affiliate(owner)

    def draft(**answers):
        return Draft("", tuple(Answer(f"{q.replace('_', ' ')}?", a) for q, a in answers.items()))

    with pytest.raises(QuestionsUnanswered) as unanswered:
        await apply(db, listing_id, ann, draft(Where=" ", Why="Yes"))
    assert unanswered.value.questions == ("Where?", "Since when?")
    for bad in (draft(How="So"), draft(Where="x" * 2_001)):
        with pytest.raises(InvalidInput):
            await apply(db, listing_id, ann, bad)
    with pytest.raises(InvalidInput, match="twice"):
        await apply(db, listing_id, ann, Draft("", (Answer("Why?", "a"), Answer(" Why? ", "b"))))
    with pytest.raises(InvalidInput, match="2,000"):
        await apply(db, listing_id, ann, Draft("x" * 2_001))

    await apply(db, listing_id, ann, draft(Since_when="1999", Where="Here"))
    assert await owner.fetchval("SELECT count(*) FROM application") == 1


async def test_the_agreement_in_force_is_accepted_by_what_was_read(db, owner):
    account_id, offer_id, listing_id = await a_listed_brand(owner)
    old = await an_agreement(owner, account_id, offer_id, "Old")
    new = await an_agreement(owner, account_id, offer_id, "New")
    await owner.execute("UPDATE listing SET agreement_id = $1", new)
    ann = await an_affiliate(owner)

    for text, words in [(None, "Read version 2"), ("Old", "replaced")]:
        given = text and sha256(text.encode()).hexdigest()
        with pytest.raises(AgreementNotAccepted, match=words) as refused:
            await apply(db, listing_id, ann, Draft("", (), given))
        assert (refused.value.agreement_id, refused.value.version) == (new, 2)
    await apply(db, listing_id, ann, Draft("", (), sha256(b"New").hexdigest()))

    assert await owner.fetchval("SELECT agreement_id FROM application") == new
    row = await owner.fetchrow("SELECT agreement_id, affiliate_id FROM agreement_acceptance")
    assert tuple(row) == (new, ann)
    assert old != new


async def test_whoever_meets_the_rules_is_in_at_once(db, owner):
    """S35."""
    rules_ = AUTO | {"verified_only": True, "minimum_audience": 1000, "daily_limit": 9}
    _, offer_id, listing_id = await a_listed_brand(owner, **rules_)
    ann = await a_published_profile(owner)

    made = await apply(db, listing_id, ann)

    assert made.state is State.ACCEPTED
    assert await partners(owner) == {(ann, offer_id)}
    assert await owner.fetchval("SELECT decided_by FROM application") == "rules"
    assert await history(owner, made.id) == [
        ("SUBMITTED", None, "prsn_ann"),
        ("ACCEPTED", None, "rules"),
    ]
    row = await owner.fetchrow("SELECT visited_at, started_at FROM listing_visit")
    assert tuple(row) == (NOW, NOW)


@pytest.mark.parametrize(
    ("doubt", "listing", "profile"),
    [
        (Doubt.NOT_AUTOMATIC, {}, {}),
        (Doubt.NOT_VERIFIED, AUTO | {"verified_only": True}, {"verified": False}),
        (Doubt.AUDIENCE, AUTO | {"minimum_audience": 1001}, {}),
    ],
)
async def test_whoever_falls_short_of_the_rules_waits_for_a_person(
    db, owner, doubt, listing, profile
):
    _, _, listing_id = await a_listed_brand(owner, **listing)

    made = await apply(db, listing_id, await a_published_profile(owner, **profile))

    assert made.state is State.SUBMITTED
    assert await history(owner, made.id) == [("SUBMITTED", doubt.value, "prsn_ann")]
    assert await partners(owner) == set()


async def test_rules_let_in_nobody_who_was_ended_or_rejected_before(db, owner):
    account_id, offer_id, listing_id = await a_listed_brand(owner, **AUTO)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    ended, rejected = await an_affiliate(owner), await an_affiliate(owner)
    await a_partnership(owner, account_id, store_id, offer_id, ended, status="ENDED")
    await an_application(owner, account_id, offer_id, rejected, state="REJECTED", reason="No")

    for who in (ended, rejected):
        made = await apply(db, listing_id, who)
        assert await history(owner, made.id) == [
            ("SUBMITTED", Doubt.KNOWN_BEFORE.value, "prsn_ann")
        ]


async def test_twenty_at_once_do_not_exceed_the_days_limit(db, owner):
    _, _, listing_id = await a_listed_brand(owner, **AUTO, daily_limit=3)
    people = [await an_affiliate(owner) for _ in range(20)]

    made = await asyncio.gather(*(apply(db, listing_id, who) for who in people))

    assert sorted(one.state for one in made) == [State.ACCEPTED] * 3 + [State.SUBMITTED] * 17
    assert len(await partners(owner)) == 3
    # The limit is one of the store's days, which begins at seven in the morning of UTC.
    before = await apply(db, listing_id, await an_affiliate(owner), now=NOW + timedelta(hours=18))
    after = await apply(db, listing_id, await an_affiliate(owner), now=NOW + timedelta(hours=19))
    assert (before.state, after.state) == (State.SUBMITTED, State.ACCEPTED)


async def test_the_same_application_ten_times_at_once_is_one(db, owner):
    _, _, listing_id = await a_listed_brand(owner, **AUTO)
    ann = await an_affiliate(owner)

    made = await asyncio.gather(
        *(apply(db, listing_id, ann) for _ in range(10)), return_exceptions=True
    )

    assert sum(not isinstance(one, Exception) for one in made) == 1
    assert sum(isinstance(one, PartnersAlready) for one in made) == 9
    assert await owner.fetchval("SELECT count(*) FROM application") == 1


async def test_two_who_accept_at_once_make_one_partner(db, owner):
    account_id, _, listing_id = await a_listed_brand(owner)
    made = await apply(db, listing_id, await an_affiliate(owner))

    await asyncio.gather(
        *(answer(db, actions.accept_application, account_id, made.id) for _ in range(5))
    )

    assert len(await partners(owner)) == 1
    assert [state for state, *_ in await history(owner, made.id)] == ["SUBMITTED", "ACCEPTED"]


async def test_accepting_rejecting_and_withdrawing_at_once_leaves_one_answer(db, owner):
    account_id, _, listing_id = await a_listed_brand(owner)
    for _ in range(10):
        ann = await an_affiliate(owner)
        made = await apply(db, listing_id, ann)
        outcomes = await asyncio.gather(
            answer(db, actions.accept_application, account_id, made.id),
            answer(db, actions.reject_application, account_id, made.id, "No"),
            answer(db, actions.withdraw, account_id, made.id),
            return_exceptions=True,
        )

        assert [isinstance(one, ApplicationDecided) for one in outcomes].count(True) == 2
        [state, *_] = (await history(owner, made.id))[-1]
        is_partner = ann in {who for who, _ in await partners(owner)}
        assert is_partner == (state == "ACCEPTED")


async def test_nobody_waits_for_somebody_who_waits_for_them(db, owner):
    """Everything that touches a listing at once: refusals there may be, and no deadlocks."""
    account_id, offer_id, listing_id = await a_listed_brand(owner, **AUTO, daily_limit=5)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    other = await an_offer(owner, account_id, store_id)
    waiting = [await an_application(owner, account_id, offer_id) for _ in range(12)]
    people = [await an_affiliate(owner) for _ in range(12)]
    offers = [offer_id, other]

    def deeds(n):
        offer = offers[n % 2]
        yield apply(db, listing_id, people[n])
        yield answer(db, actions.accept_application, account_id, waiting[n])
        yield answer(db, actions.accept_applications, account_id, waiting[n : n + 3])
        yield answer(db, actions.reject_applications, account_id, waiting[n // 2 :], "No")
        for action, *more in [
            (marketplace.list_offer, offer, Form(f"Pans {n} words"), NOW),
            (marketplace.publish_agreement, offer, f"Text {n}", "prsn", NOW),
            (edit_offer, offer, NOW),
            (showing.refresh, NOW),
            (add_to_offer, people[-n], other, NOW),
        ]:
            extra = {"name": f"Name {n}"} if action is edit_offer else {}
            yield in_account(db, account_id, action, *more, **extra)

    outcomes = await asyncio.gather(
        *(deed for n in range(12) for deed in deeds(n)), return_exceptions=True
    )

    faults = [one for one in outcomes if isinstance(one, Exception)]
    assert [one for one in faults if not isinstance(one, Refusal)] == []
    assert len(faults) < len(outcomes) / 2


async def in_account(db, account_id, action, *args, **kwargs):
    async with db.transaction(account_id) as tx:
        return await action(tx, account_id, *args, **kwargs)


async def test_an_affiliate_sends_twenty_a_day_over_all_accounts(db, owner):
    ann = await an_affiliate(owner)
    other, other_offer, listing_id = await a_listed_brand(owner)
    for _ in range(19):
        account_id, offer_id, _ = await a_listed_brand(owner)
        await an_application(owner, account_id, offer_id, ann)
    await an_application(owner, other, other_offer)  # somebody else's

    mine = [await a_listed_brand(owner) for _ in range(2)]
    outcomes = await asyncio.gather(
        *(apply(db, one[2], ann) for one in mine), return_exceptions=True
    )

    assert sum(isinstance(one, TooManyApplications) for one in outcomes) == 1
    with pytest.raises(TooManyApplications):
        await apply(db, listing_id, ann)
    await apply(db, listing_id, ann, now=NOW + rules.PACE)


async def test_who_became_a_partner_meanwhile_is_not_accepted_again(db, owner):
    account_id, offer_id, listing_id = await a_listed_brand(owner)
    ann = await an_affiliate(owner)
    made = await apply(db, listing_id, ann)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    await a_partnership(owner, account_id, store_id, offer_id, ann)

    with pytest.raises(AlreadyPartner):
        await answer(db, actions.accept_application, account_id, made.id)

    assert await owner.fetchval("SELECT state FROM application") == "SUBMITTED"
    await answer(db, actions.reject_application, account_id, made.id, "You are one already.")


async def test_an_application_outlives_its_listing_and_not_its_offer(db, owner):
    account_id, _, listing_id = await a_listed_brand(owner)
    first, second = [await apply(db, listing_id, await an_affiliate(owner)) for _ in range(2)]
    await owner.execute("DELETE FROM listing")

    await answer(db, actions.accept_application, account_id, first.id)
    await owner.execute("UPDATE offer SET archived_at = $1", NOW)
    with pytest.raises(OfferArchived):
        await answer(db, actions.accept_application, account_id, second.id)

    assert len(await partners(owner)) == 1


async def test_many_are_answered_each_for_itself(db, owner):
    account_id, offer_id, listing_id = await a_listed_brand(owner)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    free, rejected, partner = [await an_affiliate(owner) for _ in range(3)]
    ids = [(await apply(db, listing_id, who)).id for who in (free, rejected, partner)]
    await answer(db, actions.reject_application, account_id, ids[1], "No")
    await a_partnership(owner, account_id, store_id, offer_id, partner)
    foreign, foreign_offer, _ = await a_listed_brand(owner)
    theirs = await an_application(owner, foreign, foreign_offer)
    asked = [ids[0], theirs, ids[1], ids[2], ids[0]]

    outcomes = await answer(db, actions.accept_applications, account_id, asked)

    assert [type(outcomes[id]) for id in asked] == [
        type(None), NotFound, ApplicationDecided, AlreadyPartner, type(None),
    ]  # fmt: skip
    rejections = await answer(db, actions.reject_applications, account_id, asked, "No")
    assert [type(rejections[id]) for id in asked] == [
        ApplicationDecided, NotFound, type(None), type(None), ApplicationDecided,
    ]  # fmt: skip
    assert all(isinstance(one, Refusal | None) for one in rejections.values())
    assert await owner.fetchval("SELECT state FROM application WHERE id = $1", theirs) == (
        "SUBMITTED"
    )


async def test_another_accounts_application_is_as_good_as_none(db, owner):
    mine, _, _ = await a_listed_brand(owner)
    account_id, offer_id, _ = await a_listed_brand(owner)
    theirs = await an_application(owner, account_id, offer_id)

    for id in (theirs, uuid4()):
        for action in (actions.accept_application, actions.withdraw):
            with pytest.raises(NotFound, match="application"):
                await answer(db, action, mine, id)
