"""What an Amazon offer cannot have, and why.

Amazon reports total sales and units per affiliate and day: no orders, no SKUs, no customers, no
coupons. A setting that would need them is refused when the offer is saved, never ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.errors import Refusal

AMAZON_COOKIE_DAYS: Final = 14
"""Amazon attributes a sale to the last click of the 14 days before it, for everybody."""


class Setting(StrEnum):
    """A setting of an offer that Amazon's data cannot carry."""

    SKU_COMMISSIONS = "sku_commissions"
    SKU_EXCLUSIONS = "sku_exclusions"
    CUSTOMER_RATES = "customer_rates"
    EMAIL_TRIGGER = "email_trigger"
    COUPON_TRIGGER = "coupon_trigger"
    SKU_TRIGGER = "sku_trigger"
    COOKIE_DAYS = "cookie_days"
    SUBSCRIPTION_TRACKING = "subscription_tracking"
    FIXED_PER_ORDER = "fixed_per_order"


REASONS: Final = {
    Setting.SKU_COMMISSIONS: (
        "Product-level (SKU) commissions: there are no SKUs in Amazon's sales data, so no "
        "commission can vary by SKU."
    ),
    Setting.SKU_EXCLUSIONS: (
        "SKU exclusions: there is no itemized list of SKUs in Amazon's sales data, so no SKU can "
        "be kept from earning commission."
    ),
    Setting.CUSTOMER_RATES: (
        "New versus returning customer rates: there is no customer information in an Amazon sale, "
        "so no rate can depend on the customer."
    ),
    Setting.EMAIL_TRIGGER: (
        "E-mail triggers: there is no customer information in an Amazon sale, so no e-mail "
        "address can trigger a conversion."
    ),
    Setting.COUPON_TRIGGER: (
        "Coupon triggers: the coupon used on an order is not in Amazon's sales data, so none can "
        "trigger a conversion."
    ),
    Setting.SKU_TRIGGER: (
        "SKU triggers: there are no SKUs in Amazon's sales data, so none can trigger a conversion."
    ),
    Setting.COOKIE_DAYS: (
        f"Cookie period: Amazon locks it at {AMAZON_COOKIE_DAYS} days, and it cannot be changed."
    ),
    Setting.SUBSCRIPTION_TRACKING: (
        "Subscription tracking: recurring orders of Amazon's Subscribe & Save do not generate "
        "conversions."
    ),
    Setting.FIXED_PER_ORDER: (
        "Fixed amount per order: Amazon gives daily totals without orders, so commission can only "
        "be a percentage of sales."
    ),
}


@dataclass(eq=False)
class IncompatibleWithAmazon(Refusal):
    """Every incompatible setting of the offer at once, in the order of `Setting`."""

    settings: tuple[Setting, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(REASONS[setting] for setting in self.settings)

    @property
    def message(self) -> str:
        return (
            "An Amazon offer cannot have these settings. Remove them, or put them on an offer of "
            f"your own shop. {' '.join(self.reasons)}"
        )
