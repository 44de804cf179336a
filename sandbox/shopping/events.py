"""The events of the world. They are written once and never changed.

`at` is when a thing happened, `recorded_at` when the world was told of it; a day of shopping that
is injected after the fact cannot have been in a report before that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tag:
    """What an Attribution tag says, as it stood in the URL."""

    advertiser_id: str
    publisher: str
    campaign: str
    adgroup: str
    creative: str
    console: bool = False
    """Made in Amazon's console, with names in place of ids."""


@dataclass(frozen=True, slots=True)
class Landing:
    """The page a shopper lands on: a product, a Store page, or neither."""

    marketplace_id: str
    asin: str | None = None
    page_id: str | None = None

    @property
    def target(self) -> str | None:
        return self.asin or self.page_id


@dataclass(frozen=True, slots=True)
class Click:
    id: str
    at: datetime
    recorded_at: datetime
    shopper: str
    landing: Landing
    profile_id: str | None
    """The profile whose tag it is; None when the tag could not be read."""
    tag: Tag | None
    problems: tuple[str, ...]
    measured: bool
    """Counts as a click of the tag."""
    credits: bool
    """May also take conversions. A measured click that may not still is the shopper's last."""


@dataclass(frozen=True, slots=True)
class Line:
    asin: str
    quantity: int
    price_minor: int
    """Of one unit."""
    subscribe_and_save: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    id: str
    at: datetime
    recorded_at: datetime
    shopper: str
    marketplace_id: str
    lines: tuple[Line, ...]
    renewal: bool = False
    """A repeated Subscribe & Save delivery, which no tag ever takes."""
    late_days: int | None = None
    """Amazon first counts it in the restatement of that many days."""


@dataclass(frozen=True, slots=True)
class Return:
    """Units of one line sent back, or cancelled before they were sent."""

    id: str
    at: datetime
    recorded_at: datetime
    order_id: str
    line: int
    quantity: int
    cancelled: bool = False


Event = Click | Order | Return
