"""What the product says of each day is what Amazon's own books say of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from chaos.checking.facts import Conversion, Facts, Figures
from chaos.checking.findings import Finding, Wrong
from chaos.checking.story import Story

_NOTHING = Figures(0, 0, 0)


def check(story: Story, facts: Facts) -> Iterator[Finding]:
    found = {(one.campaign, one.day): one for one in facts.conversions}
    for book in story.told("books"):
        for row in book["rows"]:
            key = row["campaign"], date.fromisoformat(row["day"])
            seen = Figures(
                row["seen"]["total_purchases"],
                row["seen"]["total_units"],
                row["seen"]["total_sales_minor"],
            )
            one = found.get(key)
            told = _NOTHING if one is None else one.reported
            if told != seen:
                yield Finding(
                    Wrong.DIFFERENT, f"{key[0]} on {key[1]}: Amazon has {seen}, the product {told}"
                )
    for one in facts.conversions:
        yield from _adds_up(one)
    for command in story.told("command"):
        if command["code"]:
            said = f"`cli {command['name']}` ended with {command['code']}: {command['said']}"
            yield Finding(Wrong.DIFFERENT, said)


def _adds_up(one: Conversion) -> Iterator[Finding]:
    name = f"the conversion of {one.campaign} on {one.day}, {one.status}"
    if one.status == "PENDING" and one.stands != one.reported:
        yield Finding(Wrong.DIFFERENT, f"{name} stands at {one.stands}, reported {one.reported}")
    for figures, commission in (
        (one.stands, one.commission_minor),
        (one.reported, one.reported_commission_minor),
    ):
        exact = Decimal(figures.sales_minor) * one.rate_bp / 10_000
        if commission != int(exact.quantize(Decimal(1), ROUND_HALF_EVEN)):
            told = f"{name} has {commission} of commission on {figures} at {one.rate_bp} bp"
            yield Finding(Wrong.DIFFERENT, told)
