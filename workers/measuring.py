"""What is measured once a day: how affiliates do, how accounts treat them."""

from __future__ import annotations

from uuid import UUID

from domain.discovery import actions as discovery
from domain.duties.rules import Duty
from domain.marketplace import actions as marketplace
from workers.deps import Deps


async def measure_reputation(deps: Deps, duty: Duty) -> None:
    """A new day of an account that has something in the marketplace. Its subject is the account."""
    async with deps.db.system() as tx:
        await marketplace.measure_reputation(tx, duty.account_id, deps.clock.now())


async def measure_track_record(deps: Deps, duty: Duty) -> None:
    """How an affiliate has done over all accounts. Its subject is the affiliate."""
    async with deps.db.system() as tx:
        await discovery.measure_track_record(tx, UUID(duty.subject), deps.clock.now())
