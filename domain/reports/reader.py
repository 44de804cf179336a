"""Reads a report's rows one page after the other: what changed, and what is set apart. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from itertools import product
from uuid import UUID

import orjson

from domain.reports.parsing import Quarantined
from domain.reports.rows import Level, Row
from domain.reports.subjects import OwnTag, Partner, Subjects, Unknown
from domain.reports.versions import NOTHING, Change, Figures, Key, Known, figures, shows

OwnTagRow = tuple[date, str, int, int, int]
"""Day, Amazon's ids as a JSON array, clicks, total units, total sales in minor units."""


class Reader:
    def __init__(
        self, level: Level, subjects: Subjects, known: Mapping[Key, Known], *,
        bonus_refused: bool = False,
    ) -> None:  # fmt: skip
        self._level = level
        self._bonus_refused = bonus_refused
        self._subjects = subjects
        self._known = known
        self.seen: dict[Key, Figures] = {}
        self.rows = 0
        self.sales_minor = 0
        self.changed = 0
        self.own_tags = 0
        self.quarantined = 0
        self._unread: set[tuple[date | None, UUID | None]] = set()
        self._own_tags_seen: set[tuple[date, str]] = set()
        self.shown: set[UUID] = set()
        """Subjects that show a figure here and never did before."""
        self.brb_enrolled: bool | None = None
        """Whether Amazon gave bonus figures; None when no row could tell, or it refused to."""

    def read(self, rows: list[Row]) -> tuple[list[Change], list[Quarantined], list[OwnTagRow]]:
        """One page: what it changes, what of it can't be used, and the brand's own tags."""
        changes: list[Change] = []
        strays: list[Quarantined] = []
        own_tags: list[OwnTagRow] = []
        self.rows += len(rows)
        for position, row in enumerate(rows):
            try:
                partner = self._subjects.partner(row)
                if partner.connected:
                    change = self._change(row, partner)
                    if change is not None:
                        changes.append(change)
            except OwnTag:
                own_tag = _own_tag(row)
                if own_tag[:2] not in self._own_tags_seen:
                    self._own_tags_seen.add(own_tag[:2])
                    own_tags.append(own_tag)
            except Unknown as error:
                stray = Quarantined(str(error), position, _legible(row), row.date, row.campaign_id)
                strays.append(stray)
        self.changed += len(changes)
        self.own_tags += len(own_tags)
        self.set_apart(strays)
        if rows and not self._bonus_refused and self._level in (Level.CAMPAIGN, Level.ADGROUP):
            enrolled = any(row.brb_minor is not None for row in rows)
            self.brb_enrolled = enrolled or bool(self.brb_enrolled)
        return changes, strays, own_tags

    def set_apart(self, quarantined: list[Quarantined]) -> None:
        """Remember rows that can't be used: what they are about is not missing from the report."""
        self.quarantined += len(quarantined)
        for row in quarantined:
            partner = self._subjects.partners.get(row.campaign_id or "")
            if partner is not None:
                self._unread.add((row.day, partner.partnership_id))
            elif row.campaign_id is None:
                self._unread.add((row.day, None))

    def spoken_of(self) -> Collection[Key]:
        """Keys that the report has a row for, or may have one for among those set apart."""
        if not self._unread:
            return self.seen.keys()
        return self.seen.keys() | {
            key
            for key, was in self._known.items()
            if not self._unread.isdisjoint(product((key.day, None), (was.partnership_id, None)))
        }

    def _change(self, row: Row, partner: Partner) -> Change | None:
        subject_id = self._subjects.subject(self._level, row, partner)
        key = Key(subject_id, row.date, row.asin or "", bool(row.halo))
        if row.sales_minor is None and row.total_sales_minor is None:
            raise Unknown("the row has no sales figure at all, which is not the same as no sales")
        now = figures(row)
        first = self.seen.setdefault(key, now)
        if first is not now:
            if first == now:
                return None
            raise Unknown("the report has another row for the same day and ids, with other figures")
        self.sales_minor += now.total_sales_minor
        if subject_id not in self._subjects.visible and shows(now):
            self._subjects.visible.add(subject_id)
            self.shown.add(subject_id)
        was = self._known.get(key)
        if self._bonus_refused and was is not None:
            # Amazon refused to tell the bonus, which is not the same as that there is none.
            now = now._replace(brb_bonus_minor=was.figures.brb_bonus_minor)
        if was is None:
            return Change(key, partner.partnership_id, NOTHING, now)
        if was.figures == now:
            return None
        return Change(key, partner.partnership_id, was.figures, now)


def _own_tag(row: Row) -> OwnTagRow:
    now = figures(row)
    ids = [row.campaign_id, row.ad_group_id, row.creative_id, row.publisher, row.asin, row.halo]
    return row.date, orjson.dumps(ids).decode(), now.clicks, now.total_units, now.total_sales_minor


def _legible(row: Row) -> str:
    return orjson.dumps(row._asdict()).decode()
