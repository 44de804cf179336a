"""What is kept for a while only, and is deleted once a day when its time has passed."""

from __future__ import annotations

from datetime import UTC, datetime

from db.pool import Database, Tx
from domain.clock import SystemClock
from domain.duties.actions import promise
from domain.duties.queries import take_slots
from domain.duties.rules import INSTALLATION, Duty, Kind
from domain.idempotency import actions as idempotency
from domain.mail import actions as mail
from domain.members import actions as members
from domain.people import sessions
from domain.webhooks import relaying
from workers.deps import Deps


async def plan_forgetting(tx: Tx, now: datetime) -> None:
    """Promise it once a day of UTC. Asked as often as one likes."""
    if await take_slots(tx, {"forget": f"{now.astimezone(UTC):%Y-%m-%d}"}, now):
        await promise(tx, Kind.FORGET_OLD, "all", INSTALLATION, {}, now)


async def forget_old(deps: Deps, duty: Duty) -> None:
    """Of the whole installation: it has no subject."""
    await forget(deps.db, SystemClock().now(), deps.clock.now())


async def forget(db: Database, now: datetime, now_of_trade: datetime) -> None:
    """Letters go by the clock of the trade. Who gets in, and for how long, goes by the server's."""
    for forget_some in (sessions.forget_old, members.forget_old):
        async with db.system() as tx:
            await forget_some(tx, now)
    async with db.system() as tx:
        await mail.forget_old(tx, now_of_trade)
    more = True
    while more:
        async with db.system() as tx:
            more = await relaying.forget_old(tx, now_of_trade) > 0
    more = True
    while more:  # in transactions of their own: mutations claim their keys meanwhile
        async with db.system() as tx:
            more = await idempotency.forget_old(tx, now) > 0
