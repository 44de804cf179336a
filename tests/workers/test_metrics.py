"""What a worker tells of itself, from outside, and what its lines are about."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs

from db.pool import Database
from domain.clock import SystemClock
from domain.duties.rules import INSTALLATION, Duty, Kind
from domain.ids import encode
from tests.stage import Stage
from workers import jobs, metrics
from workers.errors import GiveUp, TryAgain
from workers.metrics import Place, told_to_prometheus
from workers.payloads import about

ID = UUID(int=7)


@asynccontextmanager
async def telling(db: Database, *, token: str, hidden: bool) -> AsyncIterator[httpx.AsyncClient]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place = Place("127.0.0.1", port, token, hidden)
    async with (
        told_to_prometheus(place, db, SystemClock()),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield http


@pytest.mark.parametrize(
    ("token", "hidden", "without", "with_it"),
    [("", True, 404, 404), ("", False, 200, 200), ("t0ken", False, 401, 200)],
)
async def test_its_metrics_are_for_whoever_has_the_token(
    db: Database, token: str, hidden: bool, without: int, with_it: int
) -> None:
    async with telling(db, token=token, hidden=hidden) as http:
        first = await http.get("/metrics")
        second = await http.get("/metrics", headers={"authorization": "Bearer t0ken"})

    assert (first.status_code, second.status_code) == (without, with_it)
    assert ("clickledger_database_up 1.0" in second.text) == (with_it == 200)


async def test_it_is_well_as_long_as_it_sweeps(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with telling(db, token="", hidden=True) as http:
        metrics.swept()
        well = await http.get("/healthz")
        long_ago = metrics._swept_at - metrics.WELL_S - 1
        monkeypatch.setattr(metrics, "_swept_at", long_ago)
        hanging = await http.get("/healthz")

    assert (well.status_code, hanging.status_code) == (200, 503)


@pytest.mark.parametrize(
    ("raised", "outcome", "kept"),
    [
        (None, "done", None),
        (TryAgain("Busy, Bearer canary4711."), "failed", "Busy, [hidden]"),
        (GiveUp("Mend it."), "given_up", "Mend it."),
        (
            KeyError("Atza|canary4711"),
            "failed",
            "Something went wrong on our side, KeyError: '[hidden]'",
        ),
    ],
)
async def test_a_duty_is_counted_and_its_lines_say_what_it_is_about(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, raised: Exception | None, outcome: str,
    kept: str | None,
) -> None:  # fmt: skip
    async def handler(deps: object, duty: Duty) -> None:
        if raised is not None:
            raise raised

    monkeypatch.setitem(jobs.HANDLERS, Kind.SYNC_CATALOG, handler)
    row = await stage.owner.fetchrow(
        "INSERT INTO duty (kind, subject, account_id, run_at, attempts, lease_token)"
        " VALUES ('sync_catalog', $1, $2, $3, 1, $4) RETURNING id",
        str(ID), stage.account_id, stage.now(), ID,
    )  # fmt: skip
    duty = Duty(row["id"], Kind.SYNC_CATALOG, str(ID), stage.account_id, {}, 1, ID)
    before = _counted(outcome)

    with capture_logs():
        await jobs.perform(stage.deps, duty)

    assert _counted(outcome) == before + 1
    left = await stage.owner.fetchval("SELECT last_error FROM duty WHERE id = $1", row["id"])
    assert left == kept
    assert about(duty) == {
        "duty": encode("duty", row["id"]), "kind": "sync_catalog", "store": encode("stor", ID),
        "account": encode("acct", stage.account_id),
    }  # fmt: skip


def test_lines_name_what_there_is_to_name() -> None:
    def of(kind: Kind, account_id: UUID, subject: str, **payload: str) -> set[str]:
        return set(about(Duty(ID, kind, subject, account_id, payload, 1, ID))) - {"duty", "kind"}

    assert of(Kind.PULL_REPORT, ID, "x", profile_id=str(ID)) == {"account", "profile"}
    assert of(Kind.SETTLE, ID, str(ID), store_id=str(ID), profile_id="junk") == {"account", "store"}
    assert of(Kind.FORGET_OLD, INSTALLATION, "all") == set()
    assert of(Kind.DELIVER_WEBHOOKS, ID, str(ID)) == {"endpoint"}


def _counted(outcome: str) -> float:
    for family in metrics.DUTY.collect():
        for sample in family.samples:
            if sample.name.endswith("_count") and sample.labels == {
                "kind": "sync_catalog", "outcome": outcome,
            }:  # fmt: skip
                return sample.value
    return 0
