"""Attribution reports, page by page, exactly as received.

A page is handed out before anything in it is read, so that the caller can keep it first; then
only the cursor is looked at. Reading rows is the caller's, with `domain.reports.parsing`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.reports.parsing import peek
from domain.reports.rows import Level
from workers.amazon.ads import Ads, Profile
from workers.amazon.errors import NotUnderstood, Rejected

PAGE_ROWS = 5_000
"""The most that Amazon gives at once."""

MOST_PAGES = 2_000
"""Ten million rows; a report that goes on after that is going round in circles."""

CLICKS = "Click-throughs"
BRB = "brb_bonus_amount"

_PROMOTED = (
    "attributedDetailPageViewsClicks14d",
    "attributedAddToCartClicks14d",
    "attributedPurchases14d",
    "unitsSold14d",
    "attributedSales14d",
)
_TOTALS = (
    "attributedTotalDetailPageViewsClicks14d",
    "attributedTotalAddToCartClicks14d",
    "attributedTotalPurchases14d",
    "totalUnitsSold14d",
    "totalAttributedSales14d",
)
_HALO = (
    "brandHaloDetailPageViewsClicks14d",
    "brandHaloAttributedAddToCartClicks14d",
    "brandHaloAttributedPurchases14d",
    "brandHaloUnitsSold14d",
    "brandHaloAttributedSales14d",
)
_NEW_TO_BRAND = (
    "attributedNewToBrandPurchases14d",
    "attributedNewToBrandUnitsSold14d",
    "attributedNewToBrandSales14d",
    "brandHaloNewToBrandPurchases14d",
    "brandHaloNewToBrandUnitsSold14d",
    "brandHaloNewToBrandSales14d",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a report: a level, its days (both included), and the metrics by name.

    `degraded` says that Amazon refused one of the metrics we wanted and that only those of the
    promoted products are asked for.
    """

    level: Level
    start: date
    end: date
    metrics: tuple[str, ...]
    degraded: bool = False

    @classmethod
    def of(cls, level: Level, start: date, end: date) -> Question:
        """Every metric that the level has. The bonus has to be named, and not at each level."""
        if level is Level.PRODUCTS:
            return cls(level, start, end, (*_PROMOTED, *_HALO, *_NEW_TO_BRAND))
        bonus = (BRB,) if level in {Level.CAMPAIGN, Level.ADGROUP} else ()
        return cls(level, start, end, (CLICKS, *_PROMOTED, *_TOTALS, *bonus))

    def without_bonus(self) -> Question:
        return replace(self, metrics=tuple(m for m in self.metrics if m != BRB))

    def promoted_only(self) -> Question:
        clicks = () if self.level is Level.PRODUCTS else (CLICKS,)
        return replace(self, metrics=(*clicks, *_PROMOTED), degraded=True)


@dataclass(frozen=True, slots=True)
class ReceivedPage:
    """One page as it came: its number from 1, its bytes, and the question that it answers."""

    number: int
    body: bytes
    question: Question


async def report(
    ads: Ads, profile: Profile, question: Question, page_rows: int = PAGE_ROWS
) -> AsyncGenerator[ReceivedPage]:
    """Fetch a report until a page has no cursor, has no rows, or repeats a cursor.

    A report whose last page still has a cursor did not end as it should and may be incomplete.
    The question of a page is the one that Amazon accepted, which may ask for less than the one
    given. Raises NotEligible, Rejected, AccessLost, TryLater, NotUnderstood, and MalformedPage
    after a page whose cursor cannot be found; that page has been handed out by then.
    """
    cursor: str | None = None
    seen: set[str] = set()
    for number in range(1, MOST_PAGES + 1):
        body, question = await _page(ads, profile, question, cursor, page_rows)
        yield ReceivedPage(number, body, question)
        found = peek(body)
        cursor = found.cursor
        if cursor is None or found.empty or cursor in seen:
            return
        seen.add(cursor)
    raise NotUnderstood(f"A report of more than {MOST_PAGES} pages does not end.")


async def _page(
    ads: Ads, profile: Profile, question: Question, cursor: str | None, page_rows: int
) -> tuple[bytes, Question]:
    """Fetch one page, asking for less where Amazon refuses a metric, on the first page only.

    Later pages continue a cursor, which belongs to the metrics that it was made for.
    """
    while True:
        body = _body(question, cursor, page_rows)
        try:
            response = await ads.send_attribution(profile, "POST", "report", json=body)
        except Rejected as error:
            modest = _modest(question, error) if cursor is None else None
            if modest is None:
                raise
            question = modest
        else:
            return response.content, question


def _modest(question: Question, error: Rejected) -> Question | None:
    """A question that asks for less than the refused one, None when less would not help."""
    if error.answer.status != 400:
        return None
    words = error.answer.detail.lower()
    if BRB in question.metrics and ("brb" in words or "bonus" in words):
        return question.without_bonus()
    names_metric = "metric" in words or any(m.lower() in words for m in question.metrics)
    return question.promoted_only() if names_metric and not question.degraded else None


def _body(question: Question, cursor: str | None, page_rows: int) -> dict[str, Any]:
    products = question.level is Level.PRODUCTS
    body = {
        "reportType": "PRODUCTS" if products else "PERFORMANCE",
        "startDate": question.start.strftime("%Y%m%d"),
        "endDate": question.end.strftime("%Y%m%d"),
        "metrics": ",".join(question.metrics),
        "count": page_rows,
        "cursorId": cursor or "",
    }
    return body if products else body | {"groupBy": question.level.value}
