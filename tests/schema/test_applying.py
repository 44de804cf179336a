"""Applications by the API: sent from the affiliate's room, answered from the account's."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.access import Scope
from domain.ids import encode
from tests.factories import a_partnership, a_store, an_account, an_affiliate, an_offer
from tests.marketplace import a_listing, an_agreement, an_application
from tests.people import a_published_profile
from tests.schema.conftest import Client, affiliate_client

APPLY = """mutation($input: ApplyToListingInput!) { applyToListing(input: $input) {
  __typename
  ... on Application { id status affiliateName audience verified brandName ratePercent message
    answers { question answer } agreement { version } history { status reason }
    partnership { status offer { id } } }
  ... on Refusal { message }
  ... on QuestionsUnanswered { questions }
  ... on AgreementNotAccepted { agreementId version sha256 accepted }
  ... on AlreadyApplied { applicationId }
  ... on PartnersAlready { partnershipId }
  ... on TooManyApplications { most }
} }"""
WITHDRAW = """mutation($id: ID!) { withdrawApplication(id: $id) {
  __typename ... on Application { status decidedAt } ... on ApplicationDecided { status } } }"""
ACCEPT = """mutation($id: ID!) { acceptApplication(id: $id) {
  __typename ... on Application { status decidedBy partnership { affiliate { id } } }
  ... on ApplicationDecided { status since } ... on Refusal { message } } }"""
REJECT = """mutation($id: ID!, $reason: String!) { rejectApplication(id: $id, reason: $reason) {
  __typename ... on Application { status reason: rejectionReason }
  ... on ApplicationDecided { status }
  ... on InvalidInput { field } } }"""
MANY = """mutation($ids: [ID!]!) { acceptApplications(ids: $ids) {
  ... on ApplicationOutcomes { outcomes {
    id application { status } refusal { __typename message } } } } }"""
MANY_NOT = """mutation($ids: [ID!]!, $reason: String!) {
  rejectApplications(ids: $ids, reason: $reason) {
    ... on ApplicationOutcomes { outcomes { id application { status reason: rejectionReason }
      refusal { __typename } } } ... on InvalidInput { field } } }"""


async def a_brand(owner: asyncpg.Connection, **listing: Any) -> tuple[UUID, UUID, UUID]:
    """An account with an offer that is listed: the ids of all three."""
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    return account_id, offer_id, await a_listing(owner, account_id, offer_id, **listing)


def to(listing_id: UUID, **more: Any) -> dict[str, Any]:
    return {"listingId": encode("lstg", listing_id), "message": "I cook."} | more


async def test_an_affiliate_applies_and_the_brand_lets_them_in(
    db: Database, owner: asyncpg.Connection
) -> None:
    """S35."""
    account_id, offer_id, listing_id = await a_brand(
        owner, brand_name="Juniper", questions=[{"question": "Where?", "required": True}]
    )
    agreement_id = await an_agreement(owner, account_id, offer_id, "Be kind.")
    await owner.execute("UPDATE listing SET agreement_id = $1", agreement_id)
    ann_id = await a_published_profile(owner, name="Ann")
    ann, brand = affiliate_client(db, ann_id), Client(db, account_id)

    sent = await ann.act(
        APPLY,
        input=to(
            listing_id,
            answers=[{"question": "Where?", "answer": "On film"}],
            agreementSha256=sha256(b"Be kind.").hexdigest(),
        ),
    )

    id = sent.pop("id")
    [first] = sent.pop("history")
    assert first["status"] == "SUBMITTED"
    assert sent == {
        "__typename": "Application", "status": "SUBMITTED", "affiliateName": "Ann",
        "audience": "1000", "verified": True, "brandName": "Juniper", "ratePercent": "10.00",
        "message": "I cook.", "answers": [{"question": "Where?", "answer": "On film"}],
        "agreement": {"version": 1}, "partnership": None,
    }  # fmt: skip
    document = "{ applications(filter: {status: [SUBMITTED]}) { nodes { id affiliate { id } } } }"
    affiliate = {"id": encode("affl", ann_id)}
    unknown = {"applications": {"nodes": [{"id": id, "affiliate": None}]}}
    assert await brand.ask(document) == unknown, "a brand does not see who it does not know"
    own = {"applications": {"nodes": [{"id": id, "affiliate": affiliate}]}}
    assert await ann.ask(document) == own

    for _ in range(2):
        assert await brand.act(ACCEPT, id=id) == {
            "__typename": "Application", "status": "ACCEPTED", "decidedBy": "akey_test",
            "partnership": {"affiliate": affiliate},
        }  # fmt: skip
    partnerships = await ann.ask("{ partnerships { nodes { status offer { id } } } }")
    assert partnerships["partnerships"]["nodes"] == [
        {"status": "ACTIVE", "offer": {"id": encode("offr", offer_id)}}
    ]
    actions = await owner.fetch("SELECT action, actor FROM audit_entry ORDER BY number")
    assert [tuple(row) for row in actions] == [
        ("applyToListing", "pers_test"),
        ("acceptApplication", "akey_test"),
        ("acceptApplication", "akey_test"),
    ]


async def test_whoever_meets_the_rules_is_a_partner_in_the_same_answer(
    db: Database, owner: asyncpg.Connection
) -> None:
    _, offer_id, listing_id = await a_brand(owner, auto_accept=True, minimum_audience=1000)
    ann = affiliate_client(db, await a_published_profile(owner))
    bob = affiliate_client(db, await an_affiliate(owner))

    inside, waits = [await one.act(APPLY, input=to(listing_id)) for one in (ann, bob)]

    offer = {"id": encode("offr", offer_id)}
    assert inside["partnership"] == {"status": "ACTIVE", "offer": offer}
    assert [turn["status"] for turn in inside["history"]] == ["SUBMITTED", "ACCEPTED"]
    assert (waits["status"], waits["partnership"]) == ("SUBMITTED", None)
    assert "audience" in waits["history"][0]["reason"]


async def test_what_is_missing_is_said_in_types(db: Database, owner: asyncpg.Connection) -> None:
    account_id, offer_id, listing_id = await a_brand(
        owner, questions=[{"question": "Where?", "required": True}]
    )
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    agreement_id = await an_agreement(owner, account_id, offer_id, "Be kind.")
    await owner.execute("UPDATE listing SET agreement_id = $1", agreement_id)
    ann = affiliate_client(db, await an_affiliate(owner))
    partner_id = await an_affiliate(owner)
    partnership_id = await a_partnership(owner, account_id, store_id, offer_id, partner_id)
    answers = [{"question": "Where?", "answer": "Here"}]
    sha = sha256(b"Be kind.").hexdigest()

    unanswered = await ann.act(APPLY, input=to(listing_id))
    unaccepted = await ann.act(APPLY, input=to(listing_id, answers=answers))
    stale = await ann.act(APPLY, input=to(listing_id, answers=answers, agreementSha256="00"))
    whole = to(listing_id, answers=answers, agreementSha256=sha)
    sent = await ann.act(APPLY, input=whole)
    again = await ann.act(APPLY, input=whole)
    partner = await affiliate_client(db, partner_id).act(APPLY, input=whole)
    unknown = await ann.act(APPLY, input=whole | {"listingId": encode("lstg", uuid4())})
    wrong = await ann.act(APPLY, input=whole | {"listingId": encode("offr", offer_id)})

    assert unanswered["questions"] == ["Where?"]
    newest = {"agreementId": encode("agrm", agreement_id), "version": 1, "sha256": sha}
    assert unaccepted.items() >= (newest | {"accepted": None}).items()
    assert stale.items() >= (newest | {"accepted": "00"}).items()
    assert again["applicationId"] == sent["id"]
    assert partner["partnershipId"] == encode("part", partnership_id)
    assert (unknown["__typename"], wrong["__typename"]) == ("NotFound", "WrongId")
    assert await owner.fetchval("SELECT count(*) FROM application") == 1
    assert await owner.fetchval("SELECT count(*) FROM audit_entry") == 1


async def test_twenty_a_day_are_enough(db: Database, owner: asyncpg.Connection) -> None:
    ann_id = await an_affiliate(owner)
    for _ in range(20):
        account_id, offer_id, listing_id = await a_brand(owner)
        await an_application(owner, account_id, offer_id, ann_id, state="WITHDRAWN")

    answer = await affiliate_client(db, ann_id).act(APPLY, input=to(listing_id))

    assert (answer["__typename"], answer["most"]) == ("TooManyApplications", 20)


async def test_an_affiliate_withdraws_their_own_and_nobody_elses(
    db: Database, owner: asyncpg.Connection
) -> None:
    account_id, offer_id, _ = await a_brand(owner)
    ann_id = await an_affiliate(owner)
    ann, bob = affiliate_client(db, ann_id), affiliate_client(db, await an_affiliate(owner))
    id = encode("appl", await an_application(owner, account_id, offer_id, ann_id))

    assert (await bob.act(WITHDRAW, id=id))["__typename"] == "NotFound"
    for _ in range(2):
        answer = await ann.act(WITHDRAW, id=id)
        assert answer["status"] == "WITHDRAWN"
    assert await Client(db, account_id).act(ACCEPT, id=id) == {
        "__typename": "ApplicationDecided", "status": "WITHDRAWN", "since": "2026-09-01T12:00:00Z",
        "message": "This application was withdrawn on 2026-09-01 and cannot be answered any more.",
    }  # fmt: skip


async def test_a_rejection_has_a_reason_that_the_affiliate_reads(
    db: Database, owner: asyncpg.Connection
) -> None:
    account_id, offer_id, _ = await a_brand(owner)
    ann_id = await an_affiliate(owner)
    brand = Client(db, account_id)
    id = encode("appl", await an_application(owner, account_id, offer_id, ann_id))

    assert await brand.act(REJECT, id=id, reason=" ") == {
        "__typename": "InvalidInput", "field": "reason",
    }  # fmt: skip
    assert (await brand.act(REJECT, id=id, reason="Not now"))["status"] == "REJECTED"

    document = """query($id: ID!) { application(id: $id) {
      reason: rejectionReason history { status reason } } }"""
    seen = (await affiliate_client(db, ann_id).ask(document, id=id))["application"]
    assert seen == {
        "reason": "Not now",
        "history": [
            {"status": "SUBMITTED", "reason": None},
            {"status": "REJECTED", "reason": "Not now"},
        ],
    }
    who = "query($id: ID!) { application(id: $id) { history { actor } decidedBy } }"
    assert (await brand.ask(who, id=id))["application"]["decidedBy"] == "akey_test"
    answer = await affiliate_client(db, ann_id).answer(who, id=id)
    assert answer["errors"][0]["extensions"]["code"] == "WRONG_ROOM"
    assert await brand.act(ACCEPT, id=id) == await brand.act(ACCEPT, id=id)
    assert (await affiliate_client(db, ann_id).act(WITHDRAW, id=id))["status"] == "REJECTED"


async def test_many_are_answered_with_an_outcome_each(
    db: Database, owner: asyncpg.Connection
) -> None:
    account_id, offer_id, _ = await a_brand(owner)
    brand = Client(db, account_id)
    other, other_offer, _ = await a_brand(owner)
    waiting = encode("appl", await an_application(owner, account_id, offer_id))
    also = encode("appl", await an_application(owner, account_id, offer_id))
    withdrawn = encode("appl", await an_application(owner, account_id, offer_id, state="WITHDRAWN"))
    foreign = encode("appl", await an_application(owner, other, other_offer))
    ids = [waiting, foreign, "nonsense", withdrawn]

    outcomes = (await brand.act(MANY, ids=ids))["outcomes"]

    assert [one["id"] for one in outcomes] == ids
    assert [one["application"] and one["application"]["status"] for one in outcomes] == [
        "ACCEPTED", None, None, "WITHDRAWN",
    ]  # fmt: skip
    assert [one["refusal"] and one["refusal"]["__typename"] for one in outcomes] == [
        None, "NotFound", "WrongId", "ApplicationDecided",
    ]  # fmt: skip
    rejected = await brand.act(MANY_NOT, ids=[also, waiting], reason="Full")
    assert [one["application"] for one in rejected["outcomes"]] == [
        {"status": "REJECTED", "reason": "Full"},
        {"status": "ACCEPTED", "reason": None},
    ]
    assert await brand.act(MANY_NOT, ids=[also], reason="") == {"field": "reason"}
    assert await brand.act(MANY_NOT, ids=[also] * 101, reason="No") == {"field": "ids"}


async def test_each_side_sees_its_own_applications(db: Database, owner: asyncpg.Connection) -> None:
    ann_id, bob_id = await an_affiliate(owner), await an_affiliate(owner)
    found: dict[tuple[UUID, UUID], str] = {}
    accounts = []
    for _ in range(2):
        account_id, offer_id, _ = await a_brand(owner)
        accounts.append(account_id)
        for who in (ann_id, bob_id):
            made = await an_application(owner, account_id, offer_id, who)
            found[account_id, who] = encode("appl", made)
    document = "{ applications { totalCount nodes { id } } }"

    for viewer, mine in [
        *[(Client(db, one), {id for (a, _), id in found.items() if a == one}) for one in accounts],
        *[
            (affiliate_client(db, one), {id for (_, w), id in found.items() if w == one})
            for one in (ann_id, bob_id)
        ],
    ]:
        page = (await viewer.ask(document))["applications"]
        assert {node["id"] for node in page["nodes"]} == mine
        nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        answer = (await viewer.ask(nodes, ids=list(found.values())))["nodes"]
        assert {node["id"] for node in answer if node} == mine


@pytest.mark.parametrize("mutation", [ACCEPT, REJECT, MANY, MANY_NOT])
async def test_who_may_only_look_answers_nobody(
    db: Database, owner: asyncpg.Connection, mutation: str
) -> None:
    account_id, offer_id, _ = await a_brand(owner)
    id = encode("appl", await an_application(owner, account_id, offer_id))
    viewer = Client(db, account_id, scopes=frozenset({Scope.READ, Scope.DECIDE}))
    ann = affiliate_client(db, await an_affiliate(owner))
    variables = {"id": id, "ids": [id], "reason": "No"}
    asked = {name: value for name, value in variables.items() if f"${name}:" in mutation}

    for client, code in [(viewer, "FORBIDDEN"), (ann, "WRONG_ROOM")]:
        answer = await client.answer(mutation, **asked)
        assert answer["errors"][0]["extensions"]["code"] == code
    assert await owner.fetchval("SELECT state FROM application") == "SUBMITTED"
