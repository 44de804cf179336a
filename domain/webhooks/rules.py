"""Endpoints, deliveries and what a receiver answered. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

ENDPOINT_PREFIX: Final = "whep"
"""Of an endpoint's id as it is shown outside."""
DELIVERY_PREFIX: Final = "wdlv"

KEPT: Final = timedelta(days=400)
"""So long deliveries and their attempts can be looked at and replayed."""
KEPT_OF_AN_ANSWER: Final = 2_000
"""Characters of what a receiver answered."""
MOST_AT_ONCE: Final = 10_000
"""Deliveries that one wish may replay."""


class Signature(StrEnum):
    STANDARD = "STANDARD"
    """As Standard Webhooks has it."""
    REFERSION = "REFERSION"
    """The same, and the two headers that receivers of Refersion's look for."""


class EndpointStatus(StrEnum):
    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class DeliveryStatus(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    """Tried for three days."""
    HELD = "HELD"
    """Not sent since its endpoint is disabled; a replay sends it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    account_id: UUID
    """Or the affiliate's own id, for an endpoint of theirs."""
    id: UUID
    url: str
    signature: Signature
    status: EndpointStatus
    failing_since: datetime | None
    failures: int
    last_success_at: datetime | None
    paused_until: datetime | None
    """It has just shown that it takes nothing: until then nothing is sent to it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: UUID
    event_id: UUID
    event_type: str
    body: str
    attempts: int
    due: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending once."""

    duration_ms: int
    status: int | None = None
    """None: no whole answer came, and `error` says why."""
    error: str | None = None
    response: str | None = None
    """How the body of the answer began."""
    retry_after: str | None = None
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The receiver wants nothing any more."""
        return self.status == 410

    @property
    def overloaded(self) -> bool:
        """The receiver, or whoever stands before it, cannot keep up."""
        return self.timed_out or self.status in (429, 502, 504)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A delivery as it is after an attempt, and the attempt."""

    delivery: Delivery
    """As it was before."""
    status: DeliveryStatus
    next_attempt_at: datetime | None
    at: datetime
    answer: Answer
    error: str | None


def outcome(answer: Answer) -> str | None:
    """What the owner reads of an attempt that failed; None of one that did not."""
    if answer.error is not None or answer.succeeded:
        return answer.error
    if answer.status is not None and 300 <= answer.status < 400:
        return (
            f"The receiver answered {answer.status}. Redirects are not followed: change the URL to"
            " where it leads."
        )
    if answer.gone:
        return "The receiver answered 410: it wants no more deliveries."
    return f"The receiver answered {answer.status}; only 200 to 299 is success."


def storable(text: str) -> str:
    """PostgreSQL keeps no text with a NUL in it."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:KEPT_OF_AN_ANSWER]
