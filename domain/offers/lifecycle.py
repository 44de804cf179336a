"""The life of an offer: its name, its use by partnerships, its end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal, excerpt
from domain.offers.rules import Channel, Version

LONGEST_NAME: Final = 100
LONGEST_DESCRIPTION: Final = 2_000


@dataclass(frozen=True, slots=True)
class Shop:
    """The store of an offer, as far as its terms depend on it."""

    store_id: UUID
    channel: Channel
    time_zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer of one store with its versions in order of time."""

    id: UUID
    store_id: UUID
    name: str
    description: str
    archived_at: datetime | None
    versions: tuple[Version, ...]


@dataclass(eq=False)
class SalesAlreadyReported(Refusal):
    """The day that was to be paid otherwise has conversions already."""

    day: date

    @property
    def message(self) -> str:
        return (
            f"Sales of {self.day} have been reported and priced, and a priced day keeps its terms. "
            "Let the change start on a later day."
        )


@dataclass(eq=False)
class OfferNameTaken(Refusal):
    name: str

    @property
    def message(self) -> str:
        return (
            f'The store has an offer named "{excerpt(self.name)}" already; archived offers keep '
            "their names too. Choose another name."
        )


@dataclass(eq=False)
class OfferArchived(Refusal):
    name: str

    @property
    def message(self) -> str:
        return (
            f'The offer "{excerpt(self.name)}" is archived and stays as it is. Use another offer '
            "of the store or create one."
        )


@dataclass(eq=False)
class OfferInUse(Refusal):
    name: str
    partnerships: int

    @property
    def message(self) -> str:
        one = self.partnerships == 1
        return (
            f"{self.partnerships} {'partnership goes' if one else 'partnerships go'} by the offer "
            f'"{excerpt(self.name)}". Move {"it" if one else "them"} to another offer or end '
            f"{'it' if one else 'them'}, then archive the offer."
        )


def offer_name(text: str) -> str:
    """The name as kept. Raises InvalidInput."""
    written = text.strip()
    if not written.isprintable() or not 1 <= len(written) <= LONGEST_NAME:
        raise InvalidInput("name", f"Give the offer a name of 1 to {LONGEST_NAME} characters.")
    return written


def offer_description(text: str) -> str:
    """The description as kept; it may have lines and may be empty. Raises InvalidInput."""
    written = text.strip()
    if len(written) > LONGEST_DESCRIPTION or "\0" in written:
        raise InvalidInput("description", f"Use {LONGEST_DESCRIPTION:,} characters at most.")
    return written


def check_not_archived(offer: Offer) -> None:
    """Raises OfferArchived."""
    if offer.archived_at is not None:
        raise OfferArchived(offer.name)


def check_unused(offer: Offer, partnerships: int) -> None:
    """Whether the offer can be archived, `partnerships` going by it. Raises OfferInUse."""
    if partnerships:
        raise OfferInUse(offer.name, partnerships)
