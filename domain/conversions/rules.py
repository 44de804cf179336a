"""What a conversion is, when it settles, what it pays and what may be decided about it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID

from domain.clock import local_day
from domain.errors import InvalidInput, Refusal
from domain.money import commission_minor

LONGEST_REASON: Final = 1_000


class Status(StrEnum):
    PENDING = "PENDING"
    """Still moving with Amazon's restatements."""
    SETTLED = "SETTLED"
    """Its figures stand; it may be decided."""
    APPROVED = "APPROVED"
    DENIED = "DENIED"


class Verdict(StrEnum):
    APPROVED = "APPROVED"
    DENIED = "DENIED"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long an Amazon sale takes to settle: kept as data of the installation."""

    settle_days: int
    settle_floor_days: int


@dataclass(frozen=True, slots=True)
class Version:
    """An offer's terms that pay for a day."""

    id: UUID
    rate_bp: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What pays for the days of a partnership, first day first."""

    days: list[date]
    versions: list[Version]

    def on(self, day: date) -> Version:
        """The terms in force on a day. A day before the first is paid by the first: the store's day
        and the moment of the agreement may be on two sides of a midnight."""
        return self.versions[max(bisect_right(self.days, day) - 1, 0)]


class Sales(NamedTuple):
    """What commission is paid on: the own-brand part of the carts."""

    orders: int
    units: int
    sales_minor: int


def conversion_id(partnership_id: UUID, day: date) -> UUID:
    """The same conversion has the same id, also after it was derived anew.

    Twelve bytes of a digest of the partnership and four of the day: the days of a partnership are
    neighbours in every index, which is what makes many of them quick to write.
    """
    return UUID(bytes=_digest(partnership_id) + day.toordinal().to_bytes(4))


@lru_cache(maxsize=16_384)
def _digest(partnership_id: UUID) -> bytes:
    return blake2b(partnership_id.bytes, digest_size=12).digest()


def floor_day(first_seen_at: datetime, time_zone: str, policy: Policy) -> date:
    """The first local day on which what was first seen at a moment may settle at all.

    The floor keeps a sale that Amazon showed late, as after the click threshold, from being
    approvable at once.
    """
    return local_day(first_seen_at, time_zone) + timedelta(days=policy.settle_floor_days)


def settles_on(day: date, floor: date, policy: Policy) -> date:
    """The first local day on which a sale may be decided.

    Days are the store's calendar days, so neither a change of the clocks nor a leap day moves them.
    """
    return max(day + timedelta(days=policy.settle_days), floor)


WAITS_FOR_REPORTS: Final = timedelta(days=14)
"""An affiliate is not kept waiting for a brand whose reports never come again."""


def settles_up_to(today: date, last_read: date | None, settled_up_to: date | None) -> date:
    """How far a store's calendar has come for what settles: to the day after the last that a daily
    report was asked for on, since what settles on a day has its last reading on the day before.

    When reports fail, it stands still for a while and then follows at a distance. It never goes
    back.
    """
    day = today - WAITS_FOR_REPORTS
    if last_read is not None:
        day = min(today, max(day, last_read + timedelta(days=1)))
    return day if settled_up_to is None else max(day, settled_up_to)


def pays(sales: Sales, rate_bp: int) -> int:
    """Commission in minor units: the rate on the total own-brand sales of the day."""
    return commission_minor(sales.sales_minor, rate_bp)


@dataclass(eq=False)
class NotSettled(Refusal):
    """Decided too early."""

    conversion_id: str
    day: date
    settles_on: date

    @property
    def message(self) -> str:
        return (
            f"The sales of {self.day} can still be returned or restated by Amazon. They settle on "
            f"{self.settles_on}; approve or deny them from that day on."
        )


@dataclass(eq=False)
class AlreadyDecided(Refusal):
    """The other verdict was given before, and a verdict stands."""

    conversion_id: str
    verdict: Verdict
    decided_at: datetime

    @property
    def message(self) -> str:
        return (
            f"This conversion was {self.verdict.value.lower()} on {self.decided_at:%Y-%m-%d} and "
            "a decision stands. Settle the difference outside of it, with a credit."
        )


def denial_reason(text: str) -> str:
    """Why a conversion is denied, as kept; the affiliate will read it. Raises InvalidInput."""
    written = text.strip()
    if not 1 <= len(written) <= LONGEST_REASON or "\0" in written:
        raise InvalidInput("reason", f"Give a reason of 1 to {LONGEST_REASON} characters.")
    return written


def may_decide(
    id: str, day: date, status: Status, settles_on: date, decided_at: datetime | None,
    verdict: Verdict,
) -> bool:  # fmt: skip
    """Whether a verdict is to be written: false when the same one stands already.

    Raises NotSettled or AlreadyDecided.
    """
    if status is Status.PENDING:
        raise NotSettled(id, day, settles_on)
    if status is Status.SETTLED:
        return True
    if status.value == verdict.value:
        return False
    assert decided_at is not None, "the table's check holds decided and decided_at together"
    raise AlreadyDecided(id, Verdict(status.value), decided_at)
