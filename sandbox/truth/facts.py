"""Replays the events and says of each what it is worth, to whom, and when it may be known.

This is written apart from Amazon's side on purpose: slow, plain, event by event. A test holds the
two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sandbox.cast.nouns import Cast
from sandbox.shopping.events import Click, Event, Order, Return, Tag
from sandbox.switches import Switches

FIGURES = (
    "clicks",
    "promoted_views",
    "promoted_carts",
    "promoted_purchases",
    "promoted_units",
    "promoted_sales_minor",
    "halo_views",
    "halo_carts",
    "halo_purchases",
    "halo_units",
    "halo_sales_minor",
    "new_customer_purchases",
    "new_customer_units",
    "new_customer_sales_minor",
    "returned_units",
    "returned_sales_minor",
    "cancelled_units",
    "cancelled_sales_minor",
    "bonus_exact",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that belongs to a day of a tag."""

    profile_id: str
    brand_id: str | None
    tag: Tag
    day: date
    asin: str | None
    halo: bool
    happened_at: datetime
    visible_at: datetime | None
    """When Amazon reports it; None for a return after the last restatement: never."""
    figures: dict[str, int]


@dataclass(slots=True)
class _Taken:
    """A line that a tag took."""

    fact: Fact
    quantity: int
    price: int
    returned: int = 0


@dataclass(slots=True)
class Replay:
    """The facts of all events so far, and the reasons why the others are none."""

    cast: Cast
    switches: Switches
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    """By profile."""
    lost: list[tuple[str | None, datetime, str, str]] = field(default_factory=list)
    """Profile, moment, "click" or "line", reason."""
    _read: int = 0
    _clicks: dict[str, list[Click]] = field(default_factory=dict)
    _linked: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _landed: set[tuple[str, str, str | None]] = field(default_factory=set)
    _taken: dict[tuple[str, int], _Taken] = field(default_factory=dict)
    _purchases: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)

    def catch_up(self, events: Sequence[Event]) -> None:
        for event in events[self._read :]:
            if isinstance(event, Click):
                self._click(event)
            elif isinstance(event, Order):
                self._order(event)
            else:
                self._return(event)
        self._read = len(events)

    def _add(self, fact: Fact) -> None:
        self.facts.setdefault(fact.profile_id, []).append(fact)

    def _day(self, profile_id: str, at: datetime) -> date:
        if self.switches.row_dates == "utc":
            return at.astimezone(UTC).date()
        return at.astimezone(self.cast.profiles[profile_id].marketplace.zone).date()

    def _click(self, click: Click) -> None:
        if not click.measured or click.tag is None or click.profile_id is None:
            if click.problems:
                self.lost += [
                    (click.profile_id, click.at, "click", reason) for reason in click.problems
                ]
            return
        self._clicks.setdefault(click.shopper, []).append(click)
        campaign = (click.profile_id, click.tag.campaign)
        landed = (*campaign, click.landing.target)
        if click.credits and landed not in self._landed:
            self._landed.add(landed)
            self._linked[campaign] = self._linked.get(campaign, set()) | self._associated(click)
        own = self._landed_brand(click)
        day = self._day(click.profile_id, click.at)

        def fact(hours: int, figures: dict[str, int]) -> Fact:
            seen = max(click.at + timedelta(hours=hours), click.recorded_at)
            asin = click.landing.asin if "promoted_views" in figures else None
            assert click.profile_id is not None
            assert click.tag is not None
            return Fact(click.profile_id, own, click.tag, day, asin, False, click.at, seen, figures)

        self._add(fact(self.switches.click_delay_hours, {"clicks": 1}))
        if click.credits and click.landing.asin is not None:
            self._add(fact(self.switches.conversion_delay_hours, {"promoted_views": 1}))

    def _landed_brand(self, click: Click) -> str | None:
        if click.landing.asin is not None:
            return self.cast.products[click.landing.asin].brand_id
        page = self.cast.pages.get(click.landing.page_id or "")
        return None if page is None else page.brand_id

    def _associated(self, click: Click) -> set[str]:
        if click.landing.page_id is not None:
            return set(self.cast.pages[click.landing.page_id].asins)
        family = self.cast.products[click.landing.asin or ""].family
        return {asin for asin, one in self.cast.products.items() if one.family == family}

    def _order(self, order: Order) -> None:
        before = list(self._purchases.get(order.shopper, ()))
        for place, line in enumerate(order.lines):
            product = self.cast.products[line.asin]
            brand = product.brand_id
            self._purchases.setdefault(order.shopper, []).append((order.at, brand))
            if order.renewal:
                self.lost.append((None, order.at, "line", "a Subscribe & Save renewal"))
                continue
            click = self._last_click(order, product.seller_id)
            if isinstance(click, str):
                self.lost.append((None, order.at, "line", click))
                continue
            assert click.tag is not None
            assert click.profile_id is not None
            promoted = self._linked.get((click.profile_id, click.tag.campaign), set())
            if brand not in {self.cast.products[asin].brand_id for asin in promoted}:
                reason = "a brand that the campaign does not link to"
                self.lost.append((click.profile_id, order.at, "line", reason))
                continue
            recent = [
                at for at, other in before if other == brand and order.at - at <= timedelta(365)
            ]
            kind = "promoted" if line.asin in promoted else "halo"
            figures = {
                f"{kind}_views": 1 if kind == "halo" else 0,
                f"{kind}_carts": 1,
                f"{kind}_purchases": 1,
                f"{kind}_units": line.quantity,
                f"{kind}_sales_minor": line.quantity * line.price_minor,
                "bonus_exact": self._bonus(click.profile_id, line.asin, line.price_minor)
                * line.quantity,
            }
            if not recent:
                figures |= {
                    "new_customer_purchases": 1,
                    "new_customer_units": line.quantity,
                    "new_customer_sales_minor": line.quantity * line.price_minor,
                }
            day = self._day(click.profile_id, order.at)
            fact = Fact(
                click.profile_id,
                brand,
                click.tag,
                day,
                line.asin,
                kind == "halo",
                order.at,
                self._order_visible(order, click.profile_id, day),
                figures,
            )
            self._taken[order.id, place] = _Taken(fact, line.quantity, line.price_minor)
            self._add(fact)

    def _last_click(self, order: Order, seller_id: str | None) -> Click | str:
        """The click that takes a line, or the reason why none does."""
        if seller_id is None:
            return "another brand's goods"
        own = [
            click
            for click in self._clicks.get(order.shopper, ())
            if click.at <= order.at and self._measures(click, seller_id, order.marketplace_id)
        ]
        if not own:
            return "no tagged click of this shopper"
        if order.at > own[-1].at + timedelta(days=14):
            return "the last click is more than 14 days old"
        if not own[-1].credits:
            return "the last click may not take conversions"
        return own[-1]

    def _measures(self, click: Click, seller_id: str, marketplace_id: str) -> bool:
        profile = self.cast.profiles[click.profile_id or ""]
        return profile.account_id == seller_id and profile.marketplace.id == marketplace_id

    def _midnight_after(self, profile_id: str, day: date, days: int) -> datetime:
        """The restatement of so many days: midnight, that many days after the day is over."""
        profile = self.cast.profiles[profile_id]
        zone = UTC if self.switches.row_dates == "utc" else profile.marketplace.zone
        later = day + timedelta(days=days + 1)
        return datetime(later.year, later.month, later.day, tzinfo=zone).astimezone(UTC)

    def _order_visible(self, order: Order, profile_id: str, day: date) -> datetime:
        moments = [
            order.recorded_at,
            order.at + timedelta(hours=self.switches.conversion_delay_hours),
        ]
        if order.late_days is not None:
            moments.append(self._midnight_after(profile_id, day, order.late_days))
        return max(moments)

    def _bonus(self, profile_id: str, asin: str, price_minor: int) -> int:
        profile = self.cast.profiles[profile_id]
        seller = self.cast.sellers[profile.account_id]
        if not (seller.bonus_enrolled and profile.marketplace.country == "US"):
            return 0
        return self.cast.products[asin].category.bonus_of_unit(price_minor)

    def _return(self, event: Return) -> None:
        taken = self._taken.get((event.order_id, event.line))
        if taken is None:
            return
        fact = taken.fact
        taken.returned += event.quantity
        kind = "halo" if fact.halo else "promoted"
        whole = 1 if taken.returned == taken.quantity else 0
        amount = event.quantity * taken.price
        figures = {
            f"{kind}_purchases": -whole,
            f"{kind}_units": -event.quantity,
            f"{kind}_sales_minor": -amount,
            "bonus_exact": -event.quantity
            * self._bonus(fact.profile_id, fact.asin or "", taken.price),
        }
        if "new_customer_units" in fact.figures:
            figures |= {
                "new_customer_purchases": -whole,
                "new_customer_units": -event.quantity,
                "new_customer_sales_minor": -amount,
            }
        word = "cancelled" if event.cancelled else "returned"
        figures |= {f"{word}_units": event.quantity, f"{word}_sales_minor": amount}
        self._add(
            Fact(
                fact.profile_id,
                fact.brand_id,
                fact.tag,
                fact.day,
                fact.asin,
                fact.halo,
                event.at,
                self._return_visible(event, fact),
                figures,
            )
        )

    def _return_visible(self, event: Return, fact: Fact) -> datetime | None:
        coming = [
            moment
            for days in self.switches.restatement_days
            if (moment := self._midnight_after(fact.profile_id, fact.day, days))
            >= event.recorded_at
        ]
        if not coming:
            return None
        assert fact.visible_at is not None
        return max(min(coming), fact.visible_at)
