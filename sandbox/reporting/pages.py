"""Cuts a report into pages, with Amazon's cursors and the faults that befall them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.faults import Call, Faults
from sandbox.reporting.request import BadRequest, ReportRequest
from sandbox.reporting.rows import Row
from sandbox.switches import Switches

WHOLE_REPORT_LIMIT = 5_000
"""More rows than that are refused without paging. Amazon only says that large reports fail."""

_CURSOR_FIELDS = {
    "CAMPAIGN": ["campaign_id", "day_timestamp"],
    "ADGROUP": ["ad_group_id", "day_timestamp"],
    "CREATIVE": ["creative_id", "day_timestamp"],
    "PRODUCTS": [
        "dim_asin_key",
        "ad_dim_id",
        "planned_entity",
        "advertising_channel",
        "day_timestamp",
    ],
}


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    cursor: str | None

    def as_json(self, switches: Switches) -> dict[str, object]:
        body: dict[str, object] = {"reports": self.rows}
        if switches.count_key in ("count", "both"):
            body["count"] = len(self.rows)
        if switches.count_key in ("size", "both"):
            body["size"] = len(self.rows)
        if self.cursor is not None:
            body["cursorId"] = self.cursor
        elif switches.last_cursor != "missing":
            body["cursorId"] = "" if switches.last_cursor == "empty" else None
        return body


def cut(rows: list[Row], request: ReportRequest, faults: Faults, call: Call) -> Page:
    """The page a request asks for. Raises BadRequest for a cursor that is not ours."""
    offset, number = _read(request.cursor)
    if offset > 0 and faults.strike(call, "repeated_cursor"):
        return Page(rows[offset : offset + (request.count or len(rows))], request.cursor)
    if faults.strike(call, "empty_page"):
        return Page([], _write(request, offset, number + 1))
    size = request.count
    if size is None:
        if len(rows) > WHOLE_REPORT_LIMIT:
            raise BadRequest("The report is too large; use count and cursorId to page through it")
        return Page(rows[offset:], None)
    end = offset + size
    if offset > 0 and faults.strike(call, "repeated_page"):
        offset = max(0, offset - size)
    return Page(rows[offset:end], _write(request, end, number + 1) if end < len(rows) else None)


def _write(request: ReportRequest, offset: int, number: int) -> str:
    """JSON text, as Amazon's cursor is. Callers must treat it as opaque."""
    fields = _CURSOR_FIELDS[request.level]
    values: list[int] = [offset, *([0] * (len(fields) - 1))]
    return json.dumps(
        {"values": values, "page": number, "fields": fields, "version": "V2"},
        separators=(",", ":"),
    )


def _read(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return 0, 0
    try:
        read = json.loads(cursor)
        return int(read["values"][0]), int(read["page"])
    except (ValueError, KeyError, TypeError, IndexError):
        raise BadRequest("Invalid cursorId") from None
