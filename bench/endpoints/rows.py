"""What the endpoints share: a sale and its sums as SQL, and rows as JSON."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from domain.ids import encode

Json = dict[str, Any]
Row = asyncpg.Record

SALE = """
SELECT c.id, c.day, c.status, c.orders, c.units, c.settles_on, c.sales_minor, c.commission_minor,
       c.currency, c.affiliate_id, f.name AS affiliate_name, o.id AS offer_id, o.name AS offer_name,
       c.store_id, s.name AS store_name, c.reported_sales_minor - c.sales_minor AS adjusted_sales,
       c.reported_commission_minor - c.commission_minor AS adjusted_commission
  FROM page c
  JOIN affiliate f ON f.id = c.affiliate_id
  JOIN store s ON s.account_id = $1 AND s.id = c.store_id
  JOIN offer_version v ON v.account_id = $1 AND v.id = c.offer_version_id
  JOIN offer o ON o.account_id = $1 AND o.id = v.offer_id
"""
SUMS = """
SELECT currency, count(*), sum(orders)::bigint AS orders, sum(units)::bigint AS units,
       sum(sales_minor)::bigint AS sales, sum(commission_minor)::bigint AS commission
  FROM conversion
"""


def days(asked: Json, *names: str) -> list[date]:
    return [date.fromisoformat(asked[name]) for name in names]


def nodes(rows: Iterable[Json]) -> Json:
    return {"nodes": list(rows)}


def grouped(rows: Sequence[Row], column: str) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def page(rows: Sequence[Row], order: str, column: str) -> Json:
    page = rows[:50]
    cursor = None
    if page:
        key = [f"Conversion:{order}", str(page[-1][column]), str(page[-1]["id"])]
        cursor = b64encode(orjson.dumps(key), b"-_").decode()
    return {
        **nodes(sale(row) for row in page),
        "pageInfo": {"hasNextPage": len(rows) > 50, "endCursor": cursor},
    }


def sale(row: Row) -> Json:
    return {
        "id": encode("conv", row["id"]),
        "day": str(row["day"]),
        "status": row["status"],
        "orders": row["orders"],
        "units": row["units"],
        "settlesOn": str(row["settles_on"]),
        "sales": money(row["sales_minor"], row["currency"]),
        "commission": money(row["commission_minor"], row["currency"]),
        "affiliate": {"id": encode("affl", row["affiliate_id"]), "name": row["affiliate_name"]},
        "offer": {"id": encode("offr", row["offer_id"]), "name": row["offer_name"]},
        "store": {"id": encode("stor", row["store_id"]), "name": row["store_name"]},
    }


def sums(row: Row) -> Json:
    return {
        "currency": row["currency"],
        "count": row["count"],
        "orders": row["orders"],
        "units": row["units"],
        "sales": money(row["sales"], row["currency"]),
        "commission": money(row["commission"], row["currency"]),
    }


def freshness(row: Row) -> Json:
    return {"asOf": moment(row["as_of"]), "missingLevels": row["missing"]}


def money(minor: int | None, currency: str) -> Json | None:
    if minor is None:
        return None
    amount = Decimal(minor).scaleb(0 if currency == "JPY" else -2)
    return {"amount": str(amount), "currency": currency}


def percent(basis_points: int) -> str:
    return f"{basis_points / 100:.2f}"


def moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
