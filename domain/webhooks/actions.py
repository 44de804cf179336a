"""Enable, disable, rotate, try out and replay.

All take the endpoint's owner as `account_id`: an account, or the affiliate whose endpoint it is.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.duties.actions import promise
from domain.duties.rules import Kind
from domain.errors import InvalidInput, NotFound
from domain.events import queries as events
from domain.events import rules as event_rules
from domain.events.rules import Event, EventType
from domain.ids import encode, new_id
from domain.sealing import Keyring
from domain.webhooks import queries, rules, signing
from domain.webhooks.endpoint import EndpointDisabled, Replays
from domain.webhooks.health import Why
from domain.webhooks.rules import Endpoint, EndpointStatus
from domain.webhooks.signing import Secret


async def add_secret(
    tx: Tx, keyring: Keyring, account_id: UUID, endpoint_id: UUID, now: datetime
) -> Secret:
    """A new secret of an endpoint, which its owner is shown now and never again."""
    secret, id = Secret.new(), new_id()
    sealed = keyring.seal(secret.text, signing.place_of(account_id, id))
    await queries.insert_secret(tx, account_id, id, endpoint_id, sealed, now)
    return secret


async def rotate(
    tx: Tx, keyring: Keyring, account_id: UUID, endpoint_id: UUID, now: datetime
) -> Secret:
    """A new secret; the old ones sign beside it for another 24 hours. Raises NotFound.

    Ten old ones are kept at most: with more, the oldest end at once.
    """
    await _locked(tx, account_id, endpoint_id)
    await queries.end_secrets(tx, account_id, endpoint_id, now + signing.OLD_FOR)
    await queries.delete_secrets(tx, account_id, endpoint_id, now, signing.MOST_OLD)
    return await add_secret(tx, keyring, account_id, endpoint_id, now)


async def enable(tx: Tx, account_id: UUID, endpoint_id: UUID) -> None:
    """Send to it again, from now on. What was held meanwhile waits for a replay. Raises NotFound.

    Enabling twice is once.
    """
    endpoint = await _locked(tx, account_id, endpoint_id)
    if endpoint.status is EndpointStatus.DISABLED:
        await queries.set_enabled(tx, account_id, endpoint_id)


async def disable(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> None:
    """Send nothing more; what waits is held, and so is what comes. Raises NotFound.

    Disabling twice is once.
    """
    endpoint = await _locked(tx, account_id, endpoint_id)
    if endpoint.status is EndpointStatus.ENABLED:
        await queries.set_disabled(tx, account_id, endpoint_id, Why.OWNER, now)
        await queries.hold_pending(tx, account_id, endpoint_id)


async def redeliver_one(
    tx: Tx, account_id: UUID, endpoint_id: UUID, delivery_id: UUID, now: datetime
) -> None:
    """Send a delivery once more, whatever became of it. Raises NotFound, EndpointDisabled and
    TooManyReplays."""
    replays = await _replays(tx, account_id, endpoint_id, now)
    await queries.set_replays(tx, account_id, endpoint_id, replays.with_more(1))
    if not await queries.redeliver_one(tx, account_id, endpoint_id, delivery_id, now):
        raise NotFound("webhook delivery", encode(rules.DELIVERY_PREFIX, delivery_id))
    await wake(tx, account_id, endpoint_id, now)


async def redeliver_range(
    tx: Tx, account_id: UUID, endpoint_id: UUID, since: datetime, until: datetime, now: datetime
) -> int:
    """Send once more whatever happened from `since` on and before `until`, delivered or not; how
    many. Raises NotFound, EndpointDisabled, TooManyReplays and InvalidInput."""
    replays = await _replays(tx, account_id, endpoint_id, now)
    if since >= until:
        raise InvalidInput("until", "The range is empty: it ends after it begins.")
    ids = await queries.occurred_between(
        tx, account_id, endpoint_id, since, until, rules.MOST_AT_ONCE + 1
    )
    if len(ids) > rules.MOST_AT_ONCE:
        raise InvalidInput(
            "until",
            f"There are more than {rules.MOST_AT_ONCE} deliveries in this range: make it shorter,"
            " and ask for the rest after that.",
        )
    return await _again(tx, account_id, endpoint_id, ids, replays, now)


async def redeliver_failed(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> int:
    """Send once more what was given up, and what was held; how many: the oldest, and no more than
    may be replayed in this hour.

    Raises NotFound and EndpointDisabled, and TooManyReplays when none may.
    """
    replays = await _replays(tx, account_id, endpoint_id, now)
    ids = await queries.undelivered(tx, account_id, endpoint_id, max(replays.left, 1))
    return await _again(tx, account_id, endpoint_id, ids, replays, now)


async def enqueue_test(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> UUID:
    """Send an event that means nothing, to try the endpoint out; the id of its delivery.

    Raises NotFound and EndpointDisabled.
    """
    await _enabled(tx, account_id, endpoint_id)
    entity = encode(rules.ENDPOINT_PREFIX, endpoint_id)
    kind = await queries.kind_of_owner(tx, account_id)
    sequence = (await events.number(tx, account_id, {entity: 1}))[entity]
    event = Event(
        EventType.WEBHOOK_TEST,
        entity,
        {"id": entity, "message": "This is a test: nothing has happened."},
        now,
    )
    body = event_rules.body(event, sequence, account_id, kind)
    delivery_id = await queries.insert_delivery(
        tx, account_id, endpoint_id, new_id(), event.type, entity, sequence, body, now
    )
    await wake(tx, account_id, endpoint_id, now)
    return delivery_id


async def wake(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> None:
    """Promise that what is due for an endpoint is sent, now that its owner asks for it: also
    where nothing would have been sent for a while, since they may just have mended it."""
    await queries.set_paused(tx, account_id, endpoint_id, None)
    await promise(tx, Kind.DELIVER_WEBHOOKS, str(endpoint_id), account_id, {}, now)


async def _again(
    tx: Tx, account_id: UUID, endpoint_id: UUID, ids: list[UUID], replays: Replays, now: datetime
) -> int:
    await queries.set_replays(tx, account_id, endpoint_id, replays.with_more(len(ids)))
    count = await queries.redeliver(tx, account_id, endpoint_id, ids, now)
    if count:
        await wake(tx, account_id, endpoint_id, now)
    return count


async def _locked(tx: Tx, account_id: UUID, endpoint_id: UUID) -> Endpoint:
    endpoint = await queries.lock_endpoint(tx, account_id, endpoint_id)
    if endpoint is None:
        raise NotFound("webhook endpoint", encode(rules.ENDPOINT_PREFIX, endpoint_id))
    return endpoint


async def _replays(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> Replays:
    await _enabled(tx, account_id, endpoint_id)
    return (await queries.replays(tx, account_id, endpoint_id)).at(now)


async def _enabled(tx: Tx, account_id: UUID, endpoint_id: UUID) -> None:
    endpoint = await _locked(tx, account_id, endpoint_id)
    if endpoint.status is EndpointStatus.DISABLED:
        raise EndpointDisabled(endpoint_id)
