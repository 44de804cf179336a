"""The figures as Amazon's reports have them, kept up to date while events happen.

An event becomes changes that wait until Amazon would count them. Because the clock never goes
back, a report is then a plain reading of the cells.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sandbox.cast.nouns import Cast, Product, Profile
from sandbox.reporting.calendar import (
    ATTRIBUTION_WINDOW,
    order_counts_at,
    return_counts_at,
    zone_of,
)
from sandbox.shopping.events import Click, Event, Order, Return, Tag
from sandbox.switches import Switches

LEVELS = ("CAMPAIGN", "ADGROUP", "CREATIVE")

Group = tuple[str, ...]
"""CAMPAIGN: campaign. ADGROUP: campaign, ad group, publisher. CREATIVE: the same with the creative
in third place, the publisher last."""

ProductKey = tuple[str, str, str, str, bool]
"""Campaign, ad group, publisher, ASIN, and whether it is brand halo."""

FIELDS = ("clicks", "views", "carts", "purchases", "units", "sales")
CELL_WIDTH = 12
"""Clicks, five promoted figures, the five totals, and the bonus in ten-thousandths of a cent."""
PRODUCT_WIDTH = 8
"""Views, carts, purchases, units, sales, and the last three of new customers."""

DAYS_OF_A_NEW_CUSTOMER = 365


@dataclass(slots=True)
class Change:
    """What an event adds to one day of one tag, or takes from it."""

    profile_id: str
    tag: Tag
    day: date
    asin: str | None = None
    halo: bool = False
    new_customer: bool = False
    clicks: int = 0
    views: int = 0
    carts: int = 0
    purchases: int = 0
    units: int = 0
    sales: int = 0
    bonus: int = 0


@dataclass(slots=True)
class Sheet:
    """The cells of one profile."""

    days: dict[str, dict[Group, dict[date, list[int]]]] = field(
        default_factory=lambda: {level: defaultdict(dict) for level in LEVELS}
    )
    lifetime: dict[str, dict[Group, int]] = field(
        default_factory=lambda: {level: defaultdict(int) for level in LEVELS}
    )
    products: dict[ProductKey, dict[date, list[int]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    version: int = 0


@dataclass(slots=True)
class _Sold:
    """A line that a tag took, kept for its returns."""

    change: Change
    counted: datetime
    left: int
    price: int
    unit_bonus: int


class Ledger:
    """Listens to the journal; answers with the sheet of a profile at a moment."""

    def __init__(self, cast: Cast, switches: Switches) -> None:
        self._cast, self._switches = cast, switches
        self._sheets: dict[str, Sheet] = defaultdict(Sheet)
        self._waiting: list[tuple[datetime, int, Change]] = []
        self._count = 0
        self._clicks: dict[tuple[str, str], list[Click]] = defaultdict(list)
        self._linked: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._linked_brands: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._sold: dict[tuple[str, int], _Sold] = {}
        self._bought: dict[tuple[str, str], datetime] = {}

    def hear(self, event: Event) -> None:
        if isinstance(event, Click):
            self._hear_click(event)
        elif isinstance(event, Order):
            self._hear_order(event)
        else:
            self._hear_return(event)

    def sheet(self, profile_id: str, now: datetime) -> Sheet:
        """The cells of a profile with everything counted that is due by `now`."""
        while self._waiting and self._waiting[0][0] <= now:
            self._apply(heapq.heappop(self._waiting)[2])
        return self._sheets[profile_id]

    def _wait(self, counts_at: datetime, change: Change) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (counts_at, self._count, change))

    def _hear_click(self, click: Click) -> None:
        if not click.measured or click.tag is None or click.profile_id is None:
            return
        profile = self._cast.profiles[click.profile_id]
        self._clicks[click.shopper, profile.id].append(click)
        day = click.at.astimezone(zone_of(profile.marketplace, self._switches)).date()
        delay = timedelta(hours=self._switches.click_delay_hours)
        self._wait(
            max(click.at + delay, click.recorded_at), Change(profile.id, click.tag, day, clicks=1)
        )
        if not click.credits:
            return
        campaign = (profile.id, click.tag.campaign)
        for asin in self._shown_on(click):
            self._linked[campaign].add(asin)
            self._linked_brands[campaign].add(self._cast.products[asin].brand_id)
        if click.landing.asin is not None:
            delay = timedelta(hours=self._switches.conversion_delay_hours)
            self._wait(
                max(click.at + delay, click.recorded_at),
                Change(profile.id, click.tag, day, asin=click.landing.asin, views=1),
            )

    def _shown_on(self, click: Click) -> tuple[str, ...]:
        """The products a click associates with its campaign."""
        if click.landing.asin is not None:
            return self._cast.by_family[self._cast.products[click.landing.asin].family]
        return self._cast.pages[click.landing.page_id or ""].asins

    def _hear_order(self, order: Order) -> None:
        new = {line.asin: self._is_new_customer(order, line.asin) for line in order.lines}
        for line in order.lines:
            self._bought[order.shopper, self._cast.products[line.asin].brand_id] = order.at
        if order.renewal:
            return
        for place, line in enumerate(order.lines):
            product = self._cast.products[line.asin]
            taken = self._taken_by(order, product)
            if taken is None:
                continue
            profile, tag, halo = taken
            zone = zone_of(profile.marketplace, self._switches)
            unit_bonus = self._unit_bonus(profile, product, line.price_minor)
            change = Change(
                profile.id,
                tag,
                order.at.astimezone(zone).date(),
                asin=product.asin,
                halo=halo,
                new_customer=new[product.asin],
                views=1 if halo else 0,
                carts=1,
                purchases=1,
                units=line.quantity,
                sales=line.quantity * line.price_minor,
                bonus=line.quantity * unit_bonus,
            )
            counted = order_counts_at(
                order.at, order.recorded_at, order.late_days, zone, self._switches
            )
            self._wait(counted, change)
            self._sold[order.id, place] = _Sold(
                change, counted, line.quantity, line.price_minor, unit_bonus
            )

    def _is_new_customer(self, order: Order, asin: str) -> bool:
        last = self._bought.get((order.shopper, self._cast.products[asin].brand_id))
        return last is None or order.at - last > timedelta(days=DAYS_OF_A_NEW_CUSTOMER)

    def _taken_by(self, order: Order, product: Product) -> tuple[Profile, Tag, bool] | None:
        """The profile and tag that take a line, and whether as brand halo."""
        if product.seller_id is None:
            return None
        profile = self._cast.measuring_profile(product.seller_id, order.marketplace_id)
        if profile is None:
            return None
        clicks = self._clicks.get((order.shopper, profile.id), [])
        place = bisect_right(clicks, order.at, key=lambda click: click.at)
        if place == 0:
            return None
        last = clicks[place - 1]
        if order.at - last.at > ATTRIBUTION_WINDOW or not last.credits or last.tag is None:
            return None
        campaign = (profile.id, last.tag.campaign)
        if product.asin in self._linked[campaign]:
            return profile, last.tag, False
        if product.brand_id in self._linked_brands[campaign]:
            return profile, last.tag, True
        return None

    def _unit_bonus(self, profile: Profile, product: Product, price_minor: int) -> int:
        seller = self._cast.sellers.get(profile.account_id)
        if seller is None or not seller.bonus_enrolled or profile.marketplace.country != "US":
            return 0
        return product.category.bonus_of_unit(price_minor)

    def _hear_return(self, event: Return) -> None:
        sold = self._sold.get((event.order_id, event.line))
        if sold is None:
            return
        profile = self._cast.profiles[sold.change.profile_id]
        zone = zone_of(profile.marketplace, self._switches)
        counts_at = return_counts_at(
            event.recorded_at, sold.change.day, sold.counted, zone, self._switches
        )
        sold.left -= event.quantity
        if counts_at is None:
            return
        self._wait(
            counts_at,
            Change(
                profile.id,
                sold.change.tag,
                sold.change.day,
                asin=sold.change.asin,
                halo=sold.change.halo,
                new_customer=sold.change.new_customer,
                purchases=-1 if sold.left == 0 else 0,
                units=-event.quantity,
                sales=-event.quantity * sold.price,
                bonus=-event.quantity * sold.unit_bonus,
            ),
        )

    def _apply(self, change: Change) -> None:
        sheet = self._sheets[change.profile_id]
        sheet.version += 1
        tag = change.tag
        groups: tuple[Group, ...] = (
            (tag.campaign,),
            (tag.campaign, tag.adgroup, tag.publisher),
            (tag.campaign, tag.adgroup, tag.creative, tag.publisher),
        )
        figures = (change.views, change.carts, change.purchases, change.units, change.sales)
        for level, group in zip(LEVELS, groups, strict=True):
            cell = sheet.days[level][group].setdefault(change.day, [0] * CELL_WIDTH)
            cell[0] += change.clicks
            sheet.lifetime[level][group] += change.clicks
            for place, figure in enumerate(figures):
                if not change.halo:
                    cell[1 + place] += figure
                cell[6 + place] += figure
            cell[11] += change.bonus
        if change.asin is not None:
            key = (tag.campaign, tag.adgroup, tag.publisher, change.asin, change.halo)
            row = sheet.products[key].setdefault(change.day, [0] * PRODUCT_WIDTH)
            for place, figure in enumerate(figures):
                row[place] += figure
            if change.new_customer:
                for place, figure in enumerate(figures[2:]):
                    row[5 + place] += figure
