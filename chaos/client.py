"""The product's public API, as a client speaks with it who counts on nothing.

Each mutation goes under an idempotency key of its own. Whatever leaves its outcome open is asked
again under the same key, and everything is in the history with how it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from chaos.history import History

_AGAIN_S = 0.5


class Outcome(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    """For certain nothing was done."""
    UNKNOWN = "unknown"
    """Done or not: nobody said."""


class Unanswered(Exception):
    """A question without an answer."""


@dataclass(frozen=True, slots=True)
class Act:
    outcome: Outcome
    result: Mapping[str, Any]


@dataclass(slots=True)
class Client:
    http: httpx.AsyncClient
    url: str
    headers: Mapping[str, str]
    history: History

    async def ask(self, document: str, **variables: object) -> dict[str, Any]:
        """Raises Unanswered."""
        try:
            body = await self._post(document, variables, {})
        except httpx.HTTPError as error:
            raise Unanswered(repr(error)) from error
        if body is None or body.get("errors"):
            raise Unanswered(f"{document} is answered by {body}")
        data: dict[str, Any] = body["data"]
        return data

    async def act(
        self, document: str, marker: str, *, effect: Mapping[str, object], patience_s: float = 30,
        **variables: Any,
    ) -> Act:  # fmt: skip
        """One mutation, done at most once however often it is asked for.

        `marker` is its idempotency key; `effect` says to the checker what it must leave behind.
        """
        start, tries, said = self.history.now(), 0, ""
        outcome, result = Outcome.REFUSED, dict[str, Any]()
        while True:
            tries += 1
            try:
                body = await self._post(document, variables, {"Idempotency-Key": marker})
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                said = repr(error)  # it was not sent this time: what was open before stays open
            except httpx.HTTPError as error:
                outcome, said = Outcome.UNKNOWN, repr(error)
            else:
                if body is not None and not body.get("errors"):
                    (result,) = body["data"].values()
                    outcome = Outcome.REFUSED if "message" in result else Outcome.OK
                    said = result.get("message", "")
                    break
                outcome, said = Outcome.UNKNOWN, str(body)[:500]
            if self.history.now() - start > patience_s:
                break
            await asyncio.sleep(_AGAIN_S)
        self.history.write(
            "act", key=marker, start=round(start, 3), outcome=outcome, tries=tries, said=said,
            effect=dict(effect), result=result,
        )  # fmt: skip
        return Act(outcome, result)

    async def _post(
        self, document: str, variables: Mapping[str, object], headers: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """The answer's body; None when it is no answer of GraphQL's."""
        answer = await self.http.post(
            f"{self.url}/graphql",
            json={"query": document, "variables": variables},
            headers={**self.headers, **headers},
        )
        if not answer.headers.get("content-type", "").startswith("application/json"):
            return None
        try:
            body: dict[str, Any] = answer.json()
        except ValueError:
            return None
        return body
