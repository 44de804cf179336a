"""Connect and disconnect stores, and keep their products in step with Amazon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from db.constraints import refuses
from db.pool import Tx
from domain.accounts.actions import may_connect_amazon
from domain.amazon.actions import pin_merchant
from domain.amazon.queries import open_marketplaces
from domain.catalog import queries, rules
from domain.catalog.listings import Listing, QuarantinedListing
from domain.catalog.queries import Run, Store, Supply
from domain.catalog.rules import Profile, StoreExists
from domain.catalog.stocktaking import Item, Shelf, Shrunken, kept_entries, take_stock
from domain.duties.actions import promise
from domain.duties.rules import Kind
from domain.errors import NotFound
from domain.events import news
from domain.events.rules import EventType
from domain.ids import encode
from domain.marketplace import showing
from domain.money import exponent
from domain.reports.scheduling import plan_backfill, request


async def connect_store(
    tx: Tx, account_id: UUID, profile_id: UUID, brand_name: str, now: datetime,
    store_name: str | None = None,
) -> UUID:  # fmt: skip
    """Connect one brand of a seller in one marketplace (S7 to S9); the store's id.

    Raises AmazonNotOffered, PlanTooLow, VendorCentral, AgencyProfile, WrongMarketplace,
    NotInBrandRegistry, EligibilityUnknown, ConsentNeeded, OtherMerchant, MerchantTaken,
    StoreExists, InvalidInput or NotFound.
    """
    brand_name = rules.clean_name("brand", brand_name)
    profile = await _connectable(tx, account_id, profile_id)
    name = rules.clean_name("name", store_name or f"{brand_name} on Amazon {profile.country}"[:200])
    if profile.pinned_merchant_id is None:
        await pin_merchant(tx, account_id, profile.seller_account_id, profile.merchant_id)
    brand_id = await _brand_of_seller(tx, account_id, profile.seller_account_id, brand_name, now)
    where = f"Amazon {profile.country}"
    there = await queries.store_of_brand(tx, account_id, brand_id, profile.marketplace_id)
    await _refuse_existing(tx, account_id, there, where)
    with refuses("store_marketplace_key", with_=StoreExists(brand_name, where, False)):
        store_id = await queries.insert_amazon_store(tx, account_id, brand_id, name, profile, now)
    await _begin_ingestion(tx, account_id, store_id, profile, now)
    await news.stores(tx, account_id, [store_id], EventType.STORE_CONNECTED, now)
    return store_id


async def connect_dtc_store(
    tx: Tx, account_id: UUID, brand: str | UUID, url: str, currency: str, time_zone: str,
    now: datetime, store_name: str | None = None,
) -> UUID:  # fmt: skip
    """Connect a brand's own shop; `brand` is one of the account's or a name.

    A name that a brand of the account has is that brand, which may sell on Amazon too. Raises
    InvalidInput, UnknownCurrency, StoreExists or NotFound.
    """
    brand_id, brand_name = await _brand(tx, account_id, brand)
    url = rules.shop_url(url)
    exponent(currency)
    time_zone = rules.known_time_zone(time_zone)
    name = rules.clean_name("name", store_name or brand_name)
    await _refuse_existing(tx, account_id, await queries.store_at(tx, account_id, url), url)
    if brand_id is None:
        brand_id = await queries.insert_brand(tx, account_id, None, brand_name, now)
    with refuses("store_url_key", with_=StoreExists(brand_name, url, False)):
        store_id = await queries.insert_shop(
            tx, account_id, brand_id, name, url, currency, time_zone, now
        )
    await news.stores(tx, account_id, [store_id], EventType.STORE_CONNECTED, now)
    return store_id


async def disconnect_store(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> None:
    """S80: from now on nothing is fetched for the store, and nobody may apply to it in the
    marketplace; what is open settles as before."""
    store = await _store(tx, account_id, store_id)
    if store.connected:
        await queries.set_disconnected(tx, account_id, store_id, now)
        await showing.take_down(tx, account_id, store_id, now)


async def reconnect_store(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> None:
    """Go on with a store where it was left, if it could be connected today."""
    store = await _store(tx, account_id, store_id)
    if store.connected:
        return
    await queries.set_reconnected(tx, account_id, store_id, now)
    if store.profile_id is not None:
        profile = await _connectable(tx, account_id, store.profile_id)
        await _begin_ingestion(tx, account_id, store_id, profile, now)
    await news.stores(tx, account_id, [store_id], EventType.STORE_CONNECTED, now)


async def sync_products(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> None:
    """A person asks for the store's products now. Raises NotFound or NothingToFetch."""
    await _fetched(tx, account_id, store_id)
    await promise(tx, Kind.SYNC_CATALOG, str(store_id), account_id, {}, now)


async def request_reports(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> None:
    """A person asks for the store's reports now. Raises NotFound or NothingToFetch."""
    profile_id = await _fetched(tx, account_id, store_id)
    await request(tx, account_id, profile_id, now)


async def accept_listing(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> None:
    """A person says that a listing which was held back is right: fetch and believe it.

    Raises NotFound or NothingToFetch.
    """
    await _fetched(tx, account_id, store_id)
    payload = {"accepted": True}
    await promise(tx, Kind.SYNC_CATALOG, str(store_id), account_id, payload, now)


async def open_run(tx: Tx, supply: Supply, now: datetime) -> Run:
    """The run that is under way for the store, or a new one when that has grown old."""
    run = await queries.running(tx, supply.account_id, supply.store_id)
    if run is not None and now - run.started_at > rules.RUN_VALID:
        problem = "It did not come to an end within a day; the next one began anew."
        await queries.close_run(tx, run, "FAILED", now, problem=problem)
        run = None
    return run or await queries.insert_run(tx, supply.account_id, supply.store_id, now)


async def apply_listing(
    tx: Tx, supply: Supply, run: Run, rows: Sequence[Listing], items: Mapping[str, Item],
    quarantined: Sequence[QuarantinedListing], now: datetime, *,
    complete: bool, accepted: bool = False,
) -> bool:  # fmt: skip
    """Bring the store's products up to a listing; False when it was held back instead.

    A product is never deleted: it turns inactive when several complete listings lack it.
    """
    await queries.lock_store(tx, supply.account_id, supply.store_id)
    known = await queries.products(tx, supply.account_id, supply.store_id)
    shelf = Shelf(supply.brand, supply.currency, supply.only_brand)
    entries = [
        {"position": str(one.position), "reason": one.reason, "raw": one.raw[:300]}
        for one in quarantined
    ]
    listed = len(rows) + len(quarantined)
    try:
        stock = take_stock(shelf, rows, items, known, complete=complete, accepted=accepted)
    except Shrunken as held:
        await queries.close_run(
            tx, run, "HELD", now, problem=held.message, listed=listed,
            quarantined=kept_entries(entries),
        )  # fmt: skip
        return False
    account_id, store_id = supply.account_id, supply.store_id
    fresh = [*stock.added, *stock.changed]
    leaving = [one.sku for one in (*fresh, *stock.missed) if one.status == "INACTIVE"]
    async with news.products_leaving(tx, account_id, store_id, leaving, now):
        await queries.upsert_products(tx, account_id, store_id, supply.currency, fresh, now)
        unchanged = [product.sku for product in stock.unchanged]
        await queries.touch_products(tx, account_id, store_id, unchanged, now)
        await queries.miss_products(tx, account_id, store_id, stock.missed)
    await queries.close_run(
        tx, run, "APPLIED", now, listed=listed, other_brands=stock.other_brands,
        added=len(stock.added), changed=len(stock.changed), deactivated=stock.deactivated,
        quarantined=kept_entries([*entries, *stock.remarks]),
        problem=None if complete else "Amazon's listing broke off; what it had was taken.",
    )  # fmt: skip
    return True


async def _connectable(tx: Tx, account_id: UUID, profile_id: UUID) -> Profile:
    await may_connect_amazon(tx, account_id)
    profile = await queries.profile(tx, account_id, profile_id)
    if profile is None:
        raise NotFound("profile", encode("prof", profile_id))
    rules.check_amazon(profile, await open_marketplaces(tx))
    return profile


async def _brand(tx: Tx, account_id: UUID, brand: str | UUID) -> tuple[UUID | None, str]:
    """Id and name; no id for a name that is new to the account."""
    if isinstance(brand, str):
        name = rules.clean_name("brand", brand)
        return await queries.brand_by_name(tx, account_id, name), name
    known = await queries.brand_name(tx, account_id, brand)
    if known is None:
        raise NotFound("brand", encode("brnd", brand))
    return brand, known


async def _brand_of_seller(
    tx: Tx, account_id: UUID, seller_account_id: UUID, name: str, now: datetime
) -> UUID:
    """The seller's brand of this name; one known from its own shop only; or a new one."""
    return (
        await queries.brand_of_seller(tx, account_id, seller_account_id, name)
        or await queries.adopt_brand(tx, account_id, seller_account_id, name)
        or await queries.insert_brand(tx, account_id, seller_account_id, name, now)
    )


async def _refuse_existing(tx: Tx, account_id: UUID, store_id: UUID | None, where: str) -> None:
    store = None if store_id is None else await queries.lock_store(tx, account_id, store_id)
    if store is not None:
        raise StoreExists(store.brand, where, not store.connected)


async def _begin_ingestion(
    tx: Tx, account_id: UUID, store_id: UUID, profile: Profile, now: datetime
) -> None:
    await promise(tx, Kind.SYNC_CATALOG, str(store_id), account_id, {}, now)
    if profile.measures:
        await plan_backfill(tx, account_id, profile.id, now)
    else:
        # There is nothing to be reported before the tag call; it plans the reports when it is made.
        await promise(tx, Kind.ENABLE_MEASUREMENT, str(profile.id), account_id, {}, now)


async def _fetched(tx: Tx, account_id: UUID, store_id: UUID) -> UUID:
    """The profile of a store that Amazon is asked about."""
    store = await _store(tx, account_id, store_id)
    if store.profile_id is None or not store.connected:
        raise rules.NothingToFetch(store.profile_id is None)
    return store.profile_id


async def _store(tx: Tx, account_id: UUID, store_id: UUID) -> Store:
    store = await queries.lock_store(tx, account_id, store_id)
    if store is None:
        raise NotFound("store", encode("stor", store_id))
    return store
