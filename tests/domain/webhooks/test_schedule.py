from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhooks.rules import Answer
from domain.webhooks.schedule import ATTEMPTS, WAITS, next_attempt, retry_after

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
FAILED = Answer(5, status=500)
chances = st.floats(0, 1)
answers = st.one_of(
    st.builds(Answer, st.just(5), status=st.sampled_from([301, 400, 410, 429, 500, 502, 503, 504])),
    st.builds(Answer, st.just(5), error=st.just("reset"), timed_out=st.booleans()),
)
attempts = st.integers(1, ATTEMPTS - 1)


def test_the_waits_are_those_of_standard_webhooks() -> None:
    seconds = [wait.total_seconds() for wait in WAITS]
    assert seconds == [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert sum(WAITS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@given(attempts, answers, chances)
def test_a_wait_is_never_shorter_and_at_most_a_tenth_longer(
    number: int, answer: Answer, chance: float
) -> None:
    at = next_attempt(number, answer, NOW, NOW, chance)
    assert at is not None
    base = max(WAITS[number], timedelta(minutes=1)) if answer.overloaded else WAITS[number]
    assert base <= at - NOW <= base * 1.1


@given(answers, chances)
def test_after_the_tenth_there_is_none(answer: Answer, chance: float) -> None:
    assert next_attempt(ATTEMPTS, answer, NOW, NOW, chance) is None
    assert next_attempt(ATTEMPTS - 1, answer, NOW, NOW, chance) is not None


@given(attempts, st.integers(0, 10**9 - 1), st.booleans(), st.integers(-9, 9))
def test_what_a_receiver_asks_for_is_done_up_to_twice_the_wait(
    number: int, seconds: int, as_date: bool, skew_days: int
) -> None:
    """Also when the clock of the trade stands elsewhere than the receiver's."""
    wall = NOW + timedelta(days=skew_days)
    header = str(seconds)
    if as_date:
        header = format_datetime(wall + timedelta(seconds=seconds), usegmt=True)
    answer = Answer(5, status=503, retry_after=header)
    at = next_attempt(number, answer, NOW, wall, 0)
    assert at is not None
    base = WAITS[number]
    assert at - NOW == min(max(base, timedelta(seconds=seconds)), 2 * base)


@given(attempts, st.text())
def test_nonsense_is_ignored(number: int, header: str) -> None:
    asked = retry_after(header, NOW)
    assert asked >= timedelta(0)
    at = next_attempt(number, Answer(5, status=503, retry_after=header), NOW, NOW, 0)
    assert at is not None
    assert WAITS[number] <= at - NOW <= 2 * WAITS[number]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        (" 120 ", 120),
        ("-5", 0),
        ("1.5", 0),
        ("1e3", 0),
        ("٣", 0),
        ("9" * 400, 0),
        ("soon", 0),
        ("Tue, 01 Sep 2026 12:02:00 GMT", 120),
        ("Tuesday, 01-Sep-26 12:02:00 GMT", 120),
        ("Tue, 01 Sep 2026 12:02:00 -0000", 120),
        ("Tue, 01 Sep 2026 11:00:00 GMT", 0),
        ("Tue, 99 Sep 2026 12:02:00 GMT", 0),
        ("Tue, 01 Sep 99999 12:02:00 GMT", 0),
    ],
)
def test_retry_after(header: str | None, seconds: int) -> None:
    assert retry_after(header, NOW) == timedelta(seconds=seconds)
