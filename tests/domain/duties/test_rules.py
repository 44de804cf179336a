"""When a failed duty is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duties.rules import MAX_ATTEMPTS, Again, Dead, after_failure

NOW = datetime(2026, 8, 1, 8, tzinfo=UTC)
MINUTES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360)


@pytest.mark.parametrize(("attempt", "minutes"), list(enumerate(MINUTES, start=1)))
def test_waits_double_from_a_minute(attempt: int, minutes: int):
    assert after_failure(attempt, NOW, None) == Again(NOW + timedelta(minutes=minutes))


def test_the_twelfth_failure_is_the_last():
    assert MAX_ATTEMPTS == 12
    assert after_failure(12, NOW, NOW + timedelta(days=1)) == Dead()


@given(st.integers(1, MAX_ATTEMPTS - 1), st.integers(-86_400, 86_400) | st.none())
def test_nobody_is_asked_again_before_the_time_they_named(attempt: int, seconds: int | None):
    asked = None if seconds is None else NOW + timedelta(seconds=seconds)

    verdict = after_failure(attempt, NOW, asked)

    assert isinstance(verdict, Again)
    assert verdict.at >= NOW + timedelta(minutes=1)
    assert asked is None or verdict.at >= asked
    assert verdict.at <= max(NOW + timedelta(hours=6), asked or NOW)
