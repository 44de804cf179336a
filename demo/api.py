"""The product's GraphQL API, as any client speaks with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx

from demo.errors import Refused, Trouble

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Api:
    http: httpx.AsyncClient
    url: str
    key: str

    async def ask(self, document: str, **variables: object) -> dict[str, Any]:
        """The data of a document. Raises Trouble when the answer has errors."""
        answer = await self.http.post(
            f"{self.url}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {self.key}"},
        )
        if not answer.headers.get("content-type", "").startswith("application/json"):
            raise Trouble(f"The API answers {answer.status_code}: {answer.text[:500]}", "web")
        body = answer.json()
        if body.get("errors"):
            raise Trouble(f"The API cannot answer:\n{body['errors']}\nto {document}", "web")
        data: dict[str, Any] = body["data"]
        return data

    async def act(self, document: str, **variables: object) -> dict[str, Any]:
        """The result of a document's one mutation. Raises Refused for a refusal."""
        (result,) = (await self.ask(document, **variables)).values()
        if "message" in result:
            raise Refused(result["__typename"], result["message"])
        found: dict[str, Any] = result
        return found

    async def all(self, document: str, **variables: object) -> AsyncIterator[dict[str, Any]]:
        """Every row of a document's one connection, page after page.

        The document takes `$first: Int!, $after: String` and asks for `nodes` and `pageInfo`.
        """
        after = None
        while True:
            data = await self.ask(document, first=_PAGE, after=after, **variables)
            (page,) = data.values()
            for node in page["nodes"]:
                yield node
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]
