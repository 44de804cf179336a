"""What a listing from Amazon does to the products that are known. Pure.

A product is a SKU (S40), so an ASIN stands there as often as it has SKUs (S41). Amazon's listings
are cut short at times: absence from one of them proves nothing, and a listing that has lost most
of its SKUs is not believed at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from domain.catalog.listings import Listing
from domain.errors import InvalidInput, Refusal
from domain.money import minor_units

MISSES_BEFORE_INACTIVE: Final = 3
"""Complete listings in a row that lack a SKU before it counts as gone."""

SHRINK_FLOOR: Final = 10
"""With fewer active products than this, a smaller listing is ordinary."""

MOST_KEPT_ENTRIES: Final = 500
"""Of what could not be read; a file in which nothing can be read is no longer than that."""


@dataclass(frozen=True, slots=True)
class Item:
    """What Amazon's catalogue adds to an ASIN."""

    brand: str | None
    title: str | None
    category: str | None
    image_url: str | None


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    asin: str
    title: str
    brand_name: str | None
    category: str | None
    image_url: str | None
    price_minor: int | None
    quantity: int | None
    fulfilment: str
    status: str
    missed_runs: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The store that is taken stock of.

    `only_brand` says that its seller account sells no other brand, so that goods without a brand
    in the catalogue can only be this one's.
    """

    brand: str
    currency: str
    only_brand: bool


@dataclass(slots=True)
class Stock:
    """The products after a listing, and what changed."""

    added: list[Product] = field(default_factory=list)
    changed: list[Product] = field(default_factory=list)
    unchanged: list[Product] = field(default_factory=list)
    missed: list[Product] = field(default_factory=list)
    """Known before, not listed, and not yet counted as gone before this listing."""
    deactivated: int = 0
    other_brands: int = 0
    remarks: list[dict[str, str]] = field(default_factory=list)
    """What of a row could not be used, though the rest of it was."""


@dataclass(eq=False)
class Shrunken(Refusal):
    listed: int
    active: int

    @property
    def message(self) -> str:
        return (
            f"Amazon's listing has {self.listed} products of this store, and {self.active} were "
            "active. It is held back, since Amazon sends cut lists at times; the products stand. "
            "If the list is right, accept it."
        )


def take_stock(
    shelf: Shelf, listings: Iterable[Listing], items: Mapping[str, Item],
    known: Mapping[str, Product], *, complete: bool, accepted: bool = False,
) -> Stock:  # fmt: skip
    """Compare a listing with the known products, by SKU.

    A listing that is not complete adds and changes and lets nothing go. Raises Shrunken for one
    that has lost more than half, unless a person has `accepted` it.
    """
    stock = Stock()
    seen = set()
    for listing in listings:
        was = known.get(listing.seller_sku)
        item = items.get(listing.asin) or Item(None, None, None, None)
        brand = item.brand or (was.brand_name if was and was.asin == listing.asin else None)
        if not _is_of(shelf, brand):
            stock.other_brands += 1
            continue
        seen.add(listing.seller_sku)
        now = _product(shelf, listing, replace(item, brand=brand), was, stock)
        if was is None:
            stock.added.append(now)
        else:
            same = now == replace(was, missed_runs=0)
            (stock.unchanged if same else stock.changed).append(now)
    active = sum(product.status == "ACTIVE" for product in known.values())
    if complete and not accepted and active >= SHRINK_FLOOR and len(seen) * 2 < active:
        raise Shrunken(len(seen), active)
    if complete:
        for product in known.values():
            if product.sku not in seen:
                _miss(product, stock)
    return stock


def kept_entries(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first of them, and a last one saying how many more there were."""
    if len(entries) <= MOST_KEPT_ENTRIES:
        return entries
    more = len(entries) - MOST_KEPT_ENTRIES
    return [*entries[:MOST_KEPT_ENTRIES], {"reason": f"{more} more of these are not kept"}]


def _is_of(shelf: Shelf, brand: str | None) -> bool:
    if brand is None:
        return shelf.only_brand
    return " ".join(brand.split()).casefold() == shelf.brand.casefold()


def _product(
    shelf: Shelf, listing: Listing, item: Item, was: Product | None, stock: Stock
) -> Product:
    """The newest word on each field; what Amazon leaves out this time stays as it was known."""
    same = was if was is not None and was.asin == listing.asin else None
    return Product(
        sku=listing.seller_sku,
        asin=listing.asin,
        title=listing.title or item.title or (same.title if same else listing.asin),
        brand_name=item.brand,
        category=item.category or (same.category if same else None),
        image_url=item.image_url or (same.image_url if same else None),
        price_minor=_price(shelf, listing, was, stock),
        quantity=listing.quantity,
        fulfilment=listing.fulfilment or (was.fulfilment if was else _likely_fulfilment(listing)),
        status=_status(listing, was),
    )


def _price(shelf: Shelf, listing: Listing, was: Product | None, stock: Stock) -> int | None:
    if listing.price is None:
        return was.price_minor if was else None
    try:
        return minor_units(listing.price, shelf.currency)
    except InvalidInput as error:
        reason = f"The price is left out: {error.reason}"
        stock.remarks.append({"sku": listing.seller_sku, "reason": reason})
        return None


def _likely_fulfilment(listing: Listing) -> str:
    """Files without the column exist; Amazon counts no stock for goods in its own warehouses."""
    return "AMAZON" if listing.quantity is None else "MERCHANT"


def _status(listing: Listing, was: Product | None) -> str:
    if listing.status is not None:
        return "ACTIVE" if listing.status == "Active" else "INACTIVE"
    gone = was is not None and was.missed_runs >= MISSES_BEFORE_INACTIVE
    return was.status if was and not gone else "ACTIVE"


def _miss(product: Product, stock: Stock) -> None:
    if product.missed_runs >= MISSES_BEFORE_INACTIVE:
        return
    misses = product.missed_runs + 1
    gone = misses >= MISSES_BEFORE_INACTIVE and product.status == "ACTIVE"
    stock.deactivated += gone
    stock.missed.append(
        replace(product, missed_runs=misses, status="INACTIVE" if gone else product.status)
    )
