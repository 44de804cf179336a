"""What is searched for, both as a question to the schema and by hand, which gives the same JSON."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from domain.access import Room

_SIZE = 20
_PROFILES = """
query ($filter: AffiliateProfileFilter, $order: AffiliateProfileOrder!, $after: String) {
  discovery(first: 20, filter: $filter, orderBy: $order, after: $after) {
    nodes {
      id name bio audience niches countries amazonCapable verified publishedAt mark
      channels { kind url audience }
      record { clicks orders partnerships }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_LISTINGS = """
query ($filter: ListingFilter, $order: ListingOrder!, $after: String) {
  marketplace(first: 20, filter: $filter, orderBy: $order, after: $after) {
    nodes {
      id brandName storeName offerName channel currency ratePercent cookieDays description
      categories coverUrl listedAt
      standing { enough approvedPercent daysToDecide }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_PROFILE_ROWS = """
SELECT p.id, p.name, p.bio, p.channels, p.audience, p.niches, p.countries, p.amazon_capable,
       p.verified, p.published_at, m.mark, r.clicks, r.orders, r.partnerships
  FROM published_profile p
  LEFT JOIN discovery_mark m ON m.account_id = $1 AND m.affiliate_id = p.id
  LEFT JOIN track_record r ON r.id = p.id
 WHERE m.mark IS DISTINCT FROM 'IGNORED' AND {conditions}
 ORDER BY p.{order} DESC, p.id DESC LIMIT 21
"""
_LISTING_ROWS = """
SELECT l.id, l.brand_name, l.store_name, l.offer_name, l.channel, l.currency, l.rate_bp,
       l.cookie_days, l.description, l.categories, l.cover_url, l.listed_at,
       s.account_id AS measured, s.approved, s.denied, s.days_to_decide
  FROM listing l
  LEFT JOIN reputation s ON s.account_id = l.account_id
 WHERE $1::uuid IS NOT NULL AND {conditions}
 ORDER BY l.{order} DESC, l.id DESC LIMIT 21
"""

Rows = Sequence[asyncpg.Record]


@dataclass(frozen=True, slots=True)
class Search:
    """`by_hand` is a statement, its values after the room's id, and what makes JSON of the rows."""

    name: str
    room: Room
    question: tuple[str, dict[str, Any]]
    by_hand: tuple[str, tuple[object, ...], Callable[[Rows], dict[str, Any]]]


def _discovery(
    name: str, filter: dict[str, Any], conditions: str, *args: object,
    order: str = "audience", after: str | None = None,
) -> Search:  # fmt: skip
    variables = {"filter": filter | {"ignored": False}, "order": f"{order.upper()}_DESC"}
    sql = _PROFILE_ROWS.format(conditions=conditions, order=order)

    def answer(rows: Rows) -> dict[str, Any]:
        return {"discovery": _page(rows, _profile, "AffiliateProfile", order)}

    question = _PROFILES, variables | {"after": after}
    return Search(f"discovery: {name}", Room.ACCOUNT, question, (sql, args, answer))


def _marketplace(
    name: str, filter: dict[str, Any], conditions: str, *args: object,
    order: str = "listed_at", after: str | None = None,
) -> Search:  # fmt: skip
    variables = {"filter": filter, "order": f"{order.upper()}_DESC", "after": after}
    sql = _LISTING_ROWS.format(conditions=conditions, order=order)

    def answer(rows: Rows) -> dict[str, Any]:
        return {"marketplace": _page(rows, _listing, "Listing", order)}

    question = _LISTINGS, variables
    return Search(f"marketplace: {name}", Room.AFFILIATE, question, (sql, args, answer))


def _page(
    rows: Rows, node: Callable[[asyncpg.Record], dict[str, Any]], kind: str, order: str
) -> dict[str, Any]:
    page = rows[:_SIZE]
    last = page[-1] if page else None
    cursor = last and _cursor(kind, order, last[order], last["id"])
    return {
        "nodes": [node(row) for row in page],
        "pageInfo": {"hasNextPage": len(rows) > _SIZE, "endCursor": cursor},
    }


def _cursor(kind: str, order: str, value: object, id: UUID) -> str:
    text = f"{value:%Y-%m-%d %H:%M:%S}+00" if isinstance(value, datetime) else str(value)
    key = orjson.dumps([f"{kind}:{order.upper()}_DESC", text, str(id)])
    return b64encode(key, b"-_").decode()


def _profile(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": f"affp_{row['id'].hex}",
        "name": row["name"],
        "bio": row["bio"],
        "audience": str(row["audience"]),
        "niches": row["niches"],
        "countries": row["countries"],
        "amazonCapable": row["amazon_capable"],
        "verified": row["verified"],
        "publishedAt": f"{row['published_at']:%Y-%m-%dT%H:%M:%SZ}",
        "mark": row["mark"],
        "channels": [
            {"kind": each["kind"], "url": each["url"], "audience": str(each["audience"])}
            for each in row["channels"]
        ],
        "record": {
            "clicks": str(row["clicks"]),
            "orders": str(row["orders"]),
            "partnerships": row["partnerships"],
        }
        if row["clicks"] is not None
        else None,
    }


def _listing(row: asyncpg.Record) -> dict[str, Any]:
    standing = None
    if row["measured"]:
        decided = row["approved"] + row["denied"]
        enough = decided >= 10
        standing = {
            "enough": enough,
            "approvedPercent": f"{row['approved'] * 100 / decided:.2f}" if enough else None,
            "daysToDecide": row["days_to_decide"] if enough else None,
        }
    return {
        "id": f"lstg_{row['id'].hex}",
        "brandName": row["brand_name"],
        "storeName": row["store_name"],
        "offerName": row["offer_name"],
        "channel": row["channel"],
        "currency": row["currency"],
        "ratePercent": f"{row['rate_bp'] / 100:.2f}",
        "cookieDays": row["cookie_days"],
        "description": row["description"],
        "categories": row["categories"],
        "coverUrl": row["cover_url"],
        "listedAt": f"{row['listed_at']:%Y-%m-%dT%H:%M:%SZ}",
        "standing": standing,
    }


_ZERO = UUID(int=0)
_NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS_OF_PROFILE = "p.search @@ search_query($2)"
_WORDS_OF_LISTING = "l.search @@ search_query($2)"

SEARCHES = (
    _discovery("everybody", {}, "true"),
    _discovery("a common word", {"search": "reviews"}, _WORDS_OF_PROFILE, "reviews"),
    _discovery("a rare word", {"search": "Bacedi"}, _WORDS_OF_PROFILE, "Bacedi"),
    _discovery(
        "two slips", {"search": "caligraphy watercolr"}, _WORDS_OF_PROFILE, "caligraphy watercolr",
        order="published_at",
    ),
    _discovery(
        "narrow",
        {
            "niches": ["ART_AND_CRAFTS"],
            "countries": ["US"],
            "channelKinds": ["YOUTUBE"],
            "minimumAudience": "10000",
            "amazonCapable": True,
            "verified": True,
        },
        "p.niches && asked($2::text[]) AND p.countries && asked($3::text[])"
        " AND p.channel_kinds && asked($4::text[]) AND p.audience >= asked($5::bigint)"
        " AND p.amazon_capable AND p.verified",
        ["ART_AND_CRAFTS"], ["US"], ["YOUTUBE"], 10_000,
    ),
    _discovery(
        "a page further on", {"search": "kitchen"},
        f"{_WORDS_OF_PROFILE} AND (p.audience, p.id) < ($3, $4)", "kitchen", 20_000, _ZERO,
        after=_cursor("AffiliateProfile", "audience", 20_000, _ZERO),
    ),
    _marketplace("everything", {}, "true"),
    _marketplace("a common word", {"search": "bestsellers"}, _WORDS_OF_LISTING, "bestsellers"),
    _marketplace("a rare word", {"search": "Bacedi"}, _WORDS_OF_LISTING, "Bacedi"),
    _marketplace(
        "a slip", {"search": "kitchn"}, _WORDS_OF_LISTING, "kitchn", order="rate_bp"
    ),
    _marketplace(
        "narrow",
        {"categories": ["GARDEN"], "channel": ["DTC"], "minimumRatePercent": "15"},
        "l.categories && asked($2::text[]) AND l.channel = $3 AND l.rate_bp >= asked($4::int)",
        ["GARDEN"], "DTC", 1_500,
    ),
    _marketplace(
        "a page further on", {"search": "kitchen"},
        f"{_WORDS_OF_LISTING} AND (l.listed_at, l.id) < ($3, $4)", "kitchen", _NEW_YEAR, _ZERO,
        after=_cursor("Listing", "listed_at", _NEW_YEAR, _ZERO),
    ),
)  # fmt: skip
