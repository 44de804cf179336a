"""What handlers work with: built once by the entry point, handed to every handler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx

from config import Config
from db.pool import Database
from domain.amazon import queries
from domain.amazon.rules import Api, Known
from domain.catalog.marketplaces import Region
from domain.clock import Clock
from domain.duties.rules import LEASE
from domain.errors import NotFound
from domain.ids import encode
from domain.mail.rules import smtp_server
from domain.sealing import Keyring
from workers.amazon.ads import Ads, Profile
from workers.amazon.endpoints import Endpoints
from workers.amazon.errors import InvalidGrant
from workers.amazon.transport import TIMEOUT
from workers.clients import Amazon, Application
from workers.lanes import SLOTS, WEBHOOKS
from workers.post import Outbox, Post, Smtp
from workers.sending.sender import Sender
from workers.tokens import GrantTokens


@dataclass(frozen=True, slots=True)
class ProfileAds:
    """The Ads API as one profile may use it."""

    client: Ads
    profile: Profile


@dataclass(frozen=True, slots=True)
class Deps:
    db: Database
    clock: Clock
    keyring: Keyring
    amazon: Amazon
    public_url: str
    """Where Amazon's redirects reach us; the exchange of a code has to repeat it."""
    post: Post
    front_end_url: str
    """Where letters lead."""
    sender: Sender
    """Of webhooks."""

    def tokens(self, account_id: UUID, grant_id: UUID) -> GrantTokens:
        return GrantTokens(self.db, self.clock, self.keyring, self.amazon, account_id, grant_id)

    async def ads(self, account_id: UUID, profile_id: UUID) -> ProfileAds:
        """Raises InvalidGrant when the seller has not consented, and NotFound."""
        async with self.db.account(account_id) as tx:
            profile = await queries.profile(tx, account_id, profile_id)
            if profile is None:
                raise NotFound("profile", encode("prof", profile_id))
            grant = await queries.grant_of(tx, account_id, profile.seller_account_id, Api.ADS)
        if grant is None:
            raise InvalidGrant("The seller has to connect to Amazon Ads first.")
        client = self.amazon.ads(self.tokens(account_id, grant.id))
        return ProfileAds(client, _on_the_wire(profile))


_OF_THE_ENGINE: Final = 4
"""Connections for what claims, extends leases, plans and relays: it waits for no handler."""


@asynccontextmanager
async def open_deps(config: Config, clock: Clock, lease: timedelta = LEASE) -> AsyncIterator[Deps]:
    """Everything that needs to be closed again, open.

    There is a connection for each slot, as a handler holds no more than one at a time: nobody waits
    for somebody who waits for them.
    """
    origin = config.amazon_origin
    endpoints = Endpoints.sandbox(origin) if origin else Endpoints.production()
    async with (
        Database(
            config.database_url,
            app_size=SLOTS - WEBHOOKS.slots,  # those work as the system
            affiliate_size=1,
            system_size=SLOTS + _OF_THE_ENGINE,
            absence_s=lease.total_seconds(),
        ) as db,
        httpx.AsyncClient(trust_env=False, timeout=TIMEOUT) as http,
    ):
        amazon = Amazon(
            http=http,
            endpoints=endpoints,
            ads_application=Application(config.ads_client_id, config.ads_client_secret),
            selling_application=Application(
                config.seller_client_id, config.seller_client_secret, config.seller_application_id
            ),
            clock=clock,
        )
        yield Deps(
            db,
            clock,
            Keyring.parse(config.sealing_keys),
            amazon,
            config.public_url,
            Post(config.mail_from, _way_of_letters(config)),
            config.front_end_url,
            Sender(config.webhook_receivers, config.own_hosts),
        )


def _way_of_letters(config: Config) -> Smtp | Outbox:
    if config.smtp_url:
        return Smtp(smtp_server(config.smtp_url))
    return Outbox(Path(config.mail_outbox))


def _on_the_wire(profile: Known) -> Profile:
    found = profile.found
    return Profile(
        region=Region(found.region),
        id=found.amazon_profile_id,
        kind=found.kind.lower(),
        merchant_id=found.merchant_id,
        name=found.name,
        marketplace_id=found.marketplace_id,
        country=found.country,
        currency=found.currency,
        time_zone=found.time_zone,
    )
