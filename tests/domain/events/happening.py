"""A world in which everything happens that is told of: a case for each type of event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson

from db.pool import Database
from domain.affiliates import actions as affiliates
from domain.amazon import actions as amazon
from domain.amazon.queries import grant as the_grant
from domain.applications import actions as applications
from domain.applications.rules import Draft
from domain.catalog import actions as catalog
from domain.catalog import shopkeeping
from domain.catalog.shops import Entry
from domain.conversions.rules import Verdict
from domain.events.rules import EventType
from domain.marketplace import actions as marketplace
from domain.offers import actions as offers
from domain.reports import actions as reports
from domain.reports.staleness import note_staleness
from domain.webhooks import actions as webhooks
from tests.factories import NOW, a_grant, an_affiliate
from tests.marketplace import a_listing
from tests.reporting import Desk, a_desk, body, campaign_row, day, morning, sold
from tests.telling import an_endpoint

ALL = [one.value for one in EventType]


@dataclass
class World:
    """One account that listens to everything, and so do its affiliates."""

    db: Database
    owner: asyncpg.Connection
    desk: Desk
    affiliate_ids: tuple[UUID, ...]
    offer_id: UUID
    strangers_hear: list[str]

    @property
    def account_id(self) -> UUID:
        return self.desk.profile.account_id

    async def do(self, action: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        """An action of the domain in a transaction of the account."""
        async with self.db.transaction(self.account_id) as tx:
            return await action(tx, self.account_id, *args, **named)

    async def hear(self, *types: str, account: bool = True, affiliates: bool = True) -> None:
        """Who listens to these from now on, and to nothing else."""
        self.strangers_hear = list(types) if affiliates else []
        await self.owner.execute(
            "UPDATE account SET hears = $2 WHERE account_id = $1",
            self.account_id, list(types) if account else [],
        )  # fmt: skip
        await self.owner.execute(
            "UPDATE affiliate SET hears = $2 WHERE id = ANY($1)",
            self.affiliate_ids, list(types) if affiliates else [],
        )  # fmt: skip

    async def events(self) -> list[dict[str, Any]]:
        """What has been written down, in its order."""
        rows = await self.owner.fetch(
            "SELECT * FROM event WHERE account_id = $1 ORDER BY id", self.account_id
        )
        return [dict(row) | {"body": orjson.loads(row["body"])} for row in rows]

    async def told(self) -> list[str]:
        """The types of what was written down since this was last asked."""
        types = [event["type"] for event in await self.events()]
        await self.forget()
        return types

    async def forget(self) -> None:
        """The events have been sent. Their numbers stay."""
        await self.owner.execute("DELETE FROM event WHERE account_id = $1", self.account_id)

    async def apply(self, affiliate_id: UUID | None = None) -> UUID:
        """Somebody whom the account does not know applies; the application's id."""
        affiliate_id = affiliate_id or await self.stranger()
        listing_id = await self.listing()
        made = await self.do(
            applications.apply, listing_id, affiliate_id, Draft("I cook."), "prsn_ann", NOW
        )
        found: UUID = made.id
        return found

    async def stranger(self) -> UUID:
        return await an_affiliate(self.owner, hears=self.strangers_hear)

    async def listing(self) -> UUID:
        found = await self.owner.fetchval(
            "SELECT id FROM listing WHERE account_id = $1", self.account_id
        )
        return found or await a_listing(
            self.owner, self.account_id, self.offer_id,
            questions=[{"question": "Where do you write?", "required": False}],
        )  # fmt: skip

    async def conversion_id(self, number: int) -> UUID:
        found: UUID = await self.owner.fetchval(
            "SELECT id FROM conversion WHERE account_id = $1 AND day = $2",
            self.account_id, day(number),
        )  # fmt: skip
        return found

    async def decide(self, number: int, verdict: Verdict, reason: str | None = None) -> None:
        await self.desk.decide([await self.conversion_id(number)], verdict, morning(41), reason)


async def a_world(db: Database, owner: asyncpg.Connection, affiliates: int = 2) -> World:
    desk = await a_desk(db, owner, affiliates=affiliates)
    rows = await owner.fetch(
        "SELECT affiliate_id, offer_id FROM partnership WHERE id = ANY($1)", desk.partnership_ids
    )
    world = World(db, owner, desk, tuple(row[0] for row in rows), rows[0][1], ALL)
    await world.hear(*ALL)
    return world


async def threshold(world: World) -> None:
    await world.desk.says(morning(2), (0, sold(12_345)), (1, sold(2_000)))


async def restated(world: World) -> None:
    await world.desk.says(morning(3), (0, sold(12_346)), (1, sold(2_000)))


async def settled(world: World) -> None:
    assert await world.desk.settle(morning(40)) == 2


async def approved(world: World) -> None:
    await world.decide(0, Verdict.APPROVED)


async def denied(world: World) -> None:
    await world.decide(1, Verdict.DENIED, "These were our own orders.")


async def adjusted(world: World) -> None:
    rows = [campaign_row(world.desk.tokens[0], day(n), sold(10_000 + n)) for n in (0, 1)]
    await world.desk.report(rows, morning(42), accepted=True)


async def submitted(world: World) -> None:
    await world.apply()


async def accepted(world: World) -> None:
    """By a person; with it begins the partnership."""
    id = await world.apply()
    await world.do(applications.accept_application, id, "prsn_june", NOW)


async def rejected(world: World) -> None:
    id = await world.apply()
    await world.do(applications.reject_application, id, "Not this year.", "prsn_june", NOW)


async def withdrawn(world: World) -> None:
    id = await world.apply()
    await world.do(applications.withdraw, id, "prsn_ann", NOW)


async def created(world: World) -> None:
    await world.do(affiliates.add_to_offer, await world.stranger(), world.offer_id, NOW)


async def paused(world: World) -> None:
    await world.do(affiliates.pause, world.desk.partnership_ids[0], "Sold out.", NOW)


async def offer_changed(world: World) -> None:
    await world.do(offers.edit_offer, world.offer_id, NOW, description="For all of summer.")


async def listing_changed(world: World) -> None:
    await world.do(marketplace.edit_listing, await world.listing(), NOW, description="New words.")


async def connected(world: World) -> None:
    await world.do(
        catalog.connect_dtc_store, "Acme", f"https://{uuid4().hex}.example", "USD", "UTC", NOW
    )


async def reconnect_needed(world: World) -> None:
    seller_id = await world.owner.fetchval(
        "SELECT seller_account_id FROM profile WHERE id = $1", world.desk.profile.id
    )
    lease = uuid4()
    id = await a_grant(
        world.owner, world.account_id, seller_id, state="CONNECTED", refresh_lease_token=lease
    )
    async with world.db.transaction(world.account_id) as tx:
        grant = await the_grant(tx, world.account_id, id)
        assert grant is not None, "it was just made"
        await amazon.lose_consent(tx, grant, lease, "invalid_grant", NOW)


async def stale(world: World) -> None:
    async with world.db.system() as tx:
        await note_staleness(tx, NOW + timedelta(days=30))


async def held(world: World) -> None:
    run = await world.desk.receive(body([]), at=morning(43))
    async with world.db.transaction(world.account_id) as tx:
        await reports.hold(tx, run, "The report is empty.", morning(43))


async def removed(world: World) -> None:
    store_id = await world.do(
        catalog.connect_dtc_store, "Acme", "https://acme.example", "USD", "UTC", NOW
    )
    pan = {"sku": "PAN 1", "title": "A pan", "url": "https://acme.example/pan", "price": "24.50"}
    for active in (True, False):
        entries = [Entry(**pan, active=active)]
        await world.do(shopkeeping.put_shop_products, store_id, entries, NOW)


async def tried_out(world: World) -> None:
    endpoint_id = await an_endpoint(world.owner, world.account_id)
    await world.do(webhooks.enqueue_test, endpoint_id, NOW)


CASES: dict[EventType, tuple[Callable[[World], Awaitable[None]], list[EventType]]] = {
    EventType.THRESHOLD_REACHED: (
        threshold,
        [*[EventType.CONVERSION_CREATED] * 2, EventType.THRESHOLD_REACHED],
    ),
    EventType.CONVERSION_RESTATED: (restated, [EventType.CONVERSION_RESTATED]),
    EventType.CONVERSION_SETTLED: (settled, [EventType.CONVERSION_SETTLED] * 2),
    EventType.CONVERSION_APPROVED: (approved, [EventType.CONVERSION_APPROVED]),
    EventType.CONVERSION_DENIED: (denied, [EventType.CONVERSION_DENIED]),
    EventType.CONVERSION_ADJUSTED: (adjusted, [EventType.CONVERSION_ADJUSTED] * 2),
    EventType.APPLICATION_SUBMITTED: (submitted, [EventType.APPLICATION_SUBMITTED]),
    EventType.APPLICATION_ACCEPTED: (
        accepted,
        [
            EventType.APPLICATION_SUBMITTED,
            EventType.PARTNERSHIP_CREATED,
            EventType.APPLICATION_ACCEPTED,
        ],
    ),
    EventType.APPLICATION_REJECTED: (
        rejected,
        [EventType.APPLICATION_SUBMITTED, EventType.APPLICATION_REJECTED],
    ),
    EventType.APPLICATION_WITHDRAWN: (
        withdrawn,
        [EventType.APPLICATION_SUBMITTED, EventType.APPLICATION_WITHDRAWN],
    ),
    EventType.PARTNERSHIP_CREATED: (created, [EventType.PARTNERSHIP_CREATED]),
    EventType.PARTNERSHIP_CHANGED: (paused, [EventType.PARTNERSHIP_CHANGED]),
    EventType.OFFER_CHANGED: (offer_changed, [EventType.OFFER_CHANGED]),
    EventType.LISTING_CHANGED: (listing_changed, [EventType.LISTING_CHANGED]),
    EventType.STORE_CONNECTED: (connected, [EventType.STORE_CONNECTED]),
    EventType.STORE_RECONNECT_NEEDED: (reconnect_needed, [EventType.STORE_RECONNECT_NEEDED]),
    EventType.STORE_STALE: (stale, [EventType.STORE_STALE]),
    EventType.REPORT_FAILED: (held, [EventType.REPORT_FAILED]),
    EventType.PRODUCT_REMOVED: (
        removed,
        [EventType.STORE_CONNECTED, EventType.PRODUCT_REMOVED],
    ),
}
"""Of each type the case that has it, and all that it tells. They are played in this order."""
