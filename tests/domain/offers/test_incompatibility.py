from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.offers.incompatibility import REASONS, IncompatibleWithAmazon, Setting
from domain.offers.rules import Channel, Terms, check_terms

PLAIN = Terms(rate_bp=1_500)
BEYOND_AMAZON = {
    Setting.SKU_COMMISSIONS: {"sku_rates_bp": {"SKU-1": 500}},
    Setting.SKU_EXCLUSIONS: {"excluded_skus": ["SKU-1"]},
    Setting.CUSTOMER_RATES: {"new_customer_rate_bp": 2_000},
    Setting.EMAIL_TRIGGER: {"trigger_emails": ["jane@example.com"]},
    Setting.COUPON_TRIGGER: {"trigger_coupons": ["SPRING"]},
    Setting.SKU_TRIGGER: {"trigger_skus": ["SKU-1"]},
    Setting.COOKIE_DAYS: {"cookie_days": 30},
    Setting.SUBSCRIPTION_TRACKING: {"tracks_subscriptions": True},
    Setting.FIXED_PER_ORDER: {"fixed_per_order_minor": 500},
}


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        pytest.param(Setting.SKU_COMMISSIONS, "no SKUs", id="S22"),
        pytest.param(Setting.SKU_EXCLUSIONS, "no itemized list of SKUs", id="S23"),
        pytest.param(Setting.CUSTOMER_RATES, "no customer information", id="S24"),
        pytest.param(Setting.EMAIL_TRIGGER, "no customer information", id="S25"),
        pytest.param(Setting.COUPON_TRIGGER, "coupon used on an order is not in", id="S26"),
        pytest.param(Setting.SKU_TRIGGER, "no SKUs", id="S27"),
        pytest.param(Setting.SUBSCRIPTION_TRACKING, "Subscribe & Save", id="S28"),
        pytest.param(Setting.COOKIE_DAYS, "14 days", id="S62-S63"),
        pytest.param(Setting.FIXED_PER_ORDER, "daily totals", id="fixed-amount"),
    ],
)
def test_a_setting_that_amazons_data_cannot_carry_is_refused_with_its_reason(setting, words):
    """S22, S23, S24, S25, S26, S27, S28, S30, S62, S63."""
    with pytest.raises(IncompatibleWithAmazon) as refused:
        check_terms(Channel.AMAZON, replace(PLAIN, **BEYOND_AMAZON[setting]))

    assert refused.value.settings == (setting,)
    assert words in refused.value.message


def test_a_returning_customer_rate_alone_is_refused_too():
    """S24."""
    with pytest.raises(IncompatibleWithAmazon) as refused:
        check_terms(Channel.AMAZON, replace(PLAIN, returning_customer_rate_bp=0))

    assert refused.value.settings == (Setting.CUSTOMER_RATES,)


@given(st.sets(st.sampled_from(Setting), min_size=1))
def test_all_incompatible_settings_are_named_at_once(settings):
    """S30."""
    values = {name: value for each in settings for name, value in BEYOND_AMAZON[each].items()}

    with pytest.raises(IncompatibleWithAmazon) as refused:
        check_terms(Channel.AMAZON, replace(PLAIN, **values))

    assert set(refused.value.settings) == settings
    assert all(REASONS[setting] in refused.value.message for setting in settings)


@given(st.sets(st.sampled_from(Setting)))
def test_everything_is_allowed_in_a_shop_of_the_brands_own(settings):
    """S29."""
    values = {name: value for each in settings for name, value in BEYOND_AMAZON[each].items()}

    assert check_terms(Channel.DTC, replace(PLAIN, **values)) is None


def test_the_cookie_period_is_14_days_unless_said_otherwise():
    """S62."""
    assert PLAIN.cookie_days == 14


@pytest.mark.parametrize("days", [0, 7, 13, 15, 30, 365])
def test_no_other_cookie_period_exists_on_amazon(days):
    """S63."""
    with pytest.raises(IncompatibleWithAmazon):
        check_terms(Channel.AMAZON, replace(PLAIN, cookie_days=days))
