"""How an endpoint is, by what came of sending to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

TOLD_AFTER: Final = 4
"""Failures in a row after which the owner is told."""
PATIENCE: Final = timedelta(days=5)
"""Nothing but failures for so long, and an endpoint may be disabled."""


class Result(StrEnum):
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    LAST_FAILURE = "LAST_FAILURE"
    """Of the last attempt of a delivery."""
    GONE = "GONE"
    """The receiver answered 410."""


class Why(StrEnum):
    """What is kept as `disabled_because`."""

    OWNER = "OWNER"
    FAILING = "FAILING"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class Health:
    failing_since: datetime | None = None
    """Of the first failure after the last success."""
    failures: int = 0
    """In a row."""
    last_success_at: datetime | None = None
    disabled: Why | None = None


def after(health: Health, result: Result, now: datetime) -> Health:
    """One success makes all failures forgotten. What is disabled only its owner enables."""
    if result is Result.SUCCESS:
        return replace(health, failing_since=None, failures=0, last_success_at=now)
    since = health.failing_since or now
    failed = replace(health, failing_since=since, failures=health.failures + 1)
    if health.disabled is not None:
        return failed
    if result is Result.GONE:
        return replace(failed, disabled=Why.GONE)
    if result is Result.LAST_FAILURE and now - since >= PATIENCE:
        return replace(failed, disabled=Why.FAILING)
    return failed


def is_told(before: Health, now: Health) -> bool:
    """Whether the owner is told, between the two, that deliveries fail."""
    return before.failures < TOLD_AFTER <= now.failures and now.disabled is None
