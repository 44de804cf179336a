"""The nouns of the world. They are drawn once from the seed and do not change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sandbox.categories import Category
from sandbox.marketplaces import Marketplace, Region

Right = Literal["edit", "view"]


@dataclass(frozen=True, slots=True)
class Sku:
    sku: str
    fulfilled_by_amazon: bool
    quantity: int
    listing_id: str
    status: Literal["Active", "Inactive"] = "Active"

    def channel(self, marketplace: Marketplace) -> str:
        """DEFAULT is the merchant; Amazon's own channel is named after the region."""
        if not self.fulfilled_by_amazon:
            return "DEFAULT"
        return {"na": "AMAZON_NA", "eu": "AMAZON_EU", "fe": "AMAZON_JP"}[marketplace.region]


@dataclass(frozen=True, slots=True)
class Product:
    """One ASIN of one seller (or of nobody in this world, for other brands' goods)."""

    asin: str
    title: str
    brand_id: str
    brand_name: str
    seller_id: str | None
    category: Category
    family: str
    """Variations of one parent have the same family."""
    parent_asin: str | None
    prices_minor: dict[str, int]
    """By marketplace id; the product is sold nowhere else."""
    skus: tuple[Sku, ...]
    opened_at: datetime

    @property
    def image_url(self) -> str:
        return f"https://m.media-amazon.com/images/I/{self.asin}._SL500_.jpg"


@dataclass(frozen=True, slots=True)
class StorePage:
    id: str
    brand_id: str
    title: str
    asins: tuple[str, ...]
    """The statically listed products. A page of dynamic widgets alone has none."""


@dataclass(frozen=True, slots=True)
class Brand:
    id: str
    name: str
    seller_id: str
    registered: bool


@dataclass(frozen=True, slots=True)
class Seller:
    id: str
    """The merchant id, the same in all marketplaces."""
    name: str
    marketplaces: tuple[str, ...]
    bonus_enrolled: bool
    brands: tuple[Brand, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """An advertising profile: one seller, vendor or agency in one marketplace."""

    id: str
    account_id: str
    account_type: Literal["seller", "vendor", "agency"]
    account_name: str
    marketplace: Marketplace
    advertiser_id: str | None
    """Its id in Attribution tags; None when it is not eligible for Attribution."""
    subtype: str | None = None

    @property
    def region(self) -> Region:
        return self.marketplace.region


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in and consent."""

    id: str
    name: str
    profiles: dict[str, Right]
    seller_ids: tuple[str, ...]
    """Seller Central accounts this person may authorise an application for."""


@dataclass(frozen=True, slots=True)
class Client:
    """A Login with Amazon security profile."""

    id: str
    secret: str
    api: Literal["advertising", "selling"]
    application_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    sellers: dict[str, Seller]
    brands: dict[str, Brand]
    products: dict[str, Product]
    pages: dict[str, StorePage]
    profiles: dict[str, Profile]
    people: dict[str, Person]
    clients: dict[str, Client]
    by_seller: dict[str, list[Product]] = field(default_factory=dict)
    by_advertiser: dict[str, Profile] = field(default_factory=dict)
    by_family: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for product in self.products.values():
            if product.seller_id is not None:
                self.by_seller.setdefault(product.seller_id, []).append(product)
            self.by_family[product.family] = (
                *self.by_family.get(product.family, ()),
                product.asin,
            )
        for profile in self.profiles.values():
            if profile.advertiser_id is not None:
                self.by_advertiser[profile.advertiser_id] = profile

    def measuring_profile(self, seller_id: str, marketplace_id: str) -> Profile | None:
        """The profile whose Attribution tags measure a seller's goods in a marketplace."""
        for profile in self.by_advertiser.values():
            if profile.account_id == seller_id and profile.marketplace.id == marketplace_id:
                return profile
        return None
