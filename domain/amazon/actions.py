"""Seller accounts, their consents, and the profiles behind them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.constraints import refuses
from db.pool import Tx
from domain.amazon import queries, rules
from domain.amazon.rules import (
    Answer,
    Api,
    Asked,
    Declined,
    FoundProfile,
    Grant,
    GrantState,
    Measurement,
    MerchantTaken,
    Started,
    Tokens,
)
from domain.duties.actions import promise
from domain.duties.rules import Kind
from domain.errors import InvalidInput, NotFound
from domain.events import news
from domain.events.rules import EventType
from domain.ids import encode
from domain.reports.scheduling import plan_backfill
from domain.sealing import Keyring


async def add_seller_account(tx: Tx, account_id: UUID, name: str, now: datetime) -> UUID:
    """S8. A seller of the account, to be connected by its two consents."""
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise InvalidInput("name", "A seller account's name has 1 to 200 characters.")
    return await queries.insert_seller_account(tx, account_id, name, now)


async def start_consent(
    tx: Tx, account_id: UUID, seller_account_id: UUID, api: Api, now: datetime,
    *, person_id: UUID | None = None,
) -> Started:  # fmt: skip
    """Let a person consent, once, within the next quarter of an hour.

    With `person_id` it is taken only from a browser in which this person is signed in; without, as
    for a tool that asked with its key, from whoever has the address.
    """
    if not await queries.has_seller_account(tx, account_id, seller_account_id):
        raise NotFound("seller account", encode("slac", seller_account_id))
    grant_id = await queries.open_grant(tx, account_id, seller_account_id, api, now)
    started = Started(grant_id, secrets.token_urlsafe(32))
    await queries.insert_consent_request(
        tx, rules.state_hash(started.state), account_id, grant_id, person_id,
        now + rules.CONSENT_VALID,
    )  # fmt: skip
    return started


async def take_state(
    tx: Tx, state: str, now: datetime, person_id: UUID | None = None
) -> Asked | None:
    """Whose consent a redirect brings; None when it is unknown, too late, taken before, or was
    asked for by somebody else than the person of this browser.

    The one action of the system's transaction: nothing else is known of a redirect.
    """
    asked = await queries.take_consent_request(tx, rules.state_hash(state), person_id, now)
    await queries.delete_expired_consent_requests(tx, now)
    return asked


async def complete_consent(
    tx: Tx, asked: Asked, api: Api, answer: Answer, keyring: Keyring, now: datetime
) -> Declined | None:
    """Take Amazon's answer in: promise the exchange of its code, or keep why there is none.

    That the answer is unusable is an outcome, not a refusal: it is stored.
    """
    grant = await queries.grant(tx, asked.account_id, asked.grant_id)
    if grant is None or grant.api is not api:
        return Declined("This consent was begun for the other of Amazon's APIs. Connect again.")
    reason = await _settle_merchant(tx, grant, answer)
    if reason is not None:
        await queries.decline(tx, grant.account_id, grant.id, reason)
        return Declined(reason)
    assert answer.code is not None, "an answer without a code is unusable"
    sealed = keyring.seal(answer.code, grant.place("sealed_code"))
    await queries.receive_code(tx, grant.account_id, grant.id, sealed)
    await promise(tx, Kind.EXCHANGE_CODE, str(grant.id), grant.account_id, {}, now)
    return None


async def _settle_merchant(tx: Tx, grant: Grant, answer: Answer) -> str | None:
    """Pin the seller who consented to the seller account; the reason why that cannot be."""
    pinned = await queries.lock_merchant_id(tx, grant.account_id, grant.seller_account_id)
    reason = rules.why_unusable(answer, grant.api, pinned)
    if reason is not None or grant.api is Api.ADS or answer.merchant_id is None:
        return reason
    try:
        await pin_merchant(tx, grant.account_id, grant.seller_account_id, answer.merchant_id)
    except MerchantTaken as taken:
        return taken.message
    return None


async def pin_merchant(tx: Tx, account_id: UUID, seller_account_id: UUID, merchant_id: str) -> None:
    """From now on the seller account is this seller at Amazon. Raises MerchantTaken."""
    # The transaction goes on after the refusal, so only this statement may be rolled back.
    with refuses("seller_account_merchant_key", with_=MerchantTaken(merchant_id)):
        async with tx.transaction():
            await queries.pin_merchant(tx, account_id, seller_account_id, merchant_id)


async def connect(tx: Tx, grant: Grant, tokens: Tokens, keyring: Keyring, now: datetime) -> bool:
    """Keep what the grant's code was exchanged for, and promise what it makes possible.

    False when the person has consented once more meanwhile and that code is to be exchanged too.
    """
    done = await queries.store_tokens(
        tx,
        grant,
        keyring.seal(tokens.refresh_token, grant.place("sealed_refresh_token")),
        keyring.seal(tokens.access_token, grant.place("sealed_access_token")),
        now + tokens.lifetime,
        now,
    )
    await _promise_what_waited(tx, grant, now)
    if grant.state is not GrantState.CONNECTED:
        await news.stores_of_seller(
            tx, grant.account_id, grant.seller_account_id, EventType.STORE_CONNECTED, now
        )
    return done


async def _promise_what_waited(tx: Tx, grant: Grant, now: datetime) -> None:
    account_id, seller = grant.account_id, grant.seller_account_id
    if grant.api is Api.SELLING_PARTNER:
        for store_id in await queries.connected_stores(tx, account_id, seller):
            await promise(tx, Kind.SYNC_CATALOG, str(store_id), account_id, {}, now)
        return
    until = {"until": (now + rules.PROFILES_APPEAR_WITHIN).isoformat()}
    await promise(tx, Kind.DISCOVER_PROFILES, str(grant.id), account_id, until, now)
    for profile_id, measures in await queries.profiles_in_use(tx, account_id, seller):
        if measures:
            # What was to be read while there was no consent has been given up or passed over.
            await plan_backfill(tx, account_id, profile_id, now)
        else:
            await promise(tx, Kind.ENABLE_MEASUREMENT, str(profile_id), account_id, {}, now)


async def keep_refreshed(
    tx: Tx, grant: Grant, lease: UUID, tokens: Tokens, keyring: Keyring, now: datetime
) -> bool:
    """Keep a refreshed token before anybody uses it. False when another one was kept instead."""
    return await queries.store_refreshed(
        tx,
        grant,
        lease,
        keyring.seal(tokens.refresh_token, grant.place("sealed_refresh_token")),
        keyring.seal(tokens.access_token, grant.place("sealed_access_token")),
        now + tokens.lifetime,
        now,
    )


async def lose_consent(tx: Tx, grant: Grant, lease: UUID, said: str, now: datetime) -> None:
    """Amazon does not honour the refresh token: nothing is fetched until the seller consents."""
    problem = f"Amazon no longer honours the seller's consent. Connect again. ({said})"
    if await queries.lose(tx, grant, lease, problem):
        await _tell_to_reconnect(tx, grant, now)


async def refuse_code(tx: Tx, grant: Grant, said: str, now: datetime) -> None:
    """Amazon does not take the grant's code; a consent that works stays."""
    problem = f"The consent could not be completed. Connect again. ({said})"
    if await queries.refuse_code(tx, grant, problem):
        await _tell_to_reconnect(tx, grant, now)


async def _tell_to_reconnect(tx: Tx, grant: Grant, now: datetime) -> None:
    await news.stores_of_seller(
        tx, grant.account_id, grant.seller_account_id, EventType.STORE_RECONNECT_NEEDED, now
    )


async def record_profiles(
    tx: Tx, account_id: UUID, seller_account_id: UUID, found: Sequence[FoundProfile], now: datetime
) -> None:
    """Keep every profile behind a consent, also those that cannot be connected: a refusal names
    them. What is known of a profile's tag stays."""
    await queries.upsert_profiles(tx, account_id, seller_account_id, found, now)


async def record_eligibility(
    tx: Tx, account_id: UUID, seller_account_id: UUID, eligible: dict[str, bool]
) -> None:
    """By Amazon's profile id: whether it may use Attribution."""
    for amazon_profile_id, may in sorted(eligible.items()):
        attribution = "ELIGIBLE" if may else "NOT_ELIGIBLE"
        await queries.set_attribution(
            tx, account_id, seller_account_id, amazon_profile_id, attribution
        )


async def record_measurement(
    tx: Tx, account_id: UUID, profile_id: UUID, measurement: Measurement, now: datetime
) -> None:
    """The tag call was made: from now on Amazon measures the profile's tags, and reports."""
    await queries.set_measurement(tx, account_id, profile_id, measurement, now)
    await plan_backfill(tx, account_id, profile_id, now)
