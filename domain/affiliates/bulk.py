"""Change many partnerships at once: those that can be are, whatever becomes of the others.

Each change locks its partnerships first, in the order of their ids, then decides about each, then
writes. So nothing is written that has to be taken back, and two such changes at once wait for each
other instead of standing in each other's way. What concerns all of them, a reason that is too long
or an offer that is archived, is raised and refuses the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from db.pool import Tx
from domain.affiliates import queries, rules, tagging
from domain.affiliates.rules import Partnership, Side, Status
from domain.clock import local_day
from domain.errors import NotFound, Refusal
from domain.events import news
from domain.ids import encode
from domain.offers import queries as offers
from domain.offers.lifecycle import Offer, SalesAlreadyReported, check_not_archived
from domain.offers.rules import check_store

Outcomes: TypeAlias = dict[UUID, Refusal | None]
"""For each partnership why it is not as was asked, or None when it is, now or already before; in
the order given."""


async def pause_many(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], reason: str, now: datetime
) -> Outcomes:
    """No new links for a while; of each NotFound or PartnershipEnded. Raises InvalidInput."""
    kept = rules.reason(reason)
    return await turn(tx, account_id, ids, Status.PAUSED, kept, Side.BRAND, now)


async def resume_many(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], reason: str | None, now: datetime
) -> Outcomes:
    """New links again; of each NotFound or PartnershipEnded. Raises InvalidInput."""
    kept = rules.reason_if_any(reason)
    return await turn(tx, account_id, ids, Status.ACTIVE, kept, Side.BRAND, now)


async def end_many(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], reason: str, now: datetime
) -> Outcomes:
    """No new links any more; of each NotFound. Raises InvalidInput."""
    kept = rules.reason(reason)
    return await turn(tx, account_id, ids, Status.ENDED, kept, Side.BRAND, now)


async def move_many(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], offer_id: UUID, from_day: date | None,
    now: datetime,
) -> Outcomes:  # fmt: skip
    """Let another offer of their store pay from a day on, today when None; no past day changes.

    A move to come takes the place of the one that was planned before. Of each NotFound,
    PartnershipEnded, OneStorePerOffer, or SalesAlreadyReported when sales of that day have been
    priced. Raises NotFound or OfferArchived for the offer, and MoveInThePast.
    """
    await offers.hold_reports(tx, account_id, offer_id)
    offer = await usable(tx, account_id, offer_id)
    today = await today_at(tx, account_id, offer.store_id, now)
    since = from_day or today
    rules.check_day(since, today)
    found = await queries.lock(tx, account_id, ids)
    priced = await queries.priced_since(tx, account_id, ids, since)

    def may_move(partnership: Partnership) -> bool:
        if partnership.status is Status.ENDED:
            raise rules.PartnershipEnded
        check_store(offer.store_id, partnership.store_id)
        if partnership.id in priced:
            raise SalesAlreadyReported(since)
        return True

    to_move, outcomes = _judged(ids, found, may_move)
    async with news.partnerships_changing(tx, account_id, to_move, now):
        await put_on(tx, account_id, to_move, offer.id, since, today)
    return outcomes


async def tag_many(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], add: Iterable[str], remove: Iterable[str]
) -> Outcomes:
    """Add tags and take tags away, ended partnerships included.

    Of each NotFound, or InvalidInput when it would have too many. Raises InvalidInput.
    """
    more, less = tagging.tags("add", add), tagging.tags("remove", remove)
    tagging.check_apart(more, less)
    found = await queries.lock(tx, account_id, ids)
    changed: dict[UUID, tuple[str, ...]] = {}

    def retag(partnership: Partnership) -> bool:
        changed[partnership.id] = tagging.retagged(partnership.tags, more, less)
        return changed[partnership.id] != partnership.tags

    to_write, outcomes = _judged(ids, found, retag)
    await queries.set_tags(tx, account_id, {id: changed[id] for id in to_write})
    return outcomes


async def turn(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], status: Status, reason: str | None, by: Side,
    now: datetime,
) -> Outcomes:  # fmt: skip
    """Give each the status, with its reason as kept; of each NotFound or PartnershipEnded.

    A status that stands keeps the reason it was given first.
    """
    found = await queries.lock(tx, account_id, ids)
    to_write, outcomes = _judged(ids, found, lambda one: rules.turns(one.status, status))
    if to_write:
        async with news.partnerships_changing(tx, account_id, to_write, now):
            await queries.set_status(tx, account_id, to_write, status, reason, by, now)
    return outcomes


async def put_on(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], offer_id: UUID, since: date, today: date
) -> None:
    """Write which offer pays from a day on, today or later, in place of what was planned."""
    await queries.drop_planned(tx, account_id, ids, today)
    await queries.assign(tx, account_id, ids, offer_id, since)
    if since <= today:
        await queries.set_offer(tx, account_id, ids, offer_id)


async def usable(tx: Tx, account_id: UUID, offer_id: UUID) -> Offer:
    """An offer that partnerships may be put on, held as it is. Raises NotFound or OfferArchived."""
    offer = await offers.use(tx, account_id, offer_id)
    if offer is None:
        raise NotFound("offer", encode("offr", offer_id))
    check_not_archived(offer)
    return offer


async def today_at(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> date:
    shop = await offers.shop(tx, account_id, store_id)
    assert shop is not None, "an offer and a partnership have a store"
    return local_day(now, shop.time_zone)


def _judged(
    ids: Sequence[UUID], found: dict[UUID, Partnership], judge: Callable[[Partnership], bool]
) -> tuple[list[UUID], Outcomes]:
    """Those that are to be written, and the outcomes. `judge` raises a refusal or says whether."""
    to_write: list[UUID] = []
    outcomes: Outcomes = {}
    for id in dict.fromkeys(ids):
        try:
            if id not in found:
                raise NotFound("partnership", encode("part", id))
            if judge(found[id]):
                to_write.append(id)
            outcomes[id] = None
        except Refusal as refusal:
            outcomes[id] = refusal
    return to_write, outcomes
