"""Product categories and the Brand Referral Bonus each of them earns.

The rates are Amazon's published estimates. Categories whose rate was never published earn what
"Everything Else" earns.
"""

from __future__ import annotations

from dataclasses import dataclass

EVERYTHING_ELSE_BPS = 1_000


@dataclass(frozen=True, slots=True)
class Category:
    group: str
    """Amazon's product group, as it stands in a PRODUCTS row."""
    category: str
    subcategory: str
    bonus_bps: int
    """Basis points of the price."""
    above_minor: int | None = None
    """Where a second rate begins, per unit."""
    above_bps: int = 0

    def bonus_of_unit(self, price_minor: int) -> int:
        """The bonus of one unit in ten-thousandths of a minor unit, so that nothing is rounded."""
        if self.above_minor is None or price_minor <= self.above_minor:
            return price_minor * self.bonus_bps
        return self.above_minor * self.bonus_bps + (price_minor - self.above_minor) * self.above_bps


KITCHEN = Category("Kitchen", "7900 Kitchen", "7910 Tools & Gadgets", 1_000)
CLOTHING = Category("Apparel", "1900 Clothing & Accessories", "1911 Activewear", 1_100)
OUTDOORS = Category("Outdoors", "4680 Outdoor Recreation", "4684 Camping & Hiking", 1_000)
TOOLS = Category("Home Improvement", "6000 Tools", "6013 Hand Tools", 1_000)
AUTOMOTIVE = Category("Automotive", "2630 Automotive & Powersports", "2634 Car Care", 800)
FURNITURE = Category("Furniture", "1940 Furniture", "1946 Living Room", 1_000, 20_000, 700)
ELECTRONICS = Category("CE", "2300 Consumer Electronics", "2312 Audio", 500)
INDUSTRIAL = Category("BISS", "3280 Industrial & Scientific", "3284 Lab Supplies", 800)
BEAUTY = Category("Beauty", "1940 Beauty", "1942 Skin Care", EVERYTHING_ELSE_BPS)
GROCERY = Category("Grocery", "3200 Grocery", "3212 Coffee & Tea", EVERYTHING_ELSE_BPS)

ALL = (
    KITCHEN,
    CLOTHING,
    OUTDOORS,
    TOOLS,
    AUTOMOTIVE,
    FURNITURE,
    ELECTRONICS,
    INDUSTRIAL,
    BEAUTY,
    GROCERY,
)
