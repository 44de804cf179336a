"""The account is begun: its owner, somebody who works in it, and a key for programs."""

from __future__ import annotations

from dataclasses import dataclass

from demo import cast
from demo.api import with_key
from demo.letters import letter_to, token_in
from demo.people import Person, arrive, choose_password, seat_in, sign_up
from demo.processes import Begun
from demo.scene import Refusal, Scene

_KEY = """mutation {
  createApiKey(input: { name: "demo", scopes: [READ, MANAGE, DECIDE, ADMINISTER] }) {
    __typename ... on ApiKeyCreated { text } ... on Refusal { message }
  }
}"""
_INVITE = """mutation($email: String!) {
  inviteMember(input: { email: $email, role: MANAGER }) {
    __typename ... on MemberInvitation { id } ... on Refusal { message }
  }
}"""
_JOIN = """mutation($token: String!) {
  acceptMemberInvitation(token: $token) {
    __typename ... on AccountJoined { accountId } ... on Refusal { message }
  }
}"""


@dataclass(frozen=True, slots=True)
class Office:
    """Who works for the brand."""

    account: str
    key: str
    owner: Person
    manager: Person


async def open_office(scene: Scene, begun: Begun) -> Office:
    """The owner chooses a password, makes the key, and asks a manager to join."""
    owner = await arrive(scene, cast.OPERATOR)
    seats = await choose_password(owner, begun.token)
    rooms = " and ".join(seat["room"].lower() for seat in seats)
    owner.take(seat_in(seats, "ACCOUNT"))
    scene.note(owner.name, f"chooses a password by the token of `cli begin`; her seats: {rooms}")
    key = (await owner.api.act(_KEY))["text"]
    scene.api = with_key(scene.api.http, scene.api.url, key)
    await owner.api.act(_INVITE, email=cast.MANAGER.email)
    invitation = await letter_to(scene, cast.MANAGER.email)
    manager = await sign_up(scene, cast.MANAGER)
    joined = await manager.api.act(_JOIN, token=token_in(invitation))
    manager.take(joined["accountId"])
    scene.note(manager.name, f'gets the letter "{invitation["Subject"]}" and joins as a manager')
    tried = f"A key, made by {manager.name}, who is a manager"
    scene.refusals.append(Refusal(tried, await manager.api.denied(_KEY)))
    return Office(begun.account, key, owner, manager)
