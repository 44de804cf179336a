"""Listings and catalogue items as the selling API words them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from starlette.datastructures import QueryParams

from sandbox.cast.nouns import Cast, Product, Seller, Sku
from sandbox.marketplaces import BY_ID, Marketplace

PAGEABLE = 1_000
MAX_PAGE = 20
MAX_IDENTIFIERS = 20

Listing = tuple[Product, Sku]
T = TypeVar("T")


class BadQuery(ValueError):
    """The parameters are answered with InvalidInput and this text."""


def listings_items(cast: Cast, seller: Seller, query: QueryParams) -> dict[str, object]:
    """searchListingsItems: a page of SKUs. No more than a thousand can be reached by paging."""
    shop = _marketplace(query)
    if shop.id not in seller.marketplaces:
        raise BadQuery(f"{shop.id} is not a marketplace of this seller.")
    found: list[Listing] = [
        (product, sku)
        for product in cast.by_seller.get(seller.id, ())
        if shop.id in product.prices_minor
        for sku in product.skus
        if _wanted(product, sku, query)
    ]
    parts = _csv(query, "includedData") or ["summaries"]
    return _page(found, query, lambda one: _listing(one[0], one[1], shop, parts))


def catalog_items(cast: Cast, query: QueryParams) -> dict[str, object]:
    """searchCatalogItems by ASIN. An ASIN that is not there is simply not answered."""
    shop = _marketplace(query)
    identifiers = _csv(query, "identifiers")
    if not 1 <= len(identifiers) <= MAX_IDENTIFIERS:
        raise BadQuery(f"identifiers takes 1 to {MAX_IDENTIFIERS} values.")
    if query.get("identifiersType") != "ASIN":
        raise BadQuery("The sandbox knows identifiersType ASIN only.")
    found = [
        cast.products[asin]
        for asin in dict.fromkeys(identifiers)
        if asin in cast.products and shop.id in cast.products[asin].prices_minor
    ]
    parts = _csv(query, "includedData") or ["summaries"]
    return _page(found, query, lambda one: _item(one, shop, parts))


def _csv(query: QueryParams, name: str) -> list[str]:
    return [one for value in query.getlist(name) for one in value.split(",") if one]


def _marketplace(query: QueryParams) -> Marketplace:
    ids = _csv(query, "marketplaceIds")
    if len(ids) != 1 or ids[0] not in BY_ID:
        raise BadQuery("marketplaceIds takes exactly one marketplace here.")
    return BY_ID[ids[0]]


def _wanted(product: Product, sku: Sku, query: QueryParams) -> bool:
    status = query.get("withStatus")
    if status is not None and not set(status.split(",")) <= set(_statuses(sku)):
        return False
    opened = product.opened_at
    for name in ("createdAfter", "lastUpdatedAfter"):
        if (moment := _moment(query, name)) is not None and opened <= moment:
            return False
    for name in ("createdBefore", "lastUpdatedBefore"):
        if (moment := _moment(query, name)) is not None and opened >= moment:
            return False
    return True


def _moment(query: QueryParams, name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadQuery(f"{name} must be a moment with a time zone.")
    return moment


def _page(
    found: Sequence[T], query: QueryParams, item: Callable[[T], dict[str, object]]
) -> dict[str, object]:
    offset, size = _where(query)
    end = min(offset + size, PAGEABLE)
    body: dict[str, object] = {
        "numberOfResults": len(found),
        "items": [item(one) for one in found[offset:end]],
    }
    pagination = {}
    if end < min(len(found), PAGEABLE):
        pagination["nextToken"] = _token(end)
    if offset > 0:
        pagination["previousToken"] = _token(max(0, offset - size))
    if pagination:
        body["pagination"] = pagination
    return body


def _where(query: QueryParams) -> tuple[int, int]:
    try:
        size = int(query.get("pageSize") or 10)
        token = query.get("pageToken")
        offset = 0 if token is None else int(base64.urlsafe_b64decode(token))
    except ValueError:
        raise BadQuery("pageSize or pageToken is not valid.") from None
    if not 1 <= size <= MAX_PAGE:
        raise BadQuery(f"pageSize must be between 1 and {MAX_PAGE}.")
    return offset, size


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _statuses(sku: Sku) -> list[str]:
    return ["BUYABLE", "DISCOVERABLE"] if sku.status == "Active" else []


def _listing(product: Product, sku: Sku, shop: Marketplace, parts: list[str]) -> dict[str, object]:
    body: dict[str, object] = {"sku": sku.sku}
    opened = product.opened_at.isoformat()
    if "summaries" in parts:
        body["summaries"] = [
            {
                "marketplaceId": shop.id,
                "asin": product.asin,
                "productType": _product_type(product),
                "conditionType": "new_new",
                "status": _statuses(sku),
                "itemName": product.title,
                "createdDate": opened,
                "lastUpdatedDate": opened,
                "mainImage": {"link": product.image_url, "height": 500, "width": 500},
            }
        ]
    if "offers" in parts:
        amount = product.prices_minor[shop.id] / 10**shop.exponent
        price = {"currencyCode": shop.currency, "amount": f"{amount:.{shop.exponent}f}"}
        body["offers"] = [{"marketplaceId": shop.id, "offerType": "B2C", "price": price}]
    if "fulfillmentAvailability" in parts:
        one: dict[str, object] = {"fulfillmentChannelCode": sku.channel(shop)}
        if not sku.fulfilled_by_amazon:
            one["quantity"] = sku.quantity
        body["fulfillmentAvailability"] = [one]
    return body


def _item(product: Product, shop: Marketplace, parts: list[str]) -> dict[str, object]:
    body: dict[str, object] = {"asin": product.asin}
    leaf = {
        "displayName": product.category.subcategory,
        "classificationId": product.category.subcategory.split()[0],
    }
    if "summaries" in parts:
        body["summaries"] = [
            {
                "marketplaceId": shop.id,
                "brand": product.brand_name,
                "itemName": product.title,
                "itemClassification": "BASE_PRODUCT",
                "browseClassification": leaf,
                "websiteDisplayGroup": product.category.group.lower(),
                "websiteDisplayGroupName": product.category.group,
            }
        ]
    if "images" in parts:
        image = {"variant": "MAIN", "link": product.image_url, "height": 500, "width": 500}
        body["images"] = [{"marketplaceId": shop.id, "images": [image]}]
    if "classifications" in parts:
        words = product.category.category
        parent = {"displayName": words, "classificationId": words.split()[0]}
        chain = leaf | {"parent": parent}
        body["classifications"] = [{"marketplaceId": shop.id, "classifications": [chain]}]
    if "productTypes" in parts:
        body["productTypes"] = [{"marketplaceId": shop.id, "productType": _product_type(product)}]
    if "relationships" in parts:
        parents = [product.parent_asin] if product.parent_asin else []
        relations = [{"type": "VARIATION", "parentAsins": parents}] if parents else []
        body["relationships"] = [{"marketplaceId": shop.id, "relationships": relations}]
    return body


def _product_type(product: Product) -> str:
    return product.category.group.upper().replace(" ", "_")
