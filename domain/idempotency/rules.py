"""What makes two requests the same, and for how long. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal, excerpt
from domain.sealing import Place

REMEMBERED: Final = timedelta(hours=24)
LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class Claimed:
    """Nobody has asked this before: do it, and keep the answer here in the same transaction."""

    room_id: UUID
    caller: str
    key: str
    place: str


@dataclass(frozen=True, slots=True)
class Known:
    """It has been asked before, and this was the answer. Nothing is to be done."""

    asked: Claimed
    sealed_answer: str


@dataclass(eq=False)
class IdempotencyKeyReused(Refusal):
    """The key belongs to another request."""

    key: str

    @property
    def message(self) -> str:
        return (
            f'The idempotency key "{excerpt(self.key)}" was used for another request within the '
            "last 24 hours. Nothing was done. Send the same request again to have its answer, or "
            "choose a new key."
        )


def idempotency_key(text: str) -> str:
    """The key as kept. Raises InvalidInput."""
    if not text.isprintable() or not 1 <= len(text) <= LONGEST_KEY:
        raise InvalidInput(
            "Idempotency-Key", f"Send a key of 1 to {LONGEST_KEY} characters, such as a new UUID."
        )
    return text


def request_hash(request: object) -> bytes:
    """What is compared: the request as JSON, in whatever order its members came.

    What JSON has no value for, such as a day, counts by its text.
    """
    return sha256(_canonical(request)).digest()


def forgotten_before(now: datetime) -> datetime:
    """Answers of this moment and older count as absent."""
    return now - REMEMBERED


def seal_of(asked: Claimed) -> Place:
    """Where an answer opens. Its row has no id but its key: the id is the hash of that."""
    key = sha256(_canonical([asked.caller, asked.key, asked.place])).digest()
    row_id = UUID(bytes=key[:16])
    return Place("idempotent_answer", "sealed_answer", asked.room_id, row_id)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()
