"""Budgets of a few points, a clock to move, and what is asked of them in tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.budgets import Budgets, Exhausted, Subject

LIMITS = {"key": 1_000, "session": 1_000, "account": 2_000, "address": 3_000, "anonymous": 100,
          "unbelieved": 3_000}  # fmt: skip
KEY, ACCOUNT, ADDRESS = Subject("key", "k"), Subject("account", "a"), Subject("address", "::")


class Clock:
    """Stands at the first moment of a minute until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, **how_far: float) -> None:
        self.time += timedelta(**how_far)


def spent(budgets: Budgets, subject: Subject) -> int:
    """By everybody, as far as this process knows; asking costs nothing."""
    left = budgets.spend([subject], 0)
    return left.of - left.points


def refused(budgets: Budgets, subjects: list[Subject], points: int) -> Exhausted:
    with pytest.raises(Exhausted) as no:
        budgets.spend(subjects, points)
    return no.value
