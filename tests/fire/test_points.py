"""The paths on which money or a consent would be lost, cut off at every single point."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from db.pool import Database
from domain.amazon.rules import Api
from domain.duties import actions as duties
from domain.duties.rules import Kind
from domain.reports.rows import Level
from sandbox.cast.draw import Size
from sandbox.world import World
from tests.conftest import a_database
from tests.fire.points import (
    Outside,
    Path,
    Scene,
    a_browser,
    asked_of_amazon,
    every_point,
    ids,
    work,
)
from tests.hooks import an_endpoint, an_event
from tests.receivers import a_receiver
from tests.shop import BRAND, a_shop
from tests.stage import Stage, a_stage
from workers.delivering import relay
from workers.deps import Deps
from workers.sending.sender import Sender

Prepare = Callable[[Stage], Awaitable[None]]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Hundreds of dead workers have much to say."""
    with capture_logs():
        yield


@asynccontextmanager
async def _scene(
    postgres_url: str, template: str, prepare: Prepare, path: Path,
    outside: Outside = asked_of_amazon,
) -> AsyncIterator[Scene]:  # fmt: skip
    async with a_database(postgres_url, template) as url:
        owner = await asyncpg.connect(url)
        async with Database(url) as db:
            size = Size(products_per_brand=2, large_seller_products=1)
            async with a_stage(db, owner, size) as stage:
                await prepare(stage)
                known = await ids(owner)
        await owner.close()
        yield Scene(url, stage, path, known, outside)


def doing(*kinds: Kind) -> Path:
    return lambda deps: work(deps, *kinds)


async def _promise(stage: Stage, kind: Kind, subject: str, payload: dict[str, object]) -> None:
    async with stage.db.transaction(stage.account_id) as tx:
        await duties.promise(tx, kind, subject, stage.account_id, payload, stage.now())


async def _token_has_run_out(stage: Stage) -> None:
    await stage.juniper(BRAND)
    await stage.owner.execute("DELETE FROM duty")
    stage.pass_time(hours=2)
    grant = await stage.owner.fetchval("SELECT id FROM amazon_grant WHERE api = 'ADS'")
    await _promise(stage, Kind.DISCOVER_PROFILES, str(grant), {})


async def _a_consent_was_given(stage: Stage) -> None:
    """To a store that is connected and has never measured anything."""
    await stage.juniper(BRAND)
    await stage.owner.execute("DELETE FROM duty")
    await stage.decide(await _seller(stage.owner), Api.ADS)


async def _seller(owner: asyncpg.Connection) -> UUID:
    seller: UUID = await owner.fetchval("SELECT id FROM seller_account")
    return seller


def _reports(level: Level) -> Prepare:
    async def prepare(stage: Stage) -> None:
        await _a_report_is_due(stage, level)

    return prepare


async def _a_report_is_due(stage: Stage, level: Level) -> None:
    shop = await a_shop(stage)
    stage.world.change_switches({"page_rows": 4})
    await shop.click(12)
    for affiliate in (0, 1):
        await shop.sell(2500, affiliate)
    shop.pass_days(3)
    await stage.owner.execute("UPDATE account SET hears = '{conversion.created,threshold.reached}'")
    await shop.promise_report(level)


async def _a_day_is_due(stage: Stage) -> None:
    shop = await a_shop(stage)
    await shop.click(12)
    await shop.sell(2500)
    for _ in range(31):
        shop.pass_days(1)
        await shop.pull()
    await stage.owner.execute("UPDATE account SET hears = '{conversion.settled}'")
    await stage.owner.execute("DELETE FROM duty")
    payload = {"store_id": str(shop.store_id), "profile_id": str(shop.profile_id)}
    await _promise(stage, Kind.SETTLE, str(shop.store_id), payload)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("prepare", "kinds", "least"),
    [
        pytest.param(_token_has_run_out, [Kind.DISCOVER_PROFILES], 20, id="refresh"),
        *(
            pytest.param(_reports(level), [Kind.PULL_REPORT], 50, id=f"ingest {level.value}")
            for level in Level
        ),
        pytest.param(_a_day_is_due, [Kind.SETTLE], 10, id="settle"),
    ],
)
async def test_a_path_cut_off_at_any_point_ends_as_if_it_had_not_been(
    postgres_url: str, template: str, prepare: Prepare, kinds: list[Kind], least: int
):
    async with _scene(postgres_url, template, prepare, doing(*kinds)) as scene:
        points = await every_point(scene)
    sys.stdout.write(f"{points} points, each of them tried\n")
    assert points >= least


CONNECTING = (Kind.EXCHANGE_CODE, Kind.DISCOVER_PROFILES, Kind.ENABLE_MEASUREMENT)


@pytest.mark.timeout(300)
async def test_a_consent_cut_off_at_any_point_connects_or_is_asked_for_once_more(
    postgres_url: str, template: str
):
    """A code works once. Whoever dies between Amazon's answer and keeping it has lost the
    tokens, says so, and a second consent ends where the first one would have."""
    asked: list[str] = []

    async def consent_again(deps: Deps, world: World, scene: Scene) -> None:
        async with deps.db.account(scene.stage.account_id) as tx:
            grant = await tx.fetchrow(
                "SELECT seller_account_id, problem FROM amazon_grant"
                " WHERE account_id = $1 AND api = 'ADS'",
                scene.stage.account_id,
            )
        if grant["problem"] is not None:
            asked.append(grant["problem"])
            async with a_browser(world, deps.db) as browser:
                stage = replace(scene.stage, world=world, db=deps.db, deps=deps, browser=browser)
                await stage.decide(grant["seller_account_id"], Api.ADS)
            await work(deps, *CONNECTING)

    path = doing(*CONNECTING)
    async with _scene(postgres_url, template, _a_consent_was_given, path) as scene:
        points = await every_point(scene, consent_again)
    sys.stdout.write(f"{points} points, each of them tried; {len(asked)} need a new consent\n")
    assert points >= 50
    assert all("Connect again" in problem for problem in asked)
    assert 1 <= len(asked) <= 20


@pytest.mark.timeout(300)
async def test_webhooks_cut_off_at_any_point_arrive(postgres_url: str, template: str):
    """Some twice, under the same id; none is missing, and nothing came that was never sent."""
    async with a_receiver() as receiver:

        async def prepare(stage: Stage) -> None:
            stage.deps = replace(stage.deps, sender=Sender([receiver.origin]))
            await an_endpoint(stage.owner, stage.account_id, f"{receiver.origin}/")
            for _ in range(3):
                await an_event(stage.owner, stage.account_id)

        async def path(deps: Deps) -> None:
            await relay(deps)
            await work(deps, Kind.DELIVER_WEBHOOKS)

        def received(world: World) -> frozenset[str]:
            seen = frozenset(f"{one.id} {one.body!r}" for one in receiver.seen)
            receiver.seen.clear()
            return seen

        async with _scene(postgres_url, template, prepare, path, received) as scene:
            points = await every_point(scene)
    sys.stdout.write(f"{points} points, each of them tried\n")
    assert points >= 20
