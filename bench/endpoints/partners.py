"""With whom: one affiliate, a search, and all that hangs together."""

from __future__ import annotations

from uuid import UUID

from bench.endpoints import rows
from bench.endpoints.rows import Json
from db.pool import Tx
from domain.ids import decode, encode

PUBLIC_URL = "https://links.example.com"


async def affiliate(tx: Tx, account_id: UUID, asked: Json) -> Json:
    affiliate_id, (since,) = decode("affl", asked["id"]), rows.days(asked, "from")
    known = await tx.fetchrow("SELECT name, email FROM affiliate WHERE id = $1", affiliate_id)
    partnerships = await tx.fetch(
        """SELECT p.id, p.status, p.created_at, s.name AS store_name, o.name AS offer_name,
                  v.rate_bp, i.click_threshold AS threshold,
                  CASE WHEN p.visible_at IS NULL THEN least(k.clicks, i.click_threshold)
                       ELSE i.click_threshold END AS counted,
                  k.clicks, k.recent,
                  round(k.recent * 86400 / w.seconds, 2) AS pace,
                  CASE WHEN p.visible_at IS NOT NULL OR k.clicks >= i.click_threshold THEN 0
                       ELSE ceil((i.click_threshold - k.clicks) * w.seconds
                                 / nullif(k.recent * 86400, 0))::int END AS days_to_go
             FROM (SELECT * FROM partnership WHERE account_id = $1 AND affiliate_id = $2
                    ORDER BY created_at DESC, id DESC LIMIT 5) p
             JOIN store s ON s.account_id = $1 AND s.id = p.store_id
             JOIN offer o ON o.account_id = $1 AND o.id = p.offer_id
            CROSS JOIN installation i
            CROSS JOIN LATERAL
                  (SELECT least(7 * 86400, greatest(86400, extract(epoch FROM now()
                                                                  - p.created_at))) AS seconds) w
            CROSS JOIN LATERAL
                  (SELECT count(*) AS clicks,
                          count(*) FILTER (WHERE clicked_at > now() - interval '7 days'
                                             AND clicked_at <= now()) AS recent
                     FROM click WHERE account_id = $1 AND partnership_id = p.id) k
             LEFT JOIN LATERAL
                  (SELECT rate_bp FROM offer_version
                    WHERE account_id = $1 AND offer_id = p.offer_id
                      AND valid_from <= (now() AT TIME ZONE s.time_zone)::date
                    ORDER BY valid_from DESC LIMIT 1) v ON true
            ORDER BY p.created_at DESC, p.id DESC""",
        account_id, affiliate_id,
    )  # fmt: skip
    links = await tx.fetch(
        """SELECT l.*, g.subid, c.landing,
                  (SELECT count(*) FROM click WHERE account_id = $1 AND link_id = l.id) AS clicks
             FROM unnest($2::uuid[]) WITH ORDINALITY p (id, place)
            CROSS JOIN LATERAL
                  (SELECT * FROM link WHERE account_id = $1 AND partnership_id = p.id
                    ORDER BY created_at DESC, id DESC LIMIT 5) l
             JOIN ad_group g ON g.account_id = $1 AND g.id = l.ad_group_id
             JOIN creative c ON c.account_id = $1 AND c.id = l.creative_id
            ORDER BY p.place, l.created_at DESC, l.id DESC""",
        account_id, [row["id"] for row in partnerships],
    )  # fmt: skip
    where = "WHERE account_id = $1 AND affiliate_id = $2 AND day >= $3"
    sums = await tx.fetch(
        f"{rows.SUMS} {where} GROUP BY currency ORDER BY currency", account_id, affiliate_id, since
    )
    sales = await tx.fetch(
        f"""SELECT c.*, s.name AS store_name
              FROM (SELECT * FROM conversion {where} ORDER BY day DESC, id DESC LIMIT 50) c
              JOIN store s ON s.account_id = $1 AND s.id = c.store_id
             ORDER BY c.day DESC, c.id DESC""",
        account_id, affiliate_id, since,
    )  # fmt: skip
    assert known
    of_partnership = rows.grouped(links, "partnership_id")
    return {
        "node": {
            "id": asked["id"],
            "name": known["name"],
            "email": known["email"],
            "partnerships": rows.nodes(
                {
                    "id": encode("part", row["id"]),
                    "status": row["status"],
                    "createdAt": rows.moment(row["created_at"]),
                    "store": {"name": row["store_name"]},
                    "offer": {
                        "name": row["offer_name"],
                        "currentVersion": {"ratePercent": rows.percent(row["rate_bp"])},
                    },
                    "progress": {
                        "clicks": row["counted"],
                        "of": row["threshold"],
                        "remaining": row["threshold"] - row["counted"],
                        "reached": row["counted"] >= row["threshold"],
                        "pace": str(row["pace"]),
                        "daysToGo": row["days_to_go"],
                    },
                    "links": rows.nodes(
                        {
                            "id": encode("link", link["id"]),
                            "url": f"{PUBLIC_URL}/l/{link['code']}",
                            "landing": link["landing"],
                            "subId": link["subid"] or None,
                            "clicks": link["clicks"],
                            "createdAt": rows.moment(link["created_at"]),
                        }
                        for link in of_partnership.get(row["id"], ())
                    ),
                }
                for row in partnerships
            ),
        },
        "conversions": {
            "totals": [rows.sums(row) for row in sums],
            **rows.nodes(
                {
                    "id": encode("conv", row["id"]),
                    "day": str(row["day"]),
                    "status": row["status"],
                    "orders": row["orders"],
                    "sales": rows.money(row["sales_minor"], row["currency"]),
                    "commission": rows.money(row["commission_minor"], row["currency"]),
                    "store": {"name": row["store_name"]},
                }
                for row in sales
            ),
        },
    }


async def search(tx: Tx, account_id: UUID, asked: Json) -> Json:
    text = f"%{asked['text']}%"
    affiliates = await tx.fetch(
        """SELECT id, name, email, count(*) OVER () FROM affiliate f
            WHERE name ILIKE $2
              AND (EXISTS (SELECT FROM partnership
                            WHERE account_id = $1 AND affiliate_id = f.id)
                   OR f.person_id IS NULL
                      AND EXISTS (SELECT FROM acquaintance
                                   WHERE account_id = $1 AND affiliate_id = f.id))
            ORDER BY name, id LIMIT 20""",
        account_id, text,
    )  # fmt: skip
    products = await tx.fetch(
        """SELECT p.*, s.name AS store_name
             FROM (SELECT id, sku, asin, title, status, price_minor, currency, store_id,
                          count(*) OVER ()
                     FROM product WHERE account_id = $1 AND title ILIKE $2
                    ORDER BY title, id LIMIT 20) p
             JOIN store s ON s.account_id = $1 AND s.id = p.store_id
            ORDER BY p.title, p.id""",
        account_id, text,
    )  # fmt: skip
    return {
        "affiliates": {
            "totalCount": affiliates[0]["count"] if affiliates else 0,
            **rows.nodes(
                {"id": encode("affl", row["id"]), "name": row["name"], "email": row["email"]}
                for row in affiliates
            ),
        },
        "products": {
            "totalCount": products[0]["count"] if products else 0,
            **rows.nodes(
                {
                    "id": encode("prod", row["id"]),
                    "sku": row["sku"],
                    "asin": row["asin"],
                    "title": row["title"],
                    "status": row["status"],
                    "price": rows.money(row["price_minor"], row["currency"]),
                    "store": {"name": row["store_name"]},
                }
                for row in products
            ),
        },
    }


async def nested(tx: Tx, account_id: UUID, asked: Json) -> Json:
    stores = await tx.fetch(
        "SELECT id, name, time_zone FROM store WHERE account_id = $1 ORDER BY name, id LIMIT 5",
        account_id,
    )
    ids = [row["id"] for row in stores]
    offers = await tx.fetch(
        """SELECT o.*, v.rate_bp, v.valid_from
             FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY s (id, time_zone, place)
            CROSS JOIN LATERAL
                  (SELECT * FROM offer WHERE account_id = $1 AND store_id = s.id
                    ORDER BY created_at DESC, id DESC LIMIT 5) o
             LEFT JOIN LATERAL
                  (SELECT rate_bp, valid_from FROM offer_version
                    WHERE account_id = $1 AND offer_id = o.id
                      AND valid_from <= (now() AT TIME ZONE s.time_zone)::date
                    ORDER BY valid_from DESC LIMIT 1) v ON true
            ORDER BY s.place, o.created_at DESC, o.id DESC""",
        account_id, ids, [row["time_zone"] for row in stores],
    )  # fmt: skip
    partnerships = await tx.fetch(
        """SELECT p.*, f.name AS affiliate_name, o.name AS offer_name
             FROM unnest($2::uuid[]) WITH ORDINALITY s (id, place)
            CROSS JOIN LATERAL
                  (SELECT id, store_id, status, affiliate_id, offer_id, created_at FROM partnership
                    WHERE account_id = $1 AND store_id = s.id
                    ORDER BY created_at DESC, id DESC LIMIT 10) p
             JOIN affiliate f ON f.id = p.affiliate_id
             JOIN offer o ON o.account_id = $1 AND o.id = p.offer_id
            ORDER BY s.place, p.created_at DESC, p.id DESC""",
        account_id, ids,
    )  # fmt: skip
    sales = await tx.fetch(
        """SELECT c.*
             FROM unnest($2::uuid[]) p (id)
            CROSS JOIN LATERAL
                  (SELECT partnership_id, id, day, status, orders, commission_minor, currency
                     FROM conversion WHERE account_id = $1 AND partnership_id = p.id
                    ORDER BY day DESC, id DESC LIMIT 5) c
            ORDER BY c.day DESC, c.id DESC""",
        account_id, [row["id"] for row in partnerships],
    )  # fmt: skip
    of_store, of_partnership = (
        rows.grouped(offers, "store_id"),
        rows.grouped(sales, "partnership_id"),
    )
    partners = rows.grouped(partnerships, "store_id")
    return {
        "stores": rows.nodes(
            {
                "id": encode("stor", store["id"]),
                "name": store["name"],
                "offers": rows.nodes(
                    {
                        "id": encode("offr", row["id"]),
                        "name": row["name"],
                        "currentVersion": {
                            "ratePercent": rows.percent(row["rate_bp"]),
                            "startsOn": str(row["valid_from"]),
                        },
                    }
                    for row in of_store.get(store["id"], ())
                ),
                "partnerships": rows.nodes(
                    {
                        "id": encode("part", row["id"]),
                        "status": row["status"],
                        "affiliate": {"name": row["affiliate_name"]},
                        "offer": {"name": row["offer_name"]},
                        "conversions": rows.nodes(
                            {
                                "day": str(sale["day"]),
                                "status": sale["status"],
                                "orders": sale["orders"],
                                "commission": rows.money(
                                    sale["commission_minor"], sale["currency"]
                                ),
                            }
                            for sale in of_partnership.get(row["id"], ())
                        ),
                    }
                    for row in partners.get(store["id"], ())
                ),
            }
            for store in stores
        )
    }
