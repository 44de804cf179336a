"""Invitations from both sides: a brand recruits, an affiliate answers."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.factories import a_partnership, a_store, an_affiliate, an_offer
from tests.marketplace import an_agreement, an_invitation
from tests.people import a_person, a_published_profile
from tests.schema.conftest import Client, affiliate_client

INVITE = """mutation($input: InviteAffiliateInput!) { inviteAffiliate(input: $input) {
    __typename
    ... on Invitation { id status affiliateName message store { name } offer { name } sentBy
                        profile { name } affiliate { email } partnership { id } }
    ... on Refusal { message }
    ... on AlreadyInvited { invitationId } } }"""
ACCEPT = """mutation($id: ID!, $sha: String) { acceptInvitation(id: $id, agreementSha256: $sha) {
    __typename
    ... on Invitation { id status partnership { status offer { name } } }
    ... on Refusal { message }
    ... on AgreementNotAccepted { sha256 } } }"""
DECLINE = """mutation($id: ID!, $why: String) { declineInvitation(id: $id, reason: $why) {
    __typename ... on Invitation { status reason: declineReason }
    ... on InvitationClosed { status } } }"""
WITHDRAW = """mutation($id: ID!) { withdrawInvitation(id: $id) {
    __typename ... on Invitation { status } ... on InvitationClosed { status } } }"""


@pytest.fixture
async def offer_id(owner: asyncpg.Connection, account_id: UUID) -> UUID:
    return await an_offer(owner, account_id, await a_store(owner, account_id), name="Summer")


@pytest.fixture
async def ann(db: Any, owner: asyncpg.Connection) -> Client:
    """An affiliate who shows herself."""
    affiliate_id = await an_affiliate(
        owner, name="Ann", email="ann@example.com", person_id=await a_person(owner)
    )
    await a_published_profile(owner, affiliate_id, name="Ann cooks", niches=["KITCHEN"])
    return affiliate_client(db, affiliate_id)


def room_id(client: Client) -> UUID:
    assert client.seat is not None
    assert client.seat.room_id is not None
    return client.seat.room_id


async def invite(client: Client, ann: Client, offer_id: UUID, message: str = "Join us.") -> Any:
    given = {
        "affiliateId": f"affp_{room_id(ann).hex}",
        "offerId": f"offr_{offer_id.hex}",
        "message": message,
    }
    return await client.act(INVITE, input=given)


async def test_a_brand_invites_and_the_affiliate_joins(
    client: Client, ann: Client, offer_id: UUID, owner: asyncpg.Connection
) -> None:
    """S39, S11."""
    sent = await invite(client, ann, offer_id)
    assert (sent["__typename"], sent["status"], sent["message"]) == (
        "Invitation",
        "SENT",
        "Join us.",
    )
    assert (sent["affiliateName"], sent["profile"]) == ("Ann cooks", {"name": "Ann cooks"})
    assert (sent["sentBy"], sent["partnership"]) == ("akey_test", None)
    assert sent["affiliate"] is None, "an invitation tells no address"
    profile = await client.ask("{ discovery { nodes { invitation { id } } } }")
    assert profile["discovery"]["nodes"] == [{"invitation": {"id": sent["id"]}}]

    seen = await ann.ask(
        """{ invitations(filter: {status: [SENT]}) { nodes {
             message store { name } offer { name currentVersion { ratePercent } } agreement { id }
        } } }"""
    )
    assert seen["invitations"]["nodes"] == [
        {
            "message": "Join us.",
            "store": {"name": "Acme on Amazon"},
            "offer": {"name": "Summer", "currentVersion": {"ratePercent": "10.00"}},
            "agreement": None,
        }
    ]

    for _ in range(2):
        accepted = await ann.act(ACCEPT, id=sent["id"])
        assert accepted["status"] == "ACCEPTED"
        assert accepted["partnership"] == {"status": "ACTIVE", "offer": {"name": "Summer"}}
    data = await client.ask("{ invitations { nodes { status affiliate { email } } } }")
    assert data["invitations"]["nodes"] == [
        {"status": "ACCEPTED", "affiliate": {"email": "ann@example.com"}}
    ]
    told = await owner.fetch("SELECT recipient FROM mail")
    assert [row["recipient"] for row in told] == ["ann@example.com"]


async def test_the_audit_says_who_answered_and_what_changed(
    client: Client, ann: Client, offer_id: UUID, owner: asyncpg.Connection, account_id: UUID
) -> None:
    sent = await invite(client, ann, offer_id)
    await ann.act(ACCEPT, id=sent["id"])

    rows = await owner.fetch("SELECT account_id, actor, action FROM audit_entry ORDER BY number")

    assert [tuple(row) for row in rows] == [
        (account_id, "akey_test", "inviteAffiliate"),
        (account_id, "pers_test", "acceptInvitation"),
    ]


async def test_a_waiting_invitation_is_named_when_another_is_sent(
    client: Client, ann: Client, offer_id: UUID
) -> None:
    sent = await invite(client, ann, offer_id)

    again = await invite(client, ann, offer_id)

    assert (again["__typename"], again["invitationId"]) == ("AlreadyInvited", sent["id"])


async def test_each_of_many_has_an_outcome(
    client: Client, ann: Client, offer_id: UUID, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S39."""
    hidden = await an_affiliate(owner)
    store_id = await owner.fetchval("SELECT store_id FROM offer")
    partner = await a_published_profile(owner)
    await a_partnership(owner, account_id, store_id, offer_id, partner)
    ids = [
        f"affp_{room_id(ann).hex}", f"affp_{hidden.hex}", f"affl_{partner.hex}", "nonsense",
        f"offr_{offer_id.hex}",
    ]  # fmt: skip

    answer = await client.act(
        """mutation($input: InviteAffiliatesInput!) { inviteAffiliates(input: $input) {
             ... on InvitationOutcomes { outcomes {
               id invitation { status affiliateName } refusal { __typename message } } } } }""",
        input={"affiliateIds": ids, "offerId": f"offr_{offer_id.hex}"},
    )

    outcomes = answer["outcomes"]
    assert [one["id"] for one in outcomes] == ids
    assert outcomes[0]["invitation"] == {"status": "SENT", "affiliateName": "Ann cooks"}
    kinds = [one["refusal"] and one["refusal"]["__typename"] for one in outcomes]
    assert kinds == [None, "NotFound", "AlreadyPartner", "WrongId", "WrongId"]
    assert f"affp_{hidden.hex}" in outcomes[1]["refusal"]["message"], "named as it was given"


async def test_the_brands_agreement_is_read_and_accepted_with_it(
    client: Client, ann: Client, offer_id: UUID, owner: asyncpg.Connection, account_id: UUID
) -> None:
    await an_agreement(owner, account_id, offer_id, "Be nice.")
    sent = await invite(client, ann, offer_id)
    document = "query($id: ID!) { invitation(id: $id) { agreement { body sha256 version } } }"

    read = (await ann.ask(document, id=sent["id"]))["invitation"]["agreement"]
    assert (read["body"], read["version"]) == ("Be nice.", 1)
    refused = await ann.act(ACCEPT, id=sent["id"])
    assert (refused["__typename"], refused["sha256"]) == ("AgreementNotAccepted", read["sha256"])

    accepted = await ann.act(ACCEPT, id=sent["id"], sha=read["sha256"])
    assert accepted["status"] == "ACCEPTED"


async def test_a_new_agreement_holds_for_invitations_that_wait(
    client: Client, ann: Client, offer_id: UUID
) -> None:
    publish = """mutation($offer: ID!, $body: String!) {
        publishAgreement(offerId: $offer, body: $body) { __typename } }"""
    sent = await invite(client, ann, offer_id)
    for body in ("Be nice.", "Be very nice."):
        given = {"offer": f"offr_{offer_id.hex}", "body": body}
        assert (await client.act(publish, **given))["__typename"] == "Agreement"

        document = "query($id: ID!) { invitation(id: $id) { agreement { body } } }"
        data = await ann.ask(document, id=sent["id"])
        assert data["invitation"]["agreement"] == {"body": body}


async def test_an_affiliate_declines_with_a_reason_or_without(
    client: Client, ann: Client, offer_id: UUID
) -> None:
    sent = await invite(client, ann, offer_id)

    declined = await ann.act(DECLINE, id=sent["id"], why="No time.")

    assert (declined["status"], declined["reason"]) == ("DECLINED", "No time.")
    assert (await ann.act(DECLINE, id=sent["id"]))["reason"] == "No time."
    closed = await client.act(WITHDRAW, id=sent["id"])
    assert closed == {"__typename": "InvitationClosed", "status": "DECLINED"}
    assert (await ann.act(ACCEPT, id=sent["id"]))["__typename"] == "InvitationClosed"


async def test_what_was_withdrawn_is_not_accepted(
    client: Client, ann: Client, offer_id: UUID
) -> None:
    sent = await invite(client, ann, offer_id)

    for _ in range(2):
        assert (await client.act(WITHDRAW, id=sent["id"]))["status"] == "WITHDRAWN"
    assert (await ann.act(ACCEPT, id=sent["id"]))["__typename"] == "InvitationClosed"


async def test_answers_at_once_have_one_outcome(
    client: Client, ann: Client, offer_id: UUID, owner: asyncpg.Connection
) -> None:
    sent = await invite(client, ann, offer_id)

    answers = await asyncio.gather(
        ann.act(ACCEPT, id=sent["id"]), ann.act(DECLINE, id=sent["id"]),
        client.act(WITHDRAW, id=sent["id"]),
    )  # fmt: skip

    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["Invitation", "InvitationClosed", "InvitationClosed"]
    state = await owner.fetchval("SELECT state FROM invitation")
    partners = await owner.fetchval("SELECT count(*) FROM partnership")
    assert partners == (1 if state == "ACCEPTED" else 0)


async def test_an_invitation_is_between_two(
    client: Client, stranger: Client, ann: Client, offer_id: UUID, owner: asyncpg.Connection,
    account_id: UUID,
) -> None:  # fmt: skip
    """Nobody else sees it, answers it or takes it back."""
    sent = await invite(client, ann, offer_id)
    bob = affiliate_client(ann.db, await an_affiliate(owner))
    await an_invitation(owner, account_id, offer_id, room_id(bob))

    for who in (stranger, bob):
        data = await who.ask(
            "query($id: ID!) { invitation(id: $id) { id } node(id: $id) { id } }", id=sent["id"]
        )
        assert data == {"invitation": None, "node": None}
    assert (await bob.ask("{ invitations { totalCount } }")) == {"invitations": {"totalCount": 1}}
    assert (await stranger.act(WITHDRAW, id=sent["id"]))["__typename"] == "NotFound"
    for document in (ACCEPT, DECLINE):
        assert (await bob.act(document, id=sent["id"]))["__typename"] == "NotFound"
    assert await owner.fetchval("SELECT count(*) FROM partnership") == 0


async def test_an_affiliate_is_not_told_who_sent_it(
    client: Client, ann: Client, offer_id: UUID
) -> None:
    await invite(client, ann, offer_id)

    (error,) = (await ann.answer("{ invitations { nodes { sentBy } } }"))["errors"]

    assert error["extensions"]["code"] == "WRONG_ROOM"
