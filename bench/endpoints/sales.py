"""What was sold: at a glance, in lists, and by whom and what."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import date
from uuid import UUID

import orjson

from bench.endpoints import rows
from bench.endpoints.rows import Json
from db.pool import Tx
from domain.ids import decode, encode


async def dashboard(tx: Tx, account_id: UUID, asked: Json) -> Json:
    month, recent = rows.days(asked, "month", "recent")
    account = await tx.fetchrow("SELECT name, plan FROM account WHERE account_id = $1", account_id)
    sums = await tx.fetch(
        f"{rows.SUMS} WHERE account_id = $1 AND day >= $2 GROUP BY currency ORDER BY currency",
        account_id, month,
    )  # fmt: skip
    counts = await tx.fetchrow(
        """SELECT d.approved, d.denied,
               (SELECT count(*) FROM conversion
                 WHERE account_id = $1 AND status = 'PENDING') AS pending,
               (SELECT count(*) FROM conversion
                 WHERE account_id = $1 AND status = 'SETTLED') AS settled,
               (SELECT count(*) FROM application
                 WHERE account_id = $1 AND state = 'SUBMITTED') AS waiting
          FROM (SELECT count(*) FILTER (WHERE status = 'APPROVED') AS approved,
                       count(*) FILTER (WHERE status = 'DENIED') AS denied
                  FROM conversion WHERE account_id = $1 AND day >= $2) d""",
        account_id, recent,
    )  # fmt: skip
    stores = await tx.fetch(
        """SELECT s.id, s.name, f.as_of, f.missing, f.id IS NOT NULL AS on_amazon,
                  CASE WHEN s.disconnected_at IS NOT NULL THEN 'DISCONNECTED'
                       WHEN s.profile_id IS NULL THEN 'CONNECTED'
                       WHEN EXISTS (SELECT FROM amazon_grant g
                                     WHERE g.account_id = $1 AND g.state = 'RECONNECT'
                                       AND g.seller_account_id = p.seller_account_id)
                       THEN 'RECONNECT'
                       WHEN p.measuring_since IS NULL THEN 'MEASURING_NOT_CONFIRMED'
                       ELSE 'CONNECTED' END AS status
             FROM (SELECT * FROM store WHERE account_id = $1 ORDER BY name, id LIMIT 20) s
             LEFT JOIN profile p ON p.account_id = $1 AND p.id = s.profile_id
             LEFT JOIN LATERAL (SELECT * FROM freshness
                                 WHERE account_id = $1 AND id = s.id LIMIT 1) f ON true
            ORDER BY s.name, s.id""",
        account_id,
    )
    assert account
    assert counts
    return {
        "account": {"name": account["name"], "plan": account["plan"]},
        "month": {"totals": [rows.sums(row) for row in sums]},
        "pending": {"totalCount": counts["pending"]},
        "settled": {"totalCount": counts["settled"]},
        "approved": {"totalCount": counts["approved"]},
        "denied": {"totalCount": counts["denied"]},
        "applications": {"totalCount": counts["waiting"]},
        "stores": rows.nodes(
            {
                "id": encode("stor", row["id"]),
                "name": row["name"],
                "status": row["status"],
                "freshness": rows.freshness(row) if row["on_amazon"] else None,
            }
            for row in stores
        ),
    }


async def conversions(tx: Tx, account_id: UUID, asked: Json) -> Json:
    first, last = rows.days(asked, "from", "to")
    chosen, values = "", []
    if asked["status"]:
        chosen, values = "AND status = $4", asked["status"]
    where = f"WHERE account_id = $1 AND day BETWEEN $2 AND $3 {chosen}"
    found = await tx.fetch(
        f"""WITH page AS (SELECT * FROM conversion {where} ORDER BY day DESC, id DESC LIMIT 51)
            {rows.SALE} ORDER BY c.day DESC, c.id DESC""",
        account_id, first, last, *values,
    )  # fmt: skip
    count = await tx.fetchval(
        f"SELECT count(*) FROM conversion {where}", account_id, first, last, *values
    )
    return {"conversions": {"totalCount": count} | rows.page(found, "DAY_DESC", "day")}


async def far_page(tx: Tx, account_id: UUID, asked: Json) -> Json:
    _, day, id = orjson.loads(urlsafe_b64decode(asked["after"]))
    found = await tx.fetch(
        f"""WITH page AS (SELECT * FROM conversion
                           WHERE account_id = $1 AND (day, id) < ($2, $3)
                           ORDER BY day DESC, id DESC LIMIT 51)
            {rows.SALE} ORDER BY c.day DESC, c.id DESC""",
        account_id, date.fromisoformat(day), UUID(id),
    )  # fmt: skip
    return {"conversions": rows.page(found, "DAY_DESC", "day")}


async def due(tx: Tx, account_id: UUID, asked: Json) -> Json:
    (today,) = rows.days(asked, "today")
    where = "WHERE account_id = $1 AND status = 'SETTLED' AND settles_on <= $2"
    sums = await tx.fetch(
        f"{rows.SUMS} {where} GROUP BY currency ORDER BY currency", account_id, today
    )
    found = await tx.fetch(
        f"""WITH page AS (SELECT * FROM conversion {where} ORDER BY settles_on, id LIMIT 51)
            {rows.SALE} ORDER BY c.settles_on, c.id""",
        account_id, today,
    )  # fmt: skip
    page = rows.page(found, "SETTLES_ON_ASC", "settles_on")
    for node, row in zip(page["nodes"], found, strict=False):
        node["adjustment"] = {
            "sales": rows.money(row["adjusted_sales"], row["currency"]),
            "commission": rows.money(row["adjusted_commission"], row["currency"]),
        }
    return {"conversions": {"totals": [rows.sums(row) for row in sums]} | page}


async def best(tx: Tx, account_id: UUID, asked: Json) -> Json:
    (since,) = rows.days(asked, "from")
    offers = {name: decode("offr", id) for name, id in asked.items() if name != "from"}
    top = await tx.fetch(
        f"""WITH page AS (SELECT * FROM conversion WHERE account_id = $1 AND day >= $2
                           ORDER BY commission_minor DESC, id DESC LIMIT 20)
            {rows.SALE} ORDER BY c.commission_minor DESC, c.id DESC""",
        account_id, since,
    )  # fmt: skip
    sums = await tx.fetch(
        """SELECT v.offer_id, c.currency, count(*), sum(c.orders)::bigint AS orders,
                  sum(c.units)::bigint AS units, sum(c.sales_minor)::bigint AS sales,
                  sum(c.commission_minor)::bigint AS commission
             FROM conversion c
             JOIN offer_version v ON v.account_id = $1 AND v.id = c.offer_version_id
            WHERE c.account_id = $1 AND c.day >= $2 AND v.offer_id = any($3)
            GROUP BY v.offer_id, c.currency ORDER BY v.offer_id, c.currency""",
        account_id, since, list(offers.values()),
    )  # fmt: skip
    of_offer = rows.grouped(sums, "offer_id")
    return {
        "top": rows.nodes(rows.sale(row) for row in top),
        **{
            name: {"totals": [rows.sums(row) for row in of_offer.get(id, ())]}
            for name, id in offers.items()
        },
    }
