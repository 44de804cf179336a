"""A person overrules the doubts about a report that was held back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.errors import NotFound
from domain.ids import encode
from domain.reports import queries, scheduling
from domain.reports.actions import take_in
from domain.reports.runs import NotHeld, Purpose


async def accept(tx: Tx, account_id: UUID, run_id: UUID, now: datetime) -> None:
    """Take the report in as it is. Raises NotFound, or NotHeld for one that nobody doubts."""
    run = await queries.fetch_run(tx, account_id, run_id, "HELD")
    if run is None:
        state = await queries.run_state(tx, account_id, run_id)
        if state is None:
            raise NotFound("report run", encode("rrun", run_id))
        raise NotHeld(state)
    profile = await queries.fetch_profile(tx, account_id, run.profile_id)
    assert profile is not None, "a run points at its profile"
    degraded = await queries.degraded(tx, run)
    reader = await take_in(tx, run, now, degraded=degraded, accepted=True)
    if reader is not None and reader.shown and run.purpose != Purpose.RELEASE:
        await scheduling.plan_release(tx, profile, run, now)
    await scheduling.plan_settling(tx, profile, run, now)
