from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.money import (
    BASIS_POINTS,
    UnknownCurrency,
    commission_minor,
    decimal_text,
    exponent,
    minor_units,
    rate_bp,
)

AMOUNTS = st.integers(-(2**62), 2**62)
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "EUR", "CLF"])


@pytest.mark.parametrize(
    ("currency", "decimals"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("UYW", 4)]
)
def test_a_currency_has_its_decimals(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["usd", "US", "", "XXX", "BTC", "USD "])
def test_an_unknown_currency_is_refused(currency):
    with pytest.raises(UnknownCurrency):
        exponent(currency)


@pytest.mark.parametrize(
    ("sales", "rate", "commission"),
    [
        (10_000, 1_000, 1_000),
        (5, 1_000, 0),  # 0.5 goes to the even 0
        (15, 1_000, 2),  # 1.5 goes to the even 2
        (25, 1_000, 2),  # 2.5 goes to the even 2
        (26, 1_000, 3),
        (-5, 1_000, 0),
        (-15, 1_000, -2),
        (-25, 1_000, -2),
        (1, 1, 0),
        (99, 10_000, 99),
        (99, 0, 0),
        (0, 1_500, 0),
    ],
)
def test_a_commission_is_rounded_half_to_even(sales, rate, commission):
    assert commission_minor(sales, rate) == commission


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_commission_is_what_decimal_arithmetic_says(sales, rate):
    exact = Decimal(sales * rate).scaleb(-4)

    assert commission_minor(sales, rate) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@given(st.integers(0, 10**12), st.integers(-3, 3))
def test_a_commission_at_and_around_a_half_is_what_decimal_arithmetic_says(whole, off):
    sales = whole * 10_000 + 5_000 + off
    exact = Decimal(sales).scaleb(-4)

    assert commission_minor(sales, 1) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_return_takes_back_exactly_what_the_sale_gave(sales, rate):
    assert commission_minor(-sales, rate) == -commission_minor(sales, rate)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123_456, "USD", "1234.56"),
        (5, "USD", "0.05"),
        (-5, "USD", "-0.05"),
        (-12_345, "KWD", "-12.345"),
        (500, "JPY", "500"),
        (0, "JPY", "0"),
        (0, "USD", "0.00"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(amount, currency, text):
    assert decimal_text(amount, currency) == text


@given(AMOUNTS, CURRENCIES)
def test_an_amount_that_was_written_is_read_back(amount, currency):
    assert minor_units(decimal_text(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12.5", "USD", 1_250),
        (" 12.50 ", "USD", 1_250),
        ("12.500", "USD", 1_250),
        ("+3", "USD", 300),
        ("-0.05", "USD", -5),
        ("7.0", "JPY", 7),
    ],
)
def test_a_decimal_that_a_person_writes_is_understood(text, currency, amount):
    assert minor_units(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12.345", "USD"),
        ("0.5", "JPY"),
        ("1,50", "USD"),
        ("1e3", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("", "USD"),
        (".", "USD"),
        ("1_000", "USD"),
        ("١٢", "USD"),
        ("$5", "USD"),
        ("1 000", "USD"),
        ("9223372036854775808", "JPY"),
        ("1" * 40, "JPY"),
    ],
)
def test_what_is_no_exact_amount_is_refused(text, currency):
    with pytest.raises(InvalidInput) as refused:
        minor_units(text, currency)

    assert refused.value.field == "amount"


def test_the_largest_amount_of_the_database_is_read():
    assert minor_units("9223372036854775807", "JPY") == 2**63 - 1


@given(st.integers(0, BASIS_POINTS), st.integers(0, 5))
def test_a_rate_in_percent_is_read_exactly_however_many_noughts_it_has(points, noughts):
    percent = Decimal(f"{points // 100}.{points % 100:02}{'0' * noughts}")

    assert rate_bp("ratePercent", percent) == points


@pytest.mark.parametrize(
    "percent",
    ["-0.01", "100.01", "12.505", "NaN", "sNaN", "Infinity", "1e99999", "12.5" + "0" * 40 + "1"],
)
def test_a_rate_outside_of_the_whole_or_too_fine_is_refused_by_its_name(percent):
    with pytest.raises(InvalidInput, match="ratePercent"):
        rate_bp("ratePercent", Decimal(percent))
