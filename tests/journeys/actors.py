"""A brand and an affiliate as they go about it: each verb is one request to the API."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Database
from domain.duties import queries
from domain.ids import decode, encode
from domain.marketplace import actions as marketplace
from tests.factories import (
    a_dtc_store,
    a_product,
    a_store,
    an_account,
    an_affiliate,
    an_offer,
)
from tests.journeys import words
from tests.schema.conftest import Client, Clock, affiliate_client

Answer = dict[str, Any]


@dataclass
class Brand:
    """An account with one store and one offer, seen by one of its managers."""

    client: Client
    owner: asyncpg.Connection
    account_id: UUID
    store: str
    offer: str

    async def another_offer(self, rate_percent: str = "12.00", name: str = "Another") -> str:
        terms = {"storeId": self.store, "name": name, "terms": {"ratePercent": rate_percent}}
        made = await self.act(words.CREATE_OFFER, input=terms)
        return str(made["id"])

    async def list_offer(self, offer: str | None = None, **more: Any) -> Answer:
        return await self.act(words.LIST, input={"offerId": offer or self.offer} | more)

    async def unlist(self) -> Answer:
        """Whatever is listed just now."""
        listing = await self.listing()
        assert listing is not None, "there is something to take out"
        return await self.act(words.UNLIST, id=listing["id"])

    async def publish(self, body: str, offer: str | None = None) -> Answer:
        return await self.act(words.PUBLISH, offer=offer or self.offer, body=body)

    async def listing(self) -> Answer | None:
        found = await self.client.ask(words.OWN_LISTING)
        listing: Answer | None = found["account"]["listing"]
        return listing

    async def applications(self, **filter: Any) -> list[Answer]:
        return nodes(await self.client.ask(words.APPLICATIONS, filter=filter))

    async def accept(self, application: str) -> Answer:
        return await self.act(words.ACCEPT_APPLICATION, id=application)

    async def reject(self, application: str, reason: str) -> Answer:
        return await self.act(words.REJECT, id=application, reason=reason)

    async def discover(self, by: str = "PUBLISHED_AT_DESC", **filter: Any) -> list[Answer]:
        return nodes(await self.client.ask(words.DISCOVER, filter=filter, by=by))

    async def invite(self, affiliate: str, message: str = "", offer: str | None = None) -> Answer:
        letter = {"affiliateId": affiliate, "offerId": offer or self.offer, "message": message}
        return await self.act(words.INVITE, input=letter)

    async def partnerships(self, **filter: Any) -> list[Answer]:
        return nodes(await self.client.ask(words.PARTNERSHIPS, filter=filter))

    async def act(self, document: str, **variables: Any) -> Answer:
        return await self.client.act(document, **variables)

    async def another_store(self, dtc: bool = True) -> Brand:
        """The same account at another store of its own."""
        store_id = await (a_dtc_store if dtc else a_store)(self.owner, self.account_id)
        offer_id = await an_offer(self.owner, self.account_id, store_id)
        return replace(self, store=encode("stor", store_id), offer=encode("offr", offer_id))

    async def product(self, **fields: Any) -> str:
        """What Amazon's catalogue brought; in an own shop, what was entered there."""
        store_id = decode("stor", self.store)
        shop = await self.owner.fetchval("SELECT url FROM store WHERE id = $1", store_id)
        values = {"asin": None, "fulfilment": "MERCHANT", "url": f"{shop}/pan"} if shop else {}
        made = await a_product(self.owner, self.account_id, store_id, **(values | fields))
        return encode("prod", made)


@dataclass
class Affiliate:
    client: Client
    id: str

    async def profile(self, **more: Any) -> Answer:
        """Written and published."""
        await self.act(words.SAVE_PROFILE, input=words.PROFILE | more)
        return await self.act(words.PUBLISH_PROFILE)

    async def market(self, by: str = "LISTED_AT_DESC", **filter: Any) -> list[Answer]:
        return nodes(await self.client.ask(words.MARKET, filter=filter, by=by))

    async def look(self, listing: str) -> Answer | None:
        found: Answer | None = (await self.client.ask(words.LISTING, id=listing))["listing"]
        return found

    async def apply(self, listing: str, **more: Any) -> Answer:
        letter = {"listingId": listing, "message": "I cook."} | more
        return await self.act(words.APPLY, input=letter)

    async def applications(self) -> list[Answer]:
        return nodes(await self.client.ask(words.APPLICATIONS, filter={}))

    async def invitations(self, **filter: Any) -> list[Answer]:
        return nodes(await self.client.ask(words.INVITATIONS, filter=filter))

    async def accept(self, invitation: str, sha256: str | None = None) -> Answer:
        return await self.act(words.ACCEPT_INVITATION, id=invitation, sha256=sha256)

    async def decline(self, invitation: str, reason: str | None = None) -> Answer:
        return await self.act(words.DECLINE, id=invitation, reason=reason)

    async def partnerships(self, **filter: Any) -> list[Answer]:
        return nodes(await self.client.ask(words.PARTNERSHIPS, filter=filter))

    async def products(self, **filter: Any) -> list[Answer]:
        return nodes(await self.client.ask(words.MY_PRODUCTS, filter=filter))

    async def link(self, **what: Any) -> Answer:
        return await self.act(words.LINK, input=what)

    async def act(self, document: str, **variables: Any) -> Answer:
        return await self.client.act(document, **variables)

    async def links(self) -> list[Answer]:
        return nodes(await self.client.ask(words.LINKS))


def nodes(data: Answer) -> list[Answer]:
    """The rows of a question for one list."""
    (page,) = data.values()
    found: list[Answer] = page["nodes"]
    return found


async def a_brand(
    db: Database, owner: asyncpg.Connection, clock: Clock, dtc: bool = False,
    rate_bp: int = 1000, **account: Any,
) -> Brand:  # fmt: skip
    account_id = await an_account(owner, **account)
    store_id = await (a_dtc_store if dtc else a_store)(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id, rate_bp)
    client = Client(db, account_id, clock, clock)
    return Brand(client, owner, account_id, encode("stor", store_id), encode("offr", offer_id))


async def somebody(db: Database, owner: asyncpg.Connection, clock: Clock) -> Affiliate:
    """An affiliate who has to do with nobody yet."""
    affiliate_id = await an_affiliate(owner)
    client = affiliate_client(db, affiliate_id)
    client.clock = client.wall = clock
    return Affiliate(client, encode("affl", affiliate_id))


async def partners(brand: Brand, affiliate: Affiliate) -> str:
    """The two become partners by an invitation; the partnership's id."""
    sent = await brand.invite(affiliate.id)
    joined = await affiliate.accept(sent["id"])
    return str(joined["partnership"]["id"])


async def a_new_day(db: Database, clock: Clock) -> None:
    """What a worker does once a day for whatever is in the marketplace."""
    async with db.system() as tx:
        await marketplace.plan_measuring(tx, clock.now())
        accounts = [duty.account_id for duty in await queries.claim_due(tx, clock.now(), 100)]
        for account_id in accounts:
            await marketplace.measure_reputation(tx, account_id, clock.now())
