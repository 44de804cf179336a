"""A store that is connected and measured, its affiliates with a link each, and their shoppers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db.line import Line
from domain.clicks import actions as clicks
from domain.clicks.queries import Visit
from domain.duties import actions as duties
from domain.duties import queries
from domain.duties.rules import Duty, Kind
from domain.ids import new_id
from domain.links.actions import create_link
from domain.links.landing import DetailPage
from domain.reports.rows import Level
from domain.reports.runs import Purpose
from tests.factories import a_partnership, an_offer
from tests.stage import AMAZON, Stage
from workers.jobs import perform, sweep

BRAND = "Fernhollow"


@dataclass(frozen=True)
class Affiliate:
    partnership_id: UUID
    code: str
    destination: str
    asin: str
    """The product that the link leads to."""


@dataclass(frozen=True)
class Shop:
    stage: Stage
    profile_id: UUID
    store_id: UUID
    affiliates: tuple[Affiliate, ...]

    @property
    def owner(self) -> asyncpg.Connection:
        return self.stage.owner

    def now(self) -> datetime:
        return self.stage.now()

    def today(self) -> date:
        """Los Angeles is seven hours behind all summer."""
        return (self.now() - timedelta(hours=7)).date()

    def pass_days(self, days: float) -> None:
        self.stage.pass_time(days=days)

    async def click(self, times: int, affiliate: int = 0, at: datetime | None = None) -> list[str]:
        """Visits by as many shoppers, counted by us and then by Amazon; who they were."""
        one = self.affiliates[affiliate]
        line = Line(self.stage.db)
        visits = [Visit(new_id(), one.code, at or self.now(), True) for _ in range(times)]
        await clicks.count(line, visits, 5)
        await line.close()
        wanted = {"url": one.destination, "times": times, "shopper": f"s{self.now().timestamp()}"}
        answer = await self.tell("clicks", wanted)
        return list(answer["clicks"][0]["shoppers"])

    async def buy(self, shopper: str, asin: str | None = None, price_minor: int = 2500) -> str:
        """One unit; the order's id."""
        line = {"asin": asin or self.affiliates[0].asin, "price_minor": price_minor}
        answer = await self.tell("purchases", {"shopper": shopper, "lines": [line]})
        return str(answer["purchases"][0]["order_id"])

    async def sell(self, minor: int, affiliate: int = 0) -> None:
        """A visitor of the affiliate's buys the product of the link."""
        [shopper] = await self.click(1, affiliate)
        await self.buy(shopper, self.affiliates[affiliate].asin, minor)

    async def tell(self, what: str, body: object) -> dict[str, Any]:
        answer = await self.stage.browser.post(f"{AMAZON}/sandbox/{what}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def fault(self, kind: str, **more: Any) -> None:
        path = {} if "level" in more else {"path": "/attribution/report"}
        self.stage.world.faults.order({"kind": kind, **path, **more})

    async def promise_report(
        self, level: Level = Level.CAMPAIGN, purpose: Purpose = Purpose.DAILY, *window: date
    ) -> str:
        """The subject of the duty."""
        subject = " ".join([str(self.profile_id), level, purpose, *map(str, window)])
        payload = {
            "profile_id": str(self.profile_id),
            "level": level,
            "purpose": purpose,
            "window": [str(day) for day in window],
        }
        account_id = self.stage.account_id
        async with self.stage.db.transaction(account_id) as tx:
            await duties.promise(tx, Kind.PULL_REPORT, subject, account_id, payload, self.now())
        return subject

    async def claim(self, subject: str) -> Duty:
        """Lease one duty and leave the others that are due."""
        async with self.stage.db.system() as tx:
            claimed = await queries.claim_due(tx, self.now(), 100)
            for duty in claimed:
                if duty.subject != subject:
                    await queries.postpone(tx, duty, self.now())
        [found] = [duty for duty in claimed if duty.subject == subject]
        return found

    async def pull(
        self, level: Level = Level.CAMPAIGN, purpose: Purpose = Purpose.DAILY, *window: date
    ) -> dict[str, Any]:
        """One report the way that a worker goes for it; the run's row."""
        subject = await self.promise_report(level, purpose, *window)
        await perform(self.stage.deps, await self.claim(subject))
        return await self.last_run()

    async def insist(
        self, level: Level = Level.CAMPAIGN, purpose: Purpose = Purpose.DAILY
    ) -> dict[str, Any]:
        """The same, asked for again whenever it is due, until that is over."""
        await self.pull(level, purpose)
        subject = " ".join([str(self.profile_id), level, purpose])
        again = "SELECT run_at FROM duty WHERE subject = $1 AND dead_at IS NULL"
        while due := await self.owner.fetchval(again, subject):
            self.stage.world.move_to(due)
            await perform(self.stage.deps, await self.claim(subject))
        return await self.last_run()

    async def work(self) -> int:
        return await sweep(self.stage.deps)

    async def last_run(self) -> dict[str, Any]:
        return await self.stage.row("SELECT * FROM report_run ORDER BY id DESC LIMIT 1")

    async def runs(self, **where: str) -> list[dict[str, Any]]:
        rows = await self.owner.fetch("SELECT * FROM report_run ORDER BY id")
        return [dict(row) for row in rows if where.items() <= dict(row).items()]

    async def duty(self) -> dict[str, Any]:
        """The only report that is promised, {} for none."""
        return await self.stage.row("SELECT * FROM duty WHERE kind = 'pull_report'")

    async def conversions(self) -> list[dict[str, Any]]:
        rows = await self.owner.fetch("SELECT * FROM conversion ORDER BY day, id")
        return [dict(row) for row in rows]

    async def versions(self) -> list[dict[str, Any]]:
        """Every version of every level, but for the run that brought it."""
        rows = await self.owner.fetch(
            "SELECT * FROM report_row ORDER BY level, subject_id, day, asin, halo, observed_at"
        )
        return [{k: v for k, v in dict(row).items() if k != "run_id"} for row in rows]


async def a_shop(stage: Stage, affiliates: int = 2) -> Shop:
    """Nothing is promised of it: a test says what is due, or lets the calendar say it."""
    [store_id] = await stage.juniper(BRAND)
    await stage.do(Kind.ENABLE_MEASUREMENT)
    await stage.owner.execute("DELETE FROM duty")
    offer_id = await an_offer(stage.owner, stage.account_id, store_id)
    asins = asins_of(stage, BRAND)
    made = []
    for number in range(affiliates):
        partnership_id = await a_partnership(stage.owner, stage.account_id, store_id, offer_id)
        page = f"https://www.amazon.com/dp/{asins[number]}"
        async with stage.db.transaction(stage.account_id) as tx:
            link = await create_link(
                tx, stage.account_id, partnership_id, page, f"sub{number}", stage.now()
            )
        assert isinstance(link.landing, DetailPage)
        made.append(Affiliate(partnership_id, link.code, link.destination, link.landing.asin))
    profile_id = await stage.profile(kind="SELLER")
    return Shop(stage, profile_id, store_id, tuple(made))


def asins_of(stage: Stage, brand: str) -> list[str]:
    return [one.asin for one in stage.world.cast.products.values() if one.brand_name == brand]


async def empty(owner: asyncpg.Connection) -> None:
    """Every table but those that migrations filled, so that a module's tests share a database."""
    tables = await owner.fetch(
        """SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
              AND NOT relispartition AND relname <> 'installation' AND relname NOT LIKE '%pogo%'"""
    )
    await owner.execute("SET session_replication_role = replica")  # no foreign keys for a moment
    await owner.execute("; ".join(f"DELETE FROM {row['relname']}" for row in tables))
    await owner.execute("RESET session_replication_role")
