"""Writes GET_MERCHANT_LISTINGS_ALL_DATA: tab-delimited, a line per SKU, in all its variants."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.cast.nouns import Product, Sku
from sandbox.marketplaces import Marketplace

COLUMNS = (
    "item-name",
    "item-description",
    "listing-id",
    "seller-sku",
    "price",
    "quantity",
    "open-date",
    "image-url",
    "item-is-marketplace",
    "product-id-type",
    "zshop-shipping-fee",
    "item-note",
    "item-condition",
    "zshop-category1",
    "zshop-browse-path",
    "zshop-storefront-feature",
    "asin1",
    "asin2",
    "asin3",
    "will-ship-internationally",
    "expedited-shipping",
    "zshop-boldface",
    "product-id",
    "bid-for-featured-placement",
    "add-delete",
    "pending-quantity",
    "fulfillment-channel",
    "merchant-shipping-group",
    "status",
)
_DEPRECATED = frozenset(
    {
        "image-url",
        "zshop-shipping-fee",
        "zshop-category1",
        "zshop-browse-path",
        "zshop-storefront-feature",
        "zshop-boldface",
        "bid-for-featured-placement",
        "add-delete",
    }
)
_CUSTOM = ("item-name", "seller-sku", "asin1", "price", "quantity", "status")
_GERMAN = {
    "item-name": "Artikelbezeichnung",
    "item-description": "Artikelbeschreibung",
    "listing-id": "Angebotsnummer",
    "seller-sku": "Händler-SKU",
    "price": "Preis",
    "quantity": "Menge",
    "open-date": "Erstellungsdatum",
    "product-id-type": "Produkt-ID-Typ",
    "item-condition": "Artikelzustand",
    "asin1": "ASIN 1",
    "product-id": "Produkt-ID",
    "fulfillment-channel": "Versender",
    "status": "Status",
}
_NAMELESS_EVERY = 11
"""Every so many lines the item's name is empty, as it is in real files."""


def write_file(
    listings: Iterable[tuple[Product, Sku]],
    marketplace: Marketplace,
    variants: frozenset[str],
    charset: str,
    pinned_locale: bool,
) -> bytes:
    """The file as bytes, before compression. `variants` are those of the switch file_headers.

    Characters that the charset lacks become question marks, as they do in Amazon's files.
    """
    columns: tuple[str, ...] = _CUSTOM if "custom" in variants else COLUMNS
    if "no_status" in variants:
        columns = tuple(name for name in columns if name != "status")
    header = [_title(name, variants, pinned_locale) for name in columns]
    trailing = {"trailing", "trailing_without_cells"} & variants
    if trailing:
        header += ["Minimum order quantity", "Sell remainder"]
    if "unknown_columns" in variants:
        header += ["ai-shopping-guide-status", "optional-payment-type-exclusion"]
    lines = ["\t".join(header)]
    for place, (product, sku) in enumerate(listings):
        cells = _cells(product, sku, marketplace)
        if place % _NAMELESS_EVERY == _NAMELESS_EVERY - 1:
            cells["item-name"] = ""
        line = [cells.get(name, "") for name in columns]
        if "trailing" in variants:
            line += ["", ""]
        if "unknown_columns" in variants:
            line += ["ENABLED", ""]
        lines.append("\t".join(line))
    encoding = "cp1252" if charset == "cp1252" else "utf-8"
    return ("\r\n".join(lines) + "\r\n").encode(encoding, errors="replace")


def compress(content: bytes) -> bytes:
    """GZIP without a time in it, so that the same file has the same bytes."""
    return gzip.compress(content, mtime=0)


def _title(name: str, variants: frozenset[str], pinned_locale: bool) -> str:
    if "localized" in variants and not pinned_locale:
        return _GERMAN.get(name, name)
    if "deprecated" in variants and name in _DEPRECATED:
        return "Deprecated column"
    if "fulfilment" in variants and name == "fulfillment-channel":
        return "fulfilment-channel"
    return name


def _cells(product: Product, sku: Sku, marketplace: Marketplace) -> dict[str, str]:
    price = product.prices_minor[marketplace.id]
    scale = 10**marketplace.exponent
    whole, rest = divmod(price, scale)
    amount = f"{whole}.{rest:0{marketplace.exponent}d}" if marketplace.exponent else str(whole)
    return {
        "item-name": product.title,
        "item-description": f"{product.title} by {product.brand_name}",
        "listing-id": sku.listing_id,
        "seller-sku": sku.sku,
        "price": amount,
        "quantity": "" if sku.fulfilled_by_amazon else str(sku.quantity),
        "open-date": _opened(product.opened_at, marketplace),
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": product.asin,
        "will-ship-internationally": "",
        "product-id": product.asin,
        "pending-quantity": "0",
        "fulfillment-channel": sku.channel(marketplace),
        "merchant-shipping-group": "Migrated Template",
        "status": sku.status,
    }


def _opened(at: datetime, marketplace: Marketplace) -> str:
    """Two forms are known: day first on the European shops, year first elsewhere."""
    local = at.astimezone(ZoneInfo(marketplace.timezone))
    form = "%d/%m/%Y %H:%M:%S %Z" if marketplace.region == "eu" else "%Y-%m-%d %H:%M:%S %Z"
    return local.strftime(form)
