"""What most would write: Strawberry's types with resolvers, and a DataLoader for each edge.

The types are those of the product as far as the question goes. Strawberry's own executor resolves
them and Strawberry's own view answers; the authentication, the pool, the role with row-level
security and the server are the product's.
"""

# No postponed annotations here: Strawberry reads them.

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from api.auth import viewer
from bench.asking.house import lifespan
from db.pool import Database
from domain.ids import encode
from domain.money import exponent

_PAGE = """
SELECT id, day, status, orders, units, sales_minor, commission_minor, currency, affiliate_id,
       store_id, offer_version_id
  FROM conversion
 WHERE account_id = $1
 ORDER BY day DESC, id DESC
 LIMIT $2
"""
_AFFILIATES = "SELECT id, name FROM affiliate WHERE id = ANY($1)"
_STORES = "SELECT id, name FROM store WHERE account_id = $2 AND id = ANY($1)"
_OFFERS = """
SELECT v.id AS asked, o.id, o.name
  FROM offer_version v JOIN offer o ON o.account_id = v.account_id AND o.id = v.offer_id
 WHERE v.account_id = $2 AND v.id = ANY($1)
"""


class Context:
    """A request's: who asks, and a loader for each kind of row that an edge leads to."""

    def __init__(self, db: Database, account_id: UUID) -> None:
        self.db, self.account_id = db, account_id
        self.affiliates = DataLoader(self._affiliates)
        self.stores = DataLoader(self._stores)
        self.offers = DataLoader(self._offers)

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        async with self.db.account(self.account_id) as tx:
            return await tx.fetch(sql, *args)

    async def _affiliates(self, ids: list[UUID]) -> Sequence["Affiliate"]:
        found = {row["id"]: row for row in await self.fetch(_AFFILIATES, ids)}
        return [Affiliate(id=encode("affl", id), name=found[id]["name"]) for id in ids]

    async def _stores(self, ids: list[UUID]) -> Sequence["Store"]:
        found = {row["id"]: row for row in await self.fetch(_STORES, ids, self.account_id)}
        return [Store(id=encode("stor", id), name=found[id]["name"]) for id in ids]

    async def _offers(self, version_ids: list[UUID]) -> Sequence["Offer"]:
        rows = await self.fetch(_OFFERS, version_ids, self.account_id)
        found = {row["asked"]: row for row in rows}
        offers = [found[id] for id in version_ids]
        return [Offer(id=encode("offr", row["id"]), name=row["name"]) for row in offers]


Info = strawberry.Info[Context, None]


@strawberry.type
class Money:
    amount: Decimal
    currency: str


@strawberry.type
class Affiliate:
    id: strawberry.ID
    name: str


@strawberry.type
class Offer:
    id: strawberry.ID
    name: str


@strawberry.type
class Store:
    id: strawberry.ID
    name: str


@strawberry.type
class Conversion:
    row: strawberry.Private[asyncpg.Record]
    day: date
    status: str
    orders: int
    units: int

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(encode("conv", self.row["id"]))

    @strawberry.field
    def sales(self) -> Money:
        return _money(self.row["sales_minor"], self.row["currency"])

    @strawberry.field
    def commission(self) -> Money:
        return _money(self.row["commission_minor"], self.row["currency"])

    @strawberry.field
    async def affiliate(self, info: Info) -> Affiliate:
        return await info.context.affiliates.load(self.row["affiliate_id"])

    @strawberry.field
    async def offer(self, info: Info) -> Offer:
        return await info.context.offers.load(self.row["offer_version_id"])

    @strawberry.field
    async def store(self, info: Info) -> Store:
        return await info.context.stores.load(self.row["store_id"])


def _money(minor: int, currency: str) -> Money:
    return Money(amount=Decimal(minor).scaleb(-exponent(currency)), currency=currency)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class ConversionConnection:
    nodes: list[Conversion]
    page_info: PageInfo


@strawberry.type
class Query:
    @strawberry.field
    async def conversions(self, info: Info, first: int = 50) -> ConversionConnection:
        rows = await info.context.fetch(_PAGE, info.context.account_id, first + 1)
        page = rows[:first]
        return ConversionConnection(
            nodes=[
                Conversion(
                    row=row,
                    day=row["day"],
                    status=row["status"],
                    orders=row["orders"],
                    units=row["units"],
                )
                for row in page
            ],
            page_info=PageInfo(
                has_next_page=len(rows) > first, end_cursor=_cursor(page[-1]) if page else None
            ),
        )


def _cursor(row: asyncpg.Record) -> str:
    place = f'["Conversion:DAY_DESC","{row["day"]}","{row["id"]}"]'
    return urlsafe_b64encode(place.encode()).decode()


class View(GraphQL[Context, None]):
    async def get_context(self, request: Any, response: Any) -> Context:
        who = await viewer(request)
        assert who is not None, "the load sends keys"
        assert who.seat is not None, "a key is an account's"
        assert who.seat.room_id is not None, "a key is an account's"
        return Context(request.app.state.db, who.seat.room_id)


def app() -> Starlette:
    # With the library's own caches: parsing and validating each time would be half of a small page.
    schema = strawberry.Schema(query=Query, extensions=[ParserCache, ValidationCache])
    view: View = View(schema, graphql_ide=None)
    return Starlette(routes=[Route("/graphql", view)], lifespan=lifespan)
