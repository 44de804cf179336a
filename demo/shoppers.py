"""What the shoppers do, and on which day: drawn from a seed, the same every time. Pure.

A day's people click while the clock stands at its beginning. What they buy in the 24 hours after is
told to the world on the next day, with the hour at which it happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from demo.cast import SHOPPING_DAYS, Affiliate, Page, Promotion

SEED = 20260601
_BUYS = 0.4
_LATER = 0.25
"""Of the buyers, who come back another day. After two weeks nobody gets their sale."""
_ANOTHER_OF_THE_BRAND = 0.3
_FOREIGN = 0.25
_SUBSCRIBES = 0.1
_COUNTED_LATE = 0.05
_CANCELS = 0.04
_RETURNS = 0.16
_TOO_LATE_FOR_SETTLEMENT = 0.3
"""Of the returns, which come when the day has settled."""


@dataclass(frozen=True, slots=True)
class Goods:
    """What a brand's shop has: ASINs of its products, of its Store pages, and of other brands."""

    products: tuple[str, ...]
    home: tuple[str, ...]
    shelf: tuple[str, ...]
    foreign: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody follows a link: the affiliate's `link`-th at the brand's store."""

    shopper: str
    affiliate: str
    brand: str
    link: int


@dataclass(frozen=True, slots=True)
class Line:
    asin: str
    quantity: int
    subscribe: bool


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order, `hour` hours after the beginning of its day."""

    shopper: str
    hour: int
    lines: tuple[Line, ...]
    late_days: int | None
    """Amazon counts it only in that restatement."""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Goods of the only order of a shopper come back, or the whole order is cancelled."""

    shopper: str
    asin: str
    quantity: int
    cancels: bool


@dataclass(slots=True)
class Day:
    visits: list[Visit] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    given_back: list[GiveBack] = field(default_factory=list)


def draw(affiliates: Sequence[Affiliate], goods: dict[str, Goods], days: int) -> list[Day]:
    """Everything that shoppers will do, by day."""
    drawn = [Day() for _ in range(days)]
    for affiliate in affiliates:
        for promotion in affiliate.promotions:
            chance = Random(f"{SEED} {affiliate.name} {promotion.brand}")
            _promote(drawn, affiliate, promotion, goods[promotion.brand], chance)
    return drawn


def _promote(
    days: list[Day], affiliate: Affiliate, promotion: Promotion, goods: Goods, chance: Random
) -> None:
    links = range(len(promotion.links))
    shares = [link.share for link in promotion.links]
    for day in promotion.click_days:
        for place in range(promotion.shoppers):
            (link,) = chance.choices(links, shares)
            shopper = f"{affiliate.name.split()[0].lower()}-{promotion.brand}-{day}-{place}"
            days[day].visits.append(Visit(shopper, affiliate.name, promotion.brand, link))
            # The first to come always buys, so that somebody below the threshold has a sale too.
            if chance.random() < _BUYS or (day == promotion.first_day and place == 0):
                cart = _cart(promotion, link, goods, chance)
                _shop(days, day, shopper, cart, chance)


def _cart(promotion: Promotion, link: int, goods: Goods, chance: Random) -> tuple[Line, ...]:
    shown = promotion.links[link]
    match shown.page:
        case Page.HOME:
            first = chance.choice(goods.home)
        case Page.SHELF:
            first = chance.choice(goods.shelf)
        case _:
            first = goods.products[shown.product]
    asins = [first]
    if chance.random() < _ANOTHER_OF_THE_BRAND:
        asins.append(chance.choice([one for one in goods.products if one != first]))
    if chance.random() < _FOREIGN:
        asins.append(chance.choice(goods.foreign))
    return tuple(
        Line(asin, chance.choice((1, 1, 1, 2, 3)), chance.random() < _SUBSCRIBES) for asin in asins
    )


def _shop(days: list[Day], day: int, shopper: str, cart: tuple[Line, ...], chance: Random) -> None:
    bought = day + (chance.randint(1, 16) if chance.random() < _LATER else 0)
    if bought >= SHOPPING_DAYS:
        return
    late = chance.choice((1, 7)) if chance.random() < _COUNTED_LATE else None
    days[bought].purchases.append(Purchase(shopper, chance.randint(1, 23), cart, late))
    fate = chance.random()
    line = chance.choice(cart)
    if fate < _CANCELS:
        days[bought + 1].given_back.append(GiveBack(shopper, line.asin, 0, True))
    elif fate < _CANCELS + _RETURNS:
        early = chance.random() >= _TOO_LATE_FOR_SETTLEMENT
        wait = chance.randint(3, 25) if early else chance.randint(32, 35)
        back = line if early else cart[0]
        if bought + wait < len(days):
            count = chance.randint(1, back.quantity)
            days[bought + wait].given_back.append(GiveBack(shopper, back.asin, count, False))
