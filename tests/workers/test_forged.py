"""A duty that names another account than its own finds nothing there, and shows nothing of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.duties.rules import Kind
from tests.factories import an_account
from tests.stage import Stage
from tests.workers.test_jobs import BEFORE, claimed
from workers.jobs import perform

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTHING_TO_FORGE = {
    Kind.MEASURE_REPUTATION: "measures the account that it names, by that account's own rows",
    Kind.FORGET_OLD: "is about what is too old in all accounts",
    Kind.MEASURE_TRACK_RECORD: "is about an affiliate over all accounts",
}
"""Another account's name makes another duty of them, or the same."""


async def everything(stage: Stage) -> dict[str, list[str]]:
    """Every row of every table, but for the duties that say how they went."""
    tables = await stage.owner.fetch(
        """SELECT c.oid::regclass::text AS name FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND NOT c.relispartition AND c.relname <> 'duty'"""
    )
    found = {}
    for (name,) in tables:
        rows = await stage.owner.fetch(f"SELECT t::text AS row FROM {name} t ORDER BY 1")
        found[name] = [row["row"] for row in rows]
    return found


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in NOTHING_TO_FORGE])
async def test_a_duty_in_another_accounts_name_does_nothing(another_stage: Any, kind: Kind) -> None:
    """What it is about is its own; the account that it names is Birch's."""
    async with another_stage() as stage:
        birch = await an_account(stage.owner, name="Birch")
        await BEFORE[kind](stage)
        duties = await claimed(stage.db, stage, kind)
        others = await stage.owner.fetch("SELECT id FROM duty")
        secrets = {stage.account_id.hex, str(stage.account_id), "Juniper", "ann@example.com"}
        before = await everything(stage)
        await stage.owner.execute("CREATE TEMP TABLE claimed AS SELECT * FROM duty")

        for duty in duties:
            await perform(stage.deps, replace(duty, account_id=birch))

        assert await everything(stage) == before
        assert {row["id"] for row in await stage.owner.fetch("SELECT id FROM duty")} <= {
            row["id"] for row in others
        }
        told = await stage.owner.fetch("SELECT last_error FROM duty WHERE last_error IS NOT NULL")
        assert not [row for row in told if any(secret in row["last_error"] for secret in secrets)]

        # And in its own name it does something, or the test would show nothing. A settlement of
        # a store without sales is the one that leaves no trace.
        await stage.owner.execute("DELETE FROM duty")
        await stage.owner.execute("INSERT INTO duty SELECT * FROM claimed")
        for duty in duties:
            await perform(stage.deps, duty)
        assert kind is Kind.SETTLE or await everything(stage) != before
