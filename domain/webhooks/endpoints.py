"""Make, change and delete endpoints, and keep in mind what their owner listens to.

All take the endpoint's owner as `account_id`: an account, or the affiliate whose endpoint it is.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.access import Room
from domain.errors import NotFound
from domain.events.rules import EventType
from domain.ids import encode
from domain.sealing import Keyring
from domain.webhooks import actions, endpoint, endpoint_queries, queries, rules
from domain.webhooks.addresses import check_url
from domain.webhooks.endpoint import Receivers
from domain.webhooks.rules import Signature
from domain.webhooks.signing import Secret


async def hold(tx: Tx, room: Room, owner_id: UUID) -> None:
    """Before endpoints are made, changed or deleted: nobody else does so until the transaction
    ends. In the owner's own transaction, as `listen` is."""
    if room is Room.ACCOUNT:
        await endpoint_queries.hold_account(tx, owner_id)
    else:
        await endpoint_queries.hold_affiliate(tx, owner_id)


async def listen(tx: Tx, room: Room, owner_id: UUID, types: list[str]) -> None:
    """Afterwards: of these types, which `heard` gives, events are written down from now on."""
    if room is Room.ACCOUNT:
        await endpoint_queries.set_account_hears(tx, owner_id, types)
    else:
        await endpoint_queries.set_affiliate_hears(tx, owner_id, types)


async def heard(tx: Tx, account_id: UUID) -> list[str]:
    """What any endpoint of the owner's listens to, a disabled one too."""
    return await endpoint_queries.heard(tx, account_id)


async def create(
    tx: Tx, account_id: UUID, url: str, description: str, event_types: Collection[EventType],
    signature: Signature, receivers: Receivers, keyring: Keyring, now: datetime,
) -> tuple[UUID, Secret]:  # fmt: skip
    """An endpoint to which events are sent from now on, and its secret, which is shown now and
    never again. Raises InvalidInput and TooManyEndpoints."""
    checked = check_url(url, receivers.rehearsed, receivers.our_hosts)
    types = [str(kind) for kind in endpoint.event_types(event_types)]
    written = endpoint.description(description)
    endpoint.check_number(await endpoint_queries.number(tx, account_id))
    id = await endpoint_queries.insert(tx, account_id, checked, written, types, signature, now)
    return id, await actions.add_secret(tx, keyring, account_id, id, now)


async def update(
    tx: Tx, account_id: UUID, endpoint_id: UUID, receivers: Receivers, url: str | None = None,
    description: str | None = None, event_types: Collection[EventType] | None = None,
    signature: Signature | None = None,
) -> None:  # fmt: skip
    """What is None stays. What is on its way already goes to the new URL, and is signed in the new
    way. Raises NotFound and InvalidInput."""
    await _locked(tx, account_id, endpoint_id)
    await endpoint_queries.update(
        tx, account_id, endpoint_id,
        None if url is None else check_url(url, receivers.rehearsed, receivers.our_hosts),
        None if description is None else endpoint.description(description),
        None if event_types is None else [str(kind) for kind in endpoint.event_types(event_types)],
        signature,
    )  # fmt: skip


async def delete(tx: Tx, account_id: UUID, endpoint_id: UUID, now: datetime) -> None:
    """Send nothing more, and forget its secrets. Its deliveries stay to be looked at.

    Raises NotFound, also for one that is deleted.
    """
    await _locked(tx, account_id, endpoint_id)
    await queries.hold_pending(tx, account_id, endpoint_id)
    await endpoint_queries.delete_every_secret(tx, account_id, endpoint_id)
    await endpoint_queries.mark_deleted(tx, account_id, endpoint_id, now)


async def replay(tx: Tx, account_id: UUID, delivery_id: UUID, now: datetime) -> None:
    """Send a delivery once more, whatever became of it. Raises NotFound, EndpointDisabled and
    TooManyReplays."""
    endpoint_id = await endpoint_queries.endpoint_of_delivery(tx, account_id, delivery_id)
    if endpoint_id is None:
        raise NotFound("webhook delivery", encode(rules.DELIVERY_PREFIX, delivery_id))
    await actions.redeliver_one(tx, account_id, endpoint_id, delivery_id, now)


async def _locked(tx: Tx, account_id: UUID, endpoint_id: UUID) -> None:
    if await queries.lock_endpoint(tx, account_id, endpoint_id) is None:
        raise NotFound("webhook endpoint", encode(rules.ENDPOINT_PREFIX, endpoint_id))
