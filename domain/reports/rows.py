"""The nouns of a report: levels, what was asked, and one row as Amazon stated it. Pure.

A figure that Amazon left out is None, never 0: an absent `brb_minor` means that the brand is not
enrolled, an absent click count means that Amazon said nothing about clicks.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """What one row of a report stands for. Levels are never summed into one another."""

    CAMPAIGN = "CAMPAIGN"
    ADGROUP = "ADGROUP"
    CREATIVE = "CREATIVE"
    PRODUCTS = "PRODUCTS"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page answers: its level, its days (both included) and its money's currency."""

    level: Level
    start: date
    end: date
    currency: str


class Row(NamedTuple):
    """One day of one group, as Amazon stated it.

    Ids are the texts that stood in the tagged link. Money is in minor units of the profile's
    currency. Without `total_`, figures are of the promoted products, or of the brand's other
    products when `halo` is True; with it, of both together, and only levels other than PRODUCTS
    have them. Figures of a halo row and of its promoted sibling may be added, totals never.
    """

    date: date
    campaign_id: str
    ad_group_id: str | None
    creative_id: str | None
    publisher: str | None
    asin: str | None
    halo: bool | None
    clicks: int | None
    detail_page_views: int | None
    add_to_carts: int | None
    purchases: int | None
    units: int | None
    sales_minor: int | None
    total_detail_page_views: int | None
    total_add_to_carts: int | None
    total_purchases: int | None
    total_units: int | None
    total_sales_minor: int | None
    new_to_brand_purchases: int | None
    new_to_brand_units: int | None
    new_to_brand_sales_minor: int | None
    brb_minor: int | None
