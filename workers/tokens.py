"""The access tokens of a seller's consent: kept sealed, refreshed once however many ask.

Whoever finds that a token has run out takes a lease on the grant's row, asks Amazon without holding
the row, and keeps the new token before using it. The others, in whatever process they are, wait
until it is there.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg

from db.pool import Database
from domain.amazon import actions, queries
from domain.amazon.rules import Grant, GrantState, Tokens
from domain.clock import Clock
from domain.sealing import Keyring
from workers.amazon import lwa
from workers.amazon.errors import InvalidGrant, TryLater
from workers.clients import Amazon
from workers.metrics import TOKENS

RUNS_OUT_BEFORE = timedelta(seconds=60)
"""A token is not used in its last minute, so that it does not run out on its way."""

_PATIENCE_S = 90.0
"""Longer than a lease, so that whoever waits outlives one that was left behind."""


def named(tokens: lwa.Tokens) -> Tokens:
    """Amazon's tokens as the trade knows them."""
    lifetime = timedelta(seconds=tokens.expires_in_s)
    return Tokens(tokens.access_token, tokens.refresh_token, lifetime)


@dataclass(frozen=True, slots=True)
class GrantTokens:
    """The access tokens of one grant, for the clients of Amazon's APIs.

    Both ways of asking raise InvalidGrant when the seller must connect again, ClientRefused when
    Amazon refuses our own credentials, and TryLater.
    """

    db: Database
    clock: Clock
    keyring: Keyring
    amazon: Amazon
    account_id: UUID
    grant_id: UUID
    beat_s: float = 4.0
    """So often a lease is extended: it is short, since everything of the seller waits for whoever
    has it, and asking Amazon may take longer."""

    async def token(self) -> str:
        return await self._usable(None)

    async def renew(self, refused: str) -> str:
        return await self._usable(refused)

    async def _usable(self, refused: str | None) -> str:
        give_up_at = time.monotonic() + _PATIENCE_S
        pause_s = 0.02
        while time.monotonic() < give_up_at:
            grant = await self._grant()
            token = self._held(grant)
            if token is not None and token != refused:
                return token
            refreshed = await self._refresh_if_first(grant)
            if refreshed is not None:
                return refreshed
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 0.5)
        raise TryLater("Another worker has been refreshing the access token for too long.")

    async def _grant(self) -> Grant:
        async with self.db.account(self.account_id) as tx:
            grant = await queries.grant(tx, self.account_id, self.grant_id)
        if grant is None or grant.state is not GrantState.CONNECTED:
            said = grant.problem if grant is not None else None
            raise InvalidGrant(said or "The seller has to connect to Amazon first.")
        return grant

    def _held(self, grant: Grant) -> str | None:
        """The access token as it is kept, None when there is none or its time is up."""
        sealed, expires_at = grant.sealed_access_token, grant.access_expires_at
        if sealed is None or expires_at is None:
            return None
        if expires_at - RUNS_OUT_BEFORE <= self.clock.now():
            return None
        return self.keyring.open(sealed, grant.place("sealed_access_token"))

    async def _refresh_if_first(self, grant: Grant) -> str | None:
        """A new token, or None when somebody else is getting one or just has."""
        lease = uuid4()
        async with self.db.account(self.account_id) as tx:
            if not await queries.lease_refresh(tx, grant, lease):
                return None
        beat = asyncio.create_task(self._keep_lease(grant, lease))
        try:
            tokens = await self._refresh(grant)
            TOKENS.labels("refreshed").inc()
        except InvalidGrant as error:
            TOKENS.labels("consent_lost").inc()
            async with self.db.transaction(self.account_id) as tx:
                await actions.lose_consent(tx, grant, lease, str(error), self.clock.now())
            raise
        except BaseException:
            TOKENS.labels("failed").inc()
            # Should this fail too, the lease ends by itself within seconds.
            with suppress(Exception):
                async with self.db.account(self.account_id) as tx:
                    await queries.end_lease(tx, grant, lease)
            raise
        finally:
            beat.cancel()
        async with self.db.account(self.account_id) as tx:
            kept = await actions.keep_refreshed(
                tx, grant, lease, tokens, self.keyring, self.clock.now()
            )
        return tokens.access_token if kept else None

    async def _keep_lease(self, grant: Grant, lease: UUID) -> None:
        while True:
            await asyncio.sleep(self.beat_s)
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                async with self.db.account(self.account_id) as tx:
                    await queries.extend_lease(tx, grant, lease)

    async def _refresh(self, grant: Grant) -> Tokens:
        assert grant.sealed_refresh_token is not None, "a connected grant has a refresh token"
        place = grant.place("sealed_refresh_token")
        refresh_token = self.keyring.open(grant.sealed_refresh_token, place)
        return named(await self.amazon.login(grant.api).refresh(refresh_token))
