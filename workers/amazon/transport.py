"""One request to Amazon: its token, its quota, its retries, and what its errors mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from workers.amazon.endpoints import Endpoints
from workers.amazon.errors import AccessLost, NotUnderstood, Rejected, Throttled, TryLater, answer
from workers.amazon.throttle import Bucket, Pace, retry_after_s
from workers.metrics import AMAZON

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""How long Amazon may take over one answer; whoever opens the HTTP client gives it this."""

T = TypeVar("T")


class AccessTokens(Protocol):
    """Where a client has its access tokens from. Keeping and refreshing them is done elsewhere."""

    async def token(self) -> str:
        """An access token that should be good."""
        ...

    async def renew(self, refused: str) -> str:
        """Another token than the one Amazon refused.

        Many calls may report the same refused token at once; it is refreshed once. Raises
        InvalidGrant when the seller must connect again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of Amazon, without what every call carries."""

    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None


Admission = Callable[[], Awaitable[Bucket]]


@dataclass(frozen=True, slots=True)
class Transport:
    """How one client of one of Amazon's APIs sends.

    `sign` gives the headers that carry a token. `expired` is the status with which this API
    refuses a token that has run out.
    """

    http: httpx.AsyncClient
    endpoints: Endpoints
    tokens: AccessTokens
    pace: Pace
    sign: Callable[[str], Mapping[str, str]]
    expired: int

    api: str = "ads"
    """As the metrics call it."""

    async def send(self, request: Request, admit: Admission | None = None) -> httpx.Response:
        """Send until Amazon says yes. A token that has run out is renewed once.

        `admit` waits for the operation's quota before each attempt. Raises TryLater, AccessLost
        or Rejected, and whatever the tokens raise.
        """
        self.endpoints.check(request.url)
        token = await self.tokens.token()
        response = await self._patiently(request, token, admit)
        if response.status_code == self.expired:
            token = await self.tokens.renew(token)
            response = await self._patiently(request, token, admit)
        if response.status_code == self.expired:
            raise AccessLost(answer(response))
        if not response.is_success:
            raise Rejected(answer(response))
        return response

    async def _patiently(
        self, request: Request, token: str, admit: Admission | None
    ) -> httpx.Response:
        async def attempt() -> httpx.Response:
            bucket = await admit() if admit else None
            try:
                return await dial(
                    self.http,
                    self.api,
                    request.method,
                    request.url,
                    params=request.params,
                    headers={**request.headers, **self.sign(token)},
                    json=request.json,
                )
            except Throttled:
                if bucket:
                    bucket.drain()
                raise

        return await self.pace.insist(attempt)


async def dial(
    http: httpx.AsyncClient, api: str, method: str, url: str, **what: Any
) -> httpx.Response:
    """Send one HTTP request, once, and never follow a redirect. `api` is what it is counted as.

    Raises Throttled for 429, and TryLater for 5xx and for a network that fails.
    """
    try:
        response = await http.request(method, url, follow_redirects=False, **what)
    except httpx.RequestError as error:
        AMAZON.labels(api, "error").inc()
        # The error's own text may quote the address, which can be a secret.
        raise TryLater(f"Amazon could not be reached: {type(error).__name__}.") from None
    AMAZON.labels(api, _outcome(response.status_code)).inc()
    if response.status_code == 429:
        raise Throttled(str(answer(response)), retry_after_s(response))
    if response.status_code >= 500:
        raise TryLater(str(answer(response)), retry_after_s(response))
    return response


def _outcome(status: int) -> str:
    if status == 429:
        return "throttled"
    if status >= 500:
        return "error"
    return "ok" if status < 300 else "refused"


def decoded(response: httpx.Response, shape: type[T]) -> T:
    """Read a body. Raises NotUnderstood when it has another shape."""
    try:
        return msgspec.json.decode(response.content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        path = response.request.url.path
        raise NotUnderstood(f"Amazon's answer to {path} cannot be read: {error}") from error
