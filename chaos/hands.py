"""The clock that the product follows: the sandbox's, and an hour before or behind it as a fault.

Amazon keeps the right time. Days pass for both; a step is the product's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import orjson

from chaos.history import History
from chaos.listening import Answer, Asked


@dataclass(slots=True)
class Hands:
    http: httpx.AsyncClient
    sandbox: str
    history: History
    now: datetime
    """The sandbox's, which nobody else moves."""
    off: timedelta = field(default_factory=timedelta)
    days: int = 0

    async def tell(self, asked: Asked) -> Answer:
        """What CLOCK_URL answers."""
        return Answer(200, orjson.dumps({"now": self.seen().isoformat()}))

    def seen(self) -> datetime:
        """What the product is told."""
        return self.now + self.off

    async def advance(self, hours: float) -> None:
        answer = await self.http.post(
            f"{self.sandbox}/sandbox/clock", json={"advance_hours": hours}
        )
        self.now = datetime.fromisoformat(answer.raise_for_status().json()["now"])
        self.days += 1
        self.history.write("clock", now=self.now.isoformat(), off_s=self.off.total_seconds())

    def step(self, off: timedelta) -> None:
        self.off = off
        self.history.write("clock", now=self.now.isoformat(), off_s=off.total_seconds())
