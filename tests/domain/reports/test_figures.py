from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.figures import LARGEST, UnusableFigure, count, minor


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("191.95999999999998", "USD", 19196),
        ("14.280000000000001", "USD", 1428),
        ("0", "USD", 0),
        ("0.0", "USD", 0),
        ("-0.0", "USD", 0),
        ("12", "USD", 1200),
        ("12.", "USD", 1200),
        ("12.5", "USD", 1250),
        ("0.125", "USD", 12),
        ("0.135", "USD", 14),
        ("0.12500000000000000000000001", "USD", 13),
        ("1.2E+3", "USD", 120000),
        ("4E-7", "USD", 0),
        ("1999.5", "JPY", 2000),
        ("1998.5", "JPY", 1998),
        ("1.2345", "KWD", 1234),
        (7, "USD", 700),
        (None, "USD", None),
    ],
)
def test_money_is_read_half_to_even(text: object, currency: str, expected: int | None) -> None:
    assert minor(text, currency) == expected


@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_whole_minor_units_are_kept_exactly(amount: int, currency: str) -> None:
    decimals = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    assert minor(str(Decimal(amount).scaleb(-decimals)), currency) == amount


@given(st.integers(0, 10**11), st.sampled_from([0.1, 0.3, 0.7, 1 / 3]))
def test_the_noise_of_binary_fractions_is_taken_off(cents: int, odd: float) -> None:
    noisy = repr(cents / 100 + odd - odd)
    assert minor(noisy, "USD") == cents


@given(st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=30))
def test_rounding_agrees_with_exact_half_even(amount: Decimal) -> None:
    with_context = amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    assert minor(format(amount, "f"), "USD") == int(with_context * 100)


@pytest.mark.parametrize(
    ("text", "expected"), [("3", 3), ("3.0", 3), (3, 3), ("0", 0), (None, None)]
)
def test_counts_are_whole_numbers(text: object, expected: int | None) -> None:
    assert count(text) == expected


@pytest.mark.parametrize(("number", "truth"), [(1, True), (0, False)])
def test_a_truth_is_no_count_even_after_the_number_that_it_equals(number: int, truth: bool) -> None:
    assert count(number) == number
    with pytest.raises(UnusableFigure, match="bool is not a number"):
        count(truth)


UNUSABLE = [
    ("-1", "negative"),
    ("NaN", "not a number"),
    ("Infinity", "not a number"),
    ("1_000", "not a number"),
    ("1,5", "not a number"),
    (" 3", "not a number"),
    ("", "not a number"),
    ("٣", "not a number"),
    ("1e99", "larger"),
    ("9" * 20, "larger"),
    (str(LARGEST + 1), "larger"),
    ("9" * 5000, "not a number"),
    (10**4000, "not a number"),
    (True, "not a number"),
]


@pytest.mark.parametrize(("value", "why"), UNUSABLE)
def test_what_is_no_figure_is_refused_with_the_reason(value: object, why: str) -> None:
    with pytest.raises(UnusableFigure, match=why):
        count(value)
    with pytest.raises(UnusableFigure, match=why):
        minor(value, "USD")


def test_a_count_with_a_fraction_is_refused() -> None:
    with pytest.raises(UnusableFigure, match="whole"):
        count("3.5")


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (count, lambda value: minor(value, "USD")):
        try:
            figure = read(text)
        except UnusableFigure:
            continue
        assert figure is not None
        assert 0 <= figure <= LARGEST * 100
