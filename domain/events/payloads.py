"""What an event says of its entity: names as in GraphQL, in snake_case. Pure.

One payload serves the brand and the affiliate, so it has what both may read and nothing else: no
e-mail address, no note of the brand's, nobody's name at the brand.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from domain.events.rules import moment
from domain.ids import encode
from domain.money import decimal_text

Payload: TypeAlias = dict[str, Any]


class Row(Protocol):
    """What the database gives, by the names of `entities`."""

    def __getitem__(self, name: str, /) -> Any: ...


def conversion(row: Row) -> Payload:
    currency = row["currency"]
    settled = row["status"] != "PENDING"
    return {
        "id": encode("conv", row["id"]),
        "day": row["day"].isoformat(),
        "channel": row["source"],
        "status": row["status"],
        "store": _named("stor", row["store_id"], row["store_name"]),
        "affiliate": _named("affl", row["affiliate_id"], row["affiliate_name"]),
        "partnership": {"id": encode("part", row["partnership_id"])},
        "offer": _named("offr", row["offer_id"], row["offer_name"]),
        "offer_version": {"id": encode("oven", row["offer_version_id"])},
        "rate_percent": _percent(row["rate_bp"]),
        **_sums(row, "", currency),
        "reported": _sums(row, "reported_", currency),
        "adjustment": _adjustment(row, currency) if settled else None,
        "first_seen_at": moment(row["first_seen_at"]),
        "changed_at": moment(row["changed_at"]),
        "settles_on": row["settles_on"].isoformat(),
        "settled_at": _moment(row["settled_at"]),
        "decided_at": _moment(row["decided_at"]),
        "decision": None
        if row["verdict"] is None
        else {
            "verdict": row["verdict"],
            "reason": row["reason"],
            "decided_at": moment(row["decided_at"]),
        },
    }


def partnership(row: Row) -> Payload:
    return {
        "id": encode("part", row["id"]),
        "store": _named("stor", row["store_id"], row["store_name"]),
        "affiliate": _named("affl", row["affiliate_id"], row["affiliate_name"]),
        "offer": _named("offr", row["offer_id"], row["offer_name"]),
        "status": row["status"],
        "status_reason": row["status_reason"],
        "status_changed_at": _moment(row["status_changed_at"]),
        "status_changed_by": row["status_changed_by"],
        "campaign_token": row["campaign_token"],
        "visible_at": _moment(row["visible_at"]),
        "created_at": moment(row["created_at"]),
        "assignments": [
            {
                "starts_on": one["starts_on"],
                "offer": _named("offr", UUID(one["offer_id"]), one["offer_name"]),
            }
            for one in row["assignments"] or []
        ],
    }


def threshold(row: Row) -> Payload:
    """Beside the partnership that reached it: by which clicks, and what was released."""
    currency = row["currency"]
    return {
        "clicks": row["clicks"],
        "of": row["threshold"],
        "since": _moment(row["since"]),
        "released": {
            "conversions": row["conversions"],
            "orders": row["orders"],
            "units": row["units"],
            "sales": _money(row["sales_minor"], currency),
            "commission": _money(row["commission_minor"], currency),
        },
    }


def application(row: Row) -> Payload:
    """Who applies is named as they gave their name; by their id only once they are partners."""
    partner = row["partner_name"] is not None
    return {
        "id": encode("appl", row["id"]),
        "status": row["state"],
        "affiliate": _named("affl", row["affiliate_id"], row["partner_name"]) if partner else None,
        "affiliate_name": row["affiliate_name"],
        "audience": row["audience"],
        "verified": row["verified"],
        "brand_name": row["brand_name"],
        "offer_name": row["offer_name"],
        "rate_percent": _percent(row["rate_bp"]),
        "message": row["message"],
        "answers": [
            {"place": place, "question": one["question"], "answer": one["answer"]}
            for place, one in enumerate(row["answers"], 1)
        ],
        "agreement": _identified("agrm", row["agreement_id"]),
        "rejection_reason": row["reason"],
        "submitted_at": moment(row["submitted_at"]),
        "decided_at": _moment(row["decided_at"]),
        "store": _named("stor", row["store_id"], row["store_name"]),
        "offer": {"id": encode("offr", row["offer_id"])},
        "partnership": _identified("part", row["partnership_id"]),
    }


def offer(row: Row) -> Payload:
    return {
        "id": encode("offr", row["id"]),
        "name": row["name"],
        "description": row["description"],
        "store": _named("stor", row["store_id"], row["store_name"]),
        "versions": [_version(one) for one in row["versions"] or []],
        "archived_at": _moment(row["archived_at"]),
        "created_at": moment(row["created_at"]),
    }


def _version(one: Row) -> Payload:
    terms = one["dtc_terms"] or {}
    return {
        "id": encode("oven", UUID(one["id"])),
        "starts_on": one["starts_on"],
        "rate_percent": _percent(one["rate_bp"]),
        "cookie_days": one["cookie_days"],
        # Whose orders count without a click is told to nobody: these are people's addresses.
        "dtc_terms": {name: it for name, it in terms.items() if name != "trigger_emails"} or None,
    }


def listing(row: Row, *, listed: bool = True) -> Payload:
    """As it stands in the marketplace, or last stood there."""
    return {
        "id": encode("lstg", row["id"]),
        "listed": listed,
        "brand_name": row["brand_name"],
        "store_name": row["store_name"],
        "offer_name": row["offer_name"],
        "channel": row["channel"],
        "marketplace_id": row["marketplace_id"],
        "currency": row["currency"],
        "rate_percent": _percent(row["rate_bp"]),
        "cookie_days": row["cookie_days"],
        "description": row["description"],
        "categories": list(row["categories"]),
        "cover_url": row["cover_url"],
        "listed_at": moment(row["listed_at"]),
        "questions": [
            {"place": place, "question": one["question"], "required": one["required"]}
            for place, one in enumerate(row["questions"], 1)
        ],
        "agreement": _identified("agrm", row["agreement_id"]),
        "rules": {
            "auto_accept": row["auto_accept"],
            "verified_only": row["verified_only"],
            "minimum_audience": row["minimum_audience"],
        },
    }


def store(row: Row) -> Payload:
    """For its account only, which may read all of it."""
    return {
        "id": encode("stor", row["id"]),
        "name": row["name"],
        "brand": _named("brnd", row["brand_id"], row["brand_name"]),
        "channel": row["channel"],
        "marketplace_id": row["marketplace_id"],
        "url": row["url"],
        "currency": row["currency"],
        "time_zone": row["time_zone"],
        "status": row["status"],
        "problem": row["problem"],
        "connected_at": moment(row["connected_at"]),
        "disconnected_at": _moment(row["disconnected_at"]),
        "as_of": _moment(row["as_of"]),
        "stale_since": _moment(row["stale_since"]),
    }


def report_run(row: Row, *, given_up: bool) -> Payload:
    """For its account only."""
    return {
        "id": encode("rrun", row["id"]),
        "profile": _named("prof", row["profile_id"], row["profile_name"]),
        "stores": [_named("stor", UUID(one["id"]), one["name"]) for one in row["stores"] or []],
        "level": row["level"],
        "purpose": row["purpose"],
        "from_day": row["from_day"].isoformat(),
        "to_day": row["to_day"].isoformat(),
        "status": row["state"],
        "started_at": moment(row["started_at"]),
        "observed_at": _moment(row["observed_at"]),
        "finished_at": _moment(row["finished_at"]),
        "problem": row["problem"],
        "given_up": given_up,
    }


def product(row: Row) -> Payload:
    """Without the quantity in stock, which is old before anybody reads it."""
    return {
        "id": encode("prod", row["id"]),
        "sku": row["sku"],
        "channel": "DTC" if row["asin"] is None else "AMAZON",
        "asin": row["asin"],
        "url": row["url"],
        "title": row["title"],
        "brand_name": row["brand_name"],
        "category": row["category"],
        "image_url": row["image_url"],
        "price": None
        if row["price_minor"] is None
        else _money(row["price_minor"], row["currency"]),
        "status": row["status"],
        "first_seen_at": moment(row["first_seen_at"]),
        "last_seen_at": moment(row["last_seen_at"]),
        "store": _named("stor", row["store_id"], row["store_name"]),
    }


def _sums(row: Row, prefix: str, currency: str) -> Payload:
    return {
        "orders": row[f"{prefix}orders"],
        "units": row[f"{prefix}units"],
        "sales": _money(row[f"{prefix}sales_minor"], currency),
        "commission": _money(row[f"{prefix}commission_minor"], currency),
    }


def _adjustment(row: Row, currency: str) -> Payload:
    """What Amazon reports now, less what was settled."""
    less = {
        name: row[f"reported_{name}"] - row[name]
        for name in ("orders", "units", "sales_minor", "commission_minor")
    }
    return _sums(less, "", currency)


def _money(minor: int, currency: str) -> Payload:
    return {"amount": decimal_text(minor, currency), "currency": currency}


def _percent(rate_bp: int) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02}"


def _moment(at: datetime | None) -> str | None:
    return None if at is None else moment(at)


def _named(prefix: str, id: UUID, name: str) -> Payload:
    return {"id": encode(prefix, id), "name": name}


def _identified(prefix: str, id: UUID | None) -> Payload | None:
    return None if id is None else {"id": encode(prefix, id)}
