"""Whether all is right: one conversion explained, and what workers and people did."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from bench.endpoints import rows
from bench.endpoints.rows import Json, Row
from db.pool import Tx
from domain.ids import decode, encode


async def explained(tx: Tx, account_id: UUID, asked: Json) -> Json:
    id = decode("conv", asked["id"])
    row = await tx.fetchrow(
        f"""WITH page AS (SELECT * FROM conversion WHERE account_id = $1 AND id = $2)
            SELECT c.*, page.partnership_id, page.rate_bp, page.reported_orders,
                   page.reported_sales_minor, d.verdict, d.decided_at, d.decided_by, d.reason,
                   page.offer_version_id, f.as_of, f.missing, f.id IS NOT NULL AS on_amazon,
                   r.brb_bonus_minor, p.brb_enrolled
              FROM ({rows.SALE}) c
              JOIN page ON page.id = c.id
              JOIN store s ON s.account_id = $1 AND s.id = c.store_id
              LEFT JOIN profile p ON p.account_id = $1 AND p.id = s.profile_id
              LEFT JOIN decision d ON d.account_id = $1
                    AND d.partnership_id = page.partnership_id AND d.day = page.day
              LEFT JOIN LATERAL (SELECT * FROM freshness
                                  WHERE account_id = $1 AND id = $2 LIMIT 1) f ON true
              LEFT JOIN LATERAL
                   (SELECT brb_bonus_minor FROM report_row
                     WHERE account_id = $1 AND level = 'CAMPAIGN'
                       AND subject_id = page.partnership_id AND day = page.day
                     ORDER BY observed_at DESC LIMIT 1) r ON true""",
        account_id, id,
    )  # fmt: skip
    assert row
    partnership_id, day = row["partnership_id"], row["day"]

    async def of_day(sql: str) -> Sequence[Row]:
        return await tx.fetch(sql, account_id, partnership_id, day)

    where = "WHERE account_id = $1 AND partnership_id = $2 AND day = $3"
    history = await of_day(
        """SELECT v.*, r.purpose FROM campaign_version v
             LEFT JOIN report_run r ON r.account_id = $1 AND r.id = v.id
            WHERE v.account_id = $1 AND v.partnership_id = $2 AND v.day = $3
            ORDER BY v.observed_at, v.id LIMIT 50"""
    )
    sub_ids = await of_day(f"SELECT * FROM subid_day {where} ORDER BY masked, id LIMIT 50")
    pages = await of_day(f"SELECT * FROM page_day {where} ORDER BY masked, id LIMIT 50")
    products = await of_day(
        f"SELECT * FROM product_day {where} ORDER BY sales_minor DESC, id DESC LIMIT 100"
    )
    rest = await tx.fetchrow(
        "SELECT * FROM masked_remainder WHERE account_id = $1 AND id = $2", account_id, id
    )
    levels = await tx.fetch(
        "SELECT level, as_of FROM level_read WHERE account_id = $1 AND id = $2 ORDER BY level, id",
        account_id, id,
    )  # fmt: skip
    currency = row["currency"]

    def figures(part: Row, *names: str) -> Json:
        found = {name: part[name] for name in (*names, "orders")}
        return found | {"sales": rows.money(part["sales_minor"], currency)}

    return {
        "conversion": rows.sale(row)
        | {
            "ratePercent": rows.percent(row["rate_bp"]),
            "reported": {
                "orders": row["reported_orders"],
                "sales": rows.money(row["reported_sales_minor"], currency),
            },
            "adjustment": None
            if row["status"] == "PENDING"
            else {
                "orders": row["reported_orders"] - row["orders"],
                "sales": rows.money(row["adjusted_sales"], currency),
                "commission": rows.money(row["adjusted_commission"], currency),
            },
            "decision": row["verdict"]
            and {
                "verdict": row["verdict"],
                "decidedAt": rows.moment(row["decided_at"]),
                "decidedBy": row["decided_by"],
                "reason": row["reason"],
            },
            "history": [
                {"observedAt": rows.moment(each["observed_at"])}
                | figures(each, "masked", "clicks")
                | {"run": {"id": encode("rrun", each["id"]), "purpose": each["purpose"]}}
                for each in history
            ],
            "breakdown": {
                "subIds": [
                    {"subId": each["subid"]} | figures(each, "masked", "clicks") for each in sub_ids
                ],
                "pages": [figures(each, "landing", "masked", "clicks") for each in pages],
                "products": [figures(each, "asin", "halo", "units") for each in products],
                "maskedRemainder": rest and figures(rest, "units"),
            },
            "brbBonus": rows.money(row["brb_bonus_minor"], currency),
            "brbNote": "not enrolled"
            if row["brb_bonus_minor"] is None and row["brb_enrolled"] is False
            else None,
            "freshness": rows.freshness(row)
            | {"levels": [{"level": e["level"], "asOf": rows.moment(e["as_of"])} for e in levels]},
        }
    }


async def upkeep(tx: Tx, account_id: UUID, asked: Json) -> Json:
    newest = await tx.fetch(
        """SELECT r.*, p.name AS profile_name
             FROM (SELECT * FROM report_run WHERE account_id = $1
                    ORDER BY started_at DESC, id DESC LIMIT 20) r
             JOIN profile p ON p.account_id = $1 AND p.id = r.profile_id
            ORDER BY r.started_at DESC, r.id DESC""",
        account_id,
    )
    held = await tx.fetch(
        """SELECT r.*, p.name AS profile_name
             FROM (SELECT * FROM report_run
                    WHERE account_id = $1 AND state IN ('HELD', 'FAILED')
                    ORDER BY started_at DESC, id DESC LIMIT 20) r
             JOIN profile p ON p.account_id = $1 AND p.id = r.profile_id
            ORDER BY r.started_at DESC, r.id DESC""",
        account_id,
    )
    listings = await tx.fetch(
        """SELECT r.id, r.state, r.started_at, r.listed, s.name
             FROM (SELECT * FROM catalog_run WHERE account_id = $1
                    ORDER BY started_at DESC, id DESC LIMIT 10) r
             JOIN store s ON s.account_id = $1 AND s.id = r.store_id
            ORDER BY r.started_at DESC, r.id DESC""",
        account_id,
    )
    duties = await tx.fetch(
        """SELECT id, kind, subject, attempts, last_error FROM duty
            WHERE account_id = $1 AND dead_at IS NOT NULL ORDER BY run_at, id LIMIT 20""",
        account_id,
    )
    acts = await tx.fetch(
        """SELECT e.id, e.number, e.actor, e.action, e.at, e.changes,
                  coalesce(m.name, k.name) AS name
             FROM (SELECT * FROM audit_entry WHERE account_id = $1
                    ORDER BY number DESC, id DESC LIMIT 30) e
             LEFT JOIN member m ON m.account_id = $1 AND e.actor LIKE 'pers\\_%'
                   AND m.person_id = right(e.actor, 32)::uuid
             LEFT JOIN api_key k ON k.account_id = $1 AND e.actor LIKE 'akey\\_%'
                   AND k.id = right(e.actor, 32)::uuid
            ORDER BY e.number DESC, e.id DESC""",
        account_id,
    )
    return {
        "newest": rows.nodes(
            {
                "id": encode("rrun", row["id"]),
                "level": row["level"],
                "purpose": row["purpose"],
                "fromDay": str(row["from_day"]),
                "toDay": str(row["to_day"]),
                "status": row["state"],
                "startedAt": rows.moment(row["started_at"]),
                "observedAt": rows.moment(row["observed_at"]),
                "profile": {"name": row["profile_name"]},
            }
            for row in newest
        ),
        "held": rows.nodes(
            {
                "id": encode("rrun", row["id"]),
                "level": row["level"],
                "fromDay": str(row["from_day"]),
                "toDay": str(row["to_day"]),
                "problem": row["problem"],
                "profile": {"name": row["profile_name"]},
            }
            for row in held
        ),
        "catalogRuns": rows.nodes(
            {
                "id": encode("crun", row["id"]),
                "status": row["state"],
                "startedAt": rows.moment(row["started_at"]),
                "listed": row["listed"],
                "store": {"name": row["name"]},
            }
            for row in listings
        ),
        "duties": rows.nodes(
            {
                "id": encode("duty", row["id"]),
                "kind": row["kind"].upper(),
                "subject": row["subject"],
                "attempts": row["attempts"],
                "lastError": row["last_error"],
            }
            for row in duties
        ),
        "auditEntries": rows.nodes(
            {
                "id": encode("audt", row["id"]),
                "number": str(row["number"]),
                "actor": row["actor"],
                "actorName": row["name"],
                "action": row["action"],
                "at": rows.moment(row["at"]),
                "changes": row["changes"],
            }
            for row in acts
        ),
    }
