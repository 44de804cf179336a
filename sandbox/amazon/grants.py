"""Login with Amazon: codes, refresh tokens and access tokens, and what each of them opens."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.cast.nouns import Cast, Client, Person
from sandbox.clock import Clock
from sandbox.switches import Switches

CODE_LIFETIME = timedelta(minutes=5)
TOKEN_LIFETIME = timedelta(seconds=3600)


class LoginError(Exception):
    """A token call is refused with this OAuth error."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


@dataclass(slots=True)
class Grant:
    """What a person allowed a client. Lives until it is revoked."""

    client: Client
    person: Person
    seller_id: str | None
    """The selling partner, for the selling API."""
    granted_at: datetime
    refresh_token: str
    revoked: bool = False


@dataclass(slots=True)
class _Code:
    grant: Grant
    expires_at: datetime
    redirect_uri: str | None
    challenge: str | None
    method: str
    used: bool = False


class Grants:
    def __init__(self, cast: Cast, clock: Clock, switches: Switches, seed: int) -> None:
        self._cast, self._clock, self._switches = cast, clock, switches
        self._chance = random.Random(f"grants {seed}")
        self._codes: dict[str, _Code] = {}
        self._by_refresh: dict[str, Grant] = {}
        self._tokens: dict[str, tuple[Grant, datetime]] = {}

    def authorize(
        self,
        client: Client,
        person: Person,
        *,
        seller_id: str | None = None,
        redirect_uri: str | None = None,
        challenge: str | None = None,
        method: str = "plain",
    ) -> str:
        """A code for what the person has just allowed."""
        grant = Grant(client, person, seller_id, self._clock.now(), f"Atzr|{self._secret()}")
        self._by_refresh[grant.refresh_token] = grant
        code = self._secret()[:20]
        self._codes[code] = _Code(
            grant, self._clock.now() + CODE_LIFETIME, redirect_uri, challenge, method
        )
        return code

    def check_client(self, client_id: str, secret: str) -> Client:
        client = self._cast.clients.get(client_id)
        if client is None or client.secret != secret:
            raise LoginError("invalid_client", "Client authentication failed", 401)
        return client

    def redeem(
        self, client: Client, code: str, redirect_uri: str | None, verifier: str | None
    ) -> tuple[Grant, str]:
        """A code becomes a grant and its first access token, once."""
        found = self._codes.get(code)
        if (
            found is None
            or found.used
            or found.grant.client is not client
            or self._clock.now() >= found.expires_at
            or (found.redirect_uri is not None and found.redirect_uri != redirect_uri)
            or not _proves(found, verifier)
        ):
            raise LoginError("invalid_grant", "The request has an invalid grant parameter : code")
        found.used = True
        return found.grant, self._token(found.grant)

    def refresh(self, client: Client, refresh_token: str) -> tuple[Grant, str]:
        grant = self._by_refresh.get(refresh_token)
        if grant is None or grant.client is not client:
            raise LoginError(
                "invalid_grant", "The request has an invalid grant parameter : refresh_token"
            )
        if grant.revoked:
            raise LoginError(
                "invalid_grant",
                "The request has an invalid grant parameter : refresh_token. "
                "User may have revoked or didn't grant the permission.",
            )
        return grant, self._token(grant)

    def holder(self, token: str) -> Grant | None:
        """The grant of an access token that is still good."""
        found = self._tokens.get(token)
        if found is None or found[0].revoked or self._clock.now() >= found[1]:
            return None
        return found[0]

    def revoke(self, person_id: str | None = None, refresh_token: str | None = None) -> int:
        """Take back what a person allowed, or one grant; how many grants that were."""
        hit = [
            grant
            for grant in self._by_refresh.values()
            if not grant.revoked
            and (person_id is None or grant.person.id == person_id)
            and (refresh_token is None or grant.refresh_token == refresh_token)
        ]
        for grant in hit:
            grant.revoked = True
        return len(hit)

    def _token(self, grant: Grant) -> str:
        token = f"Atza|{self._secret()}"
        self._tokens[token] = (grant, self._clock.now() + TOKEN_LIFETIME)
        return token

    def _secret(self) -> str:
        """Long, like Amazon's; drawn from the seed, so that a run can be repeated."""
        return f"IwEB{self._chance.getrandbits(1024):0256x}"


def _proves(code: _Code, verifier: str | None) -> bool:
    """Proof Key for Code Exchange, when the consent asked for it."""
    if code.challenge is None:
        return True
    if verifier is None:
        return False
    if code.method == "plain":
        return verifier == code.challenge
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == code.challenge
