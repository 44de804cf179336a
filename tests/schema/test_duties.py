"""What is promised, tried again by whoever may, and how far long work has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.access import Room, Seat
from domain.duties.rules import INSTALLATION
from domain.ids import encode
from domain.reports.scheduling import plan_backfill
from tests.factories import NOW, a_store, insert
from tests.people import an_operator
from tests.schema.conftest import Client

RETRY = """mutation($ids: [ID!]!) { retryDuties(ids: $ids) { ... on DutyOutcomes { outcomes {
  id duty { status attempts runAt deadAt } refusal { __typename message } } }
  ... on Refusal { message } } }"""
ONE = """mutation($id: ID!) { retryDuty(id: $id) { __typename ... on Duty { status }
  ... on BeingDone { dutyId message } } }"""
DUTIES = """query($filter: DutyFilter) { duties(filter: $filter) {
  nodes { id kind status lastError account { name } } } }"""
PROGRESS = """query($id: ID!) { store(id: $id) {
  backfill { status done of since lastError } catalogSync { status done of since lastError } } }"""
DUE = {"status": "WAITING", "attempts": 0, "runAt": "2026-09-01T12:00:00Z", "deadAt": None}


@pytest.fixture
async def operator(db: Database, owner: asyncpg.Connection) -> Client:
    person_id = await an_operator(owner)
    seat = Seat(Room.OPERATOR, None)
    return Client(db, None, seat=seat, person_id=person_id, actor=encode("pers", person_id))


async def a_duty(owner: asyncpg.Connection, account_id: UUID, **fields: Any) -> str:
    values = {"account_id": account_id, "kind": "settle", "subject": str(uuid4()),
              "run_at": NOW + timedelta(hours=1), "attempts": 12}  # fmt: skip
    return encode("duty", await insert(owner, "duty", values | fields))


async def a_dead_one(owner: asyncpg.Connection, account_id: UUID, **fields: Any) -> str:
    return await a_duty(owner, account_id, dead_at=NOW, last_error="Amazon is away.", **fields)


async def test_an_account_retries_what_is_its_own_and_is_told_of_the_rest(
    client: Client, stranger: Client, account_id: UUID, owner: asyncpg.Connection
) -> None:
    assert stranger.account_id is not None
    others = await a_dead_one(owner, stranger.account_id)
    before = dict(await owner.fetchrow("SELECT * FROM duty"))
    dead, waits = await a_dead_one(owner, account_id), await a_duty(owner, account_id)
    lease = {"lease_token": uuid4(), "lease_until": NOW + timedelta(days=9999)}
    running = await a_duty(owner, account_id, **lease)
    ids = [dead, "stor_0", running, others, waits]

    answer = await client.act(RETRY, ids=ids)

    told = {one["id"]: one for one in answer["outcomes"]}
    assert list(told) == ids
    assert {id: one["refusal"] and one["refusal"]["__typename"] for id, one in told.items()} == {
        dead: None, "stor_0": "WrongId", running: "BeingDone", others: "NotFound", waits: None,
    }  # fmt: skip
    assert told[dead]["duty"] == told[waits]["duty"] == DUE
    assert told[running]["duty"]["status"] == "RUNNING"
    assert told[others]["duty"] is None
    kept = await owner.fetchrow("SELECT * FROM duty WHERE account_id = $1", stranger.account_id)
    assert dict(kept) == before
    assert client.rings == 1
    one = await client.act(ONE, id=running)
    assert (one["__typename"], one["dutyId"]) == ("BeingDone", running)


async def test_an_operator_sees_the_duties_of_all_and_retries_any(
    operator: Client, client: Client, account_id: UUID, owner: asyncpg.Connection
) -> None:
    of_account = await a_dead_one(owner, account_id)
    of_nobody = await a_dead_one(owner, INSTALLATION, kind="forget_old")
    await a_duty(owner, account_id)

    dead = await operator.ask(DUTIES, filter={"status": ["DEAD"]})
    own = await client.ask(DUTIES, filter={"status": ["DEAD"]})

    assert {one["id"]: one["account"] for one in dead["duties"]["nodes"]} == {
        of_account: {"name": "Acme"}, of_nobody: None,
    }  # fmt: skip
    assert [one["id"] for one in own["duties"]["nodes"]] == [of_account]
    answer = await operator.act(RETRY, ids=[of_nobody, of_account])
    assert [one["duty"] for one in answer["outcomes"]] == [DUE, DUE]
    assert await owner.fetchval("SELECT action FROM network_audit_entry") == "retryDuties"


async def test_a_backfill_counts_what_is_done_of_what_was_promised(
    client: Client, db: Database, account_id: UUID, owner: asyncpg.Connection
) -> None:
    store_id = await a_store(owner, account_id)
    profile_id = await owner.fetchval("SELECT profile_id FROM store WHERE id = $1", store_id)
    other = await a_store(owner, account_id)
    neighbour = await owner.fetchval("SELECT profile_id FROM store WHERE id = $1", other)
    id = encode("stor", store_id)

    async def progress() -> dict[str, Any] | None:
        return (await client.ask(PROGRESS, id=id))["store"]["backfill"]

    assert await progress() is None
    async with db.transaction(account_id) as tx:
        await plan_backfill(tx, account_id, profile_id, NOW)
        await plan_backfill(tx, account_id, neighbour, NOW)
    begun = await progress()
    assert begun is not None
    whole = begun["of"]
    assert begun == {
        "status": "RUNNING", "done": 0, "of": whole, "since": "2026-09-01T12:00:00Z",
        "lastError": None,
    }  # fmt: skip
    past = "kind = 'pull_report' AND payload ->> 'purpose' = 'BACKFILL'"
    mine = f"{past} AND payload ->> 'profile_id' = '{profile_id}'"
    assert whole == await owner.fetchval(f"SELECT count(*) FROM duty WHERE {mine}") > 30
    some = f"(SELECT id FROM duty WHERE {mine} AND dead_at IS NULL LIMIT $1)"
    await owner.execute(f"DELETE FROM duty WHERE id IN {some}", 5)
    failed = "last_error = 'Amazon is away.', run_at = run_at + interval '1 hour'"
    await owner.execute(f"UPDATE duty SET dead_at = now(), {failed} WHERE id IN {some}", 2)
    found = await progress()
    assert found == begun | {"done": 5, "lastError": "Amazon is away."}
    await owner.execute(f"DELETE FROM duty WHERE {mine} AND dead_at IS NULL")
    found = await progress()
    assert found == begun | {
        "status": "FAILED", "done": whole - 2, "lastError": "Amazon is away.",
    }  # fmt: skip
    await owner.execute(f"DELETE FROM duty WHERE {mine}")
    assert await progress() == begun | {"status": "DONE", "done": whole}


async def test_a_catalogue_tells_how_far_its_newest_reading_is(
    client: Client, account_id: UUID, owner: asyncpg.Connection
) -> None:
    store_id = await a_store(owner, account_id)
    run = {"account_id": account_id, "store_id": store_id, "state": "APPLIED", "listed": 9,
           "started_at": NOW - timedelta(days=7)}  # fmt: skip

    async def progress() -> dict[str, Any] | None:
        found = (await client.ask(PROGRESS, id=encode("stor", store_id)))["store"]["catalogSync"]
        return found and {name: found[name] for name in ("status", "done", "of", "lastError")}

    assert await progress() is None
    await insert(owner, "catalog_run", run)
    done = await progress()
    begun = {"state": "RUNNING", "listed": 0, "started_at": NOW}
    await insert(owner, "catalog_run", run | begun)
    await a_duty(
        owner, account_id, kind="sync_catalog", subject=str(store_id), last_error="Amazon is away."
    )
    unknown = await progress()
    await owner.execute("UPDATE catalog_run SET read = 20, expected = 70 WHERE state = 'RUNNING'")
    halfway = await progress()

    assert done == {"status": "DONE", "done": 9, "of": 9, "lastError": None}
    assert unknown == {"status": "RUNNING", "done": 0, "of": None, "lastError": "Amazon is away."}
    assert halfway == unknown | {"done": 20, "of": 70}
