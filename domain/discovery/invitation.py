"""An invitation and its end: a brand asks an affiliate to join by an offer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal, excerpt

LONGEST_MESSAGE: Final = 2_000
LONGEST_REASON: Final = 1_000
MOST_AT_ONCE: Final = 100
MOST_A_DAY: Final = 200
"""Of one account, in any 24 hours: more is no search for partners but advertising."""
MOST_TO_ONE: Final = 3
"""Of one account to one affiliate in 30 days, whatever became of the first ones."""
DAY: Final = timedelta(days=1)
MONTH: Final = timedelta(days=30)


class State(StrEnum):
    SENT = "SENT"
    """Waiting for the affiliate's answer."""
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    """By the brand."""


@dataclass(frozen=True, slots=True)
class Invitation:
    id: UUID
    offer_id: UUID
    store_id: UUID
    affiliate_id: UUID
    state: State
    agreement_id: UUID | None
    """What is accepted with it; None when the offer has no agreement."""
    sent_by: str
    affiliate_name: str
    """As the brand saw it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How many invitations an account has sent of late."""

    today: int
    """Within `DAY`, to anybody."""
    to_one: int
    """Within `MONTH`, to the affiliate in question."""


@dataclass(eq=False)
class AlreadyInvited(Refusal):
    invitation_id: UUID
    offer_name: str

    @property
    def message(self) -> str:
        return (
            f'The affiliate has an invitation to the offer "{excerpt(self.offer_name)}" of this '
            "store and has not answered yet. Wait for the answer, or withdraw that one first."
        )


@dataclass(eq=False)
class TooManyInvitations(Refusal):
    most: int
    days: int
    to_one: bool
    """Whether to one affiliate; otherwise of the account altogether."""

    @property
    def message(self) -> str:
        whom = "one affiliate" if self.to_one else "affiliates"
        span = "24 hours" if self.days == 1 else f"{self.days} days"
        return (
            f"An account can send {self.most} invitations to {whom} in {span}, and yours has. "
            "Invite the others later."
        )


@dataclass(eq=False)
class InvitationClosed(Refusal):
    state: State

    @property
    def message(self) -> str:
        how = {
            State.ACCEPTED: "The invitation was accepted. The partnership can be ended instead.",
            State.DECLINED: "The invitation was declined. It takes another one to begin again.",
            State.WITHDRAWN: "The brand has withdrawn the invitation. Ask it for another one.",
        }
        return how[self.state]


@dataclass(eq=False)
class OfferNoLongerUsed(Refusal):
    """The offer was archived after the invitation to it was sent."""

    name: str

    @property
    def message(self) -> str:
        return (
            f'The brand has taken the offer "{excerpt(self.name)}" out of use, so nobody joins by '
            "it any more. Ask the brand for an invitation to another one."
        )


def message(text: str) -> str:
    """What the brand writes, as kept; it may be empty. Raises InvalidInput."""
    return _text("message", text, LONGEST_MESSAGE)


def reason(text: str | None) -> str | None:
    """Why an affiliate declines, as kept; None for no reason given. Raises InvalidInput."""
    return (text and _text("reason", text, LONGEST_REASON)) or None


def check_few(sent: Sent) -> None:
    """Whether one more may be sent. Raises TooManyInvitations."""
    if sent.to_one >= MOST_TO_ONE:
        raise TooManyInvitations(MOST_TO_ONE, MONTH.days, to_one=True)
    if sent.today >= MOST_A_DAY:
        raise TooManyInvitations(MOST_A_DAY, DAY.days, to_one=False)


def becomes(now: State, wanted: State) -> bool:
    """Whether the state is to be written: false when it is the wanted one already.

    Only an open invitation can be accepted, declined or withdrawn. Raises InvitationClosed.
    """
    if now is wanted:
        return False
    if now is not State.SENT:
        raise InvitationClosed(now)
    return True


def _text(field: str, text: str, longest: int) -> str:
    written = text.strip()
    if len(written) > longest or "\0" in written:
        raise InvalidInput(field, f"Use {longest:,} characters at most.")
    return written
