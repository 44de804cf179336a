"""Amazon's marketplaces: ids, time zones, currencies and the region that serves each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

Region = Literal["na", "eu", "fe"]


@dataclass(frozen=True, slots=True)
class Marketplace:
    id: str
    country: str
    """The code of the selling API; the advertising API writes GB as UK."""
    name: str
    domain: str
    region: Region
    timezone: str
    currency: str
    language: str
    exponent: int = 2
    """Digits after the currency's decimal point."""

    @property
    def advertising_country(self) -> str:
        return "UK" if self.country == "GB" else self.country

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


_PACIFIC = "America/Los_Angeles"
_PARIS = "Europe/Paris"

ALL = (
    Marketplace(
        "ATVPDKIKX0DER", "US", "Amazon.com", "www.amazon.com", "na", _PACIFIC, "USD", "en_US"
    ),
    Marketplace(
        "A2EUQ1WTGCTBG2", "CA", "Amazon.ca", "www.amazon.ca", "na", _PACIFIC, "CAD", "en_CA"
    ),
    Marketplace(
        "A1AM78C64UM0Y8", "MX", "Amazon.com.mx", "www.amazon.com.mx", "na", _PACIFIC, "MXN", "es_MX"
    ),
    Marketplace(
        "A1F83G8C2ARO7P",
        "GB",
        "Amazon.co.uk",
        "www.amazon.co.uk",
        "eu",
        "Europe/London",
        "GBP",
        "en_GB",
    ),
    Marketplace("A1PA6795UKMFR9", "DE", "Amazon.de", "www.amazon.de", "eu", _PARIS, "EUR", "de_DE"),
    Marketplace("A13V1IB3VIYZZH", "FR", "Amazon.fr", "www.amazon.fr", "eu", _PARIS, "EUR", "fr_FR"),
    Marketplace("A1RKKUPIHCS9HS", "ES", "Amazon.es", "www.amazon.es", "eu", _PARIS, "EUR", "es_ES"),
    Marketplace("APJ6JRA9NG5V4", "IT", "Amazon.it", "www.amazon.it", "eu", _PARIS, "EUR", "it_IT"),
    Marketplace("A1805IZSGTT6HS", "NL", "Amazon.nl", "www.amazon.nl", "eu", _PARIS, "EUR", "nl_NL"),
    Marketplace(
        "A1VC38T7YXB528",
        "JP",
        "Amazon.co.jp",
        "www.amazon.co.jp",
        "fe",
        "Asia/Tokyo",
        "JPY",
        "ja_JP",
        exponent=0,
    ),
)

BY_ID = {one.id: one for one in ALL}
BY_COUNTRY = {one.country: one for one in ALL}
US = BY_COUNTRY["US"]


def by_host(host: str) -> Marketplace | None:
    """The marketplace of a shop front's host name; `www.`, `smile.` and `m.` are the same shop."""
    bare = host.lower().split(":")[0]
    for prefix in ("www.", "smile.", "m."):
        bare = bare.removeprefix(prefix)
    return next((one for one in ALL if one.domain == f"www.{bare}"), None)
