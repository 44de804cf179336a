"""Add affiliates to offers, move them between offers, pause and end partnerships, note about them.

A paused or ended partnership gets no new links, and nothing else changes: its links still lead to
Amazon, and Amazon goes on attributing sales to them. Those sales become conversions as before, and
the brand decides about them as about any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from db.pool import Tx
from domain.affiliates import bulk, queries, rules, tagging
from domain.affiliates.rules import Affiliate, AlreadyPartner, Partnership, Side, Status
from domain.errors import NotFound
from domain.events import news
from domain.events.rules import EventType
from domain.ids import encode
from domain.links.tags import campaign_token
from domain.offers import queries as offers
from domain.offers.lifecycle import SalesAlreadyReported


async def create_affiliate(
    tx: Tx, account_id: UUID, name: str, email: str, now: datetime
) -> Affiliate:
    """The identity of a person in the whole network, whom the account then knows.

    An address that is known already gives the identity it belongs to, under the name it has; one
    whose owner has signed up gives nothing away. Raises InvalidInput or AffiliateSignedUp.
    """
    name, email = rules.affiliate_name(name), rules.email(email)
    created = await queries.insert_affiliate(tx, name, email, now)
    affiliate = created or await queries.affiliate_by_email(tx, email)
    await queries.acquaint(tx, account_id, affiliate.id, now)
    if not await queries.knows(tx, account_id, affiliate.id):
        raise rules.AffiliateSignedUp
    return affiliate


async def add_known_to_offer(
    tx: Tx, account_id: UUID, affiliate_id: UUID, offer_id: UUID, actor: str, now: datetime
) -> Partnership:
    """What a brand does by itself: only with an affiliate whom it has entered or had as a partner,
    and who has not left. Everybody else is invited, or applies.

    Raises what `add_to_offer` raises, and AffiliateLeft.
    """
    if not await queries.knows(tx, account_id, affiliate_id):
        raise NotFound("affiliate", encode("affl", affiliate_id))
    if await queries.left(tx, account_id, affiliate_id):
        raise rules.AffiliateLeft
    partnership = await add_to_offer(tx, account_id, affiliate_id, offer_id, now)
    await answer_waiting(tx, account_id, partnership.store_id, affiliate_id, actor, now)
    return partnership


async def answer_waiting(
    tx: Tx, account_id: UUID, store_id: UUID, affiliate_id: UUID, by: str, now: datetime
) -> None:
    """Whatever still waits between a store and an affiliate, who are partners now, is accepted."""
    answered = await queries.answer_waiting(tx, account_id, store_id, affiliate_id, by, now)
    await news.applications(tx, account_id, answered, EventType.APPLICATION_ACCEPTED, now)


async def add_to_offer(
    tx: Tx, account_id: UUID, affiliate_id: UUID, offer_id: UUID, now: datetime
) -> Partnership:
    """Make an affiliate, who has agreed, a partner of the offer's store, paid by the offer from
    today on.

    A partnership that has ended begins again under the same Amazon campaign, so the clicks that
    Amazon has counted still stand. Raises NotFound, OfferArchived, AlreadyPartner, or
    SalesAlreadyReported when sales of today have been priced.
    """
    if not await queries.affiliate_exists(tx, affiliate_id):
        raise NotFound("affiliate", encode("affl", affiliate_id))
    await offers.hold_reports(tx, account_id, offer_id)
    offer = await bulk.usable(tx, account_id, offer_id)
    today = await bulk.today_at(tx, account_id, offer.store_id, now)
    token = campaign_token(offer.store_id, affiliate_id)
    created = await queries.insert(
        tx, account_id, offer.store_id, affiliate_id, offer_id, token, now
    )
    if created is not None:
        await queries.assign(tx, account_id, [created.id], offer_id, today)
        await news.partnership_created(tx, account_id, created.id, now)
        return created
    known, offer_name = await queries.lock_between(tx, account_id, offer.store_id, affiliate_id)
    if known.status is not Status.ENDED:
        raise AlreadyPartner(known.id, offer_name)
    if await queries.priced_since(tx, account_id, [known.id], today):
        raise SalesAlreadyReported(today)
    async with news.partnerships_changing(tx, account_id, [known.id], now):
        await queries.set_status(tx, account_id, [known.id], Status.ACTIVE, None, Side.BRAND, now)
        await bulk.put_on(tx, account_id, [known.id], offer_id, today, today)
    return replace(known, status=Status.ACTIVE, offer_id=offer_id)


async def move_to_offer(
    tx: Tx, account_id: UUID, partnership_id: UUID, offer_id: UUID, from_day: date | None,
    now: datetime,
) -> None:  # fmt: skip
    """Let another offer of the same store pay from a day on; today when None.

    A move to come takes the place of the one that was planned before. Raises NotFound,
    PartnershipEnded, OneStorePerOffer, OfferArchived, MoveInThePast, or SalesAlreadyReported when
    sales of that day have been priced.
    """
    _raise(await bulk.move_many(tx, account_id, [partnership_id], offer_id, from_day, now))


async def start_planned_moves(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> int:
    """Show the moves whose day has come as the offer in force; how many there were.

    What a day pays never waits for this: that is read from the assignments. Once a day of the
    store's is enough.
    """
    today = await bulk.today_at(tx, account_id, store_id, now)
    behind = await queries.lock_planned(tx, account_id, store_id, today)
    async with news.partnerships_changing(tx, account_id, behind, now):
        await queries.start_planned(tx, account_id, behind, today)
    return len(behind)


async def pause(tx: Tx, account_id: UUID, partnership_id: UUID, reason: str, now: datetime) -> None:
    """No new links for a while. Twice is once, and the first reason stands.

    Raises NotFound, PartnershipEnded or InvalidInput.
    """
    _raise(await bulk.pause_many(tx, account_id, [partnership_id], reason, now))


async def resume(
    tx: Tx, account_id: UUID, partnership_id: UUID, reason: str | None, now: datetime
) -> None:
    """New links again. Twice is once. Raises NotFound, PartnershipEnded or InvalidInput."""
    _raise(await bulk.resume_many(tx, account_id, [partnership_id], reason, now))


async def end(tx: Tx, account_id: UUID, partnership_id: UUID, reason: str, now: datetime) -> None:
    """No new links any more. Twice is once, and the first reason stands.

    Raises NotFound or InvalidInput.
    """
    _raise(await bulk.end_many(tx, account_id, [partnership_id], reason, now))


async def leave(tx: Tx, account_id: UUID, partnership_id: UUID, reason: str, now: datetime) -> None:
    """The affiliate ends it, which is theirs: whoever calls has seen to that. As `end` otherwise.

    Raises NotFound or InvalidInput.
    """
    kept = rules.reason(reason)
    _raise(
        await bulk.turn(tx, account_id, [partnership_id], Status.ENDED, kept, Side.AFFILIATE, now)
    )


async def annotate(
    tx: Tx, account_id: UUID, partnership_id: UUID, *, tags: Iterable[str] | None = None,
    note: str | None = None, custom_fields: Iterable[tuple[str, str]] | None = None,
) -> None:  # fmt: skip
    """Note about a partnership what is given, in the place of what was there; None stays.

    Raises NotFound or InvalidInput.
    """
    written = None if tags is None else tagging.few("tags", tagging.tags("tags", tags))
    kept_note = None if note is None else tagging.note(note)
    fields = None if custom_fields is None else tagging.custom_fields(custom_fields)
    if not await queries.lock(tx, account_id, [partnership_id]):
        raise NotFound("partnership", encode("part", partnership_id))
    if written is not None:
        await queries.set_tags(tx, account_id, {partnership_id: written})
    await queries.annotate(tx, account_id, partnership_id, kept_note, fields)


async def account_of(tx: Tx, partnership_id: UUID, affiliate_id: UUID) -> UUID:
    """The account in which an affiliate has this partnership, asked as the affiliate.

    Raises NotFound.
    """
    account_id = await queries.account_of(tx, partnership_id, affiliate_id)
    if account_id is None:
        raise NotFound("partnership", encode("part", partnership_id))
    return account_id


def _raise(outcomes: bulk.Outcomes) -> None:
    """Of one partnership alone, its refusal refuses the whole."""
    for refusal in outcomes.values():
        if refusal is not None:
            raise refusal
