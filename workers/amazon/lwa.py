"""Login with Amazon: a code becomes tokens, a refresh token becomes an access token.

Neither codes, tokens nor our secret are ever written to a log or put into an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import msgspec

from workers.amazon.endpoints import Endpoints
from workers.amazon.errors import ClientRefused, InvalidGrant, NotUnderstood, TryLater
from workers.amazon.throttle import Pace
from workers.amazon.transport import decoded, dial

_TEMPORARY = {"server_error", "temporarily_unavailable"}
_VOID = {"invalid_grant", "access_denied"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Amazon gives: an access token for `expires_in_s` seconds, a refresh token for good."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class LoginWithAmazon:
    """One of our two clients (security profiles): that of the Ads API or of the catalogue."""

    http: httpx.AsyncClient
    endpoints: Endpoints
    client_id: str
    client_secret: str = field(repr=False)
    pace: Pace = field(default_factory=Pace)

    async def exchange(self, code: str, redirect_uri: str) -> Tokens:
        """Turn the code of a consent into tokens. A code lives 5 minutes and works once."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._ask(form)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Get a fresh access token. The refresh token that comes with it is the one to keep."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(form)

    async def _ask(self, form: dict[str, str]) -> Tokens:
        """Raises InvalidGrant, ClientRefused, TryLater or NotUnderstood."""
        self.endpoints.check(self.endpoints.token_url)
        secret = {"client_id": self.client_id, "client_secret": self.client_secret}
        response = await self.pace.insist(
            lambda: dial(self.http, "login", "POST", self.endpoints.token_url, data=form | secret)
        )
        return _tokens(response, form)


class _Granted(msgspec.Struct):
    access_token: str
    refresh_token: str | None = None
    expires_in: int = 3600


class _Refused(msgspec.Struct):
    error: str = ""
    error_description: str = ""


def _tokens(response: httpx.Response, form: dict[str, str]) -> Tokens:
    if response.is_success:
        granted = decoded(response, _Granted)
        refresh_token = granted.refresh_token or form.get("refresh_token")
        if not granted.access_token or not refresh_token:
            raise NotUnderstood("Login with Amazon answered without a token.")
        return Tokens(granted.access_token, refresh_token, granted.expires_in)
    try:
        refused = msgspec.json.decode(response.content, type=_Refused)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        refused = _Refused()
    said = (
        f"Login with Amazon answered {response.status_code} {refused.error or 'without an error'}"
    )
    said = f"{said}: {refused.error_description[:300]}".rstrip(": ")
    if refused.error in _TEMPORARY:
        raise TryLater(said)
    if refused.error in _VOID:
        raise InvalidGrant(f"{said}. The seller has to connect again.")
    raise ClientRefused(f"{said}. Check the client id, its secret and its rights at Amazon.")
