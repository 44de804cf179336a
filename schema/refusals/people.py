"""Refusals of people, members and keys."""

from domain.accounts import rules as accounts
from domain.members import rules as members
from domain.people import rules as people
from schema.enums import (
    MemberInvitationStatus,
    Role,
    Scope,
)
from schema.errors import Refusal, said, shows


@shows(accounts.ScopesNotHeld)
class ScopesNotHeld(Refusal):
    """A key cannot be given what its maker may not do."""

    scopes: list[Scope] = said("What that is.", lambda found: [Scope(s) for s in found])


@shows(members.RoleNotHeld)
class RoleNotHeld(Refusal):
    """Nobody gives a role that may do what they may not."""

    role: Role = said("Which role.", Role)
    scopes: list[Scope] = said("What it may do.", lambda found: [Scope(s) for s in found])


@shows(members.LastOwner)
class LastOwner(Refusal):
    """The account would have no owner left."""


@shows(members.AlreadyMember)
class AlreadyMember(Refusal):
    """Whoever has the address is a member already."""

    email: str = said("The address.")


@shows(members.AddressInvited)
class AddressInvited(Refusal):
    """The address has been asked to join and has not answered."""

    email: str = said("The address.")


@shows(members.MemberInvitationClosed)
class MemberInvitationClosed(Refusal):
    """The invitation is not open to this any more."""

    status: MemberInvitationStatus = said(
        "What has become of it.", MemberInvitationStatus, of="state"
    )


@shows(members.MemberInvitationUnknown)
class MemberInvitationUnknown(Refusal):
    """No invitation has this token."""


@shows(members.InvitationForAnother)
class InvitationForAnother(Refusal):
    """The invitation asks another address than yours."""

    email: str = said("Your own.")


@shows(people.EmailNotVerified)
class EmailNotVerified(Refusal):
    """You have not shown yet that your address is yours."""


@shows(people.WrongCredentials)
class WrongCredentials(Refusal):
    """Address and password do not belong together; which of them is wrong is not said."""


@shows(people.TokenNotValid)
class TokenNotValid(Refusal):
    """The token was used, is too old, or was replaced by a later one."""


@shows(people.TooManyAttempts)
class TooManyAttempts(Refusal):
    """This was tried too often, by you or about the same address."""

    retry_after_seconds: int = said("Seconds until it can be tried again.", of="retry_after_s")
