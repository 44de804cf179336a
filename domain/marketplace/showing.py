"""Keep what the network sees in step with the account's own tables.

A listing shows names and the rate as they are in force. Whoever changes one of them calls `refresh`
in the same transaction. Locks are taken in one order everywhere: the offer, its store, the listing.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.clock import local_day
from domain.events import news
from domain.marketplace import queries
from domain.marketplace.rules import OfferListed


async def refresh(tx: Tx, account_id: UUID, now: datetime) -> bool:
    """Write anew what the account's listing shows of its tables; whether anything was different."""
    listing = await queries.lock(tx, account_id)
    if listing is None:
        return False
    # Read once the listing is held: whoever changed something before has committed it by now, and
    # whoever changes something later waits here and then shows it.
    today = local_day(now, await queries.time_zone(tx, account_id, listing.offer_id))
    shown = await queries.shown(tx, account_id, listing.offer_id, today)
    if shown is None or shown == listing.shown:
        return False
    async with news.listing_changing(tx, account_id, now):
        await queries.show(tx, account_id, shown, now)
    await queries.keep_words(tx, account_id)
    return True


async def check_not_listed(tx: Tx, account_id: UUID, offer_id: UUID, name: str) -> None:
    """Under the offer's lock, which listing it takes too. Raises OfferListed."""
    listing = await queries.listed(tx, account_id)
    if listing is not None and listing.offer_id == offer_id:
        raise OfferListed(name)


async def take_down(tx: Tx, account_id: UUID, store_id: UUID, now: datetime) -> None:
    """A store is disconnected: what is sold there is reported no more, so nobody may apply."""
    async with news.listing_changing(tx, account_id, now):
        await queries.delete_of_store(tx, account_id, store_id)
