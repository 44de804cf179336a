"""The product's GraphQL API, as any client speaks with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from demo.errors import Refused, Trouble

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Api:
    """Asks as whoever the headers, or the cookies of `http`, say."""

    http: httpx.AsyncClient
    url: str
    headers: Mapping[str, str]

    async def ask(self, document: str, **variables: object) -> dict[str, Any]:
        """The data of a document. Raises Trouble when the answer has errors."""
        body = await self._post(document, variables)
        if body.get("errors"):
            raise Trouble(f"The API cannot answer:\n{body['errors']}\nto {document}", "web")
        data: dict[str, Any] = body["data"]
        return data

    async def denied(self, document: str, **variables: object) -> str:
        """Why whoever asks may not. Raises Trouble when they may."""
        body = await self._post(document, variables)
        if not body.get("errors"):
            raise Trouble(f"The product lets somebody in whom it must not: {document}", "web")
        message: str = body["errors"][0]["message"]
        return message

    async def act(self, document: str, **variables: object) -> dict[str, Any]:
        """The result of a document's one mutation. Raises Refused for a refusal."""
        (result,) = (await self.ask(document, **variables)).values()
        if "message" in result:
            raise Refused(result["__typename"], result["message"])
        found: dict[str, Any] = result
        return found

    async def all(self, document: str, **variables: object) -> AsyncIterator[dict[str, Any]]:
        """Every row of a document's one connection, page after page.

        The document takes `$first: Int!, $after: String` and asks for `nodes` and `pageInfo`; one
        whose rows are dear says itself how many.
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

    async def _post(self, document: str, variables: Mapping[str, object]) -> dict[str, Any]:
        answer = await self.http.post(
            f"{self.url}/graphql",
            json={"query": document, "variables": variables},
            headers=self.headers,
        )
        if not answer.headers.get("content-type", "").startswith("application/json"):
            raise Trouble(f"The API answers {answer.status_code}: {answer.text[:500]}", "web")
        body: dict[str, Any] = answer.json()
        return body


def with_key(http: httpx.AsyncClient, url: str, key: str) -> Api:
    return Api(http, url, {"Authorization": f"Bearer {key}"})
