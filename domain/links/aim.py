"""What somebody wants a link to lead to, and the page that it is. Pure.

A page can be said in three ways: by its address, by a product that is known here, or as the
brand's storefront. Each comes to the same page, and one page has one link for each subID.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.catalog import shops
from domain.errors import InvalidInput, NotFound, Refusal
from domain.ids import encode
from domain.links import landing, place, rules, tags
from domain.links.landing import DetailPage, Landing, ShopPage
from domain.links.place import OnAmazon, OwnShop, Place

MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class OfProduct:
    """The page of a product."""

    product_id: UUID


@dataclass(frozen=True, slots=True)
class Storefront:
    """The brand's Store page on Amazon, or the home of its own shop."""


Target = str | OfProduct | Storefront
"""A text is what was pasted: an address, or on Amazon an ASIN."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One link that somebody asks for. An empty subID is none.

    An affiliate may leave the partnership to the product: it is the one with the product's store.
    """

    partnership_id: UUID | None
    target: Target
    subid: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A product as far as a link to it depends on it: `asin` on Amazon, `url` in a shop."""

    store_id: UUID
    asin: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A link that can be made. `left_out`: parameters of what was pasted that it does not carry."""

    place: Place
    page: Landing
    subid: str | None
    left_out: tuple[str, ...]


@dataclass(eq=False)
class ProductOfOtherStore(Refusal):
    product_store_id: UUID
    store_id: UUID

    @property
    def message(self) -> str:
        return (
            "This product is sold in another store than the one that the partnership is with. "
            "Choose the affiliate's partnership with the product's store."
        )


@dataclass(eq=False)
class NoStorefront(Refusal):
    @property
    def message(self) -> str:
        return (
            "The brand has not said yet where its Store page on Amazon is: it sets the store's "
            "storefront. Until then, paste the address of the Store page."
        )


def plan(wanted: Wanted, places: Mapping[UUID, Place], products: Mapping[UUID, Product]) -> Plan:
    """What to make of a wish, the partnerships and products that it names being at hand.

    Raises NotFound, InvalidInput, NotAShopPage, ProductOfOtherStore, NoStorefront, SubIdRefused or
    BadTemplate; what `place.ready` raises for a store or partnership without new links; and what
    `landing.landing` raises for what was pasted.
    """
    if wanted.partnership_id is None:
        raise InvalidInput("partnershipId", "Say whose link it is: the partnership's id.")
    where = places.get(wanted.partnership_id)
    if where is None:
        raise NotFound("partnership", encode("part", wanted.partnership_id))
    store = place.ready(where)
    subid = rules.subid(wanted.subid)
    page, left_out = _page(wanted.target, where, store, products)
    if isinstance(store, OnAmazon) and store.tag_template is not None:
        tags.check_template(store.tag_template)
    return Plan(where, page, subid, left_out)


def storefront(pasted: str, store: OnAmazon | OwnShop) -> str:
    """The address of the brand's Store page, as kept.

    Raises NotAnAmazonStore, InvalidInput for a product's page, and what `landing.landing` raises.
    """
    if isinstance(store, OwnShop):
        raise place.NotAnAmazonStore
    page = landing.landing(pasted, store.marketplace)
    if isinstance(page, DetailPage):
        raise InvalidInput(
            "url", "This is a product's page. Paste the address of the brand's Store on Amazon."
        )
    return landing.url(page, store.marketplace)


def _page(
    target: Target, where: Place, store: OnAmazon | OwnShop, products: Mapping[UUID, Product]
) -> tuple[Landing, tuple[str, ...]]:
    """The page, and the parameters of what was pasted that are left out."""
    if isinstance(target, OfProduct):
        product = products.get(target.product_id)
        if product is None:
            raise NotFound("product", encode("prod", target.product_id))
        if product.store_id != where.store_id:
            raise ProductOfOtherStore(product.store_id, where.store_id)
        if product.asin is not None:
            return DetailPage(product.asin), ()
        target = product.url or ""
    if isinstance(store, OwnShop):
        text = store.url if isinstance(target, Storefront) else target
        page = shops.page(text, shops.host_of(store.url))
        return ShopPage(page), (shops.PARAMETER,) if shops.carries_code(text) else ()
    if isinstance(target, Storefront):
        if store.storefront_url is None:
            raise NoStorefront
        target = store.storefront_url
    return landing.landing(target, store.marketplace), landing.left_out(target)
