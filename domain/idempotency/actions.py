"""Claim a key, keep the answer, give it again.

All of it happens in the transaction of the mutation: what is rolled back was never asked, and can
be asked again under the same key. Claim and keep as the same role: the walls stand here too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from db.pool import Tx
from domain.idempotency import queries, rules
from domain.idempotency.rules import Claimed, IdempotencyKeyReused, Known
from domain.sealing import Keyring

_AT_ONCE: Final = 1_000


async def claim(
    tx: Tx, room_id: UUID, caller: str, key: str, place: str, request_hash: bytes, now: datetime
) -> Claimed | Known:
    """Claimed: do it, then `keep` the answer. Known: it was done, and `open` gives the answer.

    Waits while another transaction is doing the same. `room_id` is the account's, the affiliate's
    or the nil UUID, as the transaction's role may see; `caller` the key or person that asks;
    `place` the mutation's in its document. Raises IdempotencyKeyReused, or InvalidInput for a key
    that cannot be one.
    """
    asked = Claimed(room_id, caller, rules.idempotency_key(key), place)
    if await queries.claim(tx, asked, request_hash, now, rules.forgotten_before(now)):
        return asked
    row = await queries.known(tx, asked)
    if row["request_hash"] != request_hash:
        raise IdempotencyKeyReused(key)
    assert row["sealed_answer"] is not None, "who claims keeps, in one transaction"
    return Known(asked, row["sealed_answer"])


async def keep(tx: Tx, claimed: Claimed, answer: bytes, keyring: Keyring) -> None:
    """Remember the answer, text in UTF-8, for a day. It may hold a secret, so it is sealed."""
    sealed = keyring.seal(answer.decode(), rules.seal_of(claimed))
    kept = await queries.keep(tx, claimed, sealed)
    assert kept, "the transaction that claimed keeps, as the role that claimed"


def open(known: Known, keyring: Keyring) -> bytes:
    """The answer, byte for byte. Raises SealingError when the keyring has lost its key."""
    return keyring.open(known.sealed_answer, rules.seal_of(known.asked)).encode()


async def forget_old(tx: Tx, now: datetime) -> int:
    """Delete a batch of answers older than a day, of all rooms; how many there were in it.

    Takes a transaction of the system. Zero says that there are no more.
    """
    return await queries.delete_old(tx, rules.forgotten_before(now), _AT_ONCE)
