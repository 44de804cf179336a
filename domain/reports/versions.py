"""What a report changes: the versions that it adds to what was known. Pure.

The versions of a key are a step function of time: a version holds from its observation until the
next. Only steps are written, so the same report twice writes nothing, and whatever order reports
are taken in, the function is the same in the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.reports.rows import Row


class Key(NamedTuple):
    """What a version is about, within a level. `asin` and `halo` only with PRODUCTS."""

    subject_id: UUID
    day: date
    asin: str
    halo: bool


class Figures(NamedTuple):
    """Amazon's figures of a key. Money in minor units of the profile's currency."""

    clicks: int
    detail_page_views: int
    add_to_carts: int
    purchases: int
    units: int
    sales_minor: int
    total_purchases: int
    total_units: int
    total_sales_minor: int
    new_to_brand_purchases: int | None
    new_to_brand_units: int | None
    new_to_brand_sales_minor: int | None
    brb_bonus_minor: int | None
    """None: not asked for at this level, or the brand is not enrolled."""


NOTHING = Figures(0, 0, 0, 0, 0, 0, 0, 0, 0, None, None, None, None)


class Version(NamedTuple):
    key: Key
    partnership_id: UUID
    figures: Figures


class Known(NamedTuple):
    """The version in force at an observation."""

    partnership_id: UUID
    figures: Figures


class Applied(NamedTuple):
    """A report taken in before, and the moment its figures are of."""

    observed_at: datetime
    from_day: date
    to_day: date


class Change(NamedTuple):
    """A key, what was said of it before, and what is said now."""

    key: Key
    partnership_id: UUID
    before: Figures
    now: Figures


def figures(row: Row) -> Figures:
    """A row's figures. Where Amazon refused the totals, the promoted products are all we know."""
    return Figures(
        row.clicks or 0,
        row.detail_page_views or 0,
        row.add_to_carts or 0,
        row.purchases or 0,
        row.units or 0,
        row.sales_minor or 0,
        (row.purchases if row.total_purchases is None else row.total_purchases) or 0,
        (row.units if row.total_units is None else row.total_units) or 0,
        (row.sales_minor if row.total_sales_minor is None else row.total_sales_minor) or 0,
        row.new_to_brand_purchases,
        row.new_to_brand_units,
        row.new_to_brand_sales_minor,
        row.brb_minor,
    )


def shows(figures: Figures) -> bool:
    """Whether Amazon shows anything: a masked row is zero throughout."""
    return any(figures)


def vanished(known: Mapping[Key, Known], seen: Collection[Key]) -> list[Change]:
    """Keys that a complete report no longer has: restated to nothing."""
    return [
        Change(key, was.partnership_id, was.figures, NOTHING)
        for key, was in known.items()
        if key not in seen and shows(was.figures)
    ]


def steps(
    changes: Iterable[Change],
    observed_at: datetime,
    later_runs: Iterable[Applied],
    later_versions: set[tuple[Key, datetime]],
) -> dict[datetime, list[Version]]:
    """The versions that record changes seen at `observed_at`, by the moment they hold from.

    When a newer report of the same day has been taken in already, the change is a step in the past:
    what the newer report found, and had no need to write because it was what we knew then, is
    written now, so that it still holds.
    """
    versions = {observed_at: [Version(c.key, c.partnership_id, c.now) for c in changes]}
    newer = sorted(run for run in later_runs if run.observed_at > observed_at)
    for change in changes if newer else ():
        next_said = next((r for r in newer if r.from_day <= change.key.day <= r.to_day), None)
        if next_said and (change.key, next_said.observed_at) not in later_versions:
            version = Version(change.key, change.partnership_id, change.before)
            versions.setdefault(next_said.observed_at, []).append(version)
    return versions
