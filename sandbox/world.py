"""The world: everything the sandbox knows, in memory, in one place."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.agenda import Agenda
from sandbox.amazon.grants import Grants
from sandbox.amazon.listing_reports import ListingReports
from sandbox.amazon.quotas import Quotas
from sandbox.cast.draw import Size, draw_cast
from sandbox.clock import Clock
from sandbox.faults import Call, Faults
from sandbox.reporting.ledger import Ledger
from sandbox.reporting.reports import Reports
from sandbox.shopping.events import Event, Order
from sandbox.shopping.journal import Journal
from sandbox.shopping.shoppers import Shoppers
from sandbox.storm import Storm
from sandbox.switches import JsonValue, Switches
from sandbox.truth.books import Books

_CALLS_KEPT = 100_000

DEFAULT_START = datetime(2026, 8, 1, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a world is made from. The same plan and the same calls give the same world."""

    seed: int = 7
    start: datetime = DEFAULT_START
    size: Size = field(default_factory=Size)


class World:
    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        seed, start = self.plan.seed, self.plan.start
        self.clock = Clock(start)
        self.switches = Switches()
        self.faults = Faults(seed)
        self.storm = Storm()
        self.calls: deque[tuple[Call, int]] = deque(maxlen=_CALLS_KEPT)
        """The newest calls of Amazon's API, and with which status each was answered."""
        self.cast = draw_cast(seed, start, self.plan.size)
        self.agenda = Agenda(self.clock)
        self.journal = Journal(self.cast, self.clock, self.switches)
        self.ledger = Ledger(self.cast, self.switches)
        self.reports = Reports(self.cast, self.clock, self.switches, self.faults, self.ledger, seed)
        self.shoppers = Shoppers(
            self.cast, self.clock, self.switches, self.journal, self.agenda, seed
        )
        self.books = Books(self.cast, self.switches, self.journal.events)
        self.grants = Grants(self.cast, self.clock, self.switches, seed)
        self.quotas = Quotas(self.clock, self.switches)
        self.listing_reports = ListingReports(self.cast, self.clock, self.switches, seed)
        self.journal.listeners += [self.ledger.hear, self._renew]

    def note(self, call: Call, status: int) -> None:
        self.calls.append((call, status))

    def change_switches(self, wanted: dict[str, JsonValue]) -> None:
        """Raises SwitchError."""
        self.switches.change(wanted, begun=bool(self.journal.events))

    def move_to(self, moment: datetime) -> None:
        """Raises ClockError."""
        self.agenda.move_to(moment)

    def _renew(self, event: Event) -> None:
        if isinstance(event, Order) and not event.renewal:
            self.shoppers.expect_renewals(event)
