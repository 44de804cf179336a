"""Takes down what shoppers do, and judges each click by Amazon's rules for tags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sandbox.cast.nouns import Cast, Profile
from sandbox.clock import Clock
from sandbox.marketplaces import BY_ID, Marketplace
from sandbox.shopping.events import Click, Event, Landing, Line, Order, Return, Tag
from sandbox.shopping.landing import Arrival, arrive
from sandbox.switches import Switches


class ShoppingError(ValueError):
    """Something was to be recorded that cannot happen in this world."""


class Journal:
    """Every event, in the order in which the world was told of it."""

    def __init__(self, cast: Cast, clock: Clock, switches: Switches) -> None:
        self.events: list[Event] = []
        self.orders: dict[str, Order] = {}
        self.measuring: set[str] = set()
        """Profiles for which a tag endpoint was called; others measure nothing."""
        self.listeners: list[Callable[[Event], None]] = []
        self._cast, self._clock, self._switches = cast, clock, switches
        self._last_seen: dict[str, datetime] = {}
        self._page_of_tag: dict[Tag, str] = {}
        self._owner_of_campaign: dict[str, str] = {}
        self._given_back: dict[tuple[str, int], int] = {}

    def click(
        self,
        url: str,
        shopper: str,
        at: datetime | None = None,
        marketplace: Marketplace | None = None,
    ) -> tuple[Click, Arrival]:
        """A shopper opens a URL. Raises ShoppingError for a moment that cannot be."""
        arrival = arrive(url, marketplace)
        return self.arrived(arrival, shopper, at), arrival

    def arrived(self, arrival: Arrival, shopper: str, at: datetime | None = None) -> Click:
        tag = arrival.tag
        profile = None if tag is None else self._cast.by_advertiser.get(tag.advertiser_id)
        barred = list(arrival.problems)
        missed: list[str] = []
        if tag is not None:
            barred += self._why_unmeasured(arrival.landing, profile)
        if tag is not None and profile is not None and not barred:
            missed = self._why_no_credit(arrival.landing, tag, profile)
        good = tag is not None and not barred
        moment = self._moment(shopper, at)
        click = Click(
            id=f"click-{len(self.events) + 1}",
            at=moment,
            recorded_at=self._clock.now(),
            shopper=shopper,
            landing=arrival.landing,
            profile_id=None if profile is None else profile.id,
            tag=tag,
            problems=(*barred, *missed),
            measured=good,
            credits=good and not missed,
        )
        self._record(click, shopper)
        return click

    def order(
        self,
        shopper: str,
        lines: list[Line],
        marketplace_id: str,
        at: datetime | None = None,
        *,
        renewal: bool = False,
        late_days: int | None = None,
    ) -> Order:
        """A shopper buys. Raises ShoppingError for goods that are not sold there."""
        if not lines:
            raise ShoppingError("an order needs at least one line")
        if late_days is not None and late_days not in self._switches.restatement_days:
            raise ShoppingError(f"late_days is one of {self._switches.restatement_days}")
        for line in lines:
            self.price_of(line.asin, marketplace_id)
            if line.quantity < 1 or line.price_minor < 0:
                raise ShoppingError("a line has a quantity of at least 1 and a price of 0 or more")
        order = Order(
            id=f"order-{len(self.events) + 1}",
            at=self._clock.now() if renewal else self._moment(shopper, at),
            recorded_at=self._clock.now(),
            shopper=shopper,
            marketplace_id=marketplace_id,
            lines=tuple(lines),
            renewal=renewal,
            late_days=late_days,
        )
        self.orders[order.id] = order
        self._record(order, None if renewal else shopper)
        return order

    def give_back(
        self,
        order_id: str,
        asin: str,
        quantity: int,
        at: datetime | None = None,
        *,
        cancelled: bool = False,
    ) -> Return:
        """Units are returned or cancelled. Raises ShoppingError for more than were bought."""
        order = self.known_order(order_id)
        place = next((n for n, line in enumerate(order.lines) if line.asin == asin), None)
        if place is None:
            raise ShoppingError(f"{order_id} has no line for {asin}")
        left = self.units_left(order, place)
        if not 1 <= quantity <= left:
            raise ShoppingError(f"{left} of {asin} in {order_id} can be given back, not {quantity}")
        moment = self._clock.now() if at is None else at
        if not order.at <= moment <= self._clock.now():
            raise ShoppingError("a return happens after its order and not in the future")
        self._given_back[order_id, place] = self._given_back.get((order_id, place), 0) + quantity
        returned = Return(
            id=f"return-{len(self.events) + 1}",
            at=moment,
            recorded_at=self._clock.now(),
            order_id=order_id,
            line=place,
            quantity=quantity,
            cancelled=cancelled,
        )
        self._record(returned, None)
        return returned

    def known_order(self, order_id: str) -> Order:
        order = self.orders.get(order_id)
        if order is None:
            raise ShoppingError(f"there is no order {order_id!r}")
        return order

    def units_left(self, order: Order, place: int) -> int:
        return order.lines[place].quantity - self._given_back.get((order.id, place), 0)

    def price_of(self, asin: str, marketplace_id: str) -> int:
        """The list price; raises ShoppingError where the product is not sold."""
        product = self._cast.products.get(asin)
        if product is None or marketplace_id not in product.prices_minor:
            name = BY_ID[marketplace_id].name if marketplace_id in BY_ID else marketplace_id
            raise ShoppingError(f"{asin} is not sold on {name}; GET /sandbox/world lists what is")
        return product.prices_minor[marketplace_id]

    def _moment(self, shopper: str, at: datetime | None) -> datetime:
        """A shopper's moments only go forward: the last click must be known when he buys."""
        now = self._clock.now()
        moment = now if at is None else at
        last = self._last_seen.get(shopper)
        if moment > now:
            raise ShoppingError(f"{moment.isoformat()} is in the future; advance the clock first")
        if last is not None and moment < last:
            raise ShoppingError(f"{shopper} was already seen at {last.isoformat()}")
        return moment

    def _record(self, event: Event, shopper: str | None) -> None:
        self.events.append(event)
        if shopper is not None:
            self._last_seen[shopper] = event.at
        for listener in self.listeners:
            listener(event)

    def _why_unmeasured(self, landing: Landing, profile: Profile | None) -> list[str]:
        if profile is None:
            return ["the tag's advertiser is unknown"]
        reasons = []
        if profile.id not in self.measuring and self._switches.tag_call_required:
            reasons.append("no tag endpoint was ever called for the tag's profile")
        if landing.asin is not None:
            product = self._cast.products.get(landing.asin)
            if product is None or landing.marketplace_id not in product.prices_minor:
                reasons.append(f"there is no product {landing.asin} in that marketplace")
        elif landing.page_id is not None and landing.page_id not in self._cast.pages:
            reasons.append(f"there is no Store page {landing.page_id}")
        return reasons

    def _why_no_credit(self, landing: Landing, tag: Tag, profile: Profile) -> list[str]:
        reasons = []
        if landing.marketplace_id != profile.marketplace.id:
            reasons.append("the page is in another marketplace than the tag's profile")
        if self._seller_of(landing) != profile.account_id:
            reasons.append("the page is of another selling account than the tag's profile")
        owner = self._owner_of_campaign.setdefault(tag.campaign, profile.id)
        if owner != profile.id and not tag.console:
            reasons.append("aa_campaignid is already used by another profile")
        target = landing.target or ""
        if not tag.console and self._page_of_tag.setdefault(tag, target) != target:
            reasons.append("the same tag was first used on another page")
        return reasons

    def _seller_of(self, landing: Landing) -> str | None:
        if landing.asin is not None:
            return self._cast.products[landing.asin].seller_id
        if landing.page_id is not None:
            return self._cast.brands[self._cast.pages[landing.page_id].brand_id].seller_id
        return None
