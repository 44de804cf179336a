"""What conversions have to be, told slowly: everything Amazon said is kept and read from its start.

It knows no versions, no keys and no SQL, so it can't be wrong in the product's way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.reporting import Desk, Sold

Key = tuple[int, date]
"""An affiliate of the desk by number, and a day."""
Paid = tuple[int, int, int]
"""Orders, units and sales of the own-brand cart."""

NO_SALE: Paid = (0, 0, 0)


@dataclass(frozen=True)
class Observation:
    """One complete answer of Amazon: what was asked for, and the rows that came."""

    at: datetime
    from_day: date
    to_day: date
    rows: dict[Key, Sold]


@dataclass
class Oracle:
    desk: Desk
    rate_bp: int
    settle_days: int = 30
    floor_days: int = 2
    observations: list[Observation] = field(default_factory=list)
    settled: dict[Key, tuple[datetime, Paid]] = field(default_factory=dict)
    decided: dict[Key, tuple[str, datetime]] = field(default_factory=dict)

    def said(self, key: Key) -> list[tuple[datetime, Sold | None]]:
        """What each answer that was asked about the day said of it; None where it had no row."""
        return [
            (seen.at, seen.rows.get(key))
            for seen in sorted(self.observations, key=lambda seen: seen.at)
            if seen.from_day <= key[1] <= seen.to_day
        ]

    def paid(self, key: Key) -> list[tuple[datetime, Paid]]:
        return [(at, NO_SALE if row is None else row[3:6]) for at, row in self.said(key)]

    def first_seen(self, key: Key) -> datetime | None:
        return next((at for at, paid in self.paid(key) if paid != NO_SALE), None)

    def due(self, key: Key) -> date | None:
        seen = self.first_seen(key)
        if seen is None:
            return None
        seen_on = seen.astimezone(ZoneInfo(self.desk.profile.time_zone)).date()
        return max(
            key[1] + timedelta(days=self.settle_days), seen_on + timedelta(days=self.floor_days)
        )

    def keys(self) -> set[Key]:
        return {key for seen in self.observations for key in seen.rows if self.first_seen(key)}

    def settle(self, now: datetime) -> int:
        today = now.astimezone(ZoneInfo(self.desk.profile.time_zone)).date()
        due = [
            key for key in self.keys() - self.settled.keys() if (self.due(key) or today) <= today
        ]
        for key in due:
            self.settled[key] = now, self.paid(key)[-1][1]
        return len(due)

    def commission(self, paid: Paid) -> int:
        exact = Decimal(paid[2]) * self.rate_bp / 10_000
        return int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))

    def row(self, key: Key) -> dict[str, Any]:
        history = self.paid(key)
        first_seen_at, changed_at, before = self.first_seen(key), None, NO_SALE
        for at, paid in history:
            if paid != before:
                changed_at, before = at, paid
        settled_at, basis = self.settled.get(key, (None, before))
        verdict, decided_at = self.decided.get(key, (None, None))
        return {
            "partnership_id": self.desk.partnership_ids[key[0]],
            "day": key[1],
            "source": "AMAZON",
            "status": verdict or ("PENDING" if settled_at is None else "SETTLED"),
            "rate_bp": self.rate_bp,
            "orders": basis[0],
            "units": basis[1],
            "sales_minor": basis[2],
            "commission_minor": self.commission(basis),
            "reported_orders": before[0],
            "reported_units": before[1],
            "reported_sales_minor": before[2],
            "reported_commission_minor": self.commission(before),
            "first_seen_at": first_seen_at,
            "changed_at": changed_at,
            "settles_on": self.due(key),
            "settled_at": settled_at,
            "decided_at": decided_at,
        }

    def rows(self) -> dict[tuple[UUID, date], dict[str, Any]]:
        rows = [self.row(key) for key in self.keys()]
        return {(row["partnership_id"], row["day"]): row for row in rows}


def comparable(found: list[dict[str, Any]]) -> dict[tuple[UUID, date], dict[str, Any]]:
    """Conversions as the product has them, in the oracle's columns."""
    told = ("account_id", "id", "store_id", "affiliate_id", "currency", "offer_version_id")
    rows = [{name: row[name] for name in row if name not in told} for row in found]
    return {(row["partnership_id"], row["day"]): row for row in rows}
