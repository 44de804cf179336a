"""Shoppers who come by themselves: to the links they are told of, and to console campaigns."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial

import msgspec

from sandbox.agenda import Agenda
from sandbox.amazon.publishers import CONSOLE_PUBLISHER
from sandbox.cast.nouns import Cast, Product, Profile
from sandbox.clock import Clock
from sandbox.shopping.events import Landing, Line, Order, Tag
from sandbox.shopping.journal import Journal, ShoppingError
from sandbox.shopping.landing import Arrival, arrive
from sandbox.switches import Switches

RENEWAL_DAYS = 30
CONSOLE_CAMPAIGN = "Google Adwords 3"
CONSOLE_CLICKS = 6


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many shoppers come to one link, and what they do there. Rates lie between 0 and 1."""

    url: str
    clicks_per_day: float = 8.0
    buy_rate: float = 0.2
    halo_rate: float = 0.3
    """Of the buyers, who add another product of the brand."""
    foreign_rate: float = 0.2
    """Of the buyers, who add another brand's product."""
    subscribe_rate: float = 0.05
    late_rate: float = 0.05
    """Of the orders, which Amazon counts only in a restatement."""
    return_rate: float = 0.1
    cancel_rate: float = 0.02
    days: int | None = None
    """For how long they come; None is without end."""


class Shoppers:
    """Everything here is drawn from the seed, the link and the hour: not from the clock's steps."""

    def __init__(
        self,
        cast: Cast,
        clock: Clock,
        switches: Switches,
        journal: Journal,
        agenda: Agenda,
        seed: int,
    ) -> None:
        self._cast, self._clock, self._switches = cast, clock, switches
        self._journal, self._agenda, self._seed = journal, agenda, seed
        self.crowds: dict[str, Crowd] = {}
        agenda.add(_next_noon(clock.now()), self._console_day)

    def invite(self, wanted: Mapping[str, object]) -> Crowd:
        """Send a crowd to a link, or change the one that goes there."""
        known = {one.name for one in fields(Crowd)}
        if strange := sorted(set(wanted) - known):
            raise ShoppingError(f"a crowd has no {', '.join(strange)}; it has {sorted(known)}")
        url = wanted.get("url")
        if not isinstance(url, str):
            raise ShoppingError("a crowd needs the url it goes to")
        try:
            crowd = msgspec.convert(wanted, Crowd)
        except msgspec.ValidationError as wrong:
            raise ShoppingError(str(wrong)) from None
        if url not in self.crowds:
            hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
            until = None if crowd.days is None else hour + timedelta(days=crowd.days)
            self._agenda.add(hour + timedelta(hours=1), lambda: self._hour(url, until))
        self.crowds[url] = crowd
        return crowd

    def expect_renewals(self, order: Order) -> None:
        """A Subscribe & Save line comes again every thirty days."""
        lines = [line for line in order.lines if line.subscribe_and_save]
        if not lines:
            return

        def renew() -> None:
            again = self._journal.order(order.shopper, lines, order.marketplace_id, renewal=True)
            self.expect_renewals(again)

        self._agenda.add(order.at + timedelta(days=RENEWAL_DAYS), renew)

    def _hour(self, url: str, until: datetime | None) -> None:
        """The shoppers of the coming hour."""
        crowd, now = self.crowds[url], self._clock.now()
        if until is not None and now >= until:
            del self.crowds[url]
            return
        chance = random.Random(f"{self._seed} {url} {now.isoformat()}")
        for place in range(_poisson(chance, crowd.clicks_per_day / 24)):
            shopper = f"{now:%Y%m%d%H}-{place}-{chance.getrandbits(32):08x}"
            at = now + timedelta(seconds=chance.randrange(3600))
            self._agenda.add(at, partial(self._visit, crowd, shopper))
        self._agenda.add(now + timedelta(hours=1), lambda: self._hour(url, until))

    def _visit(self, crowd: Crowd, shopper: str) -> None:
        self._journal.click(crowd.url, shopper)
        chance = random.Random(f"{self._seed} {shopper}")
        if chance.random() < crowd.buy_rate:
            hours = min(chance.expovariate(1 / 18), 400.0)
            self._agenda.add(
                self._clock.now() + timedelta(hours=hours),
                lambda: self._buy(crowd, shopper, chance),
            )

    def _buy(self, crowd: Crowd, shopper: str, chance: random.Random) -> None:
        landing = arrive(crowd.url).landing
        goods = self._cart(crowd, landing, chance)
        if not goods:
            return
        lines = [
            Line(
                product.asin,
                chance.choice((1, 1, 1, 2, 3)),
                product.prices_minor[landing.marketplace_id],
                chance.random() < crowd.subscribe_rate,
            )
            for product in goods
        ]
        days = self._switches.restatement_days
        late = chance.choice(days) if days and chance.random() < crowd.late_rate else None
        order = self._journal.order(shopper, lines, landing.marketplace_id, late_days=late)
        draw = chance.random()
        if draw < crowd.cancel_rate:
            later = timedelta(hours=chance.uniform(1, 20))
            self._agenda.add(self._clock.now() + later, lambda: self._cancel(order))
        elif draw < crowd.cancel_rate + crowd.return_rate:
            line = chance.choice(lines)
            count = chance.randint(1, line.quantity)
            self._agenda.add(
                self._clock.now() + timedelta(days=chance.uniform(3, 34)),
                lambda: self._send_back(order, line.asin, count),
            )

    def _cart(self, crowd: Crowd, landing: Landing, chance: random.Random) -> list[Product]:
        if landing.asin is not None:
            first = self._cast.products.get(landing.asin)
        else:
            page = self._cast.pages.get(landing.page_id or "")
            shown = page.asins if page is not None else ()
            first = self._cast.products[chance.choice(shown)] if shown else None
        if first is None or landing.marketplace_id not in first.prices_minor:
            return []
        cart = [first]
        for rate, own in ((crowd.halo_rate, True), (crowd.foreign_rate, False)):
            others = [
                one
                for one in self._cast.products.values()
                if (one.brand_id == first.brand_id) == own
                and one.asin != first.asin
                and landing.marketplace_id in one.prices_minor
            ]
            if others and chance.random() < rate:
                cart.append(chance.choice(others))
        return cart

    def cancel(self, order: Order, at: datetime | None = None) -> list[str]:
        """Everything of an order that is not yet given back is cancelled."""
        return [
            self._journal.give_back(order.id, line.asin, left, at, cancelled=True).id
            for place, line in enumerate(order.lines)
            if (left := self._journal.units_left(order, place)) > 0
        ]

    def _cancel(self, order: Order) -> None:
        self.cancel(order)

    def _send_back(self, order: Order, asin: str, count: int) -> None:
        place = [line.asin for line in order.lines].index(asin)
        left = self._journal.units_left(order, place)
        if left > 0:
            self._journal.give_back(order.id, asin, min(count, left))

    def _console_day(self) -> None:
        """The campaigns that sellers made in Amazon's console have clicks and sales as well."""
        now = self._clock.now()
        self._agenda.add(_next_noon(now + timedelta(hours=1)), self._console_day)
        if not self._switches.console_campaigns:
            return
        for profile in self._cast.by_advertiser.values():
            goods = [
                one
                for one in self._cast.by_seller.get(profile.account_id, ())
                if profile.marketplace.id in one.prices_minor
            ]
            if goods and profile.id in self._journal.measuring:
                self._console_shoppers(profile, goods[0], now)

    def _console_shoppers(self, profile: Profile, product: Product, now: datetime) -> None:
        tag = Tag(
            profile.advertiser_id or "",
            CONSOLE_PUBLISHER,
            CONSOLE_CAMPAIGN,
            "Search",
            "google ",
            console=True,
        )
        landing = Landing(profile.marketplace.id, asin=product.asin)
        for place in range(CONSOLE_CLICKS):
            shopper = f"console-{profile.id}-{now:%Y%m%d}-{place}"
            self._journal.arrived(Arrival(landing, tag, ()), shopper)
        price = product.prices_minor[profile.marketplace.id]
        self._journal.order(shopper, [Line(product.asin, 1, price)], profile.marketplace.id)


def _next_noon(now: datetime) -> datetime:
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon if noon >= now else noon + timedelta(days=1)


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's way; the means here are small."""
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
