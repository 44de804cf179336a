"""A seller's way to us, played through: the sandbox, our consent routes, and the workers' handlers.

Time is the sandbox's: it stands until a test moves it.
"""

from __future__ import annotations

import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg
import httpx
import orjson
from starlette.applications import Starlette

from api import oauth
from config import Config
from db.pool import Database
from domain.amazon import actions as amazon
from domain.amazon.consent import start_url
from domain.amazon.rules import Api
from domain.catalog import actions as catalog
from domain.clock import SystemClock
from domain.duties.rules import Duty, Kind
from domain.sealing import Keyring
from sandbox.app import create_app
from sandbox.cast.draw import Size
from sandbox.world import Plan, World
from tests.factories import an_account
from workers.amazon.endpoints import Endpoints
from workers.amazon.throttle import Pace, Throttle
from workers.clients import Amazon, Application
from workers.deps import Deps
from workers.errors import NotYet
from workers.jobs import HANDLERS
from workers.post import Outbox, Post
from workers.sending.sender import Sender

AMAZON = "http://amazon.test"
OURS = "https://clickledger.test"
KEYRING = Keyring("k1", {"k1": bytes(range(32))})


@dataclass
class Stage:
    """What happens on it is awaited; what it holds may be looked at and changed."""

    world: World
    db: Database
    owner: asyncpg.Connection
    deps: Deps
    browser: httpx.AsyncClient
    account_id: UUID
    asked: list[tuple[str, str]]
    """Method and path of every request to Amazon, with the grant type of token calls."""
    outbox: Path
    """Where letters are put."""

    def now(self) -> datetime:
        return self.world.clock.now()

    def pass_time(self, **how_long: float) -> None:
        self.world.move_to(self.now() + timedelta(**how_long))

    async def seller_account(self, name: str = "Juniper Row") -> UUID:
        async with self.db.transaction(self.account_id) as tx:
            return await amazon.add_seller_account(tx, self.account_id, name, self.now())

    async def begin(self, seller_account_id: UUID, api: Api, person_id: UUID | None = None) -> str:
        """The state of a consent that may now be given, by this person or by anybody."""
        async with self.db.transaction(self.account_id) as tx:
            started = await amazon.start_consent(
                tx, self.account_id, seller_account_id, api, self.now(), person_id=person_id
            )
        return started.state

    async def decide(
        self, seller_account_id: UUID, api: Api, person: str = "june", decision: str = "allow"
    ) -> httpx.Response:
        """Follow our link to Amazon's page, press a button, and come back to us."""
        link = start_url(OURS, api, await self.begin(seller_account_id, api))
        page = await self.browser.get(link, follow_redirects=True)
        assert page.status_code == 200, page.text
        return await self.browser.post(
            page.url, data={"decision": decision, "person": person}, follow_redirects=True
        )

    async def consent(
        self, seller_account_id: UUID, person: str = "june", apis: Sequence[Api] = tuple(Api)
    ) -> None:
        """Both consents, exchanged, and the profiles discovered."""
        for api in apis:
            answer = await self.decide(seller_account_id, api, person)
            assert "Connected" in answer.text, answer.text
        await self.do(Kind.EXCHANGE_CODE)
        await self.do(Kind.DISCOVER_PROFILES)

    async def profile(self, **where: str) -> UUID:
        rows = await self.owner.fetch(
            "SELECT * FROM profile WHERE account_id = $1", self.account_id
        )
        [id] = [row["id"] for row in rows if where.items() <= dict(row).items()]
        return id

    async def connect(self, profile_id: UUID, brand: str) -> UUID:
        async with self.db.transaction(self.account_id) as tx:
            return await catalog.connect_store(tx, self.account_id, profile_id, brand, self.now())

    async def juniper(self, *brands: str) -> list[UUID]:
        """A seller of two brands, connected; the stores of those named."""
        await self.consent(await self.seller_account())
        profile_id = await self.profile(kind="SELLER", country="US")
        return [await self.connect(profile_id, brand) for brand in brands]

    async def do(self, kind: Kind) -> int:
        """Do every open duty of a kind, as the runner would; what a handler raises comes through.

        NotYet puts the duty off, which counts as done.
        """
        rows = await self.owner.fetch("SELECT * FROM duty WHERE kind = $1 ORDER BY id", kind.value)
        for row in rows:
            duty = Duty(
                row["id"], kind, row["subject"], row["account_id"], orjson.loads(row["payload"]), 1,
                row["id"],
            )  # fmt: skip
            try:
                await HANDLERS[kind](self.deps, duty)
            except NotYet as later:
                await self.owner.execute(
                    "UPDATE duty SET run_at = $2 WHERE id = $1", duty.id, later.at
                )
            else:
                await self.owner.execute("DELETE FROM duty WHERE id = $1", duty.id)
        return len(rows)

    async def duties(self) -> set[str]:
        return {row["kind"] for row in await self.owner.fetch("SELECT kind FROM duty")}

    async def row(self, sql: str, *args: object) -> dict[str, Any]:
        found = await self.owner.fetchrow(sql, *args)
        return dict(found) if found else {}

    def count(self, path: str) -> int:
        return sum(one == path for _, one in self.asked)


@asynccontextmanager
async def a_stage(
    db: Database, owner: asyncpg.Connection, size: Size | None = None
) -> AsyncIterator[Stage]:
    world = World(Plan(size=size or Size(products_per_brand=6, large_seller_products=8)))
    world.change_switches({"quota_scale": 0})
    asked: list[tuple[str, str]] = []

    async def remember(request: httpx.Request) -> None:
        form = parse_qs(request.content.decode(errors="replace"))
        asked.append((request.method, form.get("grant_type", [request.url.path])[0]))

    deps_http = httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(world)), event_hooks={"request": [remember]}
    )
    folder = tempfile.TemporaryDirectory(prefix="outbox-")
    outbox = Path(folder.name)
    post = Post("Clickledger <clickledger@example.com>", Outbox(outbox))
    deps = Deps(db, world.clock, KEYRING, _amazon(world, deps_http), OURS, post, OURS, Sender())
    browser = httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(world)),
        mounts={OURS: httpx.ASGITransport(ours(world, db))},
    )
    account_id = await an_account(owner)
    async with deps_http, browser:
        with folder:
            yield Stage(world, db, owner, deps, browser, account_id, asked, outbox)


def config(world: World) -> Config:
    ads, selling = _clients(world)
    return Config.from_env(
        {
            "DATABASE_URL": "unused",
            "REDIS_URL": "unused",
            "SEALING_KEYS": f"unused:{b64encode(bytes(32)).decode()}",
            "ENVIRONMENT": "development",
            "PUBLIC_URL": OURS,
            "AMAZON_ORIGIN": AMAZON,
            "AMAZON_ADS_CLIENT_ID": ads.client_id,
            "AMAZON_ADS_CLIENT_SECRET": ads.client_secret,
            "AMAZON_SELLER_CLIENT_ID": selling.client_id,
            "AMAZON_SELLER_CLIENT_SECRET": selling.client_secret,
            "AMAZON_SELLER_APPLICATION_ID": selling.application_id,
        }
    )


def ours(world: World, db: Database) -> Starlette:
    async def ring() -> None: ...

    app = Starlette(routes=oauth.routes)
    app.state.db, app.state.clock, app.state.keyring = db, world.clock, KEYRING
    app.state.wall = SystemClock()
    app.state.config, app.state.ring = config(world), ring
    return app


def _amazon(world: World, http: httpx.AsyncClient) -> Amazon:
    """Waiting costs no time, since no quota of the sandbox is on."""
    ads, selling = _clients(world)
    seconds = [0.0]

    async def sleep(wait_s: float) -> None:
        seconds[0] += wait_s

    pace = Pace(now=lambda: seconds[0], sleep=sleep, jitter=lambda: 0.0)
    return Amazon(
        http, Endpoints.sandbox(AMAZON), ads, selling, world.clock, pace, pace, Throttle(pace)
    )


def _clients(world: World) -> tuple[Application, Application]:
    by_api = {one.api: one for one in world.cast.clients.values()}
    return (
        Application(by_api["advertising"].id, by_api["advertising"].secret),
        Application(
            by_api["selling"].id, by_api["selling"].secret, by_api["selling"].application_id or ""
        ),
    )
