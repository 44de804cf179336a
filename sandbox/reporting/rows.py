"""Turns the ledger's cells into report rows: one per day and group, masked where Amazon masks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from sandbox.cast.nouns import Cast, Profile
from sandbox.reporting import metrics
from sandbox.reporting.ledger import CELL_WIDTH, PRODUCT_WIDTH, Group, Sheet
from sandbox.reporting.request import ReportRequest
from sandbox.switches import Switches

Row = dict[str, str | None]

TOP_PRODUCTS = 100
_KEYS = {
    "CAMPAIGN": ("campaignId",),
    "ADGROUP": ("campaignId", "adGroupId", "publisher"),
    "CREATIVE": ("campaignId", "adGroupId", "creativeId", "publisher"),
}


class RowMaker:
    """Makes the rows of one report call of one profile."""

    def __init__(self, cast: Cast, profile: Profile, switches: Switches, seed: int) -> None:
        self._cast, self._profile, self._switches, self._seed = cast, profile, switches, seed
        self._exponent = profile.marketplace.exponent
        seller = cast.sellers.get(profile.account_id)
        self._enrolled = (
            seller is not None and seller.bonus_enrolled and profile.marketplace.country == "US"
        )

    def rows(self, sheet: Sheet, request: ReportRequest) -> list[Row]:
        if request.advertisers is not None and self._profile.advertiser_id not in (
            request.advertisers
        ):
            return []
        if request.level == "PRODUCTS":
            dated = list(self._products(sheet, request))
        else:
            dated = list(self._performance(sheet, request))
        if self._switches.row_order == "date":
            dated.sort(key=lambda pair: pair[0])
        elif self._switches.row_order == "shuffled":
            random.Random(f"rows {self._seed}").shuffle(dated)
        return [row for _, row in dated]

    def _performance(self, sheet: Sheet, request: ReportRequest) -> Iterator[tuple[date, Row]]:
        level = request.level
        lifetime = sheet.lifetime[level]
        for group, days in sheet.days[level].items():
            masked = lifetime[group] < self._switches.mask_threshold
            for day, cell in self._spans(days, request, CELL_WIDTH):
                row = self._head(day)
                row.update(zip(_KEYS[level], group, strict=True))
                if self._fill(row, cell, level, group, masked, request.metrics):
                    yield day, row

    def _fill(
        self,
        row: Row,
        cell: list[int],
        level: str,
        group: Group,
        masked: bool,
        names: tuple[str, ...],
    ) -> bool:
        """Writes the metrics; False when the row is not to be there at all."""
        form = self._switches.masked_form
        if masked and (form == "absent" or (form == "null_ids" and level == "ADGROUP")):
            return False
        if masked and form == "null_ids" and level == "CREATIVE":
            row["creativeId"] = None
            return True
        noise = self._switches.float_noise
        shown = ("Click-throughs",) if form == "clicks_shown" else ()
        for name in names:
            if name == metrics.BONUS:
                if self._enrolled:
                    row[name] = "0" if masked else metrics.bonus_text(cell, self._exponent)
            elif name in metrics.KINDLE or (masked and name not in shown):
                row[name] = "0"
            else:
                row[name] = metrics.performance_text(name, cell, self._exponent, noise)
        return True

    def _products(self, sheet: Sheet, request: ReportRequest) -> Iterator[tuple[date, Row]]:
        kept = self._top(sheet, request)
        noise = self._switches.float_noise
        form = self._switches.masked_form
        for key, days in sheet.products.items():
            campaign, adgroup, publisher, asin, halo = key
            if (campaign, asin) not in kept:
                continue
            clicks = sheet.lifetime["ADGROUP"][campaign, adgroup, publisher]
            masked = clicks < self._switches.mask_threshold
            if masked and form in ("absent", "null_ids"):
                continue
            for day, cell in self._spans(days, request, PRODUCT_WIDTH):
                row = self._head(day)
                row |= {"campaignId": campaign, "adGroupId": adgroup, "publisher": publisher}
                row |= self._product(asin)
                row["productConversionType"] = "Brand Halo" if halo else "Promoted"
                for name in request.metrics:
                    row[name] = (
                        "0"
                        if masked
                        else metrics.product_text(name, cell, halo, self._exponent, noise)
                    )
                yield day, row

    def _top(self, sheet: Sheet, request: ReportRequest) -> set[tuple[str, str]]:
        """The hundred products of each campaign that sold most in the range."""
        sums: dict[str, dict[str, tuple[int, int, int]]] = {}
        for (campaign, _, _, asin, _), days in sheet.products.items():
            found = sums.setdefault(campaign, {}).get(asin, (0, 0, 0))
            for day, cell in days.items():
                if request.start <= day <= request.end:
                    found = (found[0] + cell[4], found[1] + cell[2], found[2] + cell[0])
            sums[campaign][asin] = found
        return {
            (campaign, asin)
            for campaign, products in sums.items()
            for asin, _ in sorted(products.items(), key=lambda pair: pair[1], reverse=True)[
                :TOP_PRODUCTS
            ]
        }

    def _spans(
        self, days: dict[date, list[int]], request: ReportRequest, width: int
    ) -> Iterator[tuple[date, list[int]]]:
        """The days of the range, or their sum under the first day of it."""
        inside = [day for day in sorted(days) if request.start <= day <= request.end]
        if self._switches.rows == "daily":
            for day in inside:
                yield day, days[day]
        elif inside:
            total = [0] * width
            for day in inside:
                total = [a + b for a, b in zip(total, days[day], strict=True)]
            yield request.start, total

    def _head(self, day: date) -> Row:
        return {
            "date": f"{day.year:04d}{day.month:02d}{day.day:02d}",
            "advertiserName": self._profile.account_name,
        }

    def _product(self, asin: str) -> Row:
        product = self._cast.products[asin]
        return {
            "marketplace": self._profile.marketplace.name.upper(),
            "brandName": product.brand_name,
            "productAsin": asin,
            "productName": product.title,
            "productGroup": product.category.group,
            "productCategory": product.category.category,
            "productSubcategory": product.category.subcategory,
        }
