"""When Amazon counts an event, and under which day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sandbox.marketplaces import Marketplace
from sandbox.switches import Switches

ATTRIBUTION_WINDOW = timedelta(days=14)


def zone_of(marketplace: Marketplace, switches: Switches) -> tzinfo:
    """The zone in which a row's day is counted."""
    return UTC if switches.row_dates == "utc" else marketplace.zone


def restatements(day: date, zone: tzinfo, switches: Switches) -> list[datetime]:
    """The moments at which a day is counted anew, in order.

    The one of N days is N whole days after the end of the day, at midnight in the zone.
    """
    return [
        datetime.combine(day + timedelta(days=1 + count), time(), zone).astimezone(UTC)
        for count in sorted(switches.restatement_days)
    ]


def order_counts_at(
    at: datetime, recorded_at: datetime, late_days: int | None, zone: tzinfo, switches: Switches
) -> datetime:
    """When an order first stands in a report."""
    moment = at + timedelta(hours=switches.conversion_delay_hours)
    if late_days is not None:
        day = at.astimezone(zone).date()
        place = sorted(switches.restatement_days).index(late_days)
        moment = max(moment, restatements(day, zone, switches)[place])
    return max(moment, recorded_at)


def return_counts_at(
    known_at: datetime, order_day: date, order_counted: datetime, zone: tzinfo, switches: Switches
) -> datetime | None:
    """When a return lowers the order's day; None when the last restatement has passed."""
    for moment in restatements(order_day, zone, switches):
        if moment >= known_at:
            return max(moment, order_counted)
    return None
