"""Answers a report call: checks it, reads the ledger, cuts the page."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

from sandbox.cast.nouns import Cast, Profile
from sandbox.clock import Clock
from sandbox.faults import Call, Faults
from sandbox.reporting import metrics
from sandbox.reporting.calendar import zone_of
from sandbox.reporting.ledger import Ledger
from sandbox.reporting.pages import cut
from sandbox.reporting.request import BadRequest, ReportRequest, read_request
from sandbox.reporting.rows import Row, RowMaker
from sandbox.switches import Switches

_KEPT = 16
"""Reports whose rows are kept between the pages of one walk."""


class Reports:
    def __init__(
        self,
        cast: Cast,
        clock: Clock,
        switches: Switches,
        faults: Faults,
        ledger: Ledger,
        seed: int,
    ) -> None:
        self._cast, self._clock, self._switches = cast, clock, switches
        self._faults, self._ledger, self._seed = faults, ledger, seed
        self._made: dict[tuple[object, ...], list[Row]] = {}

    def answer(self, profile: Profile, body: Mapping[str, object], call: Call) -> dict[str, object]:
        """The response body. Raises BadRequest where Amazon answers 400."""
        now = self._clock.now()
        today = now.astimezone(zone_of(profile.marketplace, self._switches)).date()
        request = read_request(body, today, self._switches)
        self._refuse(request, call)
        rows = self._rows(profile, request)
        if fault := self._faults.strike(call, "shrunken"):
            rows = rows[: int(len(rows) * fault.keep)]
        if self._switches.page_rows and request.count is not None:
            request = replace(request, count=min(request.count, self._switches.page_rows))
        page = cut(rows, request, self._faults, call)
        changed = self._spoil(page.rows, request, call)
        return type(page)(changed, page.cursor).as_json(self._switches)

    def _refuse(self, request: ReportRequest, call: Call) -> None:
        if metrics.BONUS in request.metrics and self._faults.strike(call, "brb_refused"):
            raise BadRequest(f"Invalid metric: {metrics.BONUS}")
        total = next((name for name in request.metrics if name in metrics.TOTALS), None)
        if total is not None and self._faults.strike(call, "totals_refused"):
            raise BadRequest(f"Invalid metric: {total}")

    def _rows(self, profile: Profile, request: ReportRequest) -> list[Row]:
        sheet = self._ledger.sheet(profile.id, self._clock.now())
        key = (
            profile.id,
            sheet.version,
            request.level,
            request.start,
            request.end,
            request.metrics,
            request.advertisers,
            repr(self._switches),
        )
        rows = self._made.get(key)
        if rows is None:
            maker = RowMaker(self._cast, profile, self._switches, self._seed)
            rows = maker.rows(sheet, request)
            while len(self._made) >= _KEPT:
                self._made.pop(next(iter(self._made)))
            self._made[key] = rows
        return rows

    def _spoil(self, rows: list[Row], request: ReportRequest, call: Call) -> list[Row]:
        """The faults that change rows. Works on copies: the rows are kept for other pages."""
        if metrics.BONUS in request.metrics and self._faults.strike(call, "brb_absent"):
            rows = [{k: v for k, v in row.items() if k != metrics.BONUS} for row in rows]
        if request.level == "CREATIVE" and self._faults.strike(call, "null_ids"):
            chance = random.Random(f"null ids {self._seed}")
            rows = [
                _without_id(row, request.metrics) if chance.random() < _NULL_SHARE else row
                for row in rows
            ]
        return rows


_NULL_SHARE = 0.85
"""As it was seen in February 2024."""


def _without_id(row: Row, names: tuple[str, ...]) -> Row:
    return {k: None if k == "creativeId" else v for k, v in row.items() if k not in names}
