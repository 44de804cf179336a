"""Amazon's figures as whole numbers: counts, and money in minor units.

Amazon writes every metric of a report as text, money with the noise of binary fractions
(`"191.95999999999998"`). Nothing here ever holds such a figure as a float: text becomes a
Decimal, and a Decimal becomes an integer of minor units by Python's `round`, which goes half to
even and is the only rounding here.
"""

import re
from decimal import Context, Decimal
from functools import lru_cache

from domain.money import exponent

LARGEST = 10**15
"""No day of one affiliate comes near it, and sums of thousands of them still fit a bigint."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,32}(\.[0-9]{0,64})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_EXACT = Context(prec=200)  # wide enough to shift any figure without rounding it


class UnusableFigure(ValueError):
    """A metric is not a figure that we may use; the message says what it is instead."""


@lru_cache(maxsize=65_536, typed=True)
def count(value: object) -> int | None:
    """Read clicks, units and other whole numbers: `"3"` and `"3.0"` are 3, absent stays None.

    Answers are remembered, because a report repeats the same few counts again and again:
    by type too, since true is no count although Python holds it equal to 1.
    """
    if isinstance(value, str) and len(value) < 16 and value.isascii() and value.isdigit():
        return int(value)
    if value is None:
        return None
    number = _decimal(value)
    if number != number.to_integral_value():
        raise UnusableFigure(f"{_shown(value)} is not a whole number")
    return _bounded(int(number), value)


def minor(value: object, currency: str) -> int | None:
    """Read money: `"14.280000000000001"` USD is 1428, absent stays None."""
    if value is None:
        return None
    decimals = exponent(currency)
    if isinstance(value, str) and len(value) < 24 and value.isascii():
        whole, _, fraction = value.partition(".")
        if whole.isdigit() and len(whole) < 13 and (not fraction or fraction.isdigit()):
            if len(fraction) <= decimals:
                return int(whole + fraction.ljust(decimals, "0"))
            return round(_EXACT.scaleb(Decimal(value), decimals))
    return _bounded(round(_EXACT.scaleb(_decimal(value), decimals)), value)


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UnusableFigure(f"{_shown(value)} is not a number")
    text = str(value) if isinstance(value, str) or abs(value) <= LARGEST else "too large"
    if _NUMBER.fullmatch(text) is None:
        raise UnusableFigure(f"{_shown(value)} is not a number")
    number = Decimal(text)
    if number.adjusted() > 15:
        raise UnusableFigure(f"{_shown(value)} is larger than any day's figure can be")
    return number


def _bounded(number: int, value: object) -> int:
    if number < 0:
        raise UnusableFigure(f"{_shown(value)} is negative")
    if number > LARGEST:
        raise UnusableFigure(f"{_shown(value)} is larger than any day's figure can be")
    return number


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."
