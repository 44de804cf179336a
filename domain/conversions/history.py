"""A conversion from the whole history of its day: what a rebuild makes. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.conversions.rules import (
    Policy,
    Sales,
    Status,
    Terms,
    Verdict,
    conversion_id,
    floor_day,
    pays,
    settles_on,
)

NO_SALES = Sales(0, 0, 0)


class Said(NamedTuple):
    """A version of a day's sales."""

    observed_at: datetime
    recorded_at: datetime
    sales: Sales


class Decided(NamedTuple):
    verdict: Verdict
    at: datetime


@dataclass(frozen=True, slots=True)
class Party:
    """Whose day it is, and by what rules it pays and settles."""

    partnership_id: UUID
    store_id: UUID
    affiliate_id: UUID
    currency: str
    time_zone: str
    terms: Terms
    settlements: Sequence[tuple[date, datetime]]
    """The store's settlements, earliest first: local day and moment."""


def derive(
    party: Party, day: date, said: Sequence[Said], decided: Decided | None, policy: Policy
) -> tuple[object, ...] | None:
    """A row of the table conversion, in the order of `queries.insert_derived`; None without a sale.

    `said` is in the order of observation. What settled is what was known when the settlement ran:
    versions recorded later only show in what is reported beside it.
    """
    first_seen_at = _first_seen(said)
    if first_seen_at is None:
        return None
    due = _due(party, day, first_seen_at, policy)
    reported = said[-1].sales
    settled_at, basis = _settled(party, day, said, policy) or (None, reported)
    before = NO_SALES
    changed_at = first_seen_at
    for version in said:
        if version.sales != before:
            changed_at = version.observed_at
        before = version.sales
    status = Status.PENDING if settled_at is None else Status.SETTLED
    if decided is not None:
        status = Status(decided.verdict.value)
    terms = party.terms.on(day)
    return (
        conversion_id(party.partnership_id, day), party.partnership_id, party.store_id,
        party.affiliate_id, day, status.value, party.currency, terms.id, terms.rate_bp,
        *basis, pays(basis, terms.rate_bp), *reported, pays(reported, terms.rate_bp),
        first_seen_at, changed_at, due, settled_at, None if decided is None else decided.at,
    )  # fmt: skip


def _first_seen(said: Sequence[Said]) -> datetime | None:
    return next((version.observed_at for version in said if any(version.sales)), None)


def _due(party: Party, day: date, first_seen_at: datetime, policy: Policy) -> date:
    return settles_on(day, floor_day(first_seen_at, party.time_zone, policy), policy)


def _settled(
    party: Party, day: date, said: Sequence[Said], policy: Policy
) -> tuple[datetime, Sales] | None:
    """The moment of the first settlement that had to settle this by what it knew, and the sales it
    knew. None when there was none yet.

    What was recorded later counts for nothing here, not even when it says that the sale was seen
    earlier: what has settled would settle anew, with other figures.
    """
    earliest = settles_on(day, date.min, policy)
    start = bisect_left(party.settlements, earliest, key=lambda settlement: settlement[0])
    for local_day, ran_at in party.settlements[start:]:
        known = [version for version in said if version.recorded_at <= ran_at]
        first_seen_at = _first_seen(known)
        if first_seen_at is not None and _due(party, day, first_seen_at, policy) <= local_day:
            return ran_at, known[-1].sales
    return None
