"""GET /sandbox/world: who and what there is, with every id that a rehearsal needs."""

from __future__ import annotations

from sandbox.cast.nouns import Brand, Product, Profile, Seller
from sandbox.world import World


def describe(world: World) -> dict[str, object]:
    cast = world.cast
    return {
        "seed": world.plan.seed,
        "now": world.clock.now().isoformat(),
        "clients": {
            client.api: {
                "client_id": client.id,
                "client_secret": client.secret,
                "application_id": client.application_id,
            }
            for client in cast.clients.values()
        },
        "people": [
            {
                "id": one.id,
                "name": one.name,
                "profiles": one.profiles,
                "sellers": list(one.seller_ids),
            }
            for one in cast.people.values()
        ],
        "profiles": [_profile(world, one) for one in cast.profiles.values()],
        "sellers": [_seller(world, one) for one in cast.sellers.values()],
        "brands": [_brand(world, one) for one in cast.brands.values()],
        "other_brands_products": [
            _product(one) for one in cast.products.values() if one.seller_id is None
        ],
    }


def _profile(world: World, profile: Profile) -> dict[str, object]:
    return {
        "id": profile.id,
        "type": profile.account_type,
        "subtype": profile.subtype,
        "account_id": profile.account_id,
        "name": profile.account_name,
        "region": profile.region,
        "country": profile.marketplace.country,
        "marketplace": profile.marketplace.id,
        "currency": profile.marketplace.currency,
        "timezone": profile.marketplace.timezone,
        "advertiser_id": profile.advertiser_id,
        "measuring": profile.id in world.journal.measuring,
    }


def _seller(world: World, seller: Seller) -> dict[str, object]:
    goods = world.cast.by_seller.get(seller.id, [])
    return {
        "id": seller.id,
        "name": seller.name,
        "marketplaces": list(seller.marketplaces),
        "bonus_enrolled": seller.bonus_enrolled,
        "brands": [brand.id for brand in seller.brands],
        "products": len(goods),
        "skus": sum(len(one.skus) for one in goods),
    }


def _brand(world: World, brand: Brand) -> dict[str, object]:
    seller = world.cast.sellers[brand.seller_id]
    shops = [one for one in world.cast.profiles.values() if one.account_id == seller.id]
    return {
        "id": brand.id,
        "name": brand.name,
        "seller_id": brand.seller_id,
        "registered": brand.registered,
        "stores": [f"{brand.id}:{one.marketplace.country}" for one in shops if not one.subtype],
        "store_pages": [
            {"id": one.id, "title": one.title, "asins": list(one.asins)}
            for one in world.cast.pages.values()
            if one.brand_id == brand.id
        ],
        "products": [
            _product(one) for one in world.cast.by_seller[seller.id] if one.brand_id == brand.id
        ],
    }


def _product(product: Product) -> dict[str, object]:
    return {
        "asin": product.asin,
        "title": product.title,
        "group": product.category.group,
        "bonus_bps": product.category.bonus_bps,
        "family": product.family,
        "prices_minor": product.prices_minor,
        "skus": [
            {"sku": one.sku, "by_amazon": one.fulfilled_by_amazon, "status": one.status}
            for one in product.skus
        ],
    }
