"""What people do all the time, whatever breaks meanwhile: click, change, decide, and days pass."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from chaos.client import Act, Client, Outcome, Unanswered
from chaos.history import History
from chaos.scene import AFFILIATE, LINK, PARTNERSHIP, Scene

_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_CLICKERS = 3
_CLICK_EVERY_S = 0.15
_CLICK_PATIENCE_S = 8
_ACT_EVERY_S = 0.4
_DAY_S = 1.5
_MOST_DAYS = 320
"""In a run: what is older than 400 days is forgotten, and could not be checked any more."""
_LEFT_OPEN = 0.1
"""Of the acts, which are asked for only once: when nobody says what became of it, nobody knows."""

_PAUSE = """mutation($id: ID!, $reason: String!) {
  pausePartnership(id: $id, reason: $reason) {
    __typename ... on Partnership { id status } ... on Refusal { message }
  }
}"""
_RESUME = """mutation($id: ID!, $reason: String) {
  resumePartnership(id: $id, reason: $reason) {
    __typename ... on Partnership { id status } ... on Refusal { message }
  }
}"""
_KEY = """mutation($name: String!) {
  createApiKey(input: { name: $name, scopes: [READ] }) {
    __typename ... on ApiKeyCreated { apiKey { id } } ... on Refusal { message }
  }
}"""
_SETTLED = """{
  conversions(first: 20, filter: { status: [SETTLED] }) { nodes { id } }
}"""
_APPROVE = """mutation($id: ID!) {
  approveConversion(id: $id) { __typename ... on Conversion { id } ... on Refusal { message } }
}"""
_DENY = """mutation($id: ID!, $reason: String!) {
  denyConversion(id: $id, reason: $reason) {
    __typename ... on Conversion { id } ... on Refusal { message }
  }
}"""


@dataclass(slots=True)
class Load:
    scene: Scene
    browser: httpx.AsyncClient
    chance: Random
    history: History
    seconds: float
    """How long it will go on, about."""
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    answered: float = 0
    """When the last act was begun that was answered."""
    _made: int = 0
    _decided: set[str] = field(default_factory=set)

    async def go_on(self) -> None:
        """Until `stopped` is set, and what was begun then is over."""
        async with asyncio.TaskGroup() as all_at_once:
            for _ in range(_CLICKERS):
                all_at_once.create_task(self._repeat(self._click, _CLICK_EVERY_S))
            for partnership in self.scene.partnerships:
                all_at_once.create_task(self._repeat(self._pausing(partnership), _ACT_EVERY_S))
            for enter in (self._enter, self._share, self._make_key, self._decide):
                all_at_once.create_task(self._repeat(enter, _ACT_EVERY_S))
            day_s = max(_DAY_S, self.seconds / _MOST_DAYS)
            all_at_once.create_task(self._repeat(self._pass_day, day_s))

    async def until_answered(self, patience_s: float) -> None:
        """Goes on until something was answered that is begun from now on, or it takes too long."""
        begun = self.history.now()
        while self.answered < begun and self.history.now() < begun + patience_s:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async def _repeat(self, deed: Callable[[], Awaitable[None]], every_s: float) -> None:
        while not self.stopped.is_set():
            await deed()
            await asyncio.sleep(every_s * self.chance.uniform(0.5, 1.5))

    async def _pass_day(self) -> None:
        await self.scene.hands.advance(24)

    async def _click(self) -> None:
        code = self.chance.choice(self.scene.links)
        start, outcome, status = self.history.now(), Outcome.UNKNOWN, None
        try:
            answer = await self.browser.get(
                f"{self.scene.client.url}/l/{code}",
                headers={"User-Agent": _BROWSER},
                timeout=_CLICK_PATIENCE_S,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            outcome = Outcome.REFUSED  # never sent
        except httpx.HTTPError:
            pass
        else:
            status = answer.status_code
            outcome = {302: Outcome.OK, 404: Outcome.REFUSED}.get(status, Outcome.UNKNOWN)
        self.history.write(
            "click", code=code, start=round(start, 3), outcome=outcome, status=status
        )

    def _pausing(self, partnership: str) -> Callable[[], Awaitable[None]]:
        """Pause and resume in turns; nobody else touches it, so its end is known."""
        turns = [("PAUSED", _PAUSE), ("ACTIVE", _RESUME)]

        async def turn() -> None:
            status, document = turns[0]
            marker = self._marker("status")
            await self._act(
                document, marker,
                effect={"what": "status", "partnership": partnership, "status": status,
                        "audited": marker},
                id=partnership, reason=marker,
            )  # fmt: skip
            turns.reverse()

        return turn

    async def _enter(self) -> None:
        """An affiliate, and a partnership with a store."""
        marker = self._marker("affiliate")
        email = f"{marker}@chaos.example"
        act = await self._act(
            AFFILIATE, marker,
            effect={"what": "affiliate", "email": email, "audited": email},
            input={"name": marker, "email": email},
        )  # fmt: skip
        if act.outcome is not Outcome.OK:
            return
        store, affiliate = self.chance.choice(self.scene.stores), act.result["id"]
        await self._act(
            PARTNERSHIP, self._marker("partner"),
            effect={"what": "partnership", "affiliate": affiliate, "audited": affiliate},
            affiliate=affiliate, offer=store.offer,
        )  # fmt: skip

    async def _share(self) -> None:
        """A link of a partnership that gets new ones just now, or a refusal."""
        number = self.chance.randrange(len(self.scene.partnerships))
        store = self.scene.stores[number % len(self.scene.stores)]
        marker = self._marker("link")
        order = {
            "partnershipId": self.scene.partnerships[number],
            "url": self.chance.choice(store.asins),
            "subId": marker,
        }
        act = await self._act(
            LINK, marker, effect={"what": "link", "sub_id": marker, "audited": marker}, input=order
        )
        if act.outcome is Outcome.OK:
            self.scene.links.append(act.result["code"])

    async def _make_key(self) -> None:
        marker = self._marker("key")
        await self._act(
            _KEY, marker, effect={"what": "key", "name": marker, "audited": marker}, name=marker
        )

    async def _decide(self) -> None:
        """Whatever has settled is decided, once."""
        try:
            settled = (await self.scene.client.ask(_SETTLED))["conversions"]["nodes"]
        except Unanswered:
            return
        for one in settled:
            id = one["id"]
            if id in self._decided or self.stopped.is_set():
                continue
            self._decided.add(id)
            marker = self._marker("decision")
            if self.chance.random() < 0.7:
                effect = {"what": "decision", "conversion": id, "verdict": "APPROVED"}
                await self._act(_APPROVE, marker, effect=effect | {"audited": id}, id=id)
            else:
                effect = {"what": "decision", "conversion": id, "verdict": "DENIED"}
                await self._act(
                    _DENY, marker, effect=effect | {"audited": id}, id=id, reason=marker
                )

    async def _act(
        self, document: str, marker: str, *, effect: dict[str, object], **variables: Any
    ) -> Act:
        patience_s = 0 if self.chance.random() < _LEFT_OPEN else 60
        start = self.history.now()
        act = await self._client.act(
            document, marker, effect=effect, patience_s=patience_s, **variables
        )
        if act.outcome is Outcome.OK:
            self.answered = max(self.answered, start)
        return act

    @property
    def _client(self) -> Client:
        return self.scene.client

    def _marker(self, what: str) -> str:
        self._made += 1
        return f"{what}-{self._made}"
