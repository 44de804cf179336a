"""Brands and their stores."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from domain.access import Room
from schema.enums import Platform, StoreChannel, StoreStatus
from schema.freshness import Freshness
from schema.reading import (
    Connection,
    Node,
    column,
    contains,
    equals,
    one_of,
    table,
    to_many,
    to_one,
    where,
)
from schema.sellers import AmazonProfile, SellerAccount
from schema.work_progress import WorkProgress

if TYPE_CHECKING:
    from schema.conversions import ConversionConnection
    from schema.offers import OfferConnection
    from schema.partnerships import PartnershipConnection
    from schema.products import ProductConnection
    from schema.reports import CatalogRunConnection, ReportRunConnection

# A lost consent of the store's seller, for either API, stops a part of the store.
_STATUS = """case when {t}.disconnected_at is not null then 'DISCONNECTED'
    when {t}.profile_id is null then 'CONNECTED'
    when exists (select from profile f join amazon_grant g on g.account_id = f.account_id
                    and g.seller_account_id = f.seller_account_id
                  where f.account_id = {t}.account_id and f.id = {t}.profile_id
                    and g.state = 'RECONNECT') then 'RECONNECT'
    when (select f.measuring_since from profile f
           where f.account_id = {t}.account_id and f.id = {t}.profile_id) is null
    then 'MEASURING_NOT_CONFIRMED' else 'CONNECTED' end"""


SHOWN: Final = """({t}.account_id, {t}.id) in (select k.account_id, k.store_id
    from store_of_affiliate k where current_affiliate() = {affiliate})"""
"""The stores that an affiliate promotes or promoted, was invited to or applied to."""


@strawberry.input(description="Narrows a list of brands.")
class BrandFilter:
    name: str | None = contains("Part of the name.", "name")


@table(
    "brand",
    prefix="brnd",
    tenant="account_id",
    filter=BrandFilter,
    affiliate="""exists (select from store k where k.account_id = {t}.account_id
        and k.brand_id = {t}.id and """
    + SHOWN.replace("{t}", "k")
    + ")",
    sort=("name", "created_at"),
)
class Brand(Node):
    """A brand of the account: the party to every partnership."""

    name: str = column("Its name, as registered.")
    created_at: datetime = column("When its first store was connected.", only=Room.ACCOUNT)
    seller_account: SellerAccount | None = to_one(
        "The seller it is registered under; null when it sells in its own shop only.",
        "seller_account_id",
    )
    stores: Annotated["StoreConnection", strawberry.lazy("schema.stores")] = to_many(
        "The stores that sell it.", "brand_id"
    )


@strawberry.type(description="A page of brands.")
class BrandConnection(Connection[Brand]):
    pass


@strawberry.input(description="Narrows a list of stores.")
class StoreFilter:
    channel: list[StoreChannel] | None = one_of("Any of these.", "channel")
    brand_id: strawberry.ID | None = equals("Of this brand.", "brand_id", prefix="brnd")
    profile_id: strawberry.ID | None = where(
        "Of this profile.", "{t}.profile_id = {v}", prefix="prof", only=Room.ACCOUNT
    )
    status: list[StoreStatus] | None = where(
        "Any of these.", f"({_STATUS}) = any({{v}})", only=Room.ACCOUNT
    )
    name: str | None = contains("Part of the name.", "name")


@table(
    "store",
    prefix="stor",
    tenant="account_id",
    affiliate=SHOWN,
    filter=StoreFilter,
    sort=("name", "connected_at"),
)
class Store(Node):
    """One brand in one marketplace of Amazon, or a shop of the brand's own."""

    name: str = column("As the account calls it.")
    channel: StoreChannel = column("Where it sells.")
    platform: Platform = column(
        "What it runs on.", "case {t}.channel when 'AMAZON' then 'AMAZON' else 'CUSTOM' end"
    )
    brand: Brand = to_one("Whose store it is.", "brand_id")
    profile: AmazonProfile | None = to_one(
        "Amazon's profile that measures it; null for a shop of the brand's own.", "profile_id"
    )
    marketplace_id: str | None = column("Amazon's id of the marketplace; null for an own shop.")
    url: str | None = column("The address of an own shop; null on Amazon.")
    storefront_url: str | None = column(
        "Where a storefront link leads: the brand's Store page on Amazon, null until somebody has"
        " said where that is; of an own shop its address.",
        "coalesce({t}.storefront_url, {t}.url)",
        told=True,
    )
    currency: str = column("ISO 4217; all its money is in it.")
    time_zone: str = column("An IANA name. Days of its sales and offers are this zone's.")
    status: StoreStatus = column(
        "Whether it works, and what to do when it does not.",
        _STATUS,
        reads=3,
        only=Room.ACCOUNT,
    )
    connected_at: datetime = column("When it was connected first.")
    disconnected_at: datetime | None = column("When it was disconnected; null while it is not.")
    freshness: Freshness | None = to_one(
        "As of when the figures of its last 30 days are; null for an own shop.",
        on="{t}.id = {p}.id",
        reads=10,
    )
    backfill: WorkProgress | None = to_one(
        "How far the past of its profile has been read, in reports of up to 30 days at each of 4"
        " levels; null when that was never begun.",
        on="{t}.store_id = {p}.id and {t}.work = 'BACKFILL'",
        reads=100,
        only=Room.ACCOUNT,
    )
    catalog_sync: WorkProgress | None = to_one(
        "How far the last fetch of its products has come, in SKUs; null when there was none.",
        on="{t}.store_id = {p}.id and {t}.work = 'CATALOG'",
        reads=10,
        only=Room.ACCOUNT,
    )
    products: Annotated["ProductConnection", strawberry.lazy("schema.products")] = to_many(
        "What it sells, a row for each SKU.", "store_id"
    )
    offers: Annotated["OfferConnection", strawberry.lazy("schema.offers")] = to_many(
        "What it pays affiliates, the archived ones too.", "store_id"
    )
    partnerships: Annotated["PartnershipConnection", strawberry.lazy("schema.partnerships")] = (
        to_many("The affiliates who promote it.", "store_id")
    )
    conversions: Annotated["ConversionConnection", strawberry.lazy("schema.conversions")] = to_many(
        "Its sales through affiliates.", "store_id"
    )
    report_runs: Annotated["ReportRunConnection", strawberry.lazy("schema.reports")] = to_many(
        "Reports fetched for its profile, which the seller's other brands share.",
        on="{t}.profile_id = {p}.profile_id",
    )
    catalog_runs: Annotated["CatalogRunConnection", strawberry.lazy("schema.reports")] = to_many(
        "Fetches of its products.", "store_id"
    )


@strawberry.type(description="A page of stores.")
class StoreConnection(Connection[Store]):
    pass
