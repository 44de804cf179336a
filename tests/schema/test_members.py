"""Who works in an account, over GraphQL."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from domain.access import SCOPES, Role, Room, Scope, Seat
from domain.mail.rules import place_of
from tests.factories import NOW
from tests.people import a_member, a_member_invitation, a_person
from tests.schema.conftest import KEYRING, Client

INVITE = """mutation($email: String!, $role: Role!) {
  inviteMember(input: {email: $email, role: $role}) {
    __typename
    ... on MemberInvitation { id email role invitedBy invitedAt expiresAt acceptedAt revokedAt }
    ... on Refusal { message }
  }
}"""
ACCEPT = """mutation($token: String!) {
  acceptMemberInvitation(token: $token) {
    __typename
    ... on AccountJoined { accountId accountName memberId role }
    ... on MemberInvitationClosed { status }
    ... on Refusal { message }
  }
}"""
ROLE = """mutation($id: ID!, $role: Role!) {
  changeMemberRole(id: $id, role: $role) {
    __typename ... on Member { id role } ... on Refusal { message }
  }
}"""
LEAVE = """mutation($id: ID!) {
  leaveAccount(id: $id) {
    __typename ... on MembershipEnded { accountId memberId } ... on Refusal { message }
  }
}"""
LISTED = "{ members(orderBy: NAME_ASC) { nodes { id name email role joinedAt } } }"


def of_member(name: str, then: str = "__typename") -> str:
    return f"""mutation($id: ID!) {{
      {name}(id: $id) {{ __typename ... on Refusal {{ message }} {then} }}
    }}"""


def as_person(client: Client, person_id, role: Role = Role.OWNER) -> Client:
    seat = Seat(Room.ACCOUNT, client.account_id, SCOPES[role], role)
    return replace(client, actor=f"pers_{person_id.hex}", person_id=person_id, seat=seat)


def nobody_yet(client: Client, person_id) -> Client:
    """Signed in, and without any seat."""

    class Guest(Client):
        def viewer(self) -> Any:
            return replace(super().viewer(), seat=None, seats=())

    made = as_person(client, person_id)
    return Guest(**{name: getattr(made, name) for name in made.__dataclass_fields__})


async def token_of(owner) -> str:
    row = await owner.fetchrow(
        "SELECT m.*, d.account_id FROM mail m JOIN duty d ON d.subject = m.id::text"
        " ORDER BY m.id DESC LIMIT 1"
    )
    text = KEYRING.open(row["sealed_text"], place_of(row["account_id"], row["id"]))
    return re.search("#token=(.+)", text).group(1)


async def audits(owner, table: str = "audit_entry") -> list[tuple[str, str, list]]:
    rows = await owner.fetch(f"SELECT actor, action, changes FROM {table} ORDER BY id")
    return [(row["actor"], row["action"], orjson.loads(row["changes"])) for row in rows]


async def test_an_owner_invites_and_a_person_joins(client, owner, account_id):
    ada = await a_person(owner, name="Ada")
    await a_member(owner, account_id, ada)
    bob = await a_person(owner, name="Bob", email="bob@example.com")

    invited = await as_person(client, ada).act(INVITE, email="Bob@example.com", role="FINANCE")

    assert invited.pop("id").startswith("minv_")
    assert invited == {
        "__typename": "MemberInvitation",
        "email": "bob@example.com",
        "role": "FINANCE",
        "invitedBy": f"pers_{ada.hex}",
        "invitedAt": "2026-09-01T12:00:00Z",
        "expiresAt": "2026-09-08T12:00:00Z",
        "acceptedAt": None,
        "revokedAt": None,
    }
    guest = nobody_yet(client, bob)
    token = await token_of(owner)
    joined = await guest.act(ACCEPT, token=token)
    assert (joined["accountId"], joined["role"]) == (f"acct_{account_id.hex}", "FINANCE")
    assert await guest.act(ACCEPT, token=token) == joined
    listed = (await client.ask(LISTED))["members"]["nodes"]
    assert [(one["name"], one["role"]) for one in listed] == [("Ada", "OWNER"), ("Bob", "FINANCE")]
    assert listed[1]["id"] == joined["memberId"]
    who = [(actor, action) for actor, action, _ in await audits(owner)]
    assert who == [
        (f"pers_{ada.hex}", "inviteMember"),
        (f"pers_{bob.hex}", "acceptMemberInvitation"),
    ]
    [*_, (_, _, [change])] = await audits(owner)
    assert change == {"id": joined["memberId"], "before": None, "after": {"role": "FINANCE"}}
    assert token not in str(await owner.fetch("TABLE audit_entry"))
    assert token not in str(await owner.fetch("TABLE network_audit_entry"))


async def test_whoever_is_not_meant_is_told_so(client, owner, account_id):
    token = await a_member_invitation(owner, account_id, "ann@example.com")
    bob = await a_person(owner)
    ann = await a_person(owner, email="ann@example.com", email_verified_at=None)

    for person_id, given, refusal in (
        (bob, token, "InvitationForAnother"),
        (ann, token, "EmailNotVerified"),
        (ann, "nonsense", "MemberInvitationUnknown"),
    ):
        answer = await nobody_yet(client, person_id).act(ACCEPT, token=given)
        assert answer["__typename"] == refusal
    late = nobody_yet(client, ann)
    await owner.execute("UPDATE person SET email_verified_at = now()")
    late.wall.moment = NOW + timedelta(days=7)
    assert (await late.act(ACCEPT, token=token))["status"] == "EXPIRED"
    assert await audits(owner) == await audits(owner, "network_audit_entry") == []


async def test_an_invitation_is_sent_again_and_taken_back(client, owner, account_id):
    id = (await client.act(INVITE, email="ann@example.com", role="VIEWER"))["id"]
    again = await client.act(INVITE, email="ann@example.com", role="OWNER")
    client.wall.moment = NOW + timedelta(days=3)
    then = "... on MemberInvitation { expiresAt revokedAt }"

    resent = await client.act(of_member("resendMemberInvitation", then), id=id)
    revoked = await client.act(of_member("revokeMemberInvitation", then), id=id)
    closed = await client.act(of_member("resendMemberInvitation"), id=id)
    listed = await client.ask("{ memberInvitations(filter: {answered: true}) { nodes { id } } }")

    assert again["__typename"] == "AddressInvited"
    assert resent["expiresAt"] == "2026-09-11T12:00:00Z"
    assert revoked["revokedAt"] == "2026-09-04T12:00:00Z"
    assert closed["__typename"] == "MemberInvitationClosed"
    assert listed["memberInvitations"]["nodes"] == [{"id": id}]
    assert await owner.fetchval("SELECT count(*) FROM mail") == 2


async def test_a_role_changes_and_the_last_owner_stays(client, owner, account_id):
    ada = await a_member(owner, account_id)
    bob = await a_member(owner, account_id, role="VIEWER")

    def id_of(member) -> str:
        return f"memb_{member.hex}"

    assert (await client.act(ROLE, id=id_of(ada), role="VIEWER"))["__typename"] == "LastOwner"
    changed = await client.act(ROLE, id=id_of(bob), role="OWNER")
    assert changed == {"__typename": "Member", "id": id_of(bob), "role": "OWNER"}
    removed = await client.act(
        of_member("removeMember", "... on MembershipEnded { memberId }"), id=id_of(ada)
    )
    assert removed == {"__typename": "MembershipEnded", "memberId": id_of(ada)}
    last = await client.act(of_member("removeMember"), id=id_of(bob))
    assert last["__typename"] == "LastOwner"
    (_, _, [role]), (_, _, [gone]) = await audits(owner)
    assert (role["before"]["role"], role["after"]["role"]) == ("VIEWER", "OWNER")
    assert (gone["id"], gone["after"]) == (id_of(ada), None)


async def test_anybody_leaves_whatever_their_role(client, owner, account_id):
    await a_member(owner, account_id)
    bob = await a_person(owner)
    member_id = await a_member(owner, account_id, bob, "VIEWER")
    id = f"acct_{account_id.hex}"

    left = await nobody_yet(client, bob).act(LEAVE, id=id)
    again = await nobody_yet(client, bob).act(LEAVE, id=id)

    assert left == {
        "__typename": "MembershipEnded", "accountId": id, "memberId": f"memb_{member_id.hex}",
    }  # fmt: skip
    assert again["__typename"] == "NotFound"
    [(actor, action, [change])] = await audits(owner)
    assert (actor, action, change["after"]) == (f"pers_{bob.hex}", "leaveAccount", None)


@pytest.mark.parametrize(
    "document",
    [
        'mutation { inviteMember(input: {email: "a@b.cd", role: VIEWER}) { __typename } }',
        'mutation { resendMemberInvitation(id: "x") { __typename } }',
        'mutation { revokeMemberInvitation(id: "x") { __typename } }',
        'mutation { changeMemberRole(id: "x", role: OWNER) { __typename } }',
        'mutation { removeMember(id: "x") { __typename } }',
    ],
)
@pytest.mark.parametrize("role", [Role.MANAGER, Role.FINANCE, Role.VIEWER])
async def test_only_who_administers_lets_others_in(client, document, role):
    answer = await replace(client, scopes=SCOPES[role]).answer(document)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize("document", [ACCEPT, LEAVE])
async def test_a_key_is_no_person(client, document):
    answer = await client.answer(document, token="x", id="acct_1")

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_nobody_gives_more_than_they_have(client, owner, account_id):
    member_id = await a_member(owner, account_id, role="VIEWER")
    narrow = replace(client, scopes=frozenset({Scope.READ, Scope.ADMINISTER}))

    role = await narrow.act(ROLE, id=f"memb_{member_id.hex}", role="FINANCE")
    invited = await narrow.act(INVITE, email="ann@example.com", role="OWNER")

    assert role["__typename"] == invited["__typename"] == "RoleNotHeld"


async def test_others_see_neither_members_nor_invitations(client, stranger, owner, account_id):
    id = await a_member(owner, account_id)
    await a_member_invitation(owner, account_id, "ann@example.com")
    invitations = "{ memberInvitations { nodes { email } } }"

    assert (await stranger.ask(LISTED))["members"]["nodes"] == []
    assert (await stranger.ask(invitations))["memberInvitations"]["nodes"] == []
    assert (await stranger.act(ROLE, id=f"memb_{id.hex}", role="OWNER"))["__typename"] == "NotFound"
    viewer = replace(client, scopes=SCOPES[Role.VIEWER])
    assert len((await viewer.ask(LISTED))["members"]["nodes"]) == 1
    assert (await viewer.answer(invitations))["errors"] != []


async def test_members_are_found_by_name_and_address(client, owner, account_id):
    for name, email in (("Ada", "a@one.example"), ("Bob", "b@two.example")):
        await a_member(owner, account_id, await a_person(owner, name=name, email=email))

    for narrow, found in (
        ({"name": "ada"}, ["Ada"]), ({"email": "b@two.example"}, ["Bob"]),
        ({"email": "two.example"}, []), ({}, ["Ada", "Bob"]),
    ):  # fmt: skip
        answer = await client.ask(
            """query($filter: MemberFilter) {
              members(filter: $filter, orderBy: NAME_ASC) { nodes { name } }
            }""",
            filter=narrow,
        )
        assert [one["name"] for one in answer["members"]["nodes"]] == found
