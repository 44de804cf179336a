"""Reads and checks the body of a report call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.reporting import metrics
from sandbox.reporting.ledger import LEVELS
from sandbox.switches import Switches

PERFORMANCE_DAYS = 396
"""Thirteen months."""
PRODUCTS_DAYS = 90
DEFAULT_DAYS = 30
"""Amazon documents no default range; a call without dates gets the last thirty days."""


class BadRequest(ValueError):
    """The body is answered 400 with this text."""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    level: str
    """CAMPAIGN, ADGROUP, CREATIVE or PRODUCTS."""
    start: date
    end: date
    metrics: tuple[str, ...]
    advertisers: tuple[str, ...] | None
    count: int | None
    cursor: str | None


def level_of(body: Mapping[str, object]) -> str:
    """The level a body asks for, before anything is checked."""
    if body.get("reportType") == "PRODUCTS":
        return "PRODUCTS"
    return str(body.get("groupBy") or "CREATIVE")


def read_request(body: Mapping[str, object], today: date, switches: Switches) -> ReportRequest:
    """Raises BadRequest in Amazon's place. `today` is the profile's."""
    kind = body.get("reportType", "PERFORMANCE")
    if kind not in ("PERFORMANCE", "PRODUCTS"):
        raise BadRequest(f"Invalid reportType: {kind}")
    if kind == "PRODUCTS" and body.get("groupBy") is not None:
        raise BadRequest("groupBy is not supported for reportType PRODUCTS")
    level = level_of(body)
    if level not in (*LEVELS, "PRODUCTS"):
        raise BadRequest(f"Invalid groupBy: {level}")
    end = _day(body, "endDate", today)
    start = _day(body, "startDate", end - timedelta(days=DEFAULT_DAYS - 1))
    if start > end:
        raise BadRequest("startDate must not be after endDate")
    limit = PRODUCTS_DAYS if level == "PRODUCTS" else PERFORMANCE_DAYS
    if start < today - timedelta(days=limit):
        raise BadRequest(f"startDate must be within the last {limit} days")
    if switches.end_date == "exclusive":
        end -= timedelta(days=1)
    return ReportRequest(
        level=level,
        start=start,
        end=end,
        metrics=_metrics(body, level, switches),
        advertisers=_names(body, "advertiserIds"),
        count=_count(body, switches),
        cursor=_cursor(body),
    )


def _day(body: Mapping[str, object], name: str, otherwise: date) -> date:
    text = body.get(name)
    if text is None:
        return otherwise
    try:
        if not isinstance(text, str) or len(text) != 8:
            raise ValueError
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise BadRequest(f"Invalid {name}: {text}; use YYYYMMDD") from None


def _names(body: Mapping[str, object], name: str) -> tuple[str, ...] | None:
    """A comma-delimited string, which is what Amazon takes; a JSON array is an error."""
    text = body.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise BadRequest(f"{name} must be a comma-delimited string")
    return tuple(piece.strip() for piece in text.split(",") if piece.strip()) or None


def _metrics(body: Mapping[str, object], level: str, switches: Switches) -> tuple[str, ...]:
    known: tuple[str, ...] = metrics.PRODUCTS if level == "PRODUCTS" else tuple(metrics.PERFORMANCE)
    if not switches.total_metrics:
        known = tuple(name for name in known if name not in metrics.TOTALS)
    if switches.kindle_metrics and level != "PRODUCTS":
        known += metrics.KINDLE
    asked = _names(body, "metrics")
    if asked is None:
        return known
    for name in asked:
        if name == metrics.BONUS and level == "CREATIVE":
            raise BadRequest(f"{name} is not supported with groupBy CREATIVE")
        if name not in known and not (name == metrics.BONUS and level != "PRODUCTS"):
            raise BadRequest(f"Invalid metric: {name}")
    return asked


def _count(body: Mapping[str, object], switches: Switches) -> int | None:
    count = body.get("count")
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int):
        raise BadRequest("count must be an integer")
    if not 1 <= count <= switches.max_count:
        raise BadRequest(f"count must be between 1 and {switches.max_count}")
    return count


def _cursor(body: Mapping[str, object]) -> str | None:
    cursor = body.get("cursorId")
    if cursor is not None and not isinstance(cursor, str):
        raise BadRequest("cursorId must be a string or null")
    return cursor or None
