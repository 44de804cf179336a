"""What the acts of the demo share: the two sides they speak with, and what they have made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import httpx

from demo.api import Api
from demo.box import Box
from demo.errors import Refused, Trouble
from demo.expected import Rate
from demo.processes import Running, check

_LOOK_S = 0.04

T = TypeVar("T")


class Waiting(str):
    """Says what is still waited for."""


@dataclass(slots=True)
class OpenStore:
    """A store that was connected."""

    id: str
    name: str
    brand: str
    books: str
    """What the sandbox's books call it; "" for a shop of the brand's own."""
    offer_id: str = ""
    rates: list[Rate] = field(default_factory=list)


@dataclass(slots=True)
class Partner:
    """One affiliate at one store."""

    id: str
    affiliate: str
    store: OpenStore
    links: list[str] = field(default_factory=list)
    """Short links, as an affiliate shares them."""
    campaign: str = ""
    """What Amazon calls the two together; learnt from the first redirect, as a shopper sees it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was tried, and what the product answered."""

    tried: str
    message: str


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody's step on the way of two sides to each other, for people to read."""

    who: str
    what: str


@dataclass(slots=True)
class Scene:
    api: Api
    """With the account's key, once it was made; nobody's before."""
    box: Box
    browser: httpx.AsyncClient
    begun: datetime
    """The moment at which the sandbox's clock stood in the beginning."""
    running: Running
    """Processes that are looked after here; none when somebody else does it."""
    outbox: Path
    """Where letters are put."""
    doors: AsyncExitStack
    """What is closed in the end: people's browsers."""
    stores: dict[str, OpenStore] = field(default_factory=dict)
    partners: dict[tuple[str, str], Partner] = field(default_factory=dict)
    """By affiliate's name and brand."""
    refusals: list[Refusal] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    letters: set[Path] = field(default_factory=set)
    """Those that were read."""
    clicks: int = 0

    def note(self, who: str, what: str) -> None:
        self.steps.append(Step(who, what))

    async def refuse(
        self, tried: str, document: str, *, by: Api | None = None, **variables: object
    ) -> None:
        """Try what must be refused, and keep the answer. Raises Trouble when it is allowed."""
        try:
            await (by or self.api).act(document, **variables)
        except Refused as refused:
            self.refusals.append(Refusal(tried, refused.message))
        else:
            raise Trouble(f"The product allowed what it must refuse: {tried}", "web")

    async def until(
        self,
        what: str,
        probe: Callable[[], Awaitable[T | Waiting]],
        patience_s: float,
        process: str = "worker",
    ) -> T:
        """Look again and again until a probe has found something; it says what it waits for.

        Raises Trouble after `patience_s`, or when a process has ended meanwhile.
        """
        deadline = time.monotonic() + patience_s
        while isinstance(found := await probe(), Waiting):
            check(self.running)
            if time.monotonic() > deadline:
                raise Trouble(f"After {patience_s:.0f} s there is no {what}: {found}.", process)
            await asyncio.sleep(_LOOK_S)
        return found
