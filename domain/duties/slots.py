"""Periodic work: what the calendar says is promised once a slot, whoever asks and however often.

A name is something that returns, such as the reports of a profile; its slot is the day, or the
week, that is its turn now. What an outage missed is promised on return, once: only the newest slot
of a name is ever asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.pool import Tx
from domain.duties import actions, queries
from domain.duties.rules import Promise


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    slot: str
    promises: Callable[[], list[Promise]]
    """What it brings; asked only of those that are new."""


async def promise_new(tx: Tx, slots: Sequence[Slot], now: datetime) -> None:
    """Take those that nobody has taken yet, and promise what they bring."""
    # In one order: two who plan the same wait for one another, and not each for the other.
    wanted = {one.name: one for one in sorted(slots, key=lambda one: one.name)}
    taken = await queries.take_slots(tx, {name: one.slot for name, one in wanted.items()}, now)
    promises = [promise for name in taken for promise in wanted[name].promises()]
    if promises:
        await actions.promise_all(tx, promises, now)
