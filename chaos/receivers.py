"""Two receivers of webhooks, one that always takes them and one that fails as receivers do.

Whatever arrives is in the history as it arrived; whether it was signed is the checker's to say.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random

from chaos.history import History
from chaos.listening import Answer, Asked, Vanish

_LONGEST_S = 3


@dataclass(slots=True)
class Receiver:
    """Paths tell its endpoints apart."""

    name: str
    history: History
    chance: Random
    trouble: float = 0
    """How many of its answers are none that one would wish for, from 0 to 1."""

    async def take(self, asked: Asked) -> Answer:
        status = await self._status()
        self.history.write(
            "received",
            receiver=self.name,
            path=asked.path,
            id=asked.headers.get("webhook-id", ""),
            timestamp=asked.headers.get("webhook-timestamp", ""),
            signature=asked.headers.get("webhook-signature", ""),
            body=asked.body.decode("utf-8", "surrogateescape"),
            status=status,
        )
        if status is None:
            raise Vanish
        return Answer(status, b"{}")

    async def _status(self) -> int | None:
        """What to answer; None to vanish. A slow one may find that nobody waits any more."""
        if self.chance.random() >= self.trouble:
            return 200
        match self.chance.choice(("broken", "busy", "vanish", "slow")):
            case "broken":
                return 500
            case "busy":
                return 503
            case "vanish":
                return None
            case _:
                await asyncio.sleep(self.chance.random() * _LONGEST_S)
                return 200
