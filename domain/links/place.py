"""Where a link is made: a partnership and its store. Whether one can be made there at all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.affiliates.rules import Status
from domain.catalog.marketplaces import Marketplace
from domain.errors import Refusal
from domain.offers.rules import Channel


@dataclass(frozen=True, slots=True)
class Place:
    """A partnership, as far as its links depend on it, with its store's part.

    `marketplace` is None for a shop of the brand's own, `tag_template` until Amazon has given one.
    """

    partnership_id: UUID
    store_id: UUID
    campaign_token: str
    status: Status
    channel: Channel
    marketplace: Marketplace | None
    disconnected_at: datetime | None
    tag_template: str | None


@dataclass(eq=False)
class NoNewLinks(Refusal):
    status: Status

    @property
    def message(self) -> str:
        if self.status is Status.PAUSED:
            return "This partnership is paused and gets no new links. Resume it first."
        return (
            "This partnership has ended and gets no new links; the links it has still work. Add "
            "the affiliate to an offer of the store to begin again."
        )


@dataclass(eq=False)
class NotAnAmazonStore(Refusal):
    @property
    def message(self) -> str:
        return (
            "This store is the brand's own shop, and tagged links are made for Amazon stores. "
            "Choose the affiliate's partnership with an Amazon store."
        )


@dataclass(eq=False)
class StoreDisconnected(Refusal):
    disconnected_at: datetime

    @property
    def message(self) -> str:
        return (
            f"The store was disconnected on {self.disconnected_at:%Y-%m-%d}, so sales by a new "
            "link would never be reported. Connect the store again first."
        )


@dataclass(eq=False)
class NotMeasuringYet(Refusal):
    @property
    def message(self) -> str:
        return (
            "Amazon has not confirmed measuring for this store yet, and sales by a link made now "
            "would be lost. Try again in a minute."
        )


def ready(place: Place) -> tuple[Marketplace, str]:
    """The marketplace and the tag template of a place where a link can be made.

    Raises NotAnAmazonStore, NoNewLinks, StoreDisconnected or NotMeasuringYet.
    """
    if place.channel is not Channel.AMAZON:
        raise NotAnAmazonStore
    if place.status is not Status.ACTIVE:
        raise NoNewLinks(place.status)
    if place.disconnected_at is not None:
        raise StoreDisconnected(place.disconnected_at)
    if place.tag_template is None:
        raise NotMeasuringYet
    assert place.marketplace is not None, "an Amazon store is in a marketplace that is known"
    return place.marketplace, place.tag_template
