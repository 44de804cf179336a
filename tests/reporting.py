"""Amazon's answers as bytes, and a store that takes them in: for tests of reports and conversions.

Money is written as Amazon writes it: text, with the noise of binary fractions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg

from db.pool import Database
from domain.conversions import actions as conversions
from domain.conversions.rules import Verdict
from domain.errors import Refusal
from domain.reports import actions, queries
from domain.reports.reader import Reader
from domain.reports.rows import Level
from domain.reports.runs import Held, Profile, Run
from tests.factories import (
    a_grant,
    a_partnership,
    a_profile,
    a_seller_account,
    a_store,
    an_account,
    an_offer,
)

DAY = date(2026, 7, 1)
"""The first day of every test's sales."""
OUTCOME = ("orders", "units", "sales_minor", "commission_minor", "status", "settled_at")
"""Columns of a conversion that settlement fixes."""
MORNING = datetime(2026, 7, 1, 15, tzinfo=UTC)
"""Eight in the morning of that day in Los Angeles."""


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def morning(number: float) -> datetime:
    return MORNING + timedelta(days=number)


class Sold(NamedTuple):
    """Figures of a row: promoted products, and in `total_` the brand's others with them."""

    orders: int = 0
    units: int = 0
    sales_minor: int = 0
    total_orders: int = 0
    total_units: int = 0
    total_sales_minor: int = 0
    clicks: int = 0


def sold(sales_minor: int, units: int = 1, orders: int = 1, clicks: int = 12) -> Sold:
    """Own-brand sales of a cart of which nothing but the total matters."""
    return Sold(orders, units, sales_minor, orders, units, sales_minor, clicks)


MASKED = Sold()


def noisy(sales_minor: int) -> str:
    """`19196` as `"191.95999999999998"`: what a sum of binary fractions looks like."""
    exact = f"{sales_minor // 100}.{sales_minor % 100:02}"
    if sales_minor % 3 == 0:
        return exact
    return f"{exact}000000000000{sales_minor % 7}" if sales_minor % 3 == 1 else _just_below(exact)


def _just_below(exact: str) -> str:
    minor = int(exact.replace(".", "")) - 1
    return f"{minor // 100}.{minor % 100:02}99999999999998"


def campaign_row(token: str, on: date, figures: Sold = MASKED, **changed: Any) -> dict[str, Any]:
    """A row of level CAMPAIGN; other levels add their ids."""
    return {
        "date": f"{on:%Y%m%d}",
        "advertiserName": "Acme",
        "campaignId": token,
        "Click-throughs": str(figures.clicks),
        "attributedDetailPageViewsClicks14d": "0",
        "attributedAddToCartClicks14d": "0",
        "attributedPurchases14d": str(figures.orders),
        "unitsSold14d": str(figures.units),
        "attributedSales14d": noisy(figures.sales_minor),
        "attributedTotalDetailPageViewsClicks14d": "0",
        "attributedTotalAddToCartClicks14d": "0",
        "attributedTotalPurchases14d": str(figures.total_orders),
        "totalUnitsSold14d": str(figures.total_units),
        "totalAttributedSales14d": noisy(figures.total_sales_minor),
    } | changed


def product_row(token: str, ad_group: str, asin: str, on: date, sales_minor: int) -> dict[str, Any]:
    """A row of level PRODUCTS about a promoted product."""
    return {
        "date": f"{on:%Y%m%d}",
        "campaignId": token,
        "adGroupId": ad_group,
        "publisher": "Email - Other",
        "marketplace": "AMAZON.COM",
        "productAsin": asin,
        "productConversionType": "Promoted",
        "attributedPurchases14d": "1",
        "unitsSold14d": "1",
        "attributedSales14d": noisy(sales_minor),
    }


def body(rows: list[Any], cursor: str | None = None) -> bytes:
    return json.dumps({"reports": rows, "cursorId": cursor, "size": len(rows)}).encode()


@dataclass(frozen=True)
class Desk:
    """A connected Amazon store and everything that is done about its reports."""

    db: Database
    owner: asyncpg.Connection
    profile: Profile
    store_id: UUID
    partnership_ids: tuple[UUID, ...]
    tokens: tuple[str, ...]
    from_day: date = DAY
    to_day: date = DAY + timedelta(days=29)

    def asking(self, from_day: date, to_day: date) -> Desk:
        """The same desk, asking for other days."""
        return replace(self, from_day=from_day, to_day=to_day)

    async def receive(
        self, *pages: bytes, at: datetime, level: Level = Level.CAMPAIGN, purpose: str = "DAILY"
    ) -> Run:
        """Store the pages of one answer, as the worker does before it reads them."""
        run = Run(
            self.profile.account_id, uuid4(), self.profile.id, level, purpose, self.from_day,
            self.to_day,
        )  # fmt: skip
        async with self.db.transaction(run.account_id) as tx:
            await queries.insert_run(tx, run, at)
            for number, page in enumerate(pages):
                await actions.store_page(tx, run, number, {"metrics": []}, page, at)
        return run

    async def take_in(
        self, run: Run, now: datetime, *, accepted: bool = False, degraded: tuple[str, ...] = ()
    ) -> Reader | None:
        async with self.db.transaction(run.account_id) as tx:
            return await actions.take_in(tx, run, now, degraded=list(degraded), accepted=accepted)

    async def hold(
        self, run: Run, held: Held, now: datetime, degraded: list[str] | None = None
    ) -> None:
        async with self.db.transaction(run.account_id) as tx:
            await queries.close_run(tx, run, "HELD", now, degraded=degraded, problem=held.message)

    async def accept(self, run: Run, now: datetime) -> Reader | None:
        """A person overrules the doubts about a report that was held."""
        async with self.db.transaction(run.account_id) as tx:
            found = await queries.fetch_run(tx, run.account_id, run.id, "HELD")
            assert found == run
            return await actions.take_in(tx, found, now, degraded=[], accepted=True)

    async def report(
        self, rows: list[Any], at: datetime, level: Level = Level.CAMPAIGN, **how: Any
    ) -> Reader | None:
        """Receive one page and take it in at the same moment."""
        return await self.take_in(await self.receive(body(rows), at=at, level=level), at, **how)

    async def says(self, at: datetime, *days: tuple[int, Sold], affiliate: int = 0) -> None:
        """One affiliate's days by number and figures, as the only rows of a report."""
        rows = [campaign_row(self.tokens[affiliate], day(n), figures) for n, figures in days]
        await self.report(rows, at)

    async def settle(self, now: datetime, store_id: UUID | None = None) -> int:
        async with self.db.transaction(self.profile.account_id) as tx:
            await queries.lock_profile(tx, self.profile.account_id, self.profile.id)
            return await conversions.settle(tx, self.profile, store_id or self.store_id, now)

    async def decide(
        self, ids: list[UUID], verdict: Verdict, now: datetime, reason: str | None = None
    ) -> dict[UUID, Refusal | None]:
        async with self.db.transaction(self.profile.account_id) as tx:
            return await conversions.decide(
                tx, self.profile.account_id, ids, verdict, reason, "june@acme.example", now
            )

    async def rebuild(self) -> int:
        async with self.db.transaction(self.profile.account_id) as tx:
            await queries.lock_profile(tx, self.profile.account_id, self.profile.id)
            return await conversions.rebuild(tx, self.profile)

    async def rebuilt_the_same(self) -> None:
        before = await self.conversions()
        assert await self.rebuild() == len(before)
        assert await self.conversions() == before

    async def conversions(self) -> list[dict[str, Any]]:
        """All columns of all conversions of the account, as the product sees them."""
        async with self.db.transaction(self.profile.account_id) as tx:
            rows = await tx.fetch(
                "SELECT * FROM conversion WHERE account_id = $1 ORDER BY id",
                self.profile.account_id,
            )
        return [dict(row) for row in rows]

    async def conversion(self) -> dict[str, Any]:
        """The only conversion that there is."""
        (found,) = await self.conversions()
        return found

    async def written(self) -> tuple[list[asyncpg.Record], dict[str, int]]:
        """Who wrote each conversion, and how many rows there are: equal if nothing was written."""
        rows = await self.owner.fetch(
            "SELECT id, xmin::text, ctid::text FROM conversion WHERE account_id = $1 ORDER BY id",
            self.profile.account_id,
        )
        return rows, await self.row_counts()

    async def quarantined(self) -> list[str]:
        """The reasons for which rows were set apart."""
        rows = await self.owner.fetch(
            "SELECT reason FROM quarantined_row WHERE account_id = $1 ORDER BY id",
            self.profile.account_id,
        )
        return [row["reason"] for row in rows]

    async def row_counts(self) -> dict[str, int]:
        """Rows of everything that a report writes, less the run and its pages."""
        tables = (
            "report_row", "own_tag_row", "quarantined_row", "conversion", "settlement", "decision",
        )  # fmt: skip
        return {
            table: await self.owner.fetchval(
                f"SELECT count(*) FROM {table} WHERE account_id = $1", self.profile.account_id
            )
            for table in tables
        }


async def a_desk(
    db: Database, owner: asyncpg.Connection, affiliates: int = 1, rate_bp: int = 1000,
    time_zone: str = "America/Los_Angeles", currency: str = "USD", account_id: UUID | None = None,
) -> Desk:  # fmt: skip
    """A store with this many affiliates on one offer, and nothing reported yet."""
    account_id = account_id or await an_account(owner)
    seller_account_id = await a_seller_account(owner, account_id)
    where = {"time_zone": time_zone, "currency": currency}
    profile_id = await a_profile(owner, account_id, seller_account_id, **where)
    store_id = await a_store(owner, account_id, profile_id, **where)
    offer_id = await an_offer(owner, account_id, store_id, rate_bp)
    ids = [await a_partnership(owner, account_id, store_id, offer_id) for _ in range(affiliates)]
    tokens = [await token_of(owner, account_id, id) for id in ids]
    async with db.transaction(account_id) as tx:
        profile = await queries.fetch_profile(tx, account_id, profile_id)
    assert profile is not None
    return Desk(db, owner, profile, store_id, tuple(ids), tuple(tokens))


async def consents(desk: Desk) -> None:
    """The profile's own seller to Amazon Ads, without which no store is connected again."""
    account_id = desk.profile.account_id
    seller_account_id = await desk.owner.fetchval(
        "SELECT seller_account_id FROM profile WHERE id = $1", desk.profile.id
    )
    await a_grant(desk.owner, account_id, seller_account_id)
    await desk.owner.execute(
        "UPDATE seller_account SET merchant_id = NULL WHERE id = $1", seller_account_id
    )


async def token_of(owner: asyncpg.Connection, account_id: UUID, partnership_id: UUID) -> str:
    token: str = await owner.fetchval(
        "SELECT campaign_token FROM partnership WHERE account_id = $1 AND id = $2",
        account_id, partnership_id,
    )  # fmt: skip
    return token


async def seen_once(desks: Any, **how: Any) -> Desk:
    """A store with one conversion: 10 dollars on day 0, seen the morning after."""
    desk: Desk = await desks(**how)
    await desk.says(morning(1), (0, sold(1_000)))
    return desk


async def settled(desks: Any, **how: Any) -> Desk:
    """The same, thirty days later."""
    desk = await seen_once(desks, **how)
    assert await desk.settle(morning(30)) == 1
    return desk
