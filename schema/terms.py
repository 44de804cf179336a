"""The terms of an offer as a client writes them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

import strawberry

from domain.errors import InvalidInput
from domain.money import minor_units, rate_bp
from domain.offers.rules import Terms

T = TypeVar("T")

MOST = 100
"""The most items of a list in an input."""


@strawberry.input(description="An amount of money, exact.")
class MoneyInput:
    amount: Decimal = strawberry.field(description="A plain decimal: 12.50.")
    currency: str = strawberry.field(description="ISO 4217, three capital letters.")


@strawberry.input(description="A rate of its own for a SKU.")
class SkuRateInput:
    sku: str = strawberry.field(description="The shop's own number of the product.")
    rate_percent: Decimal = strawberry.field(description="Percent of the sale: 12.50.")


@strawberry.input(
    description="What is paid, and for which sales. An Amazon offer has a rate and nothing else:"
    " all other settings are refused there, with the reason of each. Lists have at most 100 items."
)
class TermsInput:
    rate_percent: Decimal = strawberry.field(
        description="Percent of the sale, 0 to 100 with at most two decimals: 12.50."
    )
    cookie_days: int = strawberry.field(
        default=14, description="Days between click and sale, 1 to 365; always 14 on Amazon."
    )
    fixed_per_order: MoneyInput | None = strawberry.field(
        default=None, description="Paid for each order, in the store's currency. Own shops only."
    )
    sku_rates: list[SkuRateInput] | None = strawberry.field(
        default=None, description="SKUs with a rate of their own. Own shops only."
    )
    excluded_skus: list[str] | None = strawberry.field(
        default=None, description="SKUs that earn nothing. Own shops only."
    )
    new_customer_rate_percent: Decimal | None = strawberry.field(
        default=None, description="For sales to new customers, percent. Own shops only."
    )
    returning_customer_rate_percent: Decimal | None = strawberry.field(
        default=None, description="For sales to known customers, percent. Own shops only."
    )
    trigger_emails: list[str] | None = strawberry.field(
        default=None, description="Addresses whose orders count without a click. Own shops only."
    )
    trigger_coupons: list[str] | None = strawberry.field(
        default=None, description="Coupons whose orders count without a click. Own shops only."
    )
    trigger_skus: list[str] | None = strawberry.field(
        default=None, description="SKUs whose orders count without a click. Own shops only."
    )
    tracks_subscriptions: bool = strawberry.field(
        default=False, description="Whether recurring orders count too. Own shops only."
    )

    def of_trade(self) -> Terms:
        """The same terms as the trade has them. Raises InvalidInput or UnknownCurrency."""
        fixed = self.fixed_per_order
        return Terms(
            rate_bp("ratePercent", self.rate_percent),
            self.cookie_days,
            fixed_per_order_minor=minor_units(str(fixed.amount), fixed.currency) if fixed else 0,
            stated_currency=fixed.currency if fixed else None,
            sku_rates_bp=_sku_rates(few("skuRates", self.sku_rates)),
            excluded_skus=few("excludedSkus", self.excluded_skus),
            new_customer_rate_bp=_rate("newCustomerRatePercent", self.new_customer_rate_percent),
            returning_customer_rate_bp=_rate(
                "returningCustomerRatePercent", self.returning_customer_rate_percent
            ),
            trigger_emails=few("triggerEmails", self.trigger_emails),
            trigger_coupons=few("triggerCoupons", self.trigger_coupons),
            trigger_skus=few("triggerSkus", self.trigger_skus),
            tracks_subscriptions=self.tracks_subscriptions,
        )


def few(field: str, items: Sequence[T] | None) -> tuple[T, ...]:
    """The items of an input's list. Raises InvalidInput when there are too many."""
    if items is not None and len(items) > MOST:
        raise InvalidInput(field, f"Give {MOST} at most, not {len(items)}.")
    return tuple(items or ())


def _rate(field: str, percent: Decimal | None) -> int | None:
    return None if percent is None else rate_bp(field, percent)


def _sku_rates(rates: Iterable[SkuRateInput]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in rates:
        if one.sku in found:
            raise InvalidInput("skuRates", f"{one.sku} stands there twice. Give each SKU one rate.")
        found[one.sku] = rate_bp("skuRates.ratePercent", one.rate_percent)
    return found
