"""Where a link is made: a partnership and its store. Whether one can be made there at all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.affiliates.rules import Status
from domain.catalog.marketplaces import Marketplace
from domain.errors import Refusal


@dataclass(frozen=True, slots=True)
class OnAmazon:
    """A store on Amazon: `tag_template` is None until Amazon has given one, `storefront_url` until
    somebody has said where the brand's Store page is."""

    marketplace: Marketplace
    tag_template: str | None
    storefront_url: str | None


@dataclass(frozen=True, slots=True)
class OwnShop:
    """A shop of the brand's own, at its canonical address."""

    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A partnership, as far as its links depend on it, with its store's part."""

    partnership_id: UUID
    store_id: UUID
    campaign_token: str
    status: Status
    disconnected_at: datetime | None
    store: OnAmazon | OwnShop


@dataclass(eq=False)
class NoNewLinks(Refusal):
    status: Status

    @property
    def message(self) -> str:
        if self.status is Status.PAUSED:
            return (
                "This partnership is paused and gets no new links until the brand resumes it; the "
                "links it has still work."
            )
        return (
            "This partnership has ended and gets no new links; the links it has still work. It "
            "begins again when the affiliate joins by an offer of the store."
        )


@dataclass(eq=False)
class NotAnAmazonStore(Refusal):
    @property
    def message(self) -> str:
        return (
            "This store is the brand's own shop: its storefront is its own address. Choose a "
            "store of the brand on Amazon."
        )


@dataclass(eq=False)
class StoreDisconnected(Refusal):
    disconnected_at: datetime

    @property
    def message(self) -> str:
        return (
            f"The store was disconnected on {self.disconnected_at:%Y-%m-%d}, so sales by a new "
            "link would never be reported. There are new links once the brand has connected it "
            "again."
        )


@dataclass(eq=False)
class NotMeasuringYet(Refusal):
    @property
    def message(self) -> str:
        return (
            "Amazon has not confirmed measuring for this store yet, and sales by a link made now "
            "would be lost. Try again in a minute."
        )


def ready(place: Place) -> OnAmazon | OwnShop:
    """The store of a place where a link can be made.

    Raises NoNewLinks, StoreDisconnected or NotMeasuringYet.
    """
    if place.status is not Status.ACTIVE:
        raise NoNewLinks(place.status)
    if place.disconnected_at is not None:
        raise StoreDisconnected(place.disconnected_at)
    if isinstance(place.store, OnAmazon) and place.store.tag_template is None:
        raise NotMeasuringYet
    return place.store
