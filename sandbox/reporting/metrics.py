"""The metrics of Attribution reports: their names, where they are found, and how they are written.

Every metric is text. Money is written as the live API writes it: a double that nobody rounded.
"""

from __future__ import annotations

import math

BONUS = "brb_bonus_amount"

PERFORMANCE: dict[str, int] = {
    "Click-throughs": 0,
    "attributedDetailPageViewsClicks14d": 1,
    "attributedAddToCartClicks14d": 2,
    "attributedPurchases14d": 3,
    "unitsSold14d": 4,
    "attributedSales14d": 5,
    "attributedTotalDetailPageViewsClicks14d": 6,
    "attributedTotalAddToCartClicks14d": 7,
    "attributedTotalPurchases14d": 8,
    "totalUnitsSold14d": 9,
    "totalAttributedSales14d": 10,
}
"""Metric to its place in a cell of the ledger."""

TOTALS = tuple(PERFORMANCE)[6:]

KINDLE = ("kindleEditionNormalizedPagesRead14d", "kindleEditionNormalizedPagesRoyalties14d")

PROMOTED_PRODUCT: dict[str, int] = {
    "attributedDetailPageViewsClicks14d": 0,
    "attributedAddToCartClicks14d": 1,
    "attributedPurchases14d": 2,
    "unitsSold14d": 3,
    "attributedSales14d": 4,
    "attributedNewToBrandPurchases14d": 5,
    "attributedNewToBrandUnitsSold14d": 6,
    "attributedNewToBrandSales14d": 7,
}
HALO_PRODUCT: dict[str, int] = {
    "brandHaloDetailPageViewsClicks14d": 0,
    "brandHaloAttributedAddToCartClicks14d": 1,
    "brandHaloAttributedPurchases14d": 2,
    "brandHaloUnitsSold14d": 3,
    "brandHaloAttributedSales14d": 4,
    "brandHaloNewToBrandPurchases14d": 5,
    "brandHaloNewToBrandUnitsSold14d": 6,
    "brandHaloNewToBrandSales14d": 7,
}
PRODUCTS = (*PROMOTED_PRODUCT, *HALO_PRODUCT)

_MONEY_PLACES = frozenset({5, 10})
_PRODUCT_MONEY_PLACES = frozenset({4, 7})


def money(minor: int, exponent: int, noise: bool) -> str:
    """An amount as text. With noise two amounts of three are off by the last bit of a double,
    as sums of doubles are; rounded to the currency they are exact."""
    if minor == 0:
        return "0"
    value = minor / 10**exponent
    if noise and minor % 3 == 1:
        value = math.nextafter(value, math.inf)
    elif noise and minor % 3 == 2:
        value = math.nextafter(value, 0.0)
    return repr(value)


def performance_text(name: str, cell: list[int], exponent: int, noise: bool) -> str:
    place = PERFORMANCE[name]
    if place in _MONEY_PLACES:
        return money(cell[place], exponent, noise)
    return str(cell[place])


def bonus_text(cell: list[int], exponent: int) -> str:
    """The estimated bonus, with all the digits the rate gives it."""
    return "0" if cell[11] == 0 else repr(cell[11] / 10 ** (exponent + 4))


def product_text(name: str, row: list[int], halo: bool, exponent: int, noise: bool) -> str:
    """A metric of the other kind of product is zero."""
    place = (HALO_PRODUCT if halo else PROMOTED_PRODUCT).get(name)
    if place is None:
        return "0"
    if place in _PRODUCT_MONEY_PLACES:
        return money(row[place], exponent, noise)
    return str(row[place])
