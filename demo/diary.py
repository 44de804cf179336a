"""One affiliate's way through Amazon's click threshold, written down day by day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from demo.scene import Partner, Scene

_LOOK = """query($partnership: ID!) {
  partnership(id: $partnership) {
    progress { of visibleAt }
    subIds { clicks }
    conversions(first: 100) { nodes { day sales { amount } settlesOn } }
  }
}"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the affiliate could see after a day's reports."""

    today: date
    clicks: int
    of: int
    visible: bool
    days_seen: int
    """Days with sales that Amazon has shown so far."""
    new_days: tuple[date, ...]
    sales: Decimal
    settles: tuple[date, ...]
    """When the new days settle, at the earliest."""


@dataclass(slots=True)
class Diary:
    scene: Scene
    partner: Partner
    entries: list[Entry] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    async def write(self, moment: datetime) -> None:
        """Keep the day when anything has changed since the last one that was kept."""
        seen = (await self.scene.api.ask(_LOOK, partnership=self.partner.id))["partnership"]
        progress: dict[str, Any] = seen["progress"]
        rows: list[dict[str, Any]] = seen["conversions"]["nodes"]
        fresh = sorted((row for row in rows if row["day"] not in self._known), key=_day)
        self._known |= {row["day"] for row in rows}
        entry = Entry(
            moment.date(),
            sum(one["clicks"] for one in seen["subIds"]),
            progress["of"],
            progress["visibleAt"] is not None,
            len(rows),
            tuple(date.fromisoformat(row["day"]) for row in fresh),
            sum((Decimal(row["sales"]["amount"]) for row in rows), Decimal(0)),
            tuple(date.fromisoformat(row["settlesOn"]) for row in fresh),
        )
        if entry.clicks and (not self.entries or _shows(self.entries[-1]) != _shows(entry)):
            self.entries.append(entry)


def _day(row: dict[str, Any]) -> str:
    day: str = row["day"]
    return day


def _shows(entry: Entry) -> tuple[object, ...]:
    """What makes a day worth telling. Once the threshold is behind, clicks are that no more."""
    return entry.visible or entry.clicks, entry.days_seen, entry.sales
