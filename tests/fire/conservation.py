"""Nothing is lost between a report and its conversions, and nothing is made up: to the cent.

    for line in await lost_or_made_up(owner): print(line)

It wants a connection that sees everything, and no report being taken in meanwhile.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

import asyncpg

Place = tuple[UUID, date]
"""A store and a day."""
Sum = tuple[int, int, int]
"""Orders, units and sales in minor units, all of the brand's own goods."""

NOTHING: Sum = (0, 0, 0)
_MINOR_DIGITS = {"JPY": 0}


async def lost_or_made_up(owner: asyncpg.Connection) -> list[str]:
    """What does not add up, as sentences; none when all is well.

    For each store and day: its conversions are the newest rows of level CAMPAIGN that were kept,
    and what is still pending pays for exactly these. For each store that is connected, they are
    also what the newest pages that were taken in say, read here by code of its own.
    """
    said = await _rows(owner)
    kept = await _conversions(owner)
    pages = await _pages(owner)
    found = []
    for place in sorted(said.keys() | kept.keys(), key=str):
        if said.get(place, NOTHING) != kept.get(place, NOTHING):
            found.append(f"{place}: rows {said.get(place)}, conversions {kept.get(place)}")
    for place, told in sorted(pages.items(), key=str):
        if told != kept.get(place, NOTHING):
            found.append(f"{place}: Amazon said {told}, conversions {kept.get(place)}")
    moved = await owner.fetchval(
        """SELECT count(*) FROM conversion
            WHERE source = 'AMAZON' AND status = 'PENDING'
              AND (orders, units, sales_minor, commission_minor) IS DISTINCT FROM
                  (reported_orders, reported_units, reported_sales_minor,
                   reported_commission_minor)"""
    )
    return [*found, *([f"{moved} pending conversions pay for other figures"] if moved else [])]


async def _rows(owner: asyncpg.Connection) -> dict[Place, Sum]:
    rows = await owner.fetch(
        """SELECT p.store_id, l.day, sum(l.total_purchases)::bigint AS orders,
                  sum(l.total_units)::bigint AS units, sum(l.total_sales_minor)::bigint AS sales
             FROM (SELECT DISTINCT ON (account_id, subject_id, day) *
                     FROM report_row WHERE level = 'CAMPAIGN'
                    ORDER BY account_id, subject_id, day, observed_at DESC) l
             JOIN partnership p ON p.account_id = l.account_id AND p.id = l.partnership_id
            GROUP BY p.store_id, l.day"""
    )
    return _by_place(rows)


async def _conversions(owner: asyncpg.Connection) -> dict[Place, Sum]:
    rows = await owner.fetch(
        """SELECT store_id, day, sum(reported_orders)::bigint AS orders,
                  sum(reported_units)::bigint AS units, sum(reported_sales_minor)::bigint AS sales
             FROM conversion WHERE source = 'AMAZON' GROUP BY store_id, day"""
    )
    return _by_place(rows)


def _by_place(rows: list[asyncpg.Record]) -> dict[Place, Sum]:
    return {
        (row["store_id"], row["day"]): (row["orders"], row["units"], row["sales"]) for row in rows
    }


async def _pages(owner: asyncpg.Connection) -> dict[Place, Sum]:
    """What the newest report of each day said of it."""
    runs = await owner.fetch(
        """SELECT r.account_id, r.id, r.profile_id, r.from_day, r.to_day, p.currency,
                  (SELECT max(received_at) FROM report_page g
                    WHERE g.account_id = r.account_id AND g.run_id = r.id) AS seen_at
             FROM report_run r JOIN profile p ON p.account_id = r.account_id AND p.id = r.profile_id
            WHERE r.level = 'CAMPAIGN' AND r.state = 'APPLIED'
            ORDER BY seen_at DESC, r.id DESC"""
    )
    stores = await owner.fetch(
        """SELECT p.campaign_token, s.id, s.profile_id
             FROM partnership p JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
            WHERE s.disconnected_at IS NULL"""
    )
    store_of = {(row["profile_id"], row["campaign_token"]): row["id"] for row in stores}
    newest: dict[tuple[UUID, date], datetime] = {}
    told: defaultdict[Place, Sum] = defaultdict(lambda: NOTHING)
    for run in runs:
        fresh = {
            day
            for day in map(date.fromordinal, _ordinals(run["from_day"], run["to_day"]))
            if (run["profile_id"], day) not in newest
        }
        if not fresh:
            continue
        newest |= {(run["profile_id"], day): run["seen_at"] for day in fresh}
        for store_id in {id for (profile_id, _), id in store_of.items() if profile_id == run[2]}:
            for day in fresh:
                told[store_id, day] = NOTHING
        for row in await _read(owner, run["account_id"], run["id"]):
            day = date.fromisoformat(row["date"])
            store = store_of.get((run["profile_id"], row["campaignId"]))
            if store is not None and day in fresh:
                figures = _figures(row, _MINOR_DIGITS.get(run["currency"], 2))
                one, two = told[store, day], figures
                told[store, day] = one[0] + two[0], one[1] + two[1], one[2] + two[2]
    return told


async def _read(owner: asyncpg.Connection, account_id: UUID, run_id: UUID) -> list[dict[str, Any]]:
    """The rows of a run, each once however often its pages repeat it."""
    pages = await owner.fetch(
        "SELECT body_gz FROM report_page WHERE account_id = $1 AND run_id = $2 ORDER BY page",
        account_id, run_id,
    )  # fmt: skip
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for page in pages:
        for row in json.loads(gzip.decompress(page["body_gz"]))["reports"]:
            rows.setdefault((row["date"], row["campaignId"]), row)
    return list(rows.values())


def _figures(row: dict[str, Any], digits: int) -> Sum:
    def whole(total: str, promoted: str) -> Decimal:
        return Decimal(str(row.get(total, row.get(promoted, "0"))))

    sales = whole("totalAttributedSales14d", "attributedSales14d") * 10**digits
    return (
        int(whole("attributedTotalPurchases14d", "attributedPurchases14d")),
        int(whole("totalUnitsSold14d", "unitsSold14d")),
        int(sales.quantize(Decimal(1), ROUND_HALF_EVEN)),
    )


def _ordinals(first: date, last: date) -> range:
    return range(first.toordinal(), last.toordinal() + 1)
