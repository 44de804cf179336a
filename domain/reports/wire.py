"""The keys of Amazon's report bodies, and which of our names each one fills.

A key that is not named here is skipped unread. Values are taken as they come, so that one odd
value spoils its own row and not the page; `domain.reports.parsing` judges them. A JSON number with
a fraction is handed on as its text, so that it never becomes a float.
"""

import re
from typing import Any

import msgspec

_ESCAPES = re.compile(
    rb"(?P<kept>\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\[^u]|\\u(?![dD][89a-fA-F]))|\\u....", re.DOTALL
)


class Envelope(msgspec.Struct):
    reports: list[msgspec.Raw]
    cursor: str | None = msgspec.field(name="cursorId", default=None)


class PerformanceRow(msgspec.Struct, gc=False):
    """The keys of a CAMPAIGN, ADGROUP or CREATIVE row that we use; others are skipped unread."""

    date: Any = None
    campaign_id: Any = msgspec.field(name="campaignId", default=None)
    ad_group_id: Any = msgspec.field(name="adGroupId", default=None)
    creative_id: Any = msgspec.field(name="creativeId", default=None)
    publisher: Any = None
    clicks: Any = msgspec.field(name="Click-throughs", default=None)
    views: Any = msgspec.field(name="attributedDetailPageViewsClicks14d", default=None)
    carts: Any = msgspec.field(name="attributedAddToCartClicks14d", default=None)
    purchases: Any = msgspec.field(name="attributedPurchases14d", default=None)
    units: Any = msgspec.field(name="unitsSold14d", default=None)
    sales: Any = msgspec.field(name="attributedSales14d", default=None)
    total_views: Any = msgspec.field(name="attributedTotalDetailPageViewsClicks14d", default=None)
    total_carts: Any = msgspec.field(name="attributedTotalAddToCartClicks14d", default=None)
    total_purchases: Any = msgspec.field(name="attributedTotalPurchases14d", default=None)
    total_units: Any = msgspec.field(name="totalUnitsSold14d", default=None)
    total_sales: Any = msgspec.field(name="totalAttributedSales14d", default=None)
    brb: Any = msgspec.field(name="brb_bonus_amount", default=None)


class ProductRow(msgspec.Struct, gc=False):
    """The keys of a PRODUCTS row that we use. Each figure comes twice, of which one counts."""

    date: Any = None
    campaign_id: Any = msgspec.field(name="campaignId", default=None)
    ad_group_id: Any = msgspec.field(name="adGroupId", default=None)
    publisher: Any = None
    asin: Any = msgspec.field(name="productAsin", default=None)
    relation: Any = msgspec.field(name="productConversionType", default=None)
    views: Any = msgspec.field(name="attributedDetailPageViewsClicks14d", default=None)
    carts: Any = msgspec.field(name="attributedAddToCartClicks14d", default=None)
    purchases: Any = msgspec.field(name="attributedPurchases14d", default=None)
    units: Any = msgspec.field(name="unitsSold14d", default=None)
    sales: Any = msgspec.field(name="attributedSales14d", default=None)
    new_purchases: Any = msgspec.field(name="attributedNewToBrandPurchases14d", default=None)
    new_units: Any = msgspec.field(name="attributedNewToBrandUnitsSold14d", default=None)
    new_sales: Any = msgspec.field(name="attributedNewToBrandSales14d", default=None)
    halo_views: Any = msgspec.field(name="brandHaloDetailPageViewsClicks14d", default=None)
    halo_carts: Any = msgspec.field(name="brandHaloAttributedAddToCartClicks14d", default=None)
    halo_purchases: Any = msgspec.field(name="brandHaloAttributedPurchases14d", default=None)
    halo_units: Any = msgspec.field(name="brandHaloUnitsSold14d", default=None)
    halo_sales: Any = msgspec.field(name="brandHaloAttributedSales14d", default=None)
    halo_new_purchases: Any = msgspec.field(name="brandHaloNewToBrandPurchases14d", default=None)
    halo_new_units: Any = msgspec.field(name="brandHaloNewToBrandUnitsSold14d", default=None)
    halo_new_sales: Any = msgspec.field(name="brandHaloNewToBrandSales14d", default=None)


NOT_FIGURES = {
    "date",
    "campaign_id",
    "ad_group_id",
    "creative_id",
    "publisher",
    "asin",
    "relation",
}

decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_performance = msgspec.json.Decoder(PerformanceRow, float_hook=str).decode
decode_product = msgspec.json.Decoder(ProductRow, float_hook=str).decode


def mended(body: bytes) -> bytes:
    """Replace escaped halves of surrogate pairs, which are no text, by replacement characters."""
    return _ESCAPES.sub(lambda escape: escape["kept"] or rb"\ufffd", body)
