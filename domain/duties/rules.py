"""What a duty is and when it is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from domain.errors import Refusal
from domain.ids import encode

QUEUE = "clickledger"
RING = "ring"
"""The queue in Redis and the one job in it. A ring says "look what is due", never what: a ring that
is lost costs seconds, since the sweep looks anyway."""

INSTALLATION: Final = UUID(int=0)
"""Stands where an account would, for what is no account's."""

LEASE: Final = timedelta(seconds=20)
"""So long a duty is a worker's own after it was last heard of; then it is anybody's. Whoever has
not reached the database for as long has to stop."""
BEAT: Final = LEASE / 4
"""So often a worker says that it is still at it."""

MAX_ATTEMPTS = 12
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)


class Kind(StrEnum):
    EXCHANGE_CODE = "exchange_code"
    DISCOVER_PROFILES = "discover_profiles"
    ENABLE_MEASUREMENT = "enable_measurement"
    SYNC_CATALOG = "sync_catalog"
    PULL_REPORT = "pull_report"
    SETTLE = "settle"
    SEND_MAIL = "send_mail"
    MEASURE_REPUTATION = "measure_reputation"
    MEASURE_TRACK_RECORD = "measure_track_record"
    FORGET_OLD = "forget_old"
    DELIVER_WEBHOOKS = "deliver_webhooks"


@dataclass(frozen=True, slots=True)
class Promise:
    """A duty before it is one."""

    kind: Kind
    subject: str
    account_id: UUID
    payload: dict[str, Any]
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    id: UUID
    kind: Kind
    subject: str
    account_id: UUID
    payload: dict[str, Any]
    attempts: int
    """This attempt included."""
    lease_token: UUID


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more, not before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dead:
    """Given up: kept with its error for a person to look at."""


@dataclass(eq=False)
class BeingDone(Refusal):
    """A worker is at it: what comes of it is not known yet."""

    duty_id: UUID

    @property
    def message(self) -> str:
        return (
            f"{encode('duty', self.duty_id)} is being done right now. Look again in a minute: it is"
            " gone when it succeeded, and can be tried again when it failed."
        )


def after_failure(attempts: int, now: datetime, not_before: datetime | None) -> Again | Dead:
    """Doubling waits from a minute to six hours, twelve attempts in most of a day.

    `not_before` is what the other side asked for, such as Amazon's Retry-After.
    """
    if attempts >= MAX_ATTEMPTS:
        return Dead()
    wait = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
    return Again(max(now + wait, not_before or now))
