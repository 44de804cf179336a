"""The one way that all jobs go: claimed, done, recorded, whatever happens."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.pool import Database
from domain.amazon.rules import Api
from domain.discovery.actions import plan_measuring
from domain.duties import actions, queries
from domain.duties.rules import Duty, Kind
from domain.idempotency import actions as idempotency
from domain.idempotency.rules import Claimed
from domain.mail import actions as mail
from tests.factories import an_affiliate, an_offer
from tests.hooks import an_endpoint, an_event
from tests.marketplace import a_listing
from tests.people import (
    a_member_invitation,
    a_one_time_token,
    a_person,
    a_published_profile,
    a_session,
)
from tests.shop import BRAND, Shop
from tests.stage import KEYRING, Stage
from workers.delivering import relay
from workers.forgetting import plan_forgetting
from workers.jobs import HANDLERS, do_due, perform, sweep

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def duty(shop: Shop, subject: str) -> dict[str, Any]:
    return await shop.stage.row("SELECT * FROM duty WHERE subject = $1", subject)


async def promise(shop: Shop, kind: Kind, subject: str, **payload: Any) -> None:
    account_id = shop.stage.account_id
    async with shop.stage.db.transaction(account_id) as tx:
        await actions.promise(tx, kind, subject, account_id, payload, shop.now())


async def poison(shop: Shop) -> str:
    """Settling a store of a profile that there never was fails, however often; its subject."""
    subject, payload = str(uuid4()), {"store_id": str(uuid4()), "profile_id": str(uuid4())}
    await promise(shop, Kind.SETTLE, subject, **payload)
    return subject


async def test_a_fault_of_ours_is_recorded_and_stops_nobody_else(shop: Shop):
    subject = await poison(shop)

    assert await shop.work() > 2

    failed = await duty(shop, subject)
    assert "profiles are never deleted" in failed["last_error"]
    assert (failed["attempts"], failed["run_at"]) == (1, shop.now() + timedelta(minutes=1))
    assert {one["state"] for one in await shop.runs()} == {"APPLIED"}


@pytest.mark.parametrize(
    ("kind", "subject", "payload", "told"),
    [
        (Kind.DISCOVER_PROFILES, "no id at all", {}, "subject is not an id: no id at all"),
        (Kind.PULL_REPORT, "s", {"nonsense": True}, "has no profile_id"),
        (Kind.SETTLE, str(UUID(int=1)), {"store_id": 7}, "store_id cannot be read: 7"),
        (Kind.PULL_REPORT, "s", {"window": ["2026-08-01"]}, "window cannot be read"),
        (Kind.PULL_REPORT, "s", {"window": "soon"}, "window cannot be read: 'soon'"),
        (Kind.PULL_REPORT, "s", {"level": "MONTH"}, "level cannot be read: 'MONTH'"),
    ],
)
async def test_what_cannot_be_read_is_given_up_at_once_and_says_why(
    shop: Shop, kind: Kind, subject: str, payload: dict[str, Any], told: str
):
    """It could not be read after twelve waits either."""
    whole = {"profile_id": str(shop.profile_id), "level": "CAMPAIGN", "purpose": "DAILY"}
    await promise(shop, kind, subject, **({} if "nonsense" in payload else whole | payload))

    await do_due(shop.stage.deps)

    dead = await duty(shop, subject)
    assert (dead["attempts"], dead["dead_at"]) == (1, shop.now())
    assert told in dead["last_error"]
    assert await shop.runs() == []


@pytest.mark.parametrize("payload", ["[1]", '"x"', "null", "7"])
@pytest.mark.parametrize("kind", [Kind.PULL_REPORT, Kind.SYNC_CATALOG])
async def test_a_payload_that_is_no_object_is_given_up_too(shop: Shop, kind: Kind, payload: str):
    subject = str(UUID(int=1))
    await shop.owner.execute(
        """INSERT INTO duty (kind, subject, account_id, payload, run_at)
           VALUES ($1, $2, $3, $4::text::jsonb, $5)""",
        kind, subject, shop.stage.account_id, payload, shop.now(),
    )  # fmt: skip

    await do_due(shop.stage.deps)

    dead = await duty(shop, subject)
    assert (dead["attempts"], dead["dead_at"]) == (1, shop.now())
    assert "Its payload is no object" in dead["last_error"]


async def test_a_poison_is_dead_after_twelve_attempts_and_can_be_promised_anew(shop: Shop):
    subject = await poison(shop)
    for _ in range(16):
        await shop.work()
        shop.stage.pass_time(hours=7)
    dead = await duty(shop, subject)
    assert (dead["attempts"], dead["lease_token"]) == (12, None)
    assert dead["dead_at"] is not None

    async with shop.stage.db.transaction(shop.stage.account_id) as tx:
        verdicts = await actions.retry(tx, shop.stage.account_id, [dead["id"]], shop.now())
    await shop.work()

    assert verdicts == {dead["id"]: None}
    failed = await duty(shop, subject)
    assert (failed["attempts"], failed["dead_at"]) == (1, None)


async def test_what_trying_again_cannot_mend_is_given_up_at_once(shop: Shop):
    shop.stage.world.faults.order({"kind": "not_eligible"})
    await shop.owner.execute("UPDATE profile SET measuring_since = NULL")
    await promise(shop, Kind.ENABLE_MEASUREMENT, str(shop.profile_id))

    await shop.work()

    given_up = await duty(shop, str(shop.profile_id))
    assert (given_up["attempts"], given_up["dead_at"]) == (1, shop.now())
    assert "not authorized" in given_up["last_error"]


async def test_refused_credentials_of_ours_are_given_up_at_once(shop: Shop):
    await shop.stage.decide(await shop.stage.seller_account("Another"), Api.ADS, "lucas")
    shop.stage.world.faults.order({"kind": "invalid_client"})

    await shop.work()

    given_up = await shop.stage.row("SELECT * FROM duty WHERE kind = 'exchange_code'")
    assert (given_up["attempts"], given_up["dead_at"]) == (1, shop.now())


async def test_waiting_for_amazon_uses_no_attempt_up(shop: Shop):
    shop.stage.world.change_switches({"profile_delay_hours": 1})
    await shop.stage.decide(await shop.stage.seller_account("Another"), Api.ADS, "lucas")
    looked = []
    while True:
        await shop.work()
        waiting = await shop.stage.row("SELECT * FROM duty WHERE kind = 'discover_profiles'")
        if not waiting:
            break
        looked.append((waiting["attempts"], waiting["last_error"], waiting["dead_at"]))
        shop.stage.pass_time(minutes=10)

    assert looked == [(0, None, None)] * 6


async def test_a_stopped_worker_hands_its_duty_on_at_once(shop: Shop):
    """Twenty deployments during one job, and it is still at its first attempt."""
    subject = await shop.promise_report()
    for _ in range(20):
        claimed = await shop.claim(subject)
        assert claimed.attempts == 1
        task = asyncio.create_task(perform(shop.stage.deps, claimed))
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    left = await duty(shop, subject)
    assert (left["attempts"], left["lease_token"], left["run_at"]) == (0, None, shop.now())

    await perform(shop.stage.deps, await shop.claim(subject))

    assert await duty(shop, subject) == {}
    assert (await shop.last_run())["state"] == "APPLIED"
    assert await shop.runs(state="RUNNING") == []


async def test_who_comes_back_after_its_lease_has_ended_changes_nothing(shop: Shop):
    """Another did the duty meanwhile, and it was promised anew."""
    await shop.click(12)
    await shop.sell(2500)
    shop.pass_days(3)
    subject = await shop.promise_report()
    stopped = await shop.claim(subject)
    await shop.owner.execute("UPDATE duty SET lease_until = now() - interval '1 second'")
    await perform(shop.stage.deps, await shop.claim(subject))
    await shop.promise_report()
    before = await shop.conversions(), await shop.versions(), await duty(shop, subject)

    await perform(shop.stage.deps, stopped)

    assert (await shop.conversions(), await shop.versions(), await duty(shop, subject)) == before


async def test_workers_sweep_beside_each_other(shop: Shop):
    """Everything that the calendar says is planned once and done once."""
    for _ in range(3):
        await shop.sell(1000)
        shop.pass_days(1)

    done = await asyncio.gather(*(sweep(shop.stage.deps) for _ in range(5)))

    runs = await shop.runs()
    questions = [(one["level"], one["purpose"], one["from_day"]) for one in runs]
    assert len(questions) == len(set(questions)) == 4 + 8
    assert sum(done) == len(questions) + 3  # the settlement, the catalogue, forgetting


# Every job may run twice, and beside itself.


async def code_to_exchange(stage: Stage) -> None:
    await stage.decide(await stage.seller_account(), Api.ADS)


async def profiles_to_discover(stage: Stage) -> None:
    await code_to_exchange(stage)
    await stage.do(Kind.EXCHANGE_CODE)


async def store_just_connected(stage: Stage) -> None:
    await stage.juniper(BRAND)


async def reports_to_pull(stage: Stage) -> None:
    await store_just_connected(stage)
    await stage.do(Kind.ENABLE_MEASUREMENT)
    await stage.owner.execute("DELETE FROM duty WHERE subject NOT LIKE '%DAILY'")
    stage.pass_time(days=4)


async def store_to_settle(stage: Stage) -> None:
    await reports_to_pull(stage)
    await stage.owner.execute("DELETE FROM duty")
    [store_id] = [row["id"] for row in await stage.owner.fetch("SELECT id FROM store")]
    payload = {"store_id": str(store_id), "profile_id": str(await stage.profile(kind="SELLER"))}
    async with stage.db.transaction(stage.account_id) as tx:
        await actions.promise(
            tx, Kind.SETTLE, str(store_id), stage.account_id, payload, stage.now()
        )


async def affiliate_to_measure(stage: Stage) -> None:
    # Always the same one: the ends of several stages are compared.
    ann = await an_affiliate(stage.owner, id=UUID(int=7), name="Ann", email="ann@example.com")
    affiliate_id = await a_published_profile(stage.owner, ann)
    async with stage.db.system() as tx:
        await plan_measuring(tx, stage.now())
    assert await stage.row("SELECT * FROM duty WHERE subject = $1", str(affiliate_id))


async def account_to_measure(stage: Stage) -> None:
    await store_just_connected(stage)
    store_id = await stage.owner.fetchval("SELECT id FROM store")
    offer_id = await an_offer(stage.owner, stage.account_id, store_id, name="Summer")
    await a_listing(stage.owner, stage.account_id, offer_id, rate_bp=1)
    id = stage.account_id
    async with stage.db.transaction(id) as tx:
        await actions.promise(tx, Kind.MEASURE_REPUTATION, str(id), id, {}, stage.now())


async def something_to_forget(stage: Stage) -> None:
    """One of each that is too old, and one of each that is not."""
    ann = await a_person(stage.owner, name="Ann", email="ann@example.com")
    now = datetime.now(UTC)
    old = now - timedelta(days=40)
    for end in (old, now + timedelta(days=1)):
        await a_one_time_token(stage.owner, ann, expires_at=end)
        await a_session(stage.owner, ann, seen_at=now, expires_at=end)
        email = f"{end - old}@example.com"
        await a_member_invitation(stage.owner, stage.account_id, email, expires_at=end)
        async with stage.db.transaction(stage.account_id) as tx:
            claimed = await idempotency.claim(
                tx, stage.account_id, "pers_1", str(end - old), "pause", b"", end
            )
            assert isinstance(claimed, Claimed)
            await idempotency.keep(tx, claimed, b"{}", stage.deps.keyring)
    async with stage.db.system() as tx:
        await plan_forgetting(tx, stage.now())


async def letter_to_send(stage: Stage) -> None:
    async with stage.db.system() as tx:
        await mail.send(tx, KEYRING, None, "ann@example.com", "Hello", "Hello, Ann.", stage.now())


async def delivery_to_send(stage: Stage) -> None:
    """It fails, since nothing is sent there."""
    await an_endpoint(stage.owner, stage.account_id, "http://127.0.0.1:9/")
    await an_event(stage.owner, stage.account_id, entity="conv_1", body="{}")
    await relay(stage.deps)


BEFORE = {
    Kind.EXCHANGE_CODE: code_to_exchange,
    Kind.DISCOVER_PROFILES: profiles_to_discover,
    Kind.ENABLE_MEASUREMENT: store_just_connected,
    Kind.SYNC_CATALOG: store_just_connected,
    Kind.PULL_REPORT: reports_to_pull,
    Kind.SETTLE: store_to_settle,
    Kind.SEND_MAIL: letter_to_send,
    Kind.MEASURE_REPUTATION: account_to_measure,
    Kind.MEASURE_TRACK_RECORD: affiliate_to_measure,
    Kind.FORGET_OLD: something_to_forget,
    Kind.DELIVER_WEBHOOKS: delivery_to_send,
}

LOGS = {"report_run", "report_page", "catalog_run", "settlement", "webhook_attempt"}
"""A job that runs twice says so there, and nowhere else."""


async def state(stage: Stage) -> dict[str, list[str]]:
    """Every row of every table without ids, moments and secrets, which differ by nature."""
    tables = await stage.owner.fetch(
        """SELECT table_name AS name,
                  string_agg(quote_ident(column_name::text), ', ' ORDER BY column_name) AS columns
             FROM information_schema.columns
            WHERE table_schema = 'public' AND data_type NOT LIKE 'timestamp%'
              AND data_type NOT IN ('uuid', 'bytea') AND column_name NOT LIKE 'sealed%'
              AND column_name NOT IN ('subject', 'payload', 'attempts')
            GROUP BY table_name"""
    )
    found = {}
    for name, columns in [tuple(row) for row in tables]:
        if name in LOGS or name.startswith(("_", "click_", "report_row_")):
            continue
        rows = await stage.owner.fetch(f"SELECT {columns} FROM {name}")
        found[name] = sorted(map(str, rows))
    return found


async def test_every_kind_of_job_is_among_those_that_may_run_twice():
    assert set(BEFORE) == set(HANDLERS) == set(Kind)


@pytest.mark.parametrize("kind", BEFORE)
async def test_a_job_that_runs_twice_or_beside_itself_ends_the_same(another_stage: Any, kind: Kind):
    ends = []
    for times, at_once in ((1, False), (2, False), (2, True)):
        async with another_stage() as stage:
            await BEFORE[kind](stage)
            duties = await claimed(stage.db, stage, kind)
            again = [perform(stage.deps, duty) for duty in duties for _ in range(times)]
            if at_once:
                await asyncio.gather(*again)
            else:
                for one in again:
                    await one
            ends.append(await state(stage))
    once, twice, beside = ends
    assert twice == once
    assert beside == once


async def claimed(db: Database, stage: Stage, kind: Kind) -> list[Duty]:
    async with db.system() as tx:
        duties = await queries.claim_due(tx, stage.now(), 100)
    found = [duty for duty in duties if duty.kind is kind]
    assert found
    return found
