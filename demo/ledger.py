"""Everything that the product says in the end, read over its public API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from demo.expected import NOTHING, Due, Figures, Key, Read
from demo.scene import Partner, Scene

_CONVERSIONS = """query($after: String) {
  conversions(first: 9, after: $after) {
    nodes {
      id day channel status ratePercent orders units sales { amount } commission { amount }
      reported { orders units sales { amount } commission { amount } }
      adjustment { orders units sales { amount } commission { amount } }
      firstSeenAt settledAt settlesOn
      partnership { id }
      breakdown {
        subIds { subId orders units sales { amount } masked }
        maskedRemainder { orders units sales { amount } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
_PARTNERSHIPS = """query($after: String) {
  partnerships(first: 30, after: $after) {
    nodes { id store { channel } progress { visibleAt ourClicks } }
    pageInfo { hasNextPage endCursor }
  }
}"""
_RUNS = """query($first: Int!, $after: String) {
  reportRuns(first: $first, after: $after) {
    nodes {
      id level purpose status fromDay toDay observedAt rowsRead rowsChanged rowsOwnTags
      rowsQuarantined problem
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
_DEAD = """{ duties(first: 100) { nodes { kind subject attempts deadAt lastError } } }"""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One affiliate's day, as the product has it."""

    key: Key
    partner: Partner
    channel: str
    status: str
    due: Due
    reported: Figures
    adjustment: Figures | None
    adjustment_minor: int
    first_seen_at: datetime
    settled_at: datetime | None
    children: tuple[Figures, ...] | None
    """By subID, those that Amazon shows; None when that level was never read for the day."""
    remainder: Figures | None

    @property
    def decided(self) -> bool:
        return self.status in ("APPROVED", "DENIED")

    @property
    def adjusted(self) -> bool:
        return self.adjustment not in (None, NOTHING)

    @property
    def settled(self) -> bool:
        return self.status != "PENDING"


@dataclass(frozen=True, slots=True)
class Standing:
    """An affiliate at a store, as the product has them."""

    clicks: int
    visible: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    conversions: list[Conversion]
    standings: dict[str, Standing]
    """By campaign."""
    runs: list[dict[str, Any]]
    given_up: list[dict[str, Any]]
    """Duties that nobody tries any more."""

    def reads(self, level: str) -> list[Read]:
        """Reports of a level that were taken in. CAMPAIGN is what is paid."""
        return [
            Read(
                datetime.fromisoformat(run["observedAt"]),
                date.fromisoformat(run["fromDay"]),
                date.fromisoformat(run["toDay"]),
            )
            for run in self.runs
            if run["level"] == level and run["status"] == "APPLIED"
        ]

    def count(self, *statuses: str) -> int:
        return sum(one.status in statuses for one in self.conversions)


async def read(scene: Scene) -> Ledger:
    partners = {partner.id: partner for partner in scene.partners.values()}
    standings = {}
    async for row in scene.api.all(_PARTNERSHIPS):
        if row["store"]["channel"] != "AMAZON":
            continue  # of the brand's own shop, whose sales Amazon knows nothing of
        partner = partners[row["id"]]
        progress = row["progress"]
        visible = progress["visibleAt"] is not None
        standings[partner.campaign] = Standing(progress["ourClicks"], visible)
    return Ledger(
        [
            _conversion(row, partners[row["partnership"]["id"]])
            async for row in scene.api.all(_CONVERSIONS)
        ],
        standings,
        [run async for run in scene.api.all(_RUNS)],
        [one for one in (await scene.api.ask(_DEAD))["duties"]["nodes"] if one["deadAt"]],
    )


def _conversion(row: Mapping[str, Any], partner: Partner) -> Conversion:
    breakdown, adjustment = row["breakdown"], row["adjustment"]
    remainder = breakdown["maskedRemainder"]
    return Conversion(
        key=Key(partner.campaign, date.fromisoformat(row["day"])),
        partner=partner,
        channel=row["channel"],
        status=row["status"],
        due=Due(_figures(row), Decimal(row["ratePercent"]), minor(row["commission"])),
        reported=_figures(row["reported"]),
        adjustment=None if adjustment is None else _figures(adjustment),
        adjustment_minor=0 if adjustment is None else minor(adjustment["commission"]),
        first_seen_at=datetime.fromisoformat(row["firstSeenAt"]),
        settled_at=row["settledAt"] and datetime.fromisoformat(row["settledAt"]),
        children=None
        if remainder is None
        else tuple(_figures(one) for one in breakdown["subIds"] if not one["masked"]),
        remainder=None if remainder is None else _figures(remainder),
    )


def _figures(row: Mapping[str, Any]) -> Figures:
    return Figures(row["orders"], row["units"], minor(row["sales"]))


def minor(money: Mapping[str, str]) -> int:
    """US dollars as cents, exactly."""
    cents = Decimal(money["amount"]) * 100
    assert cents == cents.to_integral_value(), f"{money} is finer than a cent"
    return int(cents)
