"""Money: whole minor units (cents) and the currency that says how many make one.

A commission is rounded here and nowhere else, half to even, so that a long row of roundings leans
to neither side. No float ever holds money.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.errors import InvalidInput, Refusal, excerpt

BASIS_POINTS: Final = 10_000
"""A rate of 10,000 basis points is 100 percent."""

# ISO 4217 as of 2026. A currency that is not here is refused, never guessed at two decimals.
_CODES_BY_EXPONENT: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS: Final = {
    code: exponent for exponent, codes in _CODES_BY_EXPONENT.items() for code in codes.split()
}

# PostgreSQL's bigint is where every amount ends up.
_LARGEST_MINOR: Final = 2**63 - 1
_PLAIN_DECIMAL: Final = re.compile(r"([+-]?)(\d{1,30})(?:\.(\d{1,30}))?", re.ASCII)


@dataclass(eq=False)
class UnknownCurrency(Refusal):
    currency: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.currency)}" is not a currency that is known here. '
            "Use a three-letter ISO 4217 code such as USD."
        )


def exponent(currency: str) -> int:
    """How many decimals the currency has: USD 2, JPY 0, KWD 3. Raises UnknownCurrency."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def commission_minor(sales_minor: int, rate_bp: int) -> int:
    """The commission on sales at a rate in basis points, half to even; negative sales allowed."""
    whole, rest = divmod(sales_minor * rate_bp, BASIS_POINTS)
    above_half = 2 * rest > BASIS_POINTS
    at_half = 2 * rest == BASIS_POINTS
    return whole + 1 if above_half or (at_half and whole % 2 == 1) else whole


def rate_bp(field: str, percent: Decimal) -> int:
    """A rate that a person gave in percent, as basis points, exactly: 12.5 is 1,250.

    Raises InvalidInput, naming the field, outside of 0 to 100 or with more than two decimals.
    """
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise InvalidInput(field, f"{excerpt(str(percent))} is no rate. Use 0 to 100 percent.")
    rounded = percent.quantize(Decimal("0.01"))
    if rounded != percent:
        raise InvalidInput(
            field, f"{excerpt(str(percent))} is too fine. Use two decimals at most, such as 12.50."
        )
    return int(rounded * 100)


def decimal_text(amount_minor: int, currency: str) -> str:
    """Minor units as a plain decimal: 123456 USD is "1234.56", -5 KWD is "-0.005"."""
    decimals = exponent(currency)
    sign = "-" if amount_minor < 0 else ""
    digits = str(abs(amount_minor)).rjust(decimals + 1, "0")
    return sign + (digits if decimals == 0 else f"{digits[:-decimals]}.{digits[-decimals:]}")


def minor_units(text: str, currency: str) -> int:
    """A decimal that a person or a program wrote, as minor units, exactly.

    Raises InvalidInput when it is no plain decimal, finer than the currency, or more than the
    database can keep: an amount that somebody states is never rounded.
    """
    decimals = exponent(currency)
    written = _PLAIN_DECIMAL.fullmatch(text.strip())
    if written is None:
        raise InvalidInput("amount", f'"{excerpt(text)}" is not a decimal such as 12.50.')
    sign, whole, fraction = written.group(1), written.group(2), written.group(3) or ""
    if fraction[decimals:].strip("0"):
        raise InvalidInput(
            "amount", f"{excerpt(text)} is finer than {currency}, which has {decimals} decimals."
        )
    minor = int(whole + fraction[:decimals].ljust(decimals, "0"))
    if minor > _LARGEST_MINOR:
        raise InvalidInput("amount", f"{excerpt(text)} is more than can be kept.")
    return -minor if sign == "-" else minor
