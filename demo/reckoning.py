"""The product's ledger held against the world's books, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from demo import expected
from demo.cast import SHOPPING_DAYS
from demo.errors import Trouble
from demo.expected import NOTHING, Difference, Due, Figures, Key
from demo.ledger import Conversion, Ledger
from demo.scene import OpenStore, Scene

_ZONE = ZoneInfo("America/Los_Angeles")
_SETTLE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened at one affiliate's links, whether anybody was told or not."""

    clicks: int = 0
    masked: bool = True
    sales_minor: int = 0
    given_back_minor: int = 0
    orders: int = 0


@dataclass(frozen=True, slots=True)
class Reckoning:
    expected: Mapping[Key, Due]
    differences: list[Difference]
    truths: Mapping[str, Truth]
    """By campaign."""
    lost: Mapping[str, int]
    """Order lines that are no affiliate's, by reason."""
    split: Mapping[Key, Figures]
    """What the subIDs that Amazon shows come to, of every day with a conversion."""

    @property
    def expected_minor(self) -> int:
        return sum(due.commission_minor for due in self.expected.values())

    @property
    def difference_minor(self) -> int:
        return sum(one.minor for one in self.differences)


async def reckon(scene: Scene, ledger: Ledger) -> Reckoning:
    due: dict[Key, Due] = {}
    truths: dict[str, Truth] = {}
    lost: dict[str, int] = {}
    split: dict[Key, Figures] = {}
    for store in scene.stores.values():
        books = await scene.box.books(
            store.books,
            scene.begun.date() - timedelta(days=1),
            scene.begun.date() + timedelta(days=SHOPPING_DAYS + 1),
            await scene.box.now(),
        )
        rows = [row for row in books["rows"] if not row["made_in_console"]]
        found = [one for one in ledger.conversions if one.partner.store is store]
        due |= await _expected(scene, store, rows, found, ledger)
        truths |= _truths(rows)
        lost = books["lost"]["lines"]
        moments = expected.asked_for([one.key for one in found], ledger.reads("ADGROUP"), {})
        split |= await _seen(scene, store, moments, "ADGROUP")
    told = {one.key: one.due for one in ledger.conversions}
    return Reckoning(due, expected.differences(due, told), truths, lost, split)


async def _expected(
    scene: Scene,
    store: OpenStore,
    rows: Iterable[Mapping[str, Any]],
    found: Iterable[Conversion],
    ledger: Ledger,
) -> dict[Key, Due]:
    """What each day of a store should be, from the books as they stood when it was last read."""
    settled_at = {one.key: one.settled_at for one in found}
    sold = {
        expected.key_of(row) for row in rows if not row["masked"] and row["happened"]["total_carts"]
    }
    moments = expected.asked_for(sold | settled_at.keys(), ledger.reads("CAMPAIGN"), settled_at)
    seen = await _seen(scene, store, moments, "CAMPAIGN")
    return {key: expected.due(key, figures, store.rates) for key, figures in seen.items()}


async def _seen(
    scene: Scene, store: OpenStore, moments: Mapping[datetime, list[Key]], level: str
) -> dict[Key, Figures]:
    """What the books say of days, each as of its moment."""
    found: dict[Key, Figures] = {}
    for moment, keys in moments.items():
        days = [key.day for key in keys]
        books = await scene.box.books(store.books, min(days), max(days), moment, level)
        seen = expected.seen(books["rows"])
        found |= {key: seen.get(key, NOTHING) for key in keys}
    return found


def _truths(rows: Iterable[Mapping[str, Any]]) -> dict[str, Truth]:
    truths: dict[str, Truth] = {}
    for row in rows:
        was, happened = truths.get(row["campaign"], Truth()), row["happened"]
        back = happened["returned_sales_minor"] + happened["cancelled_sales_minor"]
        truths[row["campaign"]] = Truth(
            was.clicks + happened["clicks"],
            row["masked"],
            was.sales_minor + happened["total_sales_minor"],
            was.given_back_minor + back,
            was.orders + happened["total_purchases"],
        )
    return truths


def check(ledger: Ledger, reckoning: Reckoning) -> list[str]:
    """What must hold beside the money, as sentences with the figures. Raises Trouble."""
    conversions = ledger.conversions
    if strange := {one.channel for one in conversions} - {"AMAZON"}:
        raise Trouble(f"Conversions have the channels {strange}.")
    split = [one for one in conversions if one.remainder is not None]
    for one in split:
        shown = _sum(one.children or ())
        if shown != reckoning.split[one.key]:
            raise Trouble(f"SubIDs of {one.key}: {shown}, the books {reckoning.split[one.key]}.")
        if _sum([shown, one.remainder or NOTHING]) != one.reported:
            raise Trouble(f"SubIDs and masked remainder are not the whole of {one.key}: {one}")
    for one in conversions:
        if one.settled_at is None:
            continue
        if one.settled_at.astimezone(_ZONE).date() < one.key.day + timedelta(_SETTLE_DAYS):
            raise Trouble(f"{one.key} has settled at {one.settled_at}, before its time.")
    for campaign, standing in ledger.standings.items():
        truth = reckoning.truths.get(campaign, Truth())
        if (standing.clicks, standing.visible) != (truth.clicks, not truth.masked):
            raise Trouble(f"{campaign} is {standing} in the product and {truth} at Amazon.")
    if ledger.given_up:
        raise Trouble(f"Work was given up: {ledger.given_up}")
    for one in conversions:
        if one.due.percent != reckoning.expected[one.key].percent:
            raise Trouble(f"{one.key} is paid at {one.due.percent}%, which was never agreed.")
    masked = [truth for truth in reckoning.truths.values() if truth.masked]
    unseen = f"{Decimal(sum(truth.sales_minor for truth in masked)) / 100:,.2f}"
    own_tags = sum(run["rowsOwnTags"] for run in ledger.runs)
    shown = _sum(_sum(one.children or ()) for one in split)
    hidden = _sum(one.remainder or NOTHING for one in split)
    whole = _sum(one.reported for one in split)
    clicks = sum(one.clicks for one in ledger.standings.values())
    return [
        f"All {len(conversions)} conversions have the channel AMAZON.",
        f"On each of {len(split)} days, visible subIDs and masked remainder are the campaign: "
        f"{_dollars(shown)} + {_dollars(hidden)} = {_dollars(whole)} in all.",
        f"Our redirect counted {clicks} clicks, and Amazon the same for every affiliate.",
        f"{len(masked)} affiliates are below ten clicks. They sold {unseen}, "
        "which Amazon shows nobody before their tenth.",
        f"{own_tags} report rows of tags that the brands made themselves were kept apart.",
        f"No conversion has settled before its {_SETTLE_DAYS} days were over.",
    ]


def _sum(many: Iterable[Figures]) -> Figures:
    rows = list(many)
    return Figures(*(sum(column) for column in zip(*rows, strict=True))) if rows else NOTHING


def _dollars(figures: Figures) -> str:
    return f"{Decimal(figures.sales_minor) / 100:,.2f}"
