"""What the demo prints: plain tables, readable in a hundred columns and when piped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from demo import cast
from demo.diary import Entry
from demo.expected import Difference, Due
from demo.ledger import Conversion, Ledger
from demo.reckoning import Reckoning, Truth
from demo.rooms import TwoRooms
from demo.scene import OpenStore, Partner, Refusal, Step
from demo.story import Story

WIDTH = 100


def console() -> Console:
    """Standard output; a terminal that is wider is used no further, a pipe gets plain text."""
    wide = Console()
    return Console(width=min(wide.width, WIDTH) if wide.is_terminal else WIDTH, highlight=False)


def tell(story: Story, ledger: Ledger, reckoning: Reckoning, facts: Sequence[str]) -> None:
    """The whole account of it, on standard output."""
    out, scene, opened = console(), story.scene, story.opened
    out.print(
        f"A seller with {len(scene.stores)} brands connected; {opened.skus} SKUs of {opened.asins} "
        f"ASINs synced; {len(cast.AFFILIATES)} affiliates with "
        f"{sum(len(one.links) for one in scene.partners.values())} links; {scene.clicks} clicks in "
        f"{cast.SHOPPING_DAYS} days, {cast.DAYS} days in all; {len(ledger.runs)} reports read.\n"
    )
    for store in scene.stores.values():
        partners = [one for one in scene.partners.values() if one.store is store]
        out.print(store_table(store, partners, ledger, reckoning))
    out.print(steps_table(scene.steps))
    out.print(way_table(story.diary.partner.affiliate, story.diary.entries))
    out.print(refusal_table(scene.refusals))
    out.print(freshness_table(story.freshness))
    restated = [one for one in ledger.conversions if one.decided and one.adjusted]
    if restated:
        out.print(adjustment_table(restated))
    out.print(reckoning_table(scene.partners.values(), ledger, reckoning))
    for line in room_lines(story.room):
        out.print(line)
    for difference in reckoning.differences:
        out.print(difference_line(difference))
    for reason, lines in sorted(reckoning.lost.items()):
        out.print(f"Nobody's: {lines} order lines, {reason}.")
    for fact in facts:
        out.print(fact)


def store_table(
    store: OpenStore, partners: Sequence[Partner], ledger: Ledger, reckoning: Reckoning
) -> Table:
    """A row for each affiliate of a store."""
    rates = " then ".join(f"{rate.percent}%" for rate in store.rates)
    table = _table(f"{store.name}: {rates} of sales")
    for name in ("affiliate", "clicks", "Amazon", "days", "sales", "returned", "commission",
                 "open", "approved", "denied"):  # fmt: skip
        left = name in ("affiliate", "Amazon")
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    for partner in partners:
        days = [one for one in ledger.conversions if one.partner is partner]
        standing = ledger.standings[partner.campaign]
        table.add_row(
            partner.affiliate,
            str(standing.clicks),
            "visible" if standing.visible else "masked",
            *(_sums(days, reckoning.truths[partner.campaign]) if standing.visible else "----"),
            *_counts(days),
        )
    return table


def _sums(days: Sequence[Conversion], truth: Truth) -> Iterable[str]:
    yield str(len(days))
    yield dollars(sum(one.due.figures.sales_minor for one in days))
    yield dollars(-truth.given_back_minor)
    yield dollars(sum(one.due.commission_minor for one in days))


def _counts(days: Sequence[Conversion]) -> Iterable[str]:
    for statuses in (("PENDING", "SETTLED"), ("APPROVED",), ("DENIED",)):
        yield str(sum(one.status in statuses for one in days) or "-")


def steps_table(steps: Sequence[Step]) -> Table:
    """How people came in, and how affiliates and brands met."""
    table = _table("People, the marketplace, and what was shared", lines=True)
    table.add_column("who", no_wrap=True)
    table.add_column("what", width=84)
    for step in steps:
        table.add_row(step.who, step.what)
    return table


def room_lines(room: TwoRooms) -> list[str]:
    """What an affiliate sees of themselves, held against what the account sees of them."""
    first, last = room.settles
    return [
        f"{room.name}'s own room: {room.clicks} clicks, and {room.released} days with "
        f"{dollars(room.released_minor)} of commission released when they were reached; "
        f"{room.days} conversions with {dollars(room.commission_minor)}, "
        f"{dollars(room.approved_minor)} of it approved, settling from {_day(first)} to "
        f"{_day(last)}.",
        f"The account's figures for her differ by {dollars(room.difference_minor)}. Of another "
        "affiliate, her room has nothing, not by id either.",
        f"What the marketplace says of the brand by now: {room.standing}.",
        "",
    ]


def way_table(affiliate: str, entries: Sequence[Entry]) -> Table:
    """Through the click threshold, day by day."""
    table = _table(f"{affiliate}'s way through Amazon's click threshold")
    table.add_column("day")
    table.add_column("clicks", justify="right")
    table.add_column("Amazon")
    table.add_column("sales seen", justify="right")
    table.add_column("what happened")
    before = Decimal(0)
    for entry in entries:
        table.add_row(
            _day(entry.today),
            f"{entry.clicks} of {entry.of}" if entry.clicks < entry.of else str(entry.clicks),
            "visible" if entry.visible else "masked",
            f"{entry.sales:,.2f}" if entry.visible else "-",
            _happened(entry, before),
        )
        before = entry.sales
    return table


def _happened(entry: Entry, before: Decimal) -> str:
    if entry.new_days:
        return "shown: " + ", ".join(
            f"{_day(day)} (settles {_day(settles)})"
            for day, settles in zip(entry.new_days, entry.settles, strict=True)
        )
    if entry.sales != before:
        return f"restated by {entry.sales - before:,.2f}"
    return "" if entry.visible else "clicked"


def freshness_table(stores: Sequence[dict[str, Any]]) -> Table:
    """What the API said while one level was down."""
    table = _table(f"Freshness while Amazon's {cast.LEVEL_DOWN} reports failed")
    for name in ("store", "figures as of", "missing", "level", "last read"):
        table.add_column(name)
    for store in stores:
        fresh = store["freshness"]
        for place, level in enumerate(fresh["levels"]):
            head = (store["name"], fresh["asOf"], ", ".join(fresh["missingLevels"]))
            table.add_row(*(head if place == 0 else ("", "", "")), level["level"], level["asOf"])
    return table


def refusal_table(refusals: Sequence[Refusal]) -> Table:
    table = _table("What the product refused, and why", lines=True)
    table.add_column("tried", width=30)
    table.add_column("answer", width=68)
    for refusal in refusals:
        table.add_row(refusal.tried, refusal.message)
    return table


def adjustment_table(days: Sequence[Conversion]) -> Table:
    """Decided days that Amazon restated once they had settled."""
    table = _table(
        "Restated after they had settled: shown beside the decision, never written into it"
    )
    for name in ("affiliate", "day", "status", "sales decided", "sales now", "commission",
                 "adjustment"):  # fmt: skip
        table.add_column(name, justify="left" if name in ("affiliate", "status") else "right")
    for one in days:
        table.add_row(
            one.partner.affiliate,
            _day(one.key.day),
            one.status.lower(),
            dollars(one.due.figures.sales_minor),
            dollars(one.reported.sales_minor),
            dollars(one.due.commission_minor),
            dollars(one.adjustment_minor),
        )
    return table


def reckoning_table(partners: Iterable[Partner], ledger: Ledger, reckoning: Reckoning) -> Table:
    """Commission per store, in the product and from the books."""
    table = _table("The product against the sandbox's own books")
    for name in ("store", "conversions", "sales", "commission", "from the books", "difference"):
        table.add_column(name, justify="left" if name == "store" else "right")
    campaigns: dict[str, set[str]] = {}
    for partner in partners:
        campaigns.setdefault(partner.store.name, set()).add(partner.campaign)
    for store, own in campaigns.items():
        days = [one for one in ledger.conversions if one.key.campaign in own]
        due = sum(
            one.commission_minor for key, one in reckoning.expected.items() if key.campaign in own
        )
        off = sum(one.minor for one in reckoning.differences if one.key.campaign in own)
        table.add_row(
            store,
            str(len(days)),
            dollars(sum(one.due.figures.sales_minor for one in days)),
            dollars(sum(one.due.commission_minor for one in days)),
            dollars(due),
            dollars(off),
        )
    return table


def difference_line(difference: Difference) -> str:
    return (
        f"{difference.key.campaign} on {difference.key.day}: expected "
        f"{_due(difference.expected)}, found {_due(difference.found)}"
    )


def _due(due: Due | None) -> str:
    if due is None:
        return "nothing"
    orders, units, sales_minor = due.figures
    return (
        f"{orders} orders, {units} units, {dollars(sales_minor)} at {due.percent}% = "
        f"{dollars(due.commission_minor)}"
    )


def dollars(minor: int) -> str:
    return f"{Decimal(minor) / 100:,.2f}"


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"


def _table(title: str, *, lines: bool = False) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
        show_lines=lines, pad_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
