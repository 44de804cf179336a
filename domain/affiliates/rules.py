"""Affiliates and partnerships: who may promote which store, and by which offer. Pure.

An affiliate belongs to the network, not to an account. A partnership is one affiliate with one
store; it goes by one offer of that store at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal, excerpt

LONGEST_NAME: Final = 200
LONGEST_EMAIL: Final = 254
LONGEST_REASON: Final = 1_000

_EMAIL: Final = re.compile(r"[!-?A-~]+@[a-z0-9-]+(\.[a-z0-9-]+)+")


class Status(StrEnum):
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    """For a while: no new links."""
    ENDED = "ENDED"
    """For good, unless the affiliate is added to an offer again: no new links."""


class Side(StrEnum):
    """Who of the two changed a partnership's status."""

    BRAND = "BRAND"
    AFFILIATE = "AFFILIATE"


@dataclass(frozen=True, slots=True)
class Affiliate:
    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Partnership:
    id: UUID
    store_id: UUID
    affiliate_id: UUID
    offer_id: UUID
    """The offer in force today; which one pays for a day is in the assignments."""
    campaign_token: str
    status: Status
    tags: tuple[str, ...] = ()
    """What the brand calls it by, as written and in the order given; see `tagging`."""


@dataclass(eq=False)
class AlreadyPartner(Refusal):
    partnership_id: UUID
    offer_name: str

    @property
    def message(self) -> str:
        return (
            f'The affiliate is a partner of this store already, by the offer "'
            f'{excerpt(self.offer_name)}". An affiliate goes by one offer of a store at a time: '
            "move the partnership to the other offer instead."
        )


@dataclass(eq=False)
class PartnershipEnded(Refusal):
    @property
    def message(self) -> str:
        return (
            "This partnership has ended. Add the affiliate to an offer of the store to begin "
            "again; their links and Amazon's count of their clicks then go on."
        )


@dataclass(eq=False)
class AffiliateSignedUp(Refusal):
    @property
    def message(self) -> str:
        return (
            "Somebody with this address has signed up and decides about partnerships themselves. "
            "Find them in discovery and invite them, or list an offer for them to apply to."
        )


@dataclass(eq=False)
class AffiliateLeft(Refusal):
    @property
    def message(self) -> str:
        return (
            "The affiliate has left this store and is not brought back unasked. Invite them to an "
            "offer; when they accept, the partnership goes on."
        )


@dataclass(eq=False)
class MoveInThePast(Refusal):
    from_day: date
    today: date

    @property
    def message(self) -> str:
        return (
            f"The partnership cannot move on {self.from_day}: today is {self.today} at the store, "
            "and past days stay with the offer of their day. Choose today or a later day."
        )


def affiliate_name(text: str) -> str:
    """The name as kept. Raises InvalidInput."""
    written = text.strip()
    if not written.isprintable() or not 1 <= len(written) <= LONGEST_NAME:
        raise InvalidInput("name", f"Give the affiliate a name of 1 to {LONGEST_NAME} characters.")
    return written


def email(text: str) -> str:
    """The address as kept: lower case, the one that tells people apart. Raises InvalidInput."""
    written = text.strip().lower()
    if len(written) > LONGEST_EMAIL or _EMAIL.fullmatch(written) is None:
        raise InvalidInput("email", f'"{excerpt(text)}" is not an address such as ann@example.com.')
    return written


def check_day(from_day: date, today: date) -> None:
    """Raises MoveInThePast; both are days of the store's time zone."""
    if from_day < today:
        raise MoveInThePast(from_day, today)


def reason(text: str) -> str:
    """Why a partnership is paused or ended, as kept; both sides read it. Raises InvalidInput."""
    written = text.strip()
    if not 1 <= len(written) <= LONGEST_REASON or "\0" in written:
        raise InvalidInput("reason", f"Give a reason of 1 to {LONGEST_REASON:,} characters.")
    return written


def reason_if_any(text: str | None) -> str | None:
    """The same where none need be given: None for None and for blanks. Raises InvalidInput."""
    return reason(text) if text is not None and text.strip() else None


def turns(status: Status, to: Status) -> bool:
    """Whether a status is to be written: false when it stands already, with its reason.

    Raises PartnershipEnded for an ended partnership that is to be anything else.
    """
    if status is Status.ENDED and to is not Status.ENDED:
        raise PartnershipEnded
    return status is not to
