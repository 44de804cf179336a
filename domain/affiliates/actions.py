"""Add affiliates to offers, move them between offers, pause and end partnerships.

A paused or ended partnership gets no new links, and nothing else changes: its links still lead to
Amazon, and Amazon goes on attributing sales to them. Those sales become conversions as before, and
the brand decides about them as about any other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from db.pool import Tx
from domain.affiliates import queries, rules
from domain.affiliates.rules import Affiliate, AlreadyPartner, Partnership, Status
from domain.clock import local_day
from domain.errors import NotFound
from domain.ids import encode
from domain.links.tags import campaign_token
from domain.offers import queries as offers
from domain.offers.lifecycle import Offer, SalesAlreadyReported, check_not_archived
from domain.offers.rules import check_store


async def create_affiliate(
    tx: Tx, account_id: UUID, name: str, email: str, now: datetime
) -> Affiliate:
    """The identity of a person in the whole network, whom the account then knows.

    An address that is known already gives the person it belongs to, under the name they have.
    Raises InvalidInput.
    """
    name, email = rules.affiliate_name(name), rules.email(email)
    created = await queries.insert_affiliate(tx, name, email, now)
    affiliate = created or await queries.affiliate_by_email(tx, email)
    await queries.acquaint(tx, account_id, affiliate.id, now)
    return affiliate


async def add_to_offer(
    tx: Tx, account_id: UUID, affiliate_id: UUID, offer_id: UUID, now: datetime
) -> Partnership:
    """Make an affiliate a partner of the offer's store, paid by the offer from today on.

    A partnership that has ended begins again under the same Amazon campaign, so the clicks that
    Amazon has counted still stand. Raises NotFound, OfferArchived or AlreadyPartner.
    """
    if not await queries.affiliate_exists(tx, affiliate_id):
        raise NotFound("affiliate", encode("affl", affiliate_id))
    await offers.hold_reports(tx, account_id, offer_id)
    offer = await _usable(tx, account_id, offer_id)
    today = await _today(tx, account_id, offer.store_id, now)
    token = campaign_token(offer.store_id, affiliate_id)
    created = await queries.insert(
        tx, account_id, offer.store_id, affiliate_id, offer_id, token, now
    )
    if created is not None:
        await queries.assign(tx, account_id, created.id, offer_id, today)
        return created
    known, offer_name = await queries.lock_between(tx, account_id, offer.store_id, affiliate_id)
    if known.status is not Status.ENDED:
        raise AlreadyPartner(known.id, offer_name)
    await queries.set_status(tx, account_id, known.id, Status.ACTIVE)
    return await _move(tx, account_id, replace(known, status=Status.ACTIVE), offer, today, today)


async def move_to_offer(
    tx: Tx, account_id: UUID, partnership_id: UUID, offer_id: UUID, from_day: date | None,
    now: datetime,
) -> Partnership:  # fmt: skip
    """Let another offer of the same store pay from a day on; today when None.

    A move to come takes the place of the one that was planned before. Raises NotFound,
    PartnershipEnded, OneStorePerOffer, OfferArchived, MoveInThePast, or SalesAlreadyReported when
    sales of that day have been priced.
    """
    await offers.hold_reports(tx, account_id, offer_id)
    offer = await _usable(tx, account_id, offer_id)
    partnership = await _locked(tx, account_id, partnership_id)
    if partnership.status is Status.ENDED:
        raise rules.PartnershipEnded
    check_store(offer.store_id, partnership.store_id)
    today = await _today(tx, account_id, partnership.store_id, now)
    rules.check_day(from_day or today, today)
    return await _move(tx, account_id, partnership, offer, from_day or today, today)


async def start_planned_moves(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> int:
    """Show the moves whose day has come as the offer in force; how many there were.

    What a day pays never waits for this: that is read from the assignments. Once a day of the
    store's is enough.
    """
    today = await _today(tx, account_id, store_id, now)
    return await queries.start_planned(tx, account_id, store_id, today)


async def pause(tx: Tx, account_id: UUID, partnership_id: UUID) -> Partnership:
    """No new links for a while. Raises NotFound or PartnershipEnded."""
    partnership = await _locked(tx, account_id, partnership_id)
    return await _set(tx, account_id, partnership, rules.paused(partnership.status))


async def resume(tx: Tx, account_id: UUID, partnership_id: UUID) -> Partnership:
    """New links again. Raises NotFound or PartnershipEnded."""
    partnership = await _locked(tx, account_id, partnership_id)
    return await _set(tx, account_id, partnership, rules.resumed(partnership.status))


async def end(tx: Tx, account_id: UUID, partnership_id: UUID) -> Partnership:
    """No new links any more; ending twice is once. Raises NotFound."""
    partnership = await _locked(tx, account_id, partnership_id)
    return await _set(tx, account_id, partnership, Status.ENDED)


async def _move(
    tx: Tx, account_id: UUID, partnership: Partnership, offer: Offer, from_day: date, today: date
) -> Partnership:
    if await queries.priced_since(tx, account_id, partnership.id, from_day):
        raise SalesAlreadyReported(from_day)
    await queries.drop_planned(tx, account_id, partnership.id, today)
    await queries.assign(tx, account_id, partnership.id, offer.id, from_day)
    if from_day > today:
        return partnership
    await queries.set_offer(tx, account_id, partnership.id, offer.id)
    return replace(partnership, offer_id=offer.id)


async def _set(tx: Tx, account_id: UUID, partnership: Partnership, status: Status) -> Partnership:
    if status is not partnership.status:
        await queries.set_status(tx, account_id, partnership.id, status)
    return replace(partnership, status=status)


async def _usable(tx: Tx, account_id: UUID, offer_id: UUID) -> Offer:
    offer = await offers.use(tx, account_id, offer_id)
    if offer is None:
        raise NotFound("offer", encode("offr", offer_id))
    check_not_archived(offer)
    return offer


async def _locked(tx: Tx, account_id: UUID, partnership_id: UUID) -> Partnership:
    partnership = await queries.lock(tx, account_id, partnership_id)
    if partnership is None:
        raise NotFound("partnership", encode("part", partnership_id))
    return partnership


async def _today(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> date:
    shop = await offers.shop(tx, account_id, store_id)
    assert shop is not None, "an offer and a partnership have a store"
    return local_day(now, shop.time_zone)
