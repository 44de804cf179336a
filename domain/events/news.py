"""What each capability has to tell: one function, or one `async with`, at each change.

Each asks first who listens, and does nothing more where nobody does. Around a change, entities are
compared with what they were, so that what changes nothing tells nothing; who calls holds their
locks by then.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.events import entities, payloads
from domain.events.actions import listeners, record
from domain.events.rules import REPORTED, Event, EventType, Listeners, moved
from domain.ids import encode

_AT_ONCE: Final = 5_000
"""Conversions in memory at a time, a kilobyte and a half each."""


async def who_reads_reports(tx: Tx, account_id: UUID) -> Listeners:
    """Who listens to anything that comes of reports: asked once for each of them."""
    return await listeners(tx, account_id, *REPORTED)


@asynccontextmanager
async def conversions_moving(
    tx: Tx, account_id: UUID, ids: Collection[UUID], now: datetime, heard_by: Listeners
) -> AsyncIterator[None]:
    """A report makes these conversions or moves them, or makes them anew."""
    if not heard_by:
        yield
        return
    before = {
        row["id"]: payloads.conversion(row)
        for row in await entities.conversions(tx, account_id, ids)
    }
    yield
    for some in _batches(sorted(ids)):
        events = []
        for row in await entities.conversions(tx, account_id, some):
            payload = payloads.conversion(row)
            type = moved(before.get(row["id"]), payload)
            if type is not None:
                events.append(Event(type, payload["id"], payload, now, [row["affiliate_id"]]))
        await record(tx, account_id, events, heard_by)


async def conversions(
    tx: Tx,
    account_id: UUID,
    ids: Iterable[UUID],
    type: EventType,
    now: datetime,
    heard_by: Listeners | None = None,
) -> None:
    """These conversions were settled, approved or denied."""
    ids = sorted(ids)
    if heard_by is None and ids:
        heard_by = await listeners(tx, account_id, type)
    for some in _batches(ids) if heard_by else ():
        events = [
            Event(
                type, encode("conv", row["id"]), payloads.conversion(row), now,
                [row["affiliate_id"]],
            )
            for row in await entities.conversions(tx, account_id, some)
        ]  # fmt: skip
        await record(tx, account_id, events, heard_by)


async def thresholds(
    tx: Tx, account_id: UUID, partnership_ids: Sequence[UUID], now: datetime, heard_by: Listeners
) -> None:
    """Amazon has shown figures of these partnerships for the first time."""
    if not heard_by or not partnership_ids:
        return
    reached = {
        row["id"]: payloads.threshold(row)
        for row in await entities.thresholds(tx, account_id, partnership_ids)
    }
    events = [
        Event(
            EventType.THRESHOLD_REACHED, encode("part", row["id"]),
            payloads.partnership(row) | {"threshold": reached[row["id"]]}, now,
            [row["affiliate_id"]],
        )
        for row in await entities.partnerships(tx, account_id, partnership_ids)
    ]  # fmt: skip
    await record(tx, account_id, events, heard_by)


async def partnership_created(tx: Tx, account_id: UUID, id: UUID, now: datetime) -> None:
    heard_by = await listeners(tx, account_id, EventType.PARTNERSHIP_CREATED)
    if heard_by:
        [row] = await entities.partnerships(tx, account_id, [id])
        await record(
            tx, account_id, [_partnership(row, EventType.PARTNERSHIP_CREATED, now)], heard_by
        )


@asynccontextmanager
async def partnerships_changing(
    tx: Tx, account_id: UUID, ids: Collection[UUID], now: datetime
) -> AsyncIterator[None]:
    """These partnerships are paused, resumed, ended, begun again, or another offer pays them."""
    heard_by = await listeners(tx, account_id, EventType.PARTNERSHIP_CHANGED) if ids else None
    if not heard_by:
        yield
        return
    before = {
        row["id"]: payloads.partnership(row)
        for row in await entities.partnerships(tx, account_id, ids)
    }
    yield
    events = [
        _partnership(row, EventType.PARTNERSHIP_CHANGED, now)
        for row in await entities.partnerships(tx, account_id, ids)
        if payloads.partnership(row) != before[row["id"]]
    ]
    await record(tx, account_id, events, heard_by)


async def applications(
    tx: Tx, account_id: UUID, ids: Collection[UUID], type: EventType, now: datetime
) -> None:
    """These applications were sent, answered or taken back."""
    heard_by = await listeners(tx, account_id, type) if ids else None
    if not heard_by:
        return
    events = [
        Event(
            type, encode("appl", row["id"]), payloads.application(row), now, [row["affiliate_id"]]
        )
        for row in await entities.applications(tx, account_id, ids)
    ]
    await record(tx, account_id, events, heard_by)


@asynccontextmanager
async def offer_changing(
    tx: Tx, account_id: UUID, offer_id: UUID, now: datetime
) -> AsyncIterator[None]:
    """An offer gets other words or terms, or is archived. Those whom it pays are told too."""
    heard_by = await listeners(tx, account_id, EventType.OFFER_CHANGED)
    if not heard_by:
        yield
        return
    was = await entities.offer(tx, account_id, offer_id)
    yield
    row = await entities.offer(tx, account_id, offer_id)
    if was is None or row is None:
        return
    payload = payloads.offer(row)
    if payload != payloads.offer(was):
        told = await entities.going_by(tx, account_id, offer_id, heard_by.affiliates)
        event = Event(EventType.OFFER_CHANGED, payload["id"], payload, now, told)
        await record(tx, account_id, [event], heard_by)


@asynccontextmanager
async def listing_changing(tx: Tx, account_id: UUID, now: datetime) -> AsyncIterator[None]:
    """What the account has in the marketplace is put there, changes, or goes. Told, too, to those
    who promote the store or have applied to and wait."""
    heard_by = await listeners(tx, account_id, EventType.LISTING_CHANGED)
    if not heard_by:
        yield
        return
    was = await entities.listing(tx, account_id)
    yield
    row = await entities.listing(tx, account_id)
    changed = []
    if was is not None and (row is None or row["id"] != was["id"]):
        changed.append((was, payloads.listing(was, listed=False)))
    if row is not None and (was is None or payloads.listing(row) != payloads.listing(was)):
        changed.append((row, payloads.listing(row)))
    events = [
        Event(
            EventType.LISTING_CHANGED, payload["id"], payload, now,
            await entities.around(tx, account_id, one["store_id"], heard_by.affiliates),
        )
        for one, payload in changed
    ]  # fmt: skip
    await record(tx, account_id, events, heard_by)


async def stores(
    tx: Tx, account_id: UUID, ids: Collection[UUID], type: EventType, now: datetime
) -> None:
    """These stores were connected, need their seller, or are behind. For the account."""
    heard_by = await listeners(tx, account_id, type) if ids else None
    if heard_by is None or not heard_by.account:
        return
    events = [
        Event(type, encode("stor", row["id"]), payloads.store(row), now)
        for row in await entities.stores(tx, account_id, ids)
        # Of two consents that were lost, one given anew connects nothing yet.
        if type is not EventType.STORE_CONNECTED or row["status"] != "RECONNECT"
    ]
    await record(tx, account_id, events, heard_by)


async def stores_of_seller(
    tx: Tx, account_id: UUID, seller_account_id: UUID, type: EventType, now: datetime
) -> None:
    """A seller's consent was given anew, or lost: told of each of their stores."""
    if (await listeners(tx, account_id, type)).account:
        ids = await entities.stores_of_seller(tx, account_id, seller_account_id)
        await stores(tx, account_id, ids, type, now)


async def report_failed(
    tx: Tx, account_id: UUID, run_id: UUID, now: datetime, *, given_up: bool = False
) -> None:
    """A report was held back, or Amazon is asked for it no more. For the account."""
    heard_by = await listeners(tx, account_id, EventType.REPORT_FAILED)
    row = await entities.report_run(tx, account_id, run_id) if heard_by.account else None
    if row is not None:
        payload = payloads.report_run(row, given_up=given_up)
        event = Event(EventType.REPORT_FAILED, payload["id"], payload, now)
        await record(tx, account_id, [event], heard_by)


@asynccontextmanager
async def products_leaving(
    tx: Tx, account_id: UUID, store_id: UUID, skus: Collection[str], now: datetime
) -> AsyncIterator[None]:
    """These products of a store may not be for sale any more. Told, too, to whoever promotes the
    store or has links that lead to them."""
    heard_by = await listeners(tx, account_id, EventType.PRODUCT_REMOVED) if skus else None
    if not heard_by:
        yield
        return
    before = await entities.active_products(tx, account_id, store_id, skus)
    yield
    gone = await entities.removed_products(tx, account_id, before)
    pages = {row["asin"] or row["url"] for row in gone}
    leading = await entities.leading_to(tx, account_id, store_id, pages, heard_by.affiliates)
    events = [
        Event(
            EventType.PRODUCT_REMOVED, encode("prod", row["id"]), payloads.product(row), now,
            {id for id, page in leading if page in (None, row["asin"] or row["url"])},
        )
        for row in gone
    ]  # fmt: skip
    await record(tx, account_id, events, heard_by)


def _partnership(row: asyncpg.Record, type: EventType, now: datetime) -> Event:
    payload = payloads.partnership(row)
    return Event(type, payload["id"], payload, now, [row["affiliate_id"]])


def _batches(ids: Sequence[UUID]) -> Iterator[list[UUID]]:
    left = iter(ids)
    while some := list(islice(left, _AT_ONCE)):
        yield some
