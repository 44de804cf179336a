"""Who may be asked into an account, and who may not leave it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.access import SCOPES, Role, Scope
from domain.errors import Refusal, excerpt
from domain.people.rules import EmailNotVerified

VALID: Final = timedelta(days=7)
"""So long an invitation can be accepted."""
KEPT: Final = timedelta(days=30)
"""So long after that its tokens are kept, so that whoever comes late is told what became of it."""


class MemberInvitationState(StrEnum):
    """What has become of an invitation."""

    OPEN = "OPEN"
    EXPIRED = "EXPIRED"
    ACCEPTED = "ACCEPTED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class Member:
    id: UUID
    person_id: UUID
    role: Role


@dataclass(frozen=True, slots=True)
class MemberInvitation:
    """An address that was asked to join an account."""

    account_id: UUID
    id: UUID
    email: str
    role: Role
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> MemberInvitationState:
        if self.accepted_at is not None:
            return MemberInvitationState.ACCEPTED
        if self.revoked_at is not None:
            return MemberInvitationState.REVOKED
        return (
            MemberInvitationState.OPEN if now < self.expires_at else MemberInvitationState.EXPIRED
        )


@dataclass(frozen=True, slots=True)
class Guest:
    """A person as far as an invitation is compared with them."""

    email: str
    verified: bool


@dataclass(eq=False)
class LastOwner(Refusal):
    """Without an owner nobody could let anybody in any more."""

    @property
    def message(self) -> str:
        return (
            "This is the account's only owner, and an account always has one. Make another member "
            "an owner first."
        )


@dataclass(eq=False)
class RoleNotHeld(Refusal):
    """Somebody was to be given a role that may more than whoever gives it."""

    role: Role
    scopes: tuple[Scope, ...]

    @property
    def message(self) -> str:
        return (
            f"The role {self.role} may do what you may not: {', '.join(self.scopes)}. You can "
            "neither give nor take it: ask an owner of the account."
        )


@dataclass(eq=False)
class AlreadyMember(Refusal):
    email: str

    @property
    def message(self) -> str:
        return (
            f"{excerpt(self.email)} is a member of this account already. Change their role if it "
            "is to be another one."
        )


@dataclass(eq=False)
class AddressInvited(Refusal):
    email: str

    @property
    def message(self) -> str:
        return (
            f"{excerpt(self.email)} has been invited already and has not answered. Send that "
            "invitation again, or revoke it and invite anew."
        )


@dataclass(eq=False)
class MemberInvitationClosed(Refusal):
    """The invitation is not open to what was asked of it."""

    state: MemberInvitationState

    @property
    def message(self) -> str:
        return f"This invitation {_CLOSED[self.state]}"


@dataclass(eq=False)
class MemberInvitationUnknown(Refusal):
    """No invitation has this token."""

    @property
    def message(self) -> str:
        return (
            "There is no invitation with this token. Open the link as it stands in the mail; if "
            "that is no help, ask whoever invited you to send it again."
        )


@dataclass(eq=False)
class InvitationForAnother(Refusal):
    """Whoever is signed in is not whom the invitation asks."""

    email: str
    """Whoever is signed in, not whoever was invited: that is nobody else's to know."""

    @property
    def message(self) -> str:
        return (
            f"You are signed in as {excerpt(self.email)}, and the invitation is for another "
            "address. Sign in with the address that the mail came to, or ask to be invited with "
            "yours."
        )


_CLOSED: Final = {
    MemberInvitationState.OPEN: "is still open.",
    MemberInvitationState.EXPIRED: "has expired. Ask whoever invited you to send it again.",
    MemberInvitationState.ACCEPTED: "has been accepted, and nothing about it can be changed.",
    MemberInvitationState.REVOKED: "has been revoked. Ask whoever invited you, or invite anew.",
}


def check_role(role: Role, of_giver: frozenset[Scope]) -> None:
    """Whether somebody with these scopes can give this role. Raises RoleNotHeld."""
    missing = tuple(scope for scope in Scope if scope in SCOPES[role] - of_giver)
    if missing:
        raise RoleNotHeld(role, missing)


def check_can_be_sent(invitation: MemberInvitation, now: datetime) -> None:
    """Whether it can be sent again, which opens an expired one. Raises MemberInvitationClosed."""
    state = invitation.state(now)
    if state not in (MemberInvitationState.OPEN, MemberInvitationState.EXPIRED):
        raise MemberInvitationClosed(state)


def to_be_revoked(invitation: MemberInvitation, now: datetime) -> bool:
    """False when it is revoked already. Raises MemberInvitationClosed for an accepted one."""
    state = invitation.state(now)
    if state is MemberInvitationState.ACCEPTED:
        raise MemberInvitationClosed(state)
    return state is not MemberInvitationState.REVOKED


def check_guest(invitation: MemberInvitation, guest: Guest) -> None:
    """Whether the person is whom it asks. Raises InvitationForAnother or EmailNotVerified."""
    if guest.email != invitation.email:
        raise InvitationForAnother(guest.email)
    if not guest.verified:
        raise EmailNotVerified


def check_open(invitation: MemberInvitation, now: datetime) -> None:
    """Raises MemberInvitationClosed."""
    state = invitation.state(now)
    if state is not MemberInvitationState.OPEN:
        raise MemberInvitationClosed(state)


def check_owner_stays(member: Member, becomes: Role | None, owners: int) -> None:
    """Whether a member can get another role, or none. `owners` counts them as they are now.

    Raises LastOwner.
    """
    if member.role is Role.OWNER and becomes is not Role.OWNER and owners <= 1:
        raise LastOwner
