"""Ask somebody into an account, join it, change a role, leave.

Whoever loses a membership has lost access with the commit: what a session may do is looked up with
every request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from db.constraints import refuses
from db.pool import Tx
from domain.access import Role, Scope
from domain.affiliates.rules import email as email_address
from domain.errors import NotFound
from domain.ids import encode
from domain.mail import actions as mail
from domain.mail import letters
from domain.members import queries, rules
from domain.members.rules import AddressInvited, AlreadyMember, Member, MemberInvitationState
from domain.people.tokens import new_token, token_hash
from domain.sealing import Keyring


@dataclass(frozen=True, slots=True)
class Inviter:
    """Who asks somebody in. Their scopes are the most that they can give."""

    actor: str
    person_id: UUID | None
    """None for a key."""
    scopes: frozenset[Scope]
    keyring: Keyring = field(repr=False)
    front_end_url: str
    """Where the page is that the mail leads to."""
    mails_at: datetime
    """Now, by the clock that the workers go by. All else here goes by the server's own time."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A membership that somebody has by an invitation."""

    account_id: UUID
    account_name: str
    member_id: UUID
    role: Role
    again: bool
    """Whether the invitation had been accepted before, so that nothing was changed."""


async def invite(
    tx: Tx, account_id: UUID, email: str, role: Role, inviter: Inviter, now: datetime
) -> UUID:
    """Send an address a mail with which its owner can join; the invitation's id.

    Raises InvalidInput, RoleNotHeld, AlreadyMember, or AddressInvited while an invitation of the
    address is open.
    """
    address = email_address(email)
    rules.check_role(role, inviter.scopes)
    if await queries.has_member_with(tx, account_id, address):
        raise AlreadyMember(address)
    await queries.close_expired(tx, account_id, address, now)
    with refuses("member_invitation_open_key", with_=AddressInvited(address)):
        id = await queries.insert_invitation(
            tx, account_id, address, role, inviter.actor, now, now + rules.VALID
        )
    await _send(tx, account_id, id, address, role, inviter)
    return id


async def resend(
    tx: Tx, account_id: UUID, invitation_id: UUID, inviter: Inviter, now: datetime
) -> None:
    """Send the mail once more, with a token of its own, and let a new week begin.

    The mails of before lead to the same invitation. Raises NotFound, RoleNotHeld, or
    MemberInvitationClosed when it was accepted or revoked.
    """
    invitation = await _invitation(tx, account_id, invitation_id)
    rules.check_can_be_sent(invitation, now)
    rules.check_role(invitation.role, inviter.scopes)
    await queries.set_expiry(tx, account_id, invitation_id, now + rules.VALID)
    await _send(tx, account_id, invitation_id, invitation.email, invitation.role, inviter)


async def revoke(tx: Tx, account_id: UUID, invitation_id: UUID, now: datetime) -> None:
    """From now on nobody joins by it. Twice is once.

    Raises NotFound, or MemberInvitationClosed when it was accepted.
    """
    invitation = await _invitation(tx, account_id, invitation_id)
    if rules.to_be_revoked(invitation, now):
        await queries.set_revoked(tx, account_id, invitation_id, now)


async def accept(tx: Tx, token: str, person_id: UUID, now: datetime) -> Joined:
    """Join the account of the invitation with this token. By the same person, twice is once.

    Takes a transaction of the system, since nobody knows the account before. Raises
    MemberInvitationUnknown, InvitationForAnother, EmailNotVerified, MemberInvitationClosed, or
    AlreadyMember for somebody who has become a member otherwise.
    """
    found = await queries.invitation_of_token(tx, token_hash(token))
    if found is None:
        raise rules.MemberInvitationUnknown
    account_id, invitation_id = found
    invitation = await queries.lock_invitation(tx, account_id, invitation_id)
    guest = await queries.guest(tx, person_id)
    name = await queries.account_name(tx, account_id)
    assert invitation is not None, "its token was found, and neither is deleted before the other"
    assert guest is not None, "who is signed in is somebody"
    assert name is not None, "the invitation points at the account"
    rules.check_guest(invitation, guest)
    if invitation.state(now) is MemberInvitationState.ACCEPTED:
        member = await queries.member_of_person(tx, account_id, person_id)
        if member is not None:
            return Joined(account_id, name, member.id, member.role, again=True)
    rules.check_open(invitation, now)
    id = await queries.insert_member(tx, account_id, person_id, invitation.role, now)
    if id is None:
        raise AlreadyMember(guest.email)
    await queries.set_accepted(tx, account_id, invitation_id, now)
    return Joined(account_id, name, id, invitation.role, again=False)


async def change_role(
    tx: Tx, account_id: UUID, member_id: UUID, role: Role, of_giver: frozenset[Scope]
) -> None:
    """Let a member have another role from now on. The same again changes nothing.

    Raises NotFound, RoleNotHeld or LastOwner.
    """
    rules.check_role(role, of_giver)
    member = await _member(tx, account_id, member_id)
    rules.check_role(member.role, of_giver)
    rules.check_owner_stays(member, role, await queries.count_owners(tx, account_id))
    await queries.set_role(tx, account_id, member_id, role)


async def remove(tx: Tx, account_id: UUID, member_id: UUID, of_remover: frozenset[Scope]) -> None:
    """From now on the person is none of the account. Raises NotFound, RoleNotHeld or LastOwner."""
    member = await _member(tx, account_id, member_id)
    rules.check_role(member.role, of_remover)
    await _delete(tx, account_id, member)


async def leave(tx: Tx, account_id: UUID, person_id: UUID) -> Member:
    """The same, by the person, who is told what they were. Raises NotFound, of the account, or
    LastOwner."""
    found = await queries.lock_account(tx, account_id)
    member = await queries.member_of_person(tx, account_id, person_id) if found else None
    if member is None:
        raise NotFound("account", encode("acct", account_id))
    await _delete(tx, account_id, member)
    return member


async def forget_old(tx: Tx, now: datetime) -> None:
    """Delete the tokens of invitations that ran out long ago. A transaction of the system."""
    await queries.delete_tokens(tx, now - rules.KEPT)


async def _delete(tx: Tx, account_id: UUID, member: Member) -> None:
    rules.check_owner_stays(member, None, await queries.count_owners(tx, account_id))
    await queries.delete_member(tx, account_id, member.id)


async def _send(
    tx: Tx, account_id: UUID, invitation_id: UUID, email: str, role: Role, inviter: Inviter
) -> None:  # fmt: skip
    token = new_token()
    await queries.insert_token(tx, token_hash(token), account_id, invitation_id)
    name = await queries.account_name(tx, account_id)
    assert name is not None, "the invitation points at it"
    who = None
    if inviter.person_id is not None:
        who = await queries.name_of_member(tx, account_id, inviter.person_id)
    letter = letters.invited_to_account(inviter.front_end_url, name, who or name, role, token)
    await mail.send(tx, inviter.keyring, account_id, email, *letter, inviter.mails_at)


async def _invitation(tx: Tx, account_id: UUID, invitation_id: UUID) -> rules.MemberInvitation:
    invitation = await queries.lock_invitation(tx, account_id, invitation_id)
    if invitation is None:
        raise NotFound("member invitation", encode("minv", invitation_id))
    return invitation


async def _member(tx: Tx, account_id: UUID, member_id: UUID) -> Member:
    """The member as nobody else can change them until the transaction ends."""
    await queries.lock_account(tx, account_id)
    member = await queries.member(tx, account_id, member_id)
    if member is None:
        raise NotFound("member", encode("memb", member_id))
    return member
