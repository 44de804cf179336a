"""Draws the cast from a seed: the same seed and size give the same ids, names and prices."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import datetime

from sandbox import categories
from sandbox.cast.goods import Shelf, draw_products
from sandbox.cast.nouns import Brand, Cast, Client, Person, Product, Profile, Seller, StorePage
from sandbox.categories import Category
from sandbox.marketplaces import BY_COUNTRY, US


@dataclass(frozen=True, slots=True)
class Size:
    """How many goods there are."""

    products_per_brand: int = 12
    large_seller_products: int = 640
    """Every product has about two SKUs, so this is a seller with more than 1,000 of them."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A seller as the script has it, before ids are drawn."""

    name: str
    brands: tuple[tuple[str, str, bool, tuple[Category, ...]], ...]
    countries: tuple[str, ...] = ("US",)
    bonus_enrolled: bool = False


_SELLERS = {
    "juniper": _Part(
        "Juniper Row Trading",
        (
            ("fernhollow", "Fernhollow", True, (categories.KITCHEN, categories.FURNITURE)),
            ("stonepath", "Stonepath", True, (categories.OUTDOORS, categories.CLOTHING)),
        ),
        bonus_enrolled=True,
    ),
    "lumen": _Part(
        "Lumen & Tide Ltd",
        (("lumentide", "Lumen & Tide", True, (categories.BEAUTY, categories.GROCERY)),),
        countries=("US", "CA", "GB", "DE"),
    ),
    "quickshelf": _Part(
        "Quickshelf Resale LLC",
        (("quickshelf", "Quickshelf", False, (categories.ELECTRONICS,)),),
    ),
    "bulkhead": _Part(
        "Bulkhead Supply Co",
        (
            (
                "bulkhead",
                "Bulkhead",
                True,
                (categories.TOOLS, categories.AUTOMOTIVE, categories.INDUSTRIAL),
            ),
        ),
        bonus_enrolled=True,
    ),
}

FOREIGN_BRAND = "elsewhere"


def draw_cast(seed: int, start: datetime, size: Size) -> Cast:
    """The whole cast. `start` dates the listings: all of them were opened before it."""
    chance = random.Random(f"cast {seed}")
    sellers: dict[str, Seller] = {}
    products: dict[str, Product] = {}
    pages: dict[str, StorePage] = {}
    profiles: dict[str, Profile] = {}
    keys: dict[str, str] = {}
    for key, part in _SELLERS.items():
        seller = _seller(chance, part)
        sellers[seller.id] = seller
        keys[key] = seller.id
        count = size.large_seller_products if key == "bulkhead" else size.products_per_brand
        for brand, (_, _, _, kinds) in zip(seller.brands, part.brands, strict=True):
            shelf = Shelf(brand.id, brand.name, seller.id, kinds, seller.marketplaces)
            goods = draw_products(chance, shelf, count, start)
            products |= {one.asin: one for one in goods}
            pages |= {one.id: one for one in _pages(chance, brand, goods)}
        for country in part.countries:
            profile = _profile(chance, seller, country)
            profiles[profile.id] = profile
    shelf = Shelf(FOREIGN_BRAND, "Elsewhere Goods", None, (categories.KITCHEN,), (US.id,))
    products |= {one.asin: one for one in draw_products(chance, shelf, 6, start)}
    others = _other_profiles(chance, sellers[keys["juniper"]])
    profiles |= {one.id: one for one in others.values()}
    return Cast(
        sellers=sellers,
        brands={brand.id: brand for one in sellers.values() for brand in one.brands},
        products=products,
        pages=pages,
        profiles=profiles,
        people=_people(keys, profiles, others),
        clients=_clients(chance),
    )


def _seller(chance: random.Random, part: _Part) -> Seller:
    id = _merchant(chance)
    return Seller(
        id=id,
        name=part.name,
        marketplaces=tuple(BY_COUNTRY[country].id for country in part.countries),
        bonus_enrolled=part.bonus_enrolled,
        brands=tuple(Brand(key, name, id, registered) for key, name, registered, _ in part.brands),
    )


def _profile(chance: random.Random, seller: Seller, country: str) -> Profile:
    """A seller without a registered brand has a profile, and no advertiser of Attribution."""
    eligible = any(brand.registered for brand in seller.brands)
    return Profile(
        id=_profile_id(chance),
        account_id=seller.id,
        account_type="seller",
        account_name=seller.name,
        marketplace=BY_COUNTRY[country],
        advertiser_id=_advertiser(chance) if eligible else None,
    )


def _other_profiles(chance: random.Random, seller: Seller) -> dict[str, Profile]:
    """A vendor, an agency, and a seller's profile left over from the old Attribution console."""
    return {
        "vendor": Profile(
            _profile_id(chance),
            f"ENTITY{_letters(chance, 12)}",
            "vendor",
            "Meridian Housewares Inc",
            US,
            _advertiser(chance, digits=18),
        ),
        "legacy": Profile(
            _profile_id(chance),
            seller.id,
            "seller",
            f"{seller.name} (Attribution)",
            US,
            None,
            "AMAZON_ATTRIBUTION",
        ),
        "agency": Profile(
            _profile_id(chance),
            f"ENTITY{_letters(chance, 12)}",
            "agency",
            "Bright Lamp Media",
            US,
            None,
        ),
    }


def _pages(chance: random.Random, brand: Brand, goods: list[Product]) -> list[StorePage]:
    """A Store has a front page, a page of a few products, and one of dynamic widgets only."""
    asins = tuple(one.asin for one in goods)
    lists = (("Home", asins[:8]), ("Favourites", asins[1:4]), ("For you", ()))
    return [
        StorePage(
            str(uuid.UUID(int=chance.getrandbits(128), version=4)).upper(), brand.id, title, listed
        )
        for title, listed in lists
    ]


def _people(
    keys: dict[str, str], profiles: dict[str, Profile], others: dict[str, Profile]
) -> dict[str, Person]:
    def of(key: str) -> list[str]:
        return [one.id for one in profiles.values() if one.account_id == keys[key]]

    legacy, vendor, agency = (others[key].id for key in ("legacy", "vendor", "agency"))
    juniper = [one for one in of("juniper") if one != legacy]

    def edit(*ids: str) -> dict[str, str]:
        return dict.fromkeys(ids, "edit")

    cast: list[tuple[str, str, dict[str, str], tuple[str, ...]]] = [
        ("june", "June Ashby", edit(*juniper, legacy), (keys["juniper"],)),
        ("lucas", "Lucas Tide", edit(*of("lumen")), (keys["lumen"],)),
        ("quinn", "Quinn Mercer", edit(*of("quickshelf")), (keys["quickshelf"],)),
        ("boris", "Boris Hull", edit(*of("bulkhead")), (keys["bulkhead"],)),
        ("vera", "Vera Meridian", edit(vendor), ()),
        ("agnes", "Agnes Bright", edit(agency, *juniper, *of("lumen")), ()),
        ("viewer", "Wim Viewer", dict.fromkeys(juniper, "view"), ()),
    ]
    return {
        id: Person(id, name, rights, sellers)  # type: ignore[arg-type]
        for id, name, rights, sellers in cast
    }


def _clients(chance: random.Random) -> dict[str, Client]:
    def client(api: str, application: str | None) -> Client:
        return Client(
            f"amzn1.application-oa2-client.{_hex(chance, 32)}",
            f"amzn1.oa2-cs.v1.{_hex(chance, 64)}",
            api,  # type: ignore[arg-type]
            application,
        )

    application = f"amzn1.sellerapps.app.{uuid.UUID(int=chance.getrandbits(128), version=4)}"
    made = (client("advertising", None), client("selling", application))
    return {one.id: one for one in made}


def _letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=count))


def _merchant(chance: random.Random) -> str:
    return f"A{_letters(chance, 13)}"


def _hex(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789abcdef", k=count))


def _profile_id(chance: random.Random) -> str:
    return str(chance.randrange(10**15, 10**16))


def _advertiser(chance: random.Random, digits: int = 13) -> str:
    """Some of Amazon's advertiser ids have 18 digits: more than a float can hold."""
    return str(chance.randrange(10 ** (digits - 1), 10**digits))
