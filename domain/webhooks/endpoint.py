"""An endpoint as its owner wants it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal
from domain.events.rules import EventType

MOST_ENDPOINTS: Final = 20
"""Of one account or affiliate, the disabled ones too."""
LONGEST_DESCRIPTION: Final = 500
MOST_REPLAYS: Final = 10_000
REPLAYS_PER: Final = timedelta(hours=1)
"""Deliveries to one endpoint that may be replayed in this time."""
HEARD: Final[tuple[EventType, ...]] = tuple(
    kind for kind in EventType if kind is not EventType.WEBHOOK_TEST
)
"""What an endpoint may listen to. A test is sent when it is asked for."""


@dataclass(frozen=True, slots=True)
class Receivers:
    """Where webhooks may go besides the public internet, and where in it they may not."""

    rehearsed: Collection[str] = ()
    """Origins on this machine, of a rehearsal."""
    our_hosts: Collection[str] = ()


@dataclass(eq=False)
class TooManyEndpoints(Refusal):
    most: int

    @property
    def message(self) -> str:
        return (
            f"There are {self.most} webhook endpoints already, and there can be no more. Delete one"
            " that is not needed, or let one of them listen to more types of events."
        )


@dataclass(eq=False)
class EndpointDisabled(Refusal):
    endpoint_id: UUID

    @property
    def message(self) -> str:
        return "The endpoint is disabled, and nothing is sent to it: enable it first."


@dataclass(eq=False)
class TooManyReplays(Refusal):
    most: int
    left: int
    again_at: datetime

    @property
    def message(self) -> str:
        return (
            f"At most {self.most} deliveries to an endpoint are replayed in an hour, of which"
            f" {self.left} are left. Ask for fewer, or ask again at"
            f" {self.again_at:%Y-%m-%dT%H:%M:%SZ}: what is kept stays for 400 days."
        )


@dataclass(frozen=True, slots=True)
class Replays:
    """What was replayed of an endpoint in the hour that began at `since`."""

    since: datetime | None
    number: int

    def at(self, now: datetime) -> Replays:
        """The same, or another hour that begins now."""
        if self.since is None or now - self.since >= REPLAYS_PER:
            return Replays(now, 0)
        return self

    @property
    def left(self) -> int:
        return MOST_REPLAYS - self.number

    def with_more(self, number: int) -> Replays:
        """Raises TooManyReplays."""
        assert self.since is not None, "an hour has begun"
        if number > self.left:
            raise TooManyReplays(MOST_REPLAYS, self.left, self.since + REPLAYS_PER)
        return Replays(self.since, self.number + number)


def check_number(number: int) -> None:
    """Whether there may be one more than so many. Raises TooManyEndpoints."""
    if number >= MOST_ENDPOINTS:
        raise TooManyEndpoints(MOST_ENDPOINTS)


def description(text: str) -> str:
    """As it is kept. Raises InvalidInput."""
    written = text.strip()
    if not written.isprintable() or len(written) > LONGEST_DESCRIPTION:
        raise InvalidInput(
            "description",
            f"Say what it is for in {LONGEST_DESCRIPTION} characters at most, on one line.",
        )
    return written


def event_types(wanted: Collection[EventType]) -> list[EventType]:
    """Each once, in the order in which events are listed. Raises InvalidInput."""
    found = [kind for kind in HEARD if kind in wanted]
    if not found:
        raise InvalidInput("eventTypes", "Name one type of event at least.")
    return found
