"""What people of a brand do all day in a console, each as a question to the schema.

Beside each stands the same by hand, which gives the same JSON. What is asked about is drawn anew
each time.
"""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from bench.endpoints import checking, partners, sales
from db.pool import Tx
from domain.ids import encode

_MONEY = "{ amount currency }"
_SALE = (
    f"id day status orders units settlesOn sales {_MONEY} commission {_MONEY}"
    " affiliate { id name } offer { id name } store { id name }"
)
_SUMS = f"currency count orders units sales {_MONEY} commission {_MONEY}"

DASHBOARD = f"""
query Dashboard($month: Date!, $recent: Date!) {{
  account {{ name plan }}
  month: conversions(filter: {{fromDay: $month}}) {{ totals {{ {_SUMS} }} }}
  pending: conversions(filter: {{status: [PENDING]}}) {{ totalCount }}
  settled: conversions(filter: {{status: [SETTLED]}}) {{ totalCount }}
  approved: conversions(filter: {{status: [APPROVED], fromDay: $recent}}) {{ totalCount }}
  denied: conversions(filter: {{status: [DENIED], fromDay: $recent}}) {{ totalCount }}
  applications(filter: {{status: [SUBMITTED]}}) {{ totalCount }}
  stores(first: 20) {{ nodes {{ id name status freshness {{ asOf missingLevels }} }} }}
}}
"""
CONVERSIONS = f"""
query Conversions($status: [ConversionStatus!], $from: Date!, $to: Date!) {{
  conversions(first: 50, filter: {{status: $status, fromDay: $from, toDay: $to}}) {{
    totalCount
    nodes {{ {_SALE} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
FAR_PAGE = f"""
query FarPage($after: String!) {{
  conversions(first: 50, after: $after) {{
    nodes {{ {_SALE} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
DUE = f"""
query Due($today: Date!) {{
  conversions(
    first: 50, filter: {{status: [SETTLED], decidableOn: $today}}, orderBy: SETTLES_ON_ASC
  ) {{
    totals {{ {_SUMS} }}
    nodes {{ {_SALE} adjustment {{ sales {_MONEY} commission {_MONEY} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""
AFFILIATE = f"""
query Affiliate($id: ID!, $from: Date!) {{
  node(id: $id) {{
    ... on Affiliate {{
      id name email
      partnerships(first: 5) {{
        nodes {{
          id status createdAt
          store {{ name }}
          offer {{ name currentVersion {{ ratePercent }} }}
          progress {{ clicks of remaining reached pace daysToGo }}
          links(first: 5) {{ nodes {{ id url landing subId clicks createdAt }} }}
        }}
      }}
    }}
  }}
  conversions(first: 50, filter: {{affiliateId: $id, fromDay: $from}}) {{
    totals {{ {_SUMS} }}
    nodes {{ id day status orders sales {_MONEY} commission {_MONEY} store {{ name }} }}
  }}
}}
"""
SEARCH = f"""
query Search($text: String!) {{
  affiliates(first: 20, filter: {{name: $text}}) {{ totalCount nodes {{ id name email }} }}
  products(first: 20, filter: {{title: $text}}) {{
    totalCount
    nodes {{ id sku asin title status price {_MONEY} store {{ name }} }}
  }}
}}
"""
NESTED = f"""
query Nested {{
  stores(first: 5) {{
    nodes {{
      id name
      offers(first: 5) {{ nodes {{ id name currentVersion {{ ratePercent startsOn }} }} }}
      partnerships(first: 10) {{
        nodes {{
          id status
          affiliate {{ name }}
          offer {{ name }}
          conversions(first: 5) {{ nodes {{ day status orders commission {_MONEY} }} }}
        }}
      }}
    }}
  }}
}}
"""
EXPLAINED = f"""
query Explained($id: ID!) {{
  conversion(id: $id) {{
    {_SALE} ratePercent
    reported {{ orders sales {_MONEY} }}
    adjustment {{ orders sales {_MONEY} commission {_MONEY} }}
    decision {{ verdict decidedAt decidedBy reason }}
    history {{ observedAt masked clicks orders sales {_MONEY} run {{ id purpose }} }}
    breakdown {{
      subIds {{ subId masked clicks orders sales {_MONEY} }}
      pages {{ landing masked clicks orders sales {_MONEY} }}
      products {{ asin halo orders units sales {_MONEY} }}
      maskedRemainder {{ orders units sales {_MONEY} }}
    }}
    brbBonus {_MONEY}
    brbNote
    freshness {{ asOf missingLevels levels {{ level asOf }} }}
  }}
}}
"""
UPKEEP = """
query Upkeep {
  newest: reportRuns(first: 20) {
    nodes { id level purpose fromDay toDay status startedAt observedAt profile { name } }
  }
  held: reportRuns(first: 20, filter: {status: [HELD, FAILED]}) {
    nodes { id level fromDay toDay problem profile { name } }
  }
  catalogRuns(first: 10) { nodes { id status startedAt listed store { name } } }
  duties(first: 20, filter: {dead: true}) { nodes { id kind subject attempts lastError } }
  auditEntries(first: 30) { nodes { id number actor actorName action at changes } }
}
"""


_OFFERS_MAX: Final = 8
"""What is compared at once."""


def _best(offers: int) -> str:
    """The days of most commission, and the sums of each offer, one alias an offer."""
    variables = "".join(f", $o{n}: ID!" for n in range(offers))
    sums = "\n".join(
        f"  o{n}: conversions(filter: {{offerId: $o{n}, fromDay: $from}})"
        f" {{ totals {{ {_SUMS} }} }}"
        for n in range(offers)
    )
    return f"""
query Best($from: Date!{variables}) {{
  top: conversions(first: 20, orderBy: COMMISSION_DESC, filter: {{fromDay: $from}}) {{
    nodes {{ {_SALE} }}
  }}
{sums}
}}
"""


@dataclass(frozen=True, slots=True)
class Brand:
    """What there is to ask about in an account."""

    account_id: UUID
    today: date
    affiliates: list[UUID]
    offers: list[UUID]
    conversions: list[UUID]
    """Of the days whose reports are kept."""
    far: list[tuple[date, UUID]]
    """The last rows of pages that few people ever come to, from newest."""


Question = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    ask: Callable[[Brand, random.Random], Question]
    by_hand: Callable[[Tx, UUID, dict[str, Any]], Awaitable[dict[str, Any]]]


def _dashboard(brand: Brand, chance: random.Random) -> Question:
    recent = brand.today - timedelta(days=90)
    return DASHBOARD, {"month": str(brand.today.replace(day=1)), "recent": str(recent)}


def _conversions(brand: Brand, chance: random.Random) -> Question:
    status = chance.choice([["PENDING"], ["SETTLED"], ["APPROVED"], ["DENIED"], None])
    last = brand.today - timedelta(days=chance.randrange(0, 60))
    days = {"from": str(last - timedelta(days=30)), "to": str(last)}
    return CONVERSIONS, {"status": status, **days}


def _far_page(brand: Brand, chance: random.Random) -> Question:
    day, id = chance.choice(brand.far)
    key = orjson.dumps(["Conversion:DAY_DESC", str(day), str(id)])
    return FAR_PAGE, {"after": b64encode(key, b"-_").decode()}


def _due(brand: Brand, chance: random.Random) -> Question:
    return DUE, {"today": str(brand.today)}


def _affiliate(brand: Brand, chance: random.Random) -> Question:
    affiliate_id = encode("affl", chance.choice(brand.affiliates))
    return AFFILIATE, {"id": affiliate_id, "from": str(brand.today - timedelta(days=30))}


def _best_of(brand: Brand, chance: random.Random) -> Question:
    offers = {f"o{n}": encode("offr", id) for n, id in enumerate(brand.offers[:_OFFERS_MAX])}
    return _best(len(offers)), {"from": str(brand.today - timedelta(days=30)), **offers}


_WORDS = ("ada", "Okafor", "tess", "Kim", "knife", "oak", "bowl", "no. 4", "Hiro Tanaka", "zzz")


def _search(brand: Brand, chance: random.Random) -> Question:
    return SEARCH, {"text": chance.choice(_WORDS)}


def _explained(brand: Brand, chance: random.Random) -> Question:
    return EXPLAINED, {"id": encode("conv", chance.choice(brand.conversions))}


OPERATIONS: Final = (
    Operation("dashboard", _dashboard, sales.dashboard),
    Operation("conversions by status and days", _conversions, sales.conversions),
    Operation("page 200 of the conversions", _far_page, sales.far_page),
    Operation("due for decision", _due, sales.due),
    Operation("one affiliate", _affiliate, partners.affiliate),
    Operation("best sales, sums by offer", _best_of, sales.best),
    Operation("search of affiliates and products", _search, partners.search),
    Operation("stores, offers, partners, sales", lambda *_: (NESTED, {}), partners.nested),
    Operation("one conversion explained", _explained, checking.explained),
    Operation("reports, duties, audit", lambda *_: (UPKEEP, {}), checking.upkeep),
)
