"""What is due for an endpoint, and what came of sending it. In transactions of the system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.duties.rules import Duty
from domain.mail import letters
from domain.mail.actions import send
from domain.mail.rules import Letter, Sender
from domain.sealing import Keyring
from domain.webhooks import delivery_queries, health, queries, rules, schedule
from domain.webhooks.health import Health, Result, Why
from domain.webhooks.rules import (
    Answer,
    Delivery,
    DeliveryStatus,
    Endpoint,
    EndpointStatus,
    Recorded,
)
from domain.webhooks.signing import Secret, Signer, place_of


@dataclass(frozen=True, slots=True)
class Batch:
    """What may be sent now."""

    url: str
    signer: Signer
    due: list[Delivery]
    next_due: datetime | None
    """When there is something to send again, if nothing is due."""
    lease_left_s: float
    """For so long nobody else sends it, counted from before it was asked for."""


async def take(tx: Tx, keyring: Keyring, duty: Duty, now: datetime, most: int) -> Batch | None:
    """What is due, at most so many; None when there is nothing to be sent any more.

    What waits for an endpoint that is disabled is held: it came while that was decided.
    """
    account_id, endpoint_id = duty.account_id, UUID(duty.subject)
    left = await delivery_queries.lease_left(tx, duty)
    endpoint = await delivery_queries.endpoint(tx, account_id, endpoint_id)
    if endpoint is None or left <= 0:
        return None
    if endpoint.status is EndpointStatus.DISABLED:
        # Under its lock: enabled by now, what its owner has asked for since is not to be held.
        endpoint = await queries.lock_endpoint(tx, account_id, endpoint_id)
        if endpoint is None or endpoint.status is EndpointStatus.DISABLED:
            await queries.hold_pending(tx, account_id, endpoint_id)
            return None
    paused_until = endpoint.paused_until
    paused = paused_until is not None and paused_until > now
    due = [] if paused else await delivery_queries.due(tx, account_id, endpoint_id, now, most)
    later = None if due else await delivery_queries.next_due(tx, account_id, endpoint_id)
    if not due and later is None:
        return None
    if paused_until is not None and later is not None:
        later = max(later, paused_until)
    secrets = [
        Secret(keyring.open(one.sealed, place_of(account_id, one.id)))
        for one in await delivery_queries.secrets(tx, account_id, endpoint_id, now)
    ]
    return Batch(endpoint.url, Signer(endpoint.signature, secrets), due, later, left)


async def pause(tx: Tx, duty: Duty, until: datetime) -> None:
    """The receiver takes nothing: whatever else happens is not sent to it before.

    A success ends the pause, and so does its owner, who enables it or asks for something.
    """
    if await delivery_queries.hold_lease(tx, duty):
        await queries.set_paused(tx, duty.account_id, UUID(duty.subject), until)


def judge(
    delivery: Delivery, answer: Answer, now: datetime, wall: datetime, chance: float
) -> Recorded:
    """What becomes of a delivery. `wall` and `chance` are as `schedule.next_attempt` has them."""
    again = None
    if answer.succeeded:
        status = DeliveryStatus.DELIVERED
    else:
        again = schedule.next_attempt(delivery.attempts + 1, answer, now, wall, chance)
        status = DeliveryStatus.FAILED if again is None else DeliveryStatus.PENDING
    return Recorded(delivery, status, again, now, answer, rules.outcome(answer))


async def record(tx: Tx, post: Sender, duty: Duty, done: Sequence[Recorded], now: datetime) -> bool:
    """Write down what was sent, in the order in which answers came; False, and nothing is, when
    somebody else does the duty by now.

    May disable the endpoint, and tells its owners when it fails or is disabled.
    """
    account_id, endpoint_id = duty.account_id, UUID(duty.subject)
    endpoint = await queries.lock_endpoint(tx, account_id, endpoint_id)
    if not await delivery_queries.hold_lease(tx, duty):
        return False
    written = await delivery_queries.record(tx, account_id, done)
    await delivery_queries.insert_attempts(tx, account_id, done)
    if endpoint is not None:
        counting = [one for one in done if one.delivery.id in written]
        await _record_health(tx, post, endpoint, counting, now)
    return True


async def _record_health(
    tx: Tx, post: Sender, endpoint: Endpoint, done: Sequence[Recorded], now: datetime
) -> None:
    account_id, id = endpoint.account_id, endpoint.id
    disabled = endpoint.status is EndpointStatus.DISABLED
    found = Health(
        endpoint.failing_since,
        endpoint.failures,
        endpoint.last_success_at,
        Why.OWNER if disabled else None,
    )
    told = False
    for one in done:
        before, found = found, health.after(found, _result(one), one.at)
        told = told or health.is_told(before, found)
    await delivery_queries.set_health(tx, account_id, id, found)
    url = post.front_end_url
    if found.disabled is not None and not disabled:
        await queries.set_disabled(tx, account_id, id, found.disabled, now)
        await queries.hold_pending(tx, account_id, id)
        gone = found.disabled is Why.GONE
        await _tell(
            tx, post, account_id, letters.webhooks_disabled(url, endpoint.url, gone=gone), now
        )
    elif told:
        await _tell(tx, post, account_id, letters.webhooks_fail(url, endpoint.url), now)


def _result(done: Recorded) -> Result:
    if done.status is DeliveryStatus.DELIVERED:
        return Result.SUCCESS
    if done.answer.gone:
        return Result.GONE
    if done.status is DeliveryStatus.FAILED:
        return Result.LAST_FAILURE
    return Result.FAILURE


async def _tell(tx: Tx, post: Sender, owner_id: UUID, letter: Letter, now: datetime) -> None:
    for address in await delivery_queries.owners_addresses(tx, owner_id):
        await send(tx, post.keyring, owner_id, address, *letter, now)
