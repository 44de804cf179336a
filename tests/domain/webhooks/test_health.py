from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.webhooks.health import PATIENCE, TOLD_AFTER, Health, Result, Why, after, is_told
from domain.webhooks.rules import Answer
from domain.webhooks.schedule import next_attempt

START = datetime(2026, 9, 1, tzinfo=UTC)


class Endpoint(RuleBasedStateMachine):
    """Whatever happens to it, beside a plain list of what has."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.health = Health()
        self.history: list[tuple[datetime, Result]] = []

    @rule(hours=st.floats(0, 60))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        result=st.sampled_from([Result.FAILURE, Result.FAILURE, Result.LAST_FAILURE, Result.GONE])
        | st.sampled_from(Result)
    )
    def something_is_sent(self, result: Result) -> None:
        if self.health.disabled is not None:
            return
        before, self.health = self.health, after(self.health, result, self.now)
        self.history.append((self.now, result))
        in_a_row = self._in_a_row()
        told = in_a_row == TOLD_AFTER and self.health.disabled is None
        assert is_told(before, self.health) == told

    @rule()
    def its_owner_enables_it(self) -> None:
        if self.health.disabled is not None:
            self.health = replace(self.health, disabled=None, failures=0, failing_since=None)
            self.history.clear()

    @invariant()
    def it_is_as_its_history_says(self) -> None:
        in_a_row = self._in_a_row()
        failing = self.history[len(self.history) - in_a_row :]
        assert self.health.failures == in_a_row
        assert self.health.failing_since == (failing[0][0] if failing else None)
        gone = bool(failing) and failing[-1][1] is Result.GONE
        dead = (
            bool(failing)
            and failing[-1][1] is Result.LAST_FAILURE
            and failing[-1][0] - failing[0][0] >= timedelta(days=5)
        )
        expected = Why.GONE if gone else Why.FAILING if dead else None
        assert self.health.disabled == expected

    def _in_a_row(self) -> int:
        successes = [n for n, (_, one) in enumerate(self.history) if one is Result.SUCCESS]
        return len(self.history) - 1 - (successes[-1] if successes else -1)


TestEndpoint = Endpoint.TestCase
TestEndpoint.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_the_owner_is_told_once_a_row_at_the_fourth() -> None:
    health, told = Health(), []
    for number in range(1, 9):
        before, health = health, after(health, Result.FAILURE, START)
        if is_told(before, health):
            told.append(number)
    assert told == [TOLD_AFTER] == [4]
    health = after(health, Result.SUCCESS, START)
    assert (health.failures, health.failing_since, health.last_success_at) == (0, None, START)


def test_a_success_within_five_days_is_enough() -> None:
    health = after(Health(), Result.FAILURE, START)
    health = after(health, Result.SUCCESS, START + timedelta(days=4))
    health = after(health, Result.LAST_FAILURE, START + timedelta(days=6))
    assert health.disabled is None
    assert after(health, Result.LAST_FAILURE, START + timedelta(days=11)).disabled is Why.FAILING


def test_one_failure_in_three_never_disables_in_thirty_days() -> None:
    """Each delivery by its own schedule; what fails is tried again beside what is new."""
    draw = random.Random(3)
    waiting = [(START + timedelta(hours=hour), 0) for hour in range(24 * 30)]
    health, exhausted, failed = Health(), 0, 0
    failing = Answer(5, status=500)
    while waiting:
        waiting.sort()
        now, attempts = waiting.pop(0)
        if draw.random() > 1 / 3:
            health = after(health, Result.SUCCESS, now)
            continue
        failed += 1
        again = next_attempt(attempts + 1, failing, now, now, draw.random())
        if again is None:
            exhausted += 1
        else:
            waiting.append((again, attempts + 1))
        health = after(health, Result.FAILURE if again else Result.LAST_FAILURE, now)
        assert health.disabled is None
    assert failed > 300
    assert timedelta(days=5) == PATIENCE
