"""Amazon's marketplaces, as data.

The ids are Amazon's. The time zone is the one in which Amazon reports a marketplace's days unless
the seller's own profile states another; the profile wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Region(StrEnum):
    """Which of Amazon's regional API hosts answers for a marketplace."""

    NORTH_AMERICA = "NA"
    EUROPE = "EU"
    FAR_EAST = "FE"


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon shop of one country.

    `country` is spelled as in Amazon's advertising profiles (UK, not GB); `domain` has no "www".
    """

    id: str
    country: str
    domain: str
    currency: str
    time_zone: str
    region: Region


_NA, _EU, _FE = Region.NORTH_AMERICA, Region.EUROPE, Region.FAR_EAST

MARKETPLACES: Final = (
    Marketplace("ATVPDKIKX0DER", "US", "amazon.com", "USD", "America/Los_Angeles", _NA),
    Marketplace("A2EUQ1WTGCTBG2", "CA", "amazon.ca", "CAD", "America/Los_Angeles", _NA),
    Marketplace("A1AM78C64UM0Y8", "MX", "amazon.com.mx", "MXN", "America/Los_Angeles", _NA),
    Marketplace("A2Q3Y263D00KWC", "BR", "amazon.com.br", "BRL", "America/Sao_Paulo", _NA),
    Marketplace("A1F83G8C2ARO7P", "UK", "amazon.co.uk", "GBP", "Europe/London", _EU),
    Marketplace("A1PA6795UKMFR9", "DE", "amazon.de", "EUR", "Europe/Paris", _EU),
    Marketplace("A13V1IB3VIYZZH", "FR", "amazon.fr", "EUR", "Europe/Paris", _EU),
    Marketplace("APJ6JRA9NG5V4", "IT", "amazon.it", "EUR", "Europe/Paris", _EU),
    Marketplace("A1RKKUPIHCS9HS", "ES", "amazon.es", "EUR", "Europe/Paris", _EU),
    Marketplace("A1805IZSGTT6HS", "NL", "amazon.nl", "EUR", "Europe/Paris", _EU),
    Marketplace("A2NODRKZP88ZB9", "SE", "amazon.se", "SEK", "Europe/Stockholm", _EU),
    Marketplace("A1C3SOZRARQ6R3", "PL", "amazon.pl", "PLN", "Europe/Warsaw", _EU),
    Marketplace("AMEN7PMS3EDWL", "BE", "amazon.com.be", "EUR", "Europe/Brussels", _EU),
    Marketplace("A28R8C7NBKEWEA", "IE", "amazon.ie", "EUR", "Europe/Dublin", _EU),
    Marketplace("A33AVAJ2PDY3EV", "TR", "amazon.com.tr", "TRY", "Europe/Istanbul", _EU),
    Marketplace("A2VIGQ35RCS4UG", "AE", "amazon.ae", "AED", "Asia/Dubai", _EU),
    Marketplace("A17E79C6D8DWNP", "SA", "amazon.sa", "SAR", "Asia/Riyadh", _EU),
    Marketplace("A21TJRUUN4KGV", "IN", "amazon.in", "INR", "Asia/Kolkata", _EU),
    Marketplace("A1VC38T7YXB528", "JP", "amazon.co.jp", "JPY", "Asia/Tokyo", _FE),
    Marketplace("A39IBJ37TRP1C6", "AU", "amazon.com.au", "AUD", "Australia/Sydney", _FE),
    Marketplace("A19VAU5U5O7RUS", "SG", "amazon.sg", "SGD", "Asia/Singapore", _FE),
)

_BY_ID: Final = {marketplace.id: marketplace for marketplace in MARKETPLACES}


def by_id(marketplace_id: str) -> Marketplace | None:
    """The marketplace of Amazon's id, or None when it is not one that is known here."""
    return _BY_ID.get(marketplace_id)


def by_host(host: str) -> Marketplace | None:
    """The marketplace that a lower-case host name belongs to, as itself or as a subdomain."""
    for marketplace in MARKETPLACES:
        if host == marketplace.domain or host.endswith(f".{marketplace.domain}"):
            return marketplace
    return None
