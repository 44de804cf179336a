"""Where somebody is told what happens, and what they were told.

As in `tests/factories.py`: a function per thing, written as the owner of the tables. `owner_id` is
the account's, or the affiliate's own.
"""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.factories import NOW, insert

_numbers = count(1)


async def an_endpoint(owner: asyncpg.Connection, owner_id: UUID, **fields: Any) -> UUID:
    """That hears of conversions which were made, and of offers that changed; with a secret."""
    values = {
        "account_id": owner_id,
        "url": f"https://hooks.example/{next(_numbers)}",
        "event_types": ["conversion.created", "offer.changed"],
        "signature": "STANDARD",
        "created_at": NOW,
    }
    endpoint_id = await insert(owner, "webhook_endpoint", values | fields)
    secret = {
        "account_id": owner_id,
        "endpoint_id": endpoint_id,
        "sealed_secret": f"v1.k1.nonce.{uuid4().hex}",
        "created_at": NOW,
    }
    await insert(owner, "webhook_secret", secret)
    return endpoint_id


async def a_delivery(
    owner: asyncpg.Connection, owner_id: UUID, endpoint_id: UUID, **fields: Any
) -> UUID:
    """That failed for good."""
    number = next(_numbers)
    values = {
        "account_id": owner_id,
        "endpoint_id": endpoint_id,
        "event_id": uuid4(),
        "event_type": "conversion.created",
        "entity": f"conv_{uuid4().hex}",
        "sequence": number,
        "occurred_at": NOW,
        "body": f'{{"type":"conversion.created","sequence":{number}}}',
        "status": "FAILED",
        "attempts": 10,
        "last_status": 500,
        "last_error": "The receiver answered 500.",
        "created_at": NOW,
    }
    return await insert(owner, "webhook_delivery", values | fields)


async def an_attempt(
    owner: asyncpg.Connection, owner_id: UUID, delivery_id: UUID, **fields: Any
) -> UUID:
    values = {
        "account_id": owner_id,
        "delivery_id": delivery_id,
        "at": NOW,
        "duration_ms": 120,
        "status": 500,
        "error": "The receiver answered 500.",
        "response": "Internal Server Error",
    }
    return await insert(owner, "webhook_attempt", values | fields)


async def a_told_endpoint(owner: asyncpg.Connection, owner_id: UUID, **fields: Any) -> UUID:
    """An endpoint with a delivery that was tried once."""
    endpoint_id = await an_endpoint(owner, owner_id, **fields)
    delivery_id = await a_delivery(owner, owner_id, endpoint_id)
    await an_attempt(owner, owner_id, delivery_id)
    return endpoint_id
