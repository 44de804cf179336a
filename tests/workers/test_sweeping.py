"""What a worker looks after by itself goes on, whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from structlog.testing import capture_logs

from tests.stage import Stage
from workers.sweeping import Sweeper


async def test_a_step_that_fails_holds_up_no_other_and_works_again_by_itself(stage: Stage):
    """By a fault that is no outage, such as a table that an operator has locked away."""
    sweeps: asyncio.Queue[None] = asyncio.Queue()
    await stage.owner.execute("DELETE FROM duty")
    await stage.owner.execute("ALTER TABLE slot RENAME TO away")
    sweeper = Sweeper(stage.deps, lambda: sweeps.put_nowait(None))

    with capture_logs() as told:
        sweeping = asyncio.create_task(sweeper.sweep_forever(asyncio.Event(), 0.01))
        async with asyncio.timeout(30):
            for _ in range(6):  # it is called before and after the steps
                await next_of(sweeps, sweeping)
            await stage.owner.execute("ALTER TABLE away RENAME TO slot")
            while steps(told, "sweep_works_again") != steps(told, "sweep_fails"):
                await next_of(sweeps, sweeping)
        sweeping.cancel()

    failed = steps(told, "sweep_fails")  # each is said once, however often it fails
    assert len(failed) == len(set(failed))
    assert "plan_forgetting" in failed
    assert "relay" not in failed
    assert await stage.owner.fetchval("SELECT count(*) FROM duty WHERE kind = 'forget_old'") == 1


def steps(told: Sequence[Mapping[str, Any]], event: str) -> list[str]:
    return sorted(line["step"] for line in told if line["event"] == event)


async def next_of(sweeps: asyncio.Queue[None], sweeping: asyncio.Task[None]) -> None:
    """As soon as one is over; or the end of them all, with its error."""
    one = asyncio.create_task(sweeps.get())
    await asyncio.wait([one, sweeping], return_when=asyncio.FIRST_COMPLETED)
    if not one.done():
        one.cancel()
        await sweeping
    await one
