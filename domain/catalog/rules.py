"""Which store may be connected, and why another may not. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.catalog import marketplaces
from domain.errors import InvalidInput, Refusal, excerpt

LONGEST_NAME: Final = 200
RUN_VALID: Final = timedelta(days=1)
"""What was listed longer ago is no news of a store's products."""

LONGEST_HOST: Final = 253
# The last part is a word, so that no IP address is a host's name.
_HOST: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])"
)
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]*)*")


@dataclass(frozen=True, slots=True)
class Profile:
    """One of Amazon's advertising profiles and the seller account that it was found under."""

    id: UUID
    seller_account_id: UUID
    pinned_merchant_id: str | None
    """The seller that the seller account is, once that is known."""
    merchant_id: str
    name: str
    kind: str
    attribution: str
    marketplace_id: str
    country: str
    currency: str
    time_zone: str
    consent_stands: bool
    """Whether Amazon still honours the consent that the profile was found by."""
    measures: bool
    """Whether the tag call has been made."""


@dataclass(eq=False)
class VendorCentral(Refusal):
    profile: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.profile)}" is a Vendor Central account. Only Seller Central accounts '
            "can be connected; choose a profile of one."
        )


@dataclass(eq=False)
class AgencyProfile(Refusal):
    profile: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.profile)}" is an agency\'s profile and sells nothing itself. Connect '
            "the profile of the seller that the agency works for."
        )


@dataclass(eq=False)
class WrongMarketplace(Refusal):
    country: str
    open_countries: tuple[str, ...]

    @property
    def message(self) -> str:
        return (
            f"The store is in Amazon's marketplace {excerpt(self.country)}. At this time only "
            f"stores in {', '.join(self.open_countries)} can be connected."
        )


@dataclass(eq=False)
class NotInBrandRegistry(Refusal):
    profile: str

    @property
    def message(self) -> str:
        return (
            f'The brand of "{excerpt(self.profile)}" must be in Amazon Brand Registry. Amazon says '
            "that this profile is not eligible for Amazon Attribution, which it is for brands in "
            "Brand Registry; an eligible profile is the evidence that is asked for. Enrol the "
            "brand at brandservices.amazon.com, then connect again."
        )


@dataclass(eq=False)
class EligibilityUnknown(Refusal):
    profile: str

    @property
    def message(self) -> str:
        return (
            f'Amazon has not said yet whether "{excerpt(self.profile)}" may use Amazon '
            "Attribution. Try again in a few minutes."
        )


@dataclass(eq=False)
class ConsentNeeded(Refusal):
    @property
    def message(self) -> str:
        return (
            "Amazon does not honour the seller's consent for advertising any more. Connect the "
            "seller account to Amazon Ads again, then the store."
        )


@dataclass(eq=False)
class OtherMerchant(Refusal):
    """A seller account stands for one seller; a consent may open profiles of others too."""

    profile: str
    merchant_id: str
    pinned_merchant_id: str

    @property
    def message(self) -> str:
        return (
            f'"{excerpt(self.profile)}" belongs to the seller {excerpt(self.merchant_id)}, and '
            f"this seller account is the seller {excerpt(self.pinned_merchant_id)}. Add a seller "
            "account for the other one and connect the store there."
        )


@dataclass(eq=False)
class StoreExists(Refusal):
    brand: str
    where: str
    disconnected: bool

    @property
    def message(self) -> str:
        there = f"{excerpt(self.brand)} has a store at {excerpt(self.where)} already"
        if self.disconnected:
            return f"{there}, which is disconnected. Reconnect it; its history is kept."
        return f"{there}. A brand has one store in a marketplace."


@dataclass(eq=False)
class NothingToFetch(Refusal):
    """Amazon is not asked about this store."""

    own_shop: bool

    @property
    def message(self) -> str:
        if self.own_shop:
            return (
                "This store is the brand's own shop, and products and reports are fetched from "
                "Amazon only. Choose an Amazon store."
            )
        return (
            "The store is disconnected, so nothing is fetched for it; what is open still settles. "
            "Reconnect it first."
        )


def check_amazon(profile: Profile, open_marketplace_ids: Collection[str]) -> None:
    """Raise the first reason why a store of this profile can't be connected (S4, S5, S6)."""
    if profile.kind == "VENDOR":
        raise VendorCentral(profile.name)
    if profile.kind == "AGENCY":
        raise AgencyProfile(profile.name)
    if profile.marketplace_id not in open_marketplace_ids:
        known = (marketplaces.by_id(id) for id in sorted(open_marketplace_ids))
        raise WrongMarketplace(profile.country, tuple(one.country for one in known if one))
    if profile.attribution == "NOT_ELIGIBLE":
        raise NotInBrandRegistry(profile.name)
    if profile.attribution != "ELIGIBLE":
        raise EligibilityUnknown(profile.name)
    if not profile.consent_stands:
        raise ConsentNeeded
    if profile.pinned_merchant_id not in (None, profile.merchant_id):
        raise OtherMerchant(profile.name, profile.merchant_id, profile.pinned_merchant_id)


def clean_name(field: str, text: str) -> str:
    """A brand's or a store's name as it is kept. Raises InvalidInput."""
    name = " ".join(text.split())
    if not name.isprintable() or not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(field, f"A name has 1 to {LONGEST_NAME} characters.")
    return name


def shop_url(text: str) -> str:
    """The address of a brand's own shop: https, a public name, no query. Raises InvalidInput."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        raise InvalidInput("url", "Write the shop's address like https://shop.example.") from None
    if parts.scheme != "https":
        raise InvalidInput("url", "The shop's address must begin with https://.")
    host = (parts.netloc or "").lower()
    if not is_public_host(host):
        raise InvalidInput(
            "url", "The shop's address needs a host name such as shop.example, without a port."
        )
    if marketplaces.by_host(host) is not None:
        raise InvalidInput("url", "This is a store on Amazon; connect it through Amazon instead.")
    if parts.query or parts.fragment or _PATH.fullmatch(parts.path) is None:
        raise InvalidInput("url", "Leave out what follows the path: no ?, no # and no blanks.")
    return f"https://{host}{parts.path.rstrip('/')}"


def is_public_host(host: str) -> bool:
    """Whether it is a name as those of the public internet are: no IP address, port or user."""
    return len(host) <= LONGEST_HOST and _HOST.fullmatch(host) is not None


def known_time_zone(text: str) -> str:
    """Raises InvalidInput for what is no name of the IANA time zone database."""
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        raise InvalidInput(
            "timeZone", f'"{excerpt(text)}" is no time zone. Write it like America/New_York.'
        ) from None
