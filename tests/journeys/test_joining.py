"""An affiliate asks to join, or is asked, and both sides answer at the worst moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg

from db.pool import Database
from tests.journeys import words
from tests.journeys.actors import Affiliate, Brand, a_brand, partners, somebody
from tests.schema.conftest import Clock


async def test_asked_answered_rejected_and_asked_again(brand: Brand, ann: Affiliate) -> None:
    """S11, S35: what each side reads of the other, and the history that remains."""
    await ann.profile()
    listing = await brand.list_offer(questions=[{"question": "Where?", "required": True}])
    silent = await ann.apply(listing["id"])
    sent = await ann.apply(listing["id"], answers=[{"question": "Where?", "answer": "On film"}])
    [waiting] = await brand.applications(status=["SUBMITTED"])
    rejected = await brand.reject(sent["id"], "Too few films.")
    again = await ann.apply(
        listing["id"], message="More films now.",
        answers=[{"question": "Where?", "answer": "On more film"}],
    )  # fmt: skip
    accepted = await brand.accept(again["id"])

    assert silent["__typename"] == "QuestionsUnanswered"
    assert "Where?" in silent["message"]
    assert (waiting["id"], waiting["message"]) == (sent["id"], "I cook.")
    assert (waiting["affiliateName"], waiting["affiliate"]) == ("Ann", None)
    assert waiting["profile"]["niches"] == ["KITCHEN"]
    assert waiting["answers"] == [{"question": "Where?", "answer": "On film"}]
    assert (rejected["status"], accepted["status"]) == ("REJECTED", "ACCEPTED")
    mine = {one["id"]: one for one in await ann.applications()}
    assert mine[sent["id"]]["rejectionReason"] == "Too few films."
    assert [turn["status"] for turn in mine[sent["id"]]["history"]] == ["SUBMITTED", "REJECTED"]
    assert [turn["status"] for turn in mine[again["id"]]["history"]] == ["SUBMITTED", "ACCEPTED"]
    [partnership] = await ann.partnerships()
    assert partnership["id"] == mine[again["id"]]["partnership"]["id"]


async def test_two_managers_accept_the_same_one_at_once(
    brand: Brand, ann: Affiliate, owner: asyncpg.Connection
) -> None:
    """S35: both are told that it is accepted, and it is one partnership."""
    sent = await ann.apply((await brand.list_offer())["id"])

    answers = await asyncio.gather(*(brand.accept(sent["id"]) for _ in range(6)))

    assert {(one["__typename"], one["status"]) for one in answers} == {("Application", "ACCEPTED")}
    assert len(await brand.partnerships()) == 1
    [mine] = await ann.applications()
    assert [turn["status"] for turn in mine["history"]] == ["SUBMITTED", "ACCEPTED"]


async def test_opposite_answers_at_once_have_one_outcome(brand: Brand, ann: Affiliate) -> None:
    """S35: one accepts, one rejects, and the affiliate takes it back."""
    sent = await ann.apply((await brand.list_offer())["id"])

    answers = await asyncio.gather(
        brand.accept(sent["id"]),
        brand.reject(sent["id"], "No."),
        ann.act(words.WITHDRAW, id=sent["id"]),
    )

    [mine] = await ann.applications()
    assert {one["status"] for one in answers} == {mine["status"]}
    assert sorted(one["__typename"] for one in answers) == [
        "Application", "ApplicationDecided", "ApplicationDecided",
    ]  # fmt: skip
    assert len(mine["history"]) == 2
    assert len(await ann.partnerships()) == (mine["status"] == "ACCEPTED")


async def test_rules_let_in_so_many_a_day_and_more_on_the_next(
    db: Database, owner: asyncpg.Connection, clock: Clock, brand: Brand
) -> None:
    """S35: the third of a day waits for a person, and is told why."""
    listing = await brand.list_offer(rules={"autoAccept": True, "dailyLimit": 2})
    people = [await somebody(db, owner, clock) for _ in range(4)]

    first = [await one.apply(listing["id"]) for one in people[:3]]
    clock.moment += timedelta(days=1)
    last = await people[3].apply(listing["id"])

    assert [one["status"] for one in (*first, last)] == [
        "ACCEPTED", "ACCEPTED", "SUBMITTED", "ACCEPTED",
    ]  # fmt: skip
    assert first[2]["history"][0]["reason"]


async def test_the_daily_limit_holds_among_many_at_once(
    db: Database, owner: asyncpg.Connection, clock: Clock, brand: Brand
) -> None:
    """S35."""
    listing = await brand.list_offer(rules={"autoAccept": True, "dailyLimit": 3})
    people = [await somebody(db, owner, clock) for _ in range(8)]

    sent = await asyncio.gather(*(one.apply(listing["id"]) for one in people))

    assert sorted(one["status"] for one in sent) == ["ACCEPTED"] * 3 + ["SUBMITTED"] * 5


async def test_rules_on_audience_and_address_go_by_the_profile(
    brand: Brand, ann: Affiliate, ben: Affiliate
) -> None:
    """S35: who falls short waits, and nobody is turned away."""
    await ann.profile()
    listing = await brand.list_offer(rules={"autoAccept": True, "minimumAudience": "4000"})

    sent = [await one.apply(listing["id"]) for one in (ann, ben)]

    assert [one["status"] for one in sent] == ["ACCEPTED", "SUBMITTED"]


async def test_asking_and_being_asked_cross_in_the_post(brand: Brand, ann: Affiliate) -> None:
    """S35, S39: one partnership comes of it, and nothing is left for anybody to answer."""
    await ann.profile()
    listing = await brand.list_offer()

    sent, invited = await asyncio.gather(ann.apply(listing["id"]), brand.invite(ann.id))
    joined = await ann.accept(invited["id"])

    assert sent["status"] == "SUBMITTED"
    assert joined["partnership"]["status"] == "ACTIVE"
    assert len(await brand.partnerships()) == 1
    assert await brand.applications(status=["SUBMITTED"]) == []
    assert await ann.invitations(status=["SENT"]) == []


async def test_an_application_that_is_accepted_closes_the_invitation(
    brand: Brand, ann: Affiliate
) -> None:
    """S35, S39: the other way round."""
    await ann.profile()
    listing = await brand.list_offer()
    await brand.invite(ann.id, "Join us.")
    sent = await ann.apply(listing["id"])

    await brand.accept(sent["id"])

    assert len(await ann.partnerships()) == 1
    assert await ann.invitations(status=["SENT"]) == []


async def test_a_brand_that_brings_a_partner_back_has_answered_them(
    brand: Brand, ann: Affiliate
) -> None:
    """S11, S35: who asked to come back is let in by name, and their application says so."""
    await ann.profile()
    partnership = await partners(brand, ann)
    await brand.act(words.END, id=partnership, reason="Season over.")
    sent = await ann.apply((await brand.list_offer(rules={"autoAccept": True}))["id"])
    assert sent["status"] == "SUBMITTED"

    back = await brand.act(words.ADD, affiliate=ann.id, offer=brand.offer)

    assert (back["id"], back["status"]) == (partnership, "ACTIVE")
    [mine] = await ann.applications()
    assert [turn["status"] for turn in mine["history"]] == ["SUBMITTED", "ACCEPTED"]


async def test_found_starred_invited_declined_and_invited_again(
    brand: Brand, ann: Affiliate, ben: Affiliate
) -> None:
    """S38, S39: the brand's way through discovery."""
    await ann.profile(name="Ann of the Kitchen")
    await ben.profile(name="Ben of the Garden", niches=["GARDEN"], amazonCapable=False)

    [found] = await brand.discover(search="kichen", amazonCapable=True)
    assert found["affiliate"] is None
    await brand.act("mutation($id: ID!) { starAffiliate(id: $id) { __typename } }", id=found["id"])
    invited = await brand.invite(found["id"], "We like your films.")
    [letter] = await ann.invitations()
    declined = await ann.decline(invited["id"], "Not this year.")
    again = await brand.invite(found["id"], "And now?")
    joined = await ann.accept(again["id"])

    assert letter["message"] == "We like your films."
    assert (declined["status"], declined["declineReason"]) == ("DECLINED", "Not this year.")
    assert joined["status"] == "ACCEPTED"
    [starred] = await brand.discover(starred=True)
    assert (starred["id"], starred["mark"]) == (found["id"], "STARRED")
    assert starred["affiliate"] is not None
    assert [one["name"] for one in await brand.discover(partner=False)] == ["Ben of the Garden"]


async def test_whoever_is_ignored_can_be_kept_out_of_the_list(
    brand: Brand, ann: Affiliate, ben: Affiliate
) -> None:
    """S38: and who is left out only because of that is said."""
    await ann.profile()
    [one] = await brand.discover()
    await brand.act("mutation($id: ID!) { ignoreAffiliate(id: $id) { __typename } }", id=one["id"])

    page = (await brand.client.ask(words.DISCOVER, filter={"ignored": False}))["discovery"]

    assert (page["nodes"], page["emptyBecause"]) == (
        [], [{"filter": "ignored", "without": 1}],
    )  # fmt: skip
    assert len(await brand.discover(ignored=True)) == 1


async def test_who_hides_can_still_answer_what_was_sent(brand: Brand, ann: Affiliate) -> None:
    """S38, S39: gone from discovery, but the letter is theirs."""
    await ann.profile()
    [found] = await brand.discover()
    sent = await brand.invite(found["id"])
    await ann.act(words.UNPUBLISH_PROFILE)

    assert await brand.discover() == []
    assert (await ann.accept(sent["id"]))["status"] == "ACCEPTED"


async def test_an_invitation_to_an_offer_that_was_archived_or_closed_says_so(
    brand: Brand, ann: Affiliate, ben: Affiliate
) -> None:
    """S39: what the brand did in between is told, and nothing half is made."""
    for one in (ann, ben):
        await one.profile()
    found = [one["id"] for one in await brand.discover()]
    other = await brand.another_offer()
    to_other = await brand.invite(ann.id, offer=other)
    to_store = await brand.invite(ben.id)
    assert {ann.id, ben.id} != set(found)

    await brand.act("mutation($id: ID!) { archiveOffer(id: $id) { __typename } }", id=other)
    await brand.act(words.DISCONNECT, id=brand.store)

    assert (await brand.invite(found[0]))["__typename"] == "NoStoreToPromote"
    assert (await ann.accept(to_other["id"]))["__typename"] == "OfferNoLongerUsed"
    assert await ann.partnerships() == []
    joined = await ben.accept(to_store["id"])
    link = await ben.link(partnershipId=joined["partnership"]["id"], storefront=True)
    assert link["__typename"] == "StoreDisconnected"


async def test_an_agreement_that_changed_after_the_letter_is_read_again(
    brand: Brand, ann: Affiliate
) -> None:
    """S39."""
    await ann.profile()
    await brand.publish("Be kind.")
    [found] = await brand.discover()
    sent = await brand.invite(found["id"])
    [letter] = await ann.invitations()
    await brand.publish("Be kinder.")

    late = await ann.accept(sent["id"], letter["agreement"]["sha256"])
    [renewed] = await ann.invitations()
    joined = await ann.accept(sent["id"], late["sha256"])

    assert late["__typename"] == "AgreementNotAccepted"
    assert renewed["agreement"] == {"body": "Be kinder.", "sha256": late["sha256"], "version": 2}
    assert joined["status"] == "ACCEPTED"


async def test_ended_and_invited_again_is_the_same_partnership(
    brand: Brand, ann: Affiliate
) -> None:
    """S11, S39: one history, so that past sales stay with it."""
    await ann.profile()
    first = await partners(brand, ann)
    await brand.act(words.END, id=first, reason="Season over.")
    refused = await ann.link(partnershipId=first, url="https://www.amazon.com/dp/B0FERN0001")
    assert (refused["__typename"], refused["status"]) == ("NoNewLinks", "ENDED")

    second = await partners(brand, ann)

    assert second == first
    [now] = await ann.partnerships()
    assert (now["status"], now["statusReason"]) == ("ACTIVE", None)
    made = await ann.link(partnershipId=first, url="https://www.amazon.com/dp/B0FERN0001")
    assert made["__typename"] == "Link"


async def test_who_was_sent_away_is_looked_at_before_they_come_back(
    brand: Brand, ann: Affiliate
) -> None:
    """S35: rules let nobody in whose partnership the brand has ended."""
    listing = await brand.list_offer(rules={"autoAccept": True})
    joined = await ann.apply(listing["id"])
    await brand.act(words.END, id=joined["partnership"]["id"], reason="Spam.")

    again = await ann.apply(listing["id"])

    assert (again["status"], bool(again["history"][0]["reason"])) == ("SUBMITTED", True)
    back = await brand.accept(again["id"])
    assert back["partnership"]["id"] == joined["partnership"]["id"]
    assert back["partnership"]["status"] == "ACTIVE"


async def test_a_paused_partner_is_a_partner_to_whoever_asks(brand: Brand, ann: Affiliate) -> None:
    """S35, S39: neither a second application nor a second invitation."""
    await ann.profile()
    partnership = await partners(brand, ann)
    await brand.act(words.PAUSE, id=partnership, reason="Stock is out.")
    listing = await brand.list_offer()

    applied, invited = await ann.apply(listing["id"]), await brand.invite(ann.id)

    assert (applied["__typename"], applied["partnershipId"]) == ("PartnersAlready", partnership)
    assert (invited["__typename"], invited["partnershipId"]) == ("AlreadyPartner", partnership)
    read = await ann.look(listing["id"])
    assert read is not None
    assert read["myPartnership"] == {"id": partnership, "status": "PAUSED"}


async def test_one_account_has_separate_programmes_of_its_two_stores(
    db: Database, owner: asyncpg.Connection, clock: Clock, ann: Affiliate
) -> None:
    """S19, S42: a partner of the one applies to the other, and is a partner of both."""
    await ann.profile()
    brand = await a_brand(db, owner, clock)
    other = await brand.another_store()
    first = await partners(brand, ann)
    sent = await ann.apply((await other.list_offer(rules={"autoAccept": True}))["id"])

    mine = await ann.partnerships(status=["ACTIVE"])

    assert {one["id"] for one in mine} == {first, sent["partnership"]["id"]}
    assert {one["store"]["id"] for one in mine} == {brand.store, other.store}
