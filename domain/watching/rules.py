"""What is looked at. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.duties.rules import Kind


@dataclass(frozen=True, slots=True)
class Read:
    """How old the newest day is that one level of a store's reports has told in full."""

    store_id: UUID
    level: str
    age_s: float
    """Seconds since that day ended; since it is measured, while there is none."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The open duties of one kind."""

    kind: str
    waiting: int
    running: int
    dead: int
    late_s: float
    """How long that has been due which is due longest and nobody does; 0 for nothing."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Events and their deliveries; ages in seconds, 0 for nothing."""

    events: int
    """Not yet handed to those who listen."""
    events_age_s: float
    pending: int
    due: int
    held: int
    due_age_s: float
    failing: int
    """Endpoints that are enabled and whose last delivery failed."""
    disabled: int


@dataclass(frozen=True, slots=True)
class Trade:
    """What of the trade waits for a person, or should have happened."""

    stale_stores: int
    ads_consents_lost: int
    seller_consents_lost: int
    held_reports: int
    held_catalogs: int
    unsettled: int
    """Conversions whose day to settle has come."""
    unsettled_days: int
    """How many days ago the first of these was; 0 for none."""


@dataclass(frozen=True, slots=True)
class Situation:
    reads: list[Read]
    backlogs: list[Backlog]
    outbox: Outbox
    trade: Trade
    database_clock: float
    """What PostgreSQL takes for the present, in seconds since 1970."""


def all_kinds(open_: list[Backlog]) -> list[Backlog]:
    """With the kinds that nothing is open of; one that this release does not know is there too."""
    there = {backlog.kind for backlog in open_}
    return [*open_, *(Backlog(kind, 0, 0, 0, 0.0) for kind in Kind if kind not in there)]
