"""The same sales seen from two rooms: an affiliate's own, and the account's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from demo.api import Api
from demo.errors import Trouble
from demo.ledger import minor
from demo.market import standing_of
from demo.people import Person
from demo.scene import Scene

_CONVERSIONS = """query($first: Int!, $after: String, $filter: ConversionFilter) {
  conversions(first: $first, after: $after, filter: $filter) {
    nodes {
      id day status settlesOn orders units sales { amount } commission { amount }
      adjustment { commission { amount } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
_ROOM = """query($partnership: ID!) {
  viewer { affiliate { id name } }
  partnership(id: $partnership) {
    progress {
      clicks of visibleAt
      released { totalCount totals { commission { amount } } }
    }
  }
  marketplace { nodes { brandName standing { enough approvedPercent daysToDecide } } }
}"""
_OTHER = """query($filter: ConversionFilter!) {
  conversions(first: 1, filter: $filter) { nodes { id affiliate { id } } }
}"""
_BY_ID = """query($conversion: ID!, $partnership: ID!, $affiliate: ID!) {
  conversion(id: $conversion) { id }
  partnership(id: $partnership) { id }
  node(id: $affiliate) { id }
  conversions(filter: { affiliateId: $affiliate }) { totalCount }
}"""


@dataclass(frozen=True, slots=True)
class TwoRooms:
    """What an affiliate's room says, and how far it is from the account's."""

    name: str
    days: int
    commission_minor: int
    approved_minor: int
    settles: tuple[date, date]
    """The first and the last day on which any of it settles."""
    clicks: str
    released: int
    released_minor: int
    standing: str
    difference_minor: int


async def compare(scene: Scene, person: Person, partnership: str, other: str) -> TwoRooms:
    """Raises Trouble when the affiliate's room shows anything of the partnership `other`."""
    seen = await person.api.ask(_ROOM, partnership=partnership)
    affiliate = seen["viewer"]["affiliate"]["id"]
    own = await _all(person.api, {})
    theirs = await _all(scene.api, {"affiliateId": affiliate})
    await _nothing_of_others(scene, person, other)
    days = [date.fromisoformat(one["settlesOn"]) for one in own.values()]
    progress = seen["partnership"]["progress"]
    released = progress["released"]
    [listing] = seen["marketplace"]["nodes"]
    return TwoRooms(
        name=person.name,
        days=len(own),
        commission_minor=_sum(own.values()),
        approved_minor=_sum(one for one in own.values() if one["status"] == "APPROVED"),
        settles=(min(days), max(days)),
        clicks=f"{progress['clicks']} of {progress['of']}",
        released=released["totalCount"],
        released_minor=sum(minor(one["commission"]) for one in released["totals"]),
        standing=standing_of(listing),
        difference_minor=difference(own, theirs),
    )


async def _all(api: Api, wanted: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one async for one in api.all(_CONVERSIONS, filter=wanted)}


async def _nothing_of_others(scene: Scene, person: Person, other: str) -> None:
    found = await scene.api.ask(_OTHER, filter={"partnershipId": other})
    [conversion] = found["conversions"]["nodes"]
    asked = {
        "conversion": conversion["id"],
        "partnership": other,
        "affiliate": conversion["affiliate"]["id"],
    }
    seen = await person.api.ask(_BY_ID, **asked)
    if seen.pop("conversions")["totalCount"] or any(seen.values()):
        raise Trouble(f"{person.name} sees what is another affiliate's: {seen}", "web")


def difference(own: dict[str, Any], theirs: dict[str, Any]) -> int:
    """Cents, over every day that either room has. Days of which more differs are Trouble."""
    off = 0
    for id in own.keys() | theirs.keys():
        here, there = own.get(id), theirs.get(id)
        if here is None or there is None or here["commission"] != there["commission"]:
            off += abs(_commission(here) - _commission(there))
        elif here != there:
            raise Trouble(f"Two rooms tell two stories: {here} and {there}", "web")
    return off


def _commission(row: dict[str, Any] | None) -> int:
    return 0 if row is None else minor(row["commission"])


def _sum(rows: Iterable[dict[str, Any]]) -> int:
    return sum(minor(one["commission"]) for one in rows)
