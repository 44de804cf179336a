"""What Prometheus is told, by whom, and that the page for whoever is woken speaks of all of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from prometheus_client.parser import text_string_to_metric_families as families

import gauges
from api import metrics as of_the_api
from db.pool import Database
from domain.clock import SystemClock
from domain.duties.rules import Kind
from tests.api.browsers import ASKED, a_browser, an_app, ask, post
from tests.factories import a_store, an_account, insert
from tests.house.statements import ROOT
from tests.telling import a_delivery, an_endpoint
from workers import metrics as of_a_worker

PAGE = (ROOT / "docs" / "on-call.md").read_text()
TOKEN = "a-token-for-prometheus"
BEARER = {"authorization": f"Bearer {TOKEN}"}
Told = dict[tuple[str, ...], float]


def values(text: str) -> Told:
    """Name and labels, in their order of writing, of every sample."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families(text)
        for sample in family.samples
    }


def all_metrics(db: Database) -> dict[str, str]:
    """Names, as they are defined, and their help."""
    clock = SystemClock()
    collectors: list[Any] = [
        gauges.Standing(db, clock, clock), of_the_api.Spool(Path("nowhere")),
        *gauges.OF_THE_PROCESS, *of_the_api.OF_THE_API, *of_a_worker.OF_THE_WORKER,
    ]  # fmt: skip
    return {family.name: family.documentation for one in collectors for family in one.collect()}


@asynccontextmanager
async def telling(
    database_url: str, redis_url: str, **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        an_app(database_url, redis_url, METRICS_TOKEN=TOKEN) as app,
        a_browser(app, **headers) as http,
    ):
        yield http


async def test_the_page_speaks_of_every_metric_and_of_no_other(db: Database) -> None:
    """Also while the database is away: the names are there without it."""
    there = all_metrics(db)

    assert set(re.findall(r"^\| `(clickledger_\w+)` \|", PAGE, re.MULTILINE)) == set(there)
    assert [name for name, help_ in there.items() if not re.match(r"[A-Z0-9].*\.$", help_)] == []


async def test_every_rule_and_every_sentence_names_metrics_that_there_are(db: Database) -> None:
    ends = ("", "_total", "_count", "_sum", "_bucket")
    samples = {name + end for name in all_metrics(db) for end in ends}

    named = set(re.findall(r"clickledger_\w+", PAGE))

    assert len(named) > 30
    assert named <= samples
    [rules] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    alerts = re.findall(r"alert: (\w+)\n(?: +#.*\n)* +expr:", rules)
    said = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", PAGE))
    assert len(alerts) == len(set(alerts)) > 10
    assert said - set(alerts) <= {"Authorization"}


async def test_only_who_has_the_token_is_told(database_of_test: str, redis_url: str) -> None:
    async with telling(database_of_test, redis_url) as http:
        none = await http.get("/metrics")
        other = await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}x"})
        own = await http.get("/metrics", headers=BEARER)
    assert (none.status_code, other.status_code, own.status_code) == (401, 401, 200)


async def test_production_tells_nothing_without_a_token(http: httpx.AsyncClient) -> None:
    assert (await http.get("/metrics")).status_code == 404
    assert (await http.get("/metrics", headers={"authorization": "Bearer "})).status_code == 404


async def test_requests_are_counted_by_what_they_were_and_how_they_ended(
    database_of_test: str, redis_url: str, key: dict[str, str], owner: asyncpg.Connection
) -> None:
    refused = 'mutation { acceptReport(runId: "rrun_0") { __typename } }'
    async with telling(database_of_test, redis_url, **key) as http:
        before = values((await http.get("/metrics", headers=BEARER)).text)
        await ask(http, ASKED)
        await post(http, "{ duties { nodes { id } } logins { nodes { id } } }")
        await post(http, refused)
        await post(http, "{ nonsense }")
        await ask(http, b"[]")
        await owner.execute("ALTER TABLE duty RENAME COLUMN subject TO topic")
        await post(http, "{ duties { nodes { subject } } }")
        after = values((await http.get("/metrics", headers=BEARER)).text)

    count = "clickledger_graphql_seconds_count"
    grown = {sample: after[sample] - before.get(sample, 0) for sample in after}
    assert {sample[1:]: n for sample, n in grown.items() if sample[0] == count and n} == {
        ("query", "ok"): 1, ("query", "refused"): 1, ("mutation", "refused"): 1,
        ("unread", "refused"): 2, ("query", "error"): 1,
    }  # fmt: skip
    codes = "clickledger_graphql_refused_total"
    assert {sample[1]: n for sample, n in grown.items() if sample[0] == codes and n} == {
        "INVALID": 1, "BAD_REQUEST": 1,
    }  # fmt: skip


async def test_it_is_told_what_is_late_and_what_is_stuck(
    database_of_test: str, redis_url: str, owner: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    account_id = await an_account(owner)
    store_id = await a_store(owner, account_id)
    profile_id = await owner.fetchval("SELECT profile_id FROM store WHERE id = $1", store_id)
    await owner.execute(
        "UPDATE profile SET measuring_since = $1, time_zone = 'UTC'", now - timedelta(days=9)
    )
    run = {
        "account_id": account_id, "profile_id": profile_id, "level": "CAMPAIGN",
        "purpose": "DAILY", "state": "APPLIED", "started_at": now,
        # Read two days ago, in the middle of that day: the day before it was the last whole one.
        "from_day": (now - timedelta(days=31)).date(), "to_day": (now - timedelta(days=2)).date(),
        "observed_at": now - timedelta(days=2),
    }  # fmt: skip
    await insert(owner, "report_run", run)
    await insert(owner, "report_run", run | {"state": "HELD", "observed_at": now})
    duty = {"account_id": account_id, "kind": "settle", "subject": "a", "run_at": now}
    await insert(owner, "duty", duty | {"run_at": now - timedelta(seconds=500)})
    await insert(owner, "duty", duty | {"subject": "b", "dead_at": now})
    leased = {"subject": "c", "lease_until": now + timedelta(minutes=1)}
    await insert(owner, "duty", duty | leased | {"run_at": now - timedelta(days=1)})

    async with telling(database_of_test, redis_url) as http:
        told = values((await http.get("/metrics", headers=BEARER)).text)

    assert told["clickledger_database_up",] == 1
    fresh = {sample[1]: age for sample, age in told.items() if "freshness" in sample[0]}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
    assert abs(fresh.pop("CAMPAIGN") - (now - midnight).total_seconds()) < 60
    assert {round(age / 86400) for age in fresh.values()} == {9}
    state = {
        sample[2]: n for sample, n in told.items() if sample[:2] == ("clickledger_duties", "settle")
    }
    assert state == {"waiting": 1, "running": 1, "dead": 1}
    assert 500 <= told["clickledger_duty_oldest_due_seconds", "settle"] < 560
    assert told["clickledger_held", "report"] == 1
    assert {sample[1] for sample in told if sample[0] == "clickledger_duties"} == set(Kind)
    assert abs(told["clickledger_clock_skew_seconds",]) < 5


async def test_what_waits_for_a_receiver_that_takes_nothing_is_not_late(
    database_of_test: str, redis_url: str, owner: asyncpg.Connection
) -> None:
    now = datetime.now(UTC)
    account_id = await an_account(owner)
    taking = await an_endpoint(owner, account_id)
    dead = await an_endpoint(owner, account_id, paused_until=now + timedelta(minutes=4))
    for endpoint_id, since_s in ((taking, 30), (dead, 7200), (dead, 3600)):
        due = now - timedelta(seconds=since_s)
        await a_delivery(
            owner, account_id, endpoint_id, status="PENDING", attempts=1, next_attempt_at=due
        )

    async with telling(database_of_test, redis_url) as http:
        told = values((await http.get("/metrics", headers=BEARER)).text)

    assert told["clickledger_webhook_deliveries", "pending"] == 3
    assert told["clickledger_webhook_deliveries", "due"] == 1
    assert 30 <= told["clickledger_webhook_oldest_due_seconds",] < 90


async def test_a_scrape_does_not_fail_with_the_database(
    database_of_test: str, redis_url: str, owner: asyncpg.Connection
) -> None:
    """A lock stands for whatever keeps the database from answering."""
    async with telling(database_of_test, redis_url) as http, owner.transaction():
        await owner.execute("LOCK TABLE duty IN ACCESS EXCLUSIVE MODE")
        answer = await http.get("/metrics", headers=BEARER)

    told = values(answer.text)
    assert (answer.status_code, told["clickledger_database_up",]) == (200, 0)
    assert not [sample for sample in told if sample[0] == "clickledger_duties"]
