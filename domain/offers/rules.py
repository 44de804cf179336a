"""Offers: what a store pays its affiliates, and since when.

An offer belongs to one store. Its terms are dated versions: a day's sales are paid by the version
in force on that day, so an edit reaches today and later days and never a past one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal
from domain.money import BASIS_POINTS
from domain.offers.incompatibility import (
    AMAZON_COOKIE_DAYS,
    IncompatibleWithAmazon,
    Setting,
)

LONGEST_COOKIE_DAYS: Final = 365


class Channel(StrEnum):
    """Where a store sells: on Amazon, or direct to consumers in a shop of the brand's own."""

    AMAZON = "AMAZON"
    DTC = "DTC"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is paid, and for which sales. Rates are basis points of the sale, 10,000 = 100%.

    Only `rate_bp` and a cookie period of 14 days exist on Amazon; the rest is for DTC.
    """

    rate_bp: int
    cookie_days: int = AMAZON_COOKIE_DAYS
    fixed_per_order_minor: int = 0
    sku_rates_bp: Mapping[str, int] = field(default_factory=dict)
    excluded_skus: Collection[str] = ()
    new_customer_rate_bp: int | None = None
    returning_customer_rate_bp: int | None = None
    trigger_emails: Collection[str] = ()
    trigger_coupons: Collection[str] = ()
    trigger_skus: Collection[str] = ()
    tracks_subscriptions: bool = False
    stated_currency: str | None = None
    """In which `fixed_per_order_minor` was stated; None for the store's own. It is not kept."""


@dataclass(frozen=True, slots=True)
class Version:
    """Terms from a day on, until the next version starts. The day is one of the store's zone."""

    starts_on: date
    terms: Terms


@dataclass(eq=False)
class OneStorePerOffer(Refusal):
    offer_store_id: UUID
    other_store_id: UUID

    @property
    def message(self) -> str:
        return (
            "This offer belongs to another store. An offer serves exactly one store, so that a "
            "brand's Amazon store and its own shop each have terms that fit: create a separate "
            "offer for this store."
        )


@dataclass(eq=False)
class StartsInThePast(Refusal):
    starts_on: date
    today: date

    @property
    def message(self) -> str:
        return (
            f"The terms cannot start on {self.starts_on}: today is {self.today} at the store, and "
            "sales of past days keep the terms of their day. Choose today or a later day."
        )


def check_store(offer_store_id: UUID, store_id: UUID) -> None:
    """An offer serves exactly one store (S19). Raises OneStorePerOffer."""
    if offer_store_id != store_id:
        raise OneStorePerOffer(offer_store_id, store_id)


def check_terms(channel: Channel, terms: Terms) -> None:
    """Whether a store of this channel can offer these terms.

    Raises IncompatibleWithAmazon with all settings that Amazon's data cannot carry (S22-S30, S62,
    S63), or InvalidInput for the first figure that makes no sense anywhere.
    """
    if channel is Channel.AMAZON:
        unfit = tuple(setting for setting, used in _beyond_amazon(terms).items() if used)
        if unfit:
            raise IncompatibleWithAmazon(unfit)
    _check_figures(terms)


def check_currency(currency: str, terms: Terms) -> None:
    """Whether the terms' money is in the store's currency. Raises InvalidInput."""
    if terms.stated_currency not in (None, currency):
        raise InvalidInput(
            "fixedPerOrder", f"The store's currency is {currency}, not {terms.stated_currency}."
        )


def with_version(versions: Sequence[Version], new: Version, today: date) -> tuple[Version, ...]:
    """The versions after an edit, in order of time (S21).

    `today` is the day at the store. An offer has one planned change at most: the new version takes
    the place of any that has not started, and of one that started today. Raises StartsInThePast.
    """
    if new.starts_on < today:
        raise StartsInThePast(new.starts_on, today)
    kept = (
        version
        for version in versions
        if version.starts_on <= today and version.starts_on != new.starts_on
    )
    return (*sorted(kept, key=lambda version: version.starts_on), new)


def _beyond_amazon(terms: Terms) -> dict[Setting, bool]:
    rates_by_customer = (terms.new_customer_rate_bp, terms.returning_customer_rate_bp)
    return {
        Setting.SKU_COMMISSIONS: bool(terms.sku_rates_bp),
        Setting.SKU_EXCLUSIONS: bool(terms.excluded_skus),
        Setting.CUSTOMER_RATES: rates_by_customer != (None, None),
        Setting.EMAIL_TRIGGER: bool(terms.trigger_emails),
        Setting.COUPON_TRIGGER: bool(terms.trigger_coupons),
        Setting.SKU_TRIGGER: bool(terms.trigger_skus),
        Setting.COOKIE_DAYS: terms.cookie_days != AMAZON_COOKIE_DAYS,
        Setting.SUBSCRIPTION_TRACKING: terms.tracks_subscriptions,
        Setting.FIXED_PER_ORDER: terms.fixed_per_order_minor != 0,
    }


def _check_figures(terms: Terms) -> None:
    rates: dict[str, int | None] = {
        "rateBp": terms.rate_bp,
        "newCustomerRateBp": terms.new_customer_rate_bp,
        "returningCustomerRateBp": terms.returning_customer_rate_bp,
        **{f"skuRatesBp {sku}": rate for sku, rate in terms.sku_rates_bp.items()},
    }
    for name, rate in rates.items():
        if rate is not None and not 0 <= rate <= BASIS_POINTS:
            raise InvalidInput(
                name, f"{rate} is not a rate. Use 0 to {BASIS_POINTS:,} basis points (0 to 100%)."
            )
    if not 1 <= terms.cookie_days <= LONGEST_COOKIE_DAYS:
        raise InvalidInput("cookieDays", f"Use 1 to {LONGEST_COOKIE_DAYS} days.")
    names = (
        *terms.sku_rates_bp, *terms.excluded_skus, *terms.trigger_emails, *terms.trigger_coupons,
        *terms.trigger_skus,
    )  # fmt: skip
    if not all(name.strip() and name.isprintable() for name in names):
        raise InvalidInput("terms", "Write SKUs, coupons and e-mail addresses as plain text.")
    if terms.fixed_per_order_minor < 0:
        raise InvalidInput("fixedPerOrder", "An order cannot cost the affiliate: use 0 or more.")
