"""The limit: an endpoint written by hand for this one page.

One statement, its rows made into dicts, orjson. Everything around it is the product's own: the
authentication, the pool, the role with row-level security, the server. Its data are the schema's,
and are compared before anything is measured.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.auth import viewer
from bench.asking.house import lifespan
from domain.money import exponent

# The page first, by the index of days, and then the joins to what is left. As it was tuned: the
# account stands in each join, since the planner takes row-level security's own condition for
# something that only few rows meet; and so does the page's size, with which the plan is made once
# and kept, where a bound LIMIT is planned anew each time.
_PAGE = """
SELECT c.id, c.day, c.status, c.orders, c.units, c.sales_minor, c.commission_minor, c.currency,
       f.id AS affiliate_id, f.name AS affiliate_name, o.id AS offer_id, o.name AS offer_name,
       s.id AS store_id, s.name AS store_name
  FROM (SELECT id, day, status, orders, units, sales_minor, commission_minor, currency,
               affiliate_id, store_id, offer_version_id
          FROM conversion
         WHERE account_id = $1{beyond}
         ORDER BY day DESC, id DESC
         LIMIT {limit}) c
  LEFT JOIN affiliate f ON f.id = c.affiliate_id
  LEFT JOIN store s ON s.account_id = $1 AND s.id = c.store_id
  LEFT JOIN offer_version v ON v.account_id = $1 AND v.id = c.offer_version_id
  LEFT JOIN offer o ON o.account_id = $1 AND o.id = v.offer_id
 ORDER BY c.day DESC, c.id DESC
"""
_LARGEST = 200
_BEYOND = " AND (day, id) < ($2, $3)"


async def conversions(request: Request) -> Response:
    """{"first": 50} and, for what follows a page, "after": its end cursor."""
    who = await viewer(request)
    if who is None or who.seat is None:
        return Response(status_code=401)
    asked = orjson.loads(await request.body())
    size, after, account_id = asked["first"], asked.get("after"), who.seat.room_id
    if type(size) is not int or not 1 <= size <= _LARGEST:
        return Response(status_code=400)
    assert account_id is not None
    sql = _PAGE.format(beyond=_BEYOND if after else "", limit=size + 1)
    async with request.app.state.db.account(account_id) as tx:
        rows = await tx.fetch(sql, account_id, *(_read_cursor(after) if after else ()))
    page = {"data": {"conversions": _page(rows, size)}}
    return Response(orjson.dumps(page), media_type="application/json")


def _page(rows: Sequence[asyncpg.Record], size: int) -> dict[str, Any]:
    return {
        "nodes": [_conversion(row) for row in rows[:size]],
        "pageInfo": {
            "hasNextPage": len(rows) > size,
            "endCursor": _cursor(rows[:size][-1]) if rows else None,
        },
    }


def _conversion(row: asyncpg.Record) -> dict[str, Any]:
    currency = row["currency"]
    return {
        "id": f"conv_{row['id'].hex}",
        "day": row["day"],
        "status": row["status"],
        "orders": row["orders"],
        "units": row["units"],
        "sales": {"amount": _amount(row["sales_minor"], currency), "currency": currency},
        "commission": {"amount": _amount(row["commission_minor"], currency), "currency": currency},
        "affiliate": {"id": f"affl_{row['affiliate_id'].hex}", "name": row["affiliate_name"]},
        "offer": {"id": f"offr_{row['offer_id'].hex}", "name": row["offer_name"]},
        "store": {"id": f"stor_{row['store_id'].hex}", "name": row["store_name"]},
    }


def _amount(minor: int, currency: str) -> str:
    return str(Decimal(minor).scaleb(-exponent(currency)))


def _cursor(row: asyncpg.Record) -> str:
    place = f'["Conversion:DAY_DESC","{row["day"]}","{row["id"]}"]'
    return urlsafe_b64encode(place.encode()).decode()


def _read_cursor(text: str) -> tuple[date, UUID]:
    _, day, id = json.loads(urlsafe_b64decode(text))
    return date.fromisoformat(day), UUID(id)


def app() -> Starlette:
    return Starlette(
        routes=[Route("/conversions", conversions, methods=["POST"])], lifespan=lifespan
    )
