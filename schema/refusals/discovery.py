"""Refusals of profiles and invitations."""

import strawberry

from domain.discovery import invitation
from domain.discovery import rules as discovery
from schema.enums import (
    InvitationStatus,
)
from schema.errors import Refusal, id_of, said, shows


@shows(discovery.ProfileIncomplete)
class ProfileIncomplete(Refusal):
    """The profile says too little for brands to judge."""

    missing: list[str] = said("Its empty fields, in the order of the form.", list)


@shows(invitation.AlreadyInvited)
class AlreadyInvited(Refusal):
    """The affiliate has an invitation to the store that waits for an answer."""

    invitation_id: strawberry.ID = said("Which invitation.", id_of("invt"))
    offer_name: str = said("The offer that it is to.")


@shows(invitation.TooManyInvitations)
class TooManyInvitations(Refusal):
    """The account has sent as many invitations as it may, for now."""

    most: int = said("How many may be sent.")
    days: int = said("In how many days.")
    to_one: bool = said("Whether that is to one affiliate; otherwise altogether.")


@shows(invitation.InvitationClosed)
class InvitationClosed(Refusal):
    """The invitation was answered otherwise or withdrawn before, and that stands."""

    status: InvitationStatus = said("What became of it.", InvitationStatus, of="state")


@shows(invitation.OfferNoLongerUsed)
class OfferNoLongerUsed(Refusal):
    """The offer was archived after the invitation to it was sent."""

    name: str = said("What the offer is called.")
