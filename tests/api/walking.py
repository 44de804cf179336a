"""Somebody who goes through a page of docs/ and sends what it tells people to paste, over HTTP.

A page's own variables are sent, but for those with an "…", which stand for what an answer or a
letter said before.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from starlette.applications import Starlette

from api.app import create_app
from config import Config
from db.pool import Database
from domain.ids import encode
from tests.environment import LEAST
from tests.factories import NOW, a_dtc_store, a_product, a_store, an_account, an_offer
from tests.letterbox import KEYRING, token_for
from tests.people import an_api_key
from tests.schema.conftest import Clock

DOCS = Path(__file__).parents[2] / "docs"
ASIN = "B0C1234567"
SHOP = "https://shop.example.com"
OURS = {"X-Requested-By": "graphiql"}

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^>]+) -->\n\n)?"
    r"^```graphql\n(?P<query>.+?)^```$"
    r"(?:\n\n^```json\n(?P<variables>.+?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    name: str
    query: str
    variables: dict[str, Any]
    mark: str


def blocks_of(page: str) -> list[Block]:
    return [
        Block(
            re.findall(r"\w+", found["query"])[1],
            found["query"],
            json.loads(found["variables"] or "{}"),
            found["mark"] or "",
        )
        for found in _BLOCK.finditer((DOCS / page).read_text())
    ]


@dataclass
class Walk:
    """Somebody with a browser, and what they have seen so far."""

    app: Starlette
    db: Database
    owner: asyncpg.Connection
    browser: httpx.AsyncClient
    seat: str | None = None
    known: dict[str, Any] = field(default_factory=dict)
    """What stands for an "…", by the name that a page gives it."""

    async def play(self, page: str, before: dict[str, Callable[[], Awaitable[None]]]) -> None:
        """Each block is answered with something, and refused only where the page says so."""
        blocks = blocks_of(page)
        assert len(blocks) == (DOCS / page).read_text().count("```graphql")
        assert not before.keys() - {block.name for block in blocks}, "the page has it no more"
        for block in blocks:
            if block.mark.startswith("needs"):
                continue
            if block.name in before:
                await before[block.name]()
            answer = await self.ask(block)
            errors = [each["extensions"].get("code") for each in answer.get("errors", [])]
            if block.mark:
                assert errors == [block.mark.removeprefix("is refused: ")], block.name
                continue
            assert not errors, (block.name, answer)
            for result in answer["data"].values():
                assert "message" not in (result or {"message": "null"}), (block.name, result)
            assert not _empty(answer["data"]), f"{block.name} gives an empty list"
            self.known[block.name] = answer["data"]

    async def ask(self, block: Block) -> dict[str, Any]:
        headers = {} if self.seat is None else {"Acting-As": self.seat}
        variables = self._filled(block.variables, "") or self._known_of(block.query)
        body = {"query": block.query, "variables": variables}
        answer = await self.browser.post("/graphql", json=body, headers=headers)
        found: dict[str, Any] = answer.json()
        return found

    def _known_of(self, query: str) -> dict[str, Any]:
        """Of a block without variables beside it: those of its own that are known."""
        asked = re.findall(r"\$(\w+):", query)
        return {name: self.known[name] for name in asked if name in self.known}

    def _filled(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(each, key) for key, each in value.items()}
        if isinstance(value, list):
            wanted = any(isinstance(each, str) and "…" in each for each in value)
            return self.known[name] if wanted else [self._filled(each, name) for each in value]
        return self.known[name] if isinstance(value, str) and "…" in value else value

    async def as_program(self, key: str, query: str, **variables: object) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        async with await self.new_browser() as program:
            body = {"query": query, "variables": variables}
            answer = (await program.post("/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        found: dict[str, Any] = answer["data"]
        return found

    async def letter(self, address: str) -> None:
        self.known["token"] = await token_for(self.owner, address, KEYRING)

    async def new_browser(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=OURS)


def _empty(data: Any) -> bool:
    """Whether any page of any list in it has nothing on it."""
    if isinstance(data, dict):
        return data.get("nodes") == [] or any(_empty(each) for each in data.values())
    return isinstance(data, list) and any(_empty(each) for each in data)


@asynccontextmanager
async def a_walk(
    database_of_test: str, redis_url: str, db: Database, owner: asyncpg.Connection, outbox: Path
) -> AsyncIterator[Walk]:
    """In a rehearsal's app, whose limits and budgets are those that it is shipped with."""
    app = create_app(
        Config.from_env(
            {
                "DATABASE_URL": database_of_test,
                "REDIS_URL": redis_url,
                **LEAST,
                "MAIL_OUTBOX": str(outbox),
            }
        )
    )
    async with app.router.lifespan_context(app):
        app.state.clock = Clock(NOW)
        made = Walk(app, db, owner, None)  # type: ignore[arg-type]
        async with await made.new_browser() as made.browser:
            yield made


LIST = """mutation List($offer: ID!) {
  publishAgreement(offerId: $offer, body: "Say that you earn.") { __typename }
  listOffer(
    input: {
      offerId: $offer
      categories: [HOME]
      questions: [{ question: "Where will our products be seen?", required: true }]
    }
  ) { __typename }
}"""


@dataclass
class Fernhollow:
    """A brand with a store on Amazon, a shop of its own, and an offer that is listed."""

    account_id: UUID
    offer_id: UUID
    shop_offer_id: UUID
    key: str


async def fernhollow(walk: Walk) -> Fernhollow:
    owner = walk.owner
    account_id = await an_account(owner, name="Juniper Row Trading")
    page = "https://www.amazon.com/stores/page/7C9B1A2E-5D34-4F60-8E1B-2A3C4D5E6F70"
    store_id = await a_store(owner, account_id, storefront_url=page)
    await owner.execute("UPDATE brand SET name = 'Fernhollow'")
    await a_product(owner, account_id, store_id, asin=ASIN, title="Fern pot")
    offer_id = await an_offer(owner, account_id, store_id, 1250)
    key = await an_api_key(owner, account_id)
    await walk.as_program(key, LIST, offer=encode("offr", offer_id))
    shop_id = await a_dtc_store(owner, account_id, url=SHOP)
    await a_product(owner, account_id, shop_id, asin=None, url=f"{SHOP}/jug", fulfilment="MERCHANT")
    shop_offer_id = await an_offer(owner, account_id, shop_id, 1000)
    return Fernhollow(account_id, offer_id, shop_offer_id, key)
