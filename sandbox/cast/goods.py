"""Draws the products of one brand: families of variations, prices, and several SKUs for an ASIN."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.cast.nouns import Product, Sku
from sandbox.categories import Category

_THINGS = {
    "Kitchen": ("Copper Kettle", "Bread Knife", "Café Press", "Oven Mitt", "Spice Rack"),
    "Apparel": ("Merino Tee", "Trail Jacket", "Wool Socks", "Rain Shell", "Sun Hat"),
    "Outdoors": ("Camp Stove", "Dry Bag", "Headlamp", "Trekking Pole", "Two-Person Tent"),
    "Home Improvement": ("Ratchet Set", "Claw Hammer", "Spirit Level", "Utility Knife", "Clamp"),
    "Automotive": ("Seat Cover", "Wax Kit", "Tyre Gauge", "Wash Mitt", "Floor Mat"),
    "Furniture": ("Side Table", "Bookcase", "Reading Chair", "Coat Stand", "Bench"),
    "CE": ("Desk Speaker", "USB-C Hub", "Earbuds", "Charging Dock", "Webcam"),
    "BISS": ("Sample Vials", "Nitrile Gloves", "Pipette Tips", "Beaker Set", "Lab Timer"),
    "Beauty": ("Rose Balm", "Night Cream", "Crème Cleanser", "Clay Mask", "Bath Salts"),
    "Grocery": ("Green Tea", "Cold Brew", "Cocoa Nibs", "Sea Salt", "Wild Honey"),
}
_VARIANTS = ("", ", Small", ", Large", ", Sage", ", Slate", ", 2-Pack")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Whose goods are drawn, and where they are sold."""

    brand_id: str
    brand_name: str
    seller_id: str | None
    kinds: tuple[Category, ...]
    marketplaces: tuple[str, ...]


def draw_products(
    chance: random.Random, shelf: Shelf, count: int, start: datetime
) -> list[Product]:
    """`count` products; every third family is one product with variations."""
    made: list[Product] = []
    family = 0
    while len(made) < count:
        kind = shelf.kinds[family % len(shelf.kinds)]
        thing = _THINGS[kind.group][family % len(_THINGS[kind.group])]
        variants = 3 if family % 3 == 2 else 1
        parent = _asin(chance) if variants > 1 else None
        number = f" No. {family + 1}" if family >= len(_THINGS[kind.group]) else ""
        price = chance.randrange(9, 60) * 100 + 99 if kind.group != "Furniture" else 24_900
        opened = start - timedelta(days=chance.randrange(40, 900), hours=chance.randrange(24))
        for variant in range(min(variants, count - len(made))):
            suffix = _VARIANTS[variant + 1] if variants > 1 else ""
            asin = _asin(chance)
            made.append(
                Product(
                    asin=asin,
                    title=f"{shelf.brand_name} {thing}{number}{suffix}",
                    brand_id=shelf.brand_id,
                    brand_name=shelf.brand_name,
                    seller_id=shelf.seller_id,
                    category=kind,
                    family=parent or asin,
                    parent_asin=parent,
                    prices_minor=_prices(shelf, price + variant * 300),
                    skus=_skus(chance, shelf, len(made)),
                    opened_at=opened,
                )
            )
        family += 1
    return made


def _prices(shelf: Shelf, price: int) -> dict[str, int]:
    """Other marketplaces ask a little more, so that their amounts are told apart."""
    return {id: price + place * 150 for place, id in enumerate(shelf.marketplaces)}


def _skus(chance: random.Random, shelf: Shelf, place: int) -> tuple[Sku, ...]:
    """One SKU, or one by the merchant and one by Amazon, or a third that is inactive."""
    stem = f"{shelf.brand_id[:4].upper()}-{place + 1:04d}"
    ways = ((False,), (False, True), (True,), (False, True), (False, True, False))[place % 5]
    return tuple(
        Sku(
            sku=f"{stem}-{'FBA' if by_amazon else 'MFN'}{'' if order < 2 else '-OLD'}",
            fulfilled_by_amazon=by_amazon,
            quantity=chance.randrange(0, 400),
            listing_id=f"{chance.randrange(10**3, 10**4):04d}"
            + "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=7)),
            status="Inactive" if order == 2 else "Active",
        )
        for order, by_amazon in enumerate(ways)
    )


def _asin(chance: random.Random) -> str:
    return "B0" + "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=8))
