"""List an offer in the marketplace, for nothing; edit its listing, and take it out again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from db.pool import Tx
from domain.clock import local_day
from domain.discovery import invitations
from domain.duties import actions as duties
from domain.duties.queries import take_slots
from domain.duties.rules import Kind
from domain.errors import NotFound
from domain.events import news
from domain.ids import encode
from domain.marketplace import agreements, queries, rules, showing
from domain.marketplace.agreements import Agreement
from domain.marketplace.rules import Acceptance, Form, Listing, NoStoreToPromote, Question
from domain.offers import queries as offers
from domain.offers.lifecycle import Offer, check_not_archived

MEASURED: Final = timedelta(days=90)
"""How far back an account's reputation looks."""


async def list_offer(tx: Tx, account_id: UUID, offer_id: UUID, form: Form, now: datetime) -> UUID:
    """Show an offer in the marketplace in the place of what the account has listed (S31, S32).

    The id of its listing, which is a new one unless the offer was listed already: then its form is
    written anew. Raises NotFound, OfferArchived, NoStoreToPromote or NotInForceYet.
    """
    offer = await offers.use(tx, account_id, offer_id)
    if offer is None:
        raise NotFound("offer", encode("offr", offer_id))
    check_not_archived(offer)
    time_zone, disconnected_at = await queries.hold_store(tx, account_id, offer.store_id)
    if disconnected_at is not None:
        raise NoStoreToPromote(disconnected_at)
    shown = await queries.shown(tx, account_id, offer_id, local_day(now, time_zone))
    if shown is None:
        raise rules.NotInForceYet(offer.versions[0].starts_on)
    async with news.listing_changing(tx, account_id, now):
        id = await queries.put(tx, account_id, offer_id, shown, form, now)
    await queries.keep_words(tx, account_id)
    return id


async def edit_listing(
    tx: Tx, account_id: UUID, listing_id: UUID, now: datetime, *, description: str | None = None,
    categories: Collection[str] | None = None, cover_url: str | None = None,
    questions: Sequence[Question] | None = None, acceptance: Acceptance | None = None,
) -> None:  # fmt: skip
    """Change what is given; what is None stays. An empty address takes the cover away.

    Raises NotFound or InvalidInput.
    """
    kept = (await _locked(tx, account_id, listing_id)).form
    form = rules.form(
        kept.description if description is None else description,
        kept.categories if categories is None else categories,
        kept.cover_url if cover_url is None else cover_url,
        kept.questions if questions is None else questions,
        kept.acceptance if acceptance is None else acceptance,
    )
    if form != kept:
        async with news.listing_changing(tx, account_id, now):
            await queries.rewrite(tx, account_id, form, now)
        await queries.keep_words(tx, account_id)


async def unlist(tx: Tx, account_id: UUID, listing_id: UUID, now: datetime) -> Listing:
    """Take an offer out of the marketplace; what it was. Applications stay as they are.

    Raises NotFound.
    """
    listing = await _locked(tx, account_id, listing_id)
    async with news.listing_changing(tx, account_id, now):
        await queries.delete(tx, account_id, listing_id)
    return listing


async def promote_products(
    tx: Tx, account_id: UUID, offer_id: UUID, product_ids: Sequence[UUID]
) -> None:
    """Choose what a listing of the offer shows, in this order, instead of what it showed (S36).

    It is for show: every product of the brand earns commission as before (S37). Raises NotFound or
    InvalidInput.
    """
    wanted = rules.promoted(product_ids)
    offer = await _offer(tx, account_id, offer_id)
    found = await queries.promote(tx, account_id, offer_id, offer.store_id, wanted)
    for id in wanted:
        if id not in found:
            raise NotFound("product of the offer's store", encode("prod", id))


async def publish_agreement(
    tx: Tx, account_id: UUID, offer_id: UUID, body: str, actor: str, now: datetime
) -> UUID:
    """A new version of what affiliates accept when they join by the offer; its id.

    The newest version's text again is that version. Who accepted another one stays a partner.
    Raises NotFound, OfferArchived or InvalidInput.
    """
    text = agreements.agreement_body(body)
    offer = await _offer(tx, account_id, offer_id)
    check_not_archived(offer)
    newest = await queries.newest_agreement(tx, account_id, offer_id)
    sha256 = agreements.digest(text)
    if newest is not None and newest.sha256 == sha256:
        return newest.id
    version = newest.version + 1 if newest is not None else 1
    id = await queries.insert_agreement(tx, account_id, offer_id, version, text, sha256, actor, now)
    await showing.refresh(tx, account_id, now)
    await invitations.renew_agreement(tx, account_id, offer_id, id)
    return id


async def accept_agreement(
    tx: Tx, account_id: UUID, agreement: Agreement | None, affiliate_id: UUID, sha256: str | None,
    actor: str, now: datetime,
) -> None:  # fmt: skip
    """Keep that an affiliate accepted this version, as read; nothing where there is none.

    Raises AgreementNotAccepted.
    """
    agreements.check_accepted(agreement, sha256)
    if agreement is not None:
        await queries.insert_acceptance(tx, account_id, agreement, affiliate_id, actor, now)


async def note_visit(
    tx: Tx, account_id: UUID, listing_id: UUID, affiliate_id: UUID, now: datetime, *,
    started: bool = False,
) -> None:  # fmt: skip
    """An affiliate looks at a listing or begins to apply; each counts once. Raises NotFound."""
    listing = await queries.listed(tx, account_id)
    if listing is None or listing.id != listing_id:
        raise not_listed(listing_id)
    started_at = now if started else None
    await queries.note_visit(tx, account_id, listing.offer_id, affiliate_id, now, started_at)


async def plan_measuring(tx: Tx, now: datetime) -> None:
    """Promise a new day of every account that has something listed, once a day of its store."""
    listed = {f"listing {one.account_id}": one for one in await queries.listed_accounts(tx)}
    days = {name: str(local_day(now, one.time_zone)) for name, one in listed.items()}
    for name in await take_slots(tx, days, now):
        id = listed[name].account_id
        await duties.promise(tx, Kind.MEASURE_REPUTATION, str(id), id, {}, now)


async def measure_reputation(tx: Tx, account_id: UUID, now: datetime) -> None:
    """A new day of an account with something listed, as the system: terms that were planned for
    today are shown, and how it treated its affiliates in the last 90 days is counted anew.
    """
    await showing.refresh(tx, account_id, now)
    await queries.measure_reputation(tx, account_id, now - MEASURED, now)


def not_listed(listing_id: UUID) -> NotFound:
    """The same words for what was never listed, is no more, and never was."""
    return NotFound("listing", encode("lstg", listing_id))


async def _locked(tx: Tx, account_id: UUID, listing_id: UUID) -> Listing:
    listing = await queries.lock(tx, account_id)
    if listing is None or listing.id != listing_id:
        raise not_listed(listing_id)
    return listing


async def _offer(tx: Tx, account_id: UUID, offer_id: UUID) -> Offer:
    offer = await offers.lock(tx, account_id, offer_id)
    if offer is None:
        raise NotFound("offer", encode("offr", offer_id))
    return offer
