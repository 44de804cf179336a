"""Create, edit and archive offers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from db.constraints import refuses
from db.pool import Tx
from domain.clock import local_day
from domain.errors import NotFound
from domain.events import news
from domain.ids import encode
from domain.marketplace import showing
from domain.offers import lifecycle, queries, rules
from domain.offers.lifecycle import Offer, Shop
from domain.offers.rules import Terms, Version


async def create_offer(
    tx: Tx, account_id: UUID, store_id: UUID, name: str, description: str, terms: Terms,
    starts_on: date | None, now: datetime,
) -> Offer:  # fmt: skip
    """A new offer of one store, paying from `starts_on` (a day of the store's; today when None).

    Raises NotFound, InvalidInput, IncompatibleWithAmazon, StartsInThePast or OfferNameTaken.
    """
    shop = await _shop(tx, account_id, store_id)
    today = local_day(now, shop.time_zone)
    rules.check_terms(shop.channel, terms)
    rules.check_currency(shop.currency, terms)
    versions = rules.with_version((), Version(starts_on or today, terms), today)
    name, description = lifecycle.offer_name(name), lifecycle.offer_description(description)
    with _name_is_free(name):
        id = await queries.insert(tx, account_id, store_id, name, description, now)
    await queries.put_version(tx, account_id, id, versions[0], now)
    return Offer(id, store_id, name, description, None, versions)


async def edit_offer(
    tx: Tx, account_id: UUID, offer_id: UUID, now: datetime, *, name: str | None = None,
    description: str | None = None, terms: Terms | None = None, starts_on: date | None = None,
) -> Offer:  # fmt: skip
    """Change what is given; what is None stays. Name and description have no date.

    New terms hold from `starts_on` (today when None) and take the place of a planned change.
    Raises what `create_offer` raises, OfferArchived, or SalesAlreadyReported when the day's sales
    have been priced.
    """
    if terms is not None:
        await queries.hold_reports(tx, account_id, offer_id)
    offer = await _locked(tx, account_id, offer_id)
    lifecycle.check_not_archived(offer)
    async with news.offer_changing(tx, account_id, offer_id, now):
        if name is not None or description is not None:
            offer = await _describe(tx, account_id, offer, name, description)
        if terms is not None:
            offer = await _change_terms(tx, account_id, offer, terms, starts_on, now)
    await showing.refresh(tx, account_id, now)
    return offer


async def archive_offer(tx: Tx, account_id: UUID, offer_id: UUID, now: datetime) -> Offer:
    """Take an offer out of use; days it paid for stay as they are. Archiving twice is once.

    Raises NotFound, OfferListed while it is in the marketplace, or OfferInUse while partnerships go
    by it.
    """
    offer = await _locked(tx, account_id, offer_id)
    if offer.archived_at is not None:
        return offer
    await showing.check_not_listed(tx, account_id, offer_id, offer.name)
    shop = await _shop(tx, account_id, offer.store_id)
    today = local_day(now, shop.time_zone)
    lifecycle.check_unused(offer, await queries.partnerships_using(tx, account_id, offer_id, today))
    async with news.offer_changing(tx, account_id, offer_id, now):
        await queries.archive(tx, account_id, offer_id, now)
    return replace(offer, archived_at=now)


async def _describe(
    tx: Tx, account_id: UUID, offer: Offer, name: str | None, description: str | None
) -> Offer:
    described = replace(
        offer,
        name=offer.name if name is None else lifecycle.offer_name(name),
        description=(
            offer.description if description is None else lifecycle.offer_description(description)
        ),
    )
    with _name_is_free(described.name):
        await queries.describe(tx, account_id, offer.id, described.name, described.description)
    return described


async def _change_terms(
    tx: Tx, account_id: UUID, offer: Offer, terms: Terms, starts_on: date | None, now: datetime
) -> Offer:
    shop = await _shop(tx, account_id, offer.store_id)
    rules.check_terms(shop.channel, terms)
    rules.check_currency(shop.currency, terms)
    today = local_day(now, shop.time_zone)
    new = Version(starts_on or today, terms)
    versions = rules.with_version(offer.versions, new, today)
    if await queries.priced_since(tx, account_id, offer.id, new.starts_on):
        raise lifecycle.SalesAlreadyReported(new.starts_on)
    kept = {version.starts_on for version in versions}
    dropped = [old.starts_on for old in offer.versions if old.starts_on not in kept]
    await queries.delete_versions(tx, account_id, offer.id, dropped)
    await queries.put_version(tx, account_id, offer.id, new, now)
    return replace(offer, versions=versions)


async def _shop(tx: Tx, account_id: UUID, store_id: UUID) -> Shop:
    shop = await queries.shop(tx, account_id, store_id)
    if shop is None:
        raise NotFound("store", encode("stor", store_id))
    return shop


async def _locked(tx: Tx, account_id: UUID, offer_id: UUID) -> Offer:
    offer = await queries.lock(tx, account_id, offer_id)
    if offer is None:
        raise NotFound("offer", encode("offr", offer_id))
    return offer


@contextmanager
def _name_is_free(name: str) -> Iterator[None]:
    with refuses("offer_name_key", with_=lifecycle.OfferNameTaken(name)):
        yield
