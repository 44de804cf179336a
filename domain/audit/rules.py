"""What an entry says, and how each holds on to the one before it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from math import isfinite
from typing import Any, Final
from uuid import UUID

REDACTED: Final = "[redacted]"
BEGINNING: Final = b""
"""What stands in place of the hash before the first entry."""

_SECRETS: Final = frozenset({"password", "newpassword", "currentpassword", "token", "code"})


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain of an account goes: the last entry's number and hash."""

    number: int = 0
    hash: bytes = BEGINNING


@dataclass(frozen=True, slots=True)
class Entry:
    """`input` and `changes` are PostgreSQL's own text of the jsonb, which is the same for the same
    value, whatever order its members were written in."""

    account_id: UUID
    number: int
    actor: str
    action: str
    input: str
    changes: str
    request_id: str | None
    at: datetime
    erased: bool = False
    """Somebody in it was forgotten: what it said can't be checked any more, but its place can."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Every entry is there, as it was written, or without somebody who was forgotten."""

    entries: int
    erased: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that is not as it was written, and what is wrong with it."""

    number: int
    what: str


def redacted(input: Mapping[str, object]) -> dict[str, Any]:
    """The arguments of a mutation as they may be kept: JSON, without its secrets.

    A secret is known by its argument's name, at any depth and in any spelling.
    """
    return {
        name: REDACTED if it is not None and _is_secret(name) else _plain(it, redact=True)
        for name, it in input.items()
    }


def storable(changes: Sequence[object]) -> list[Any]:
    """The same as JSON that PostgreSQL takes."""
    return [_plain(it, redact=False) for it in changes]


def hash_after(before: bytes, entry: Entry) -> bytes:
    """The hash of an entry, which holds that of the one before it."""
    written = replace(entry, at=entry.at.astimezone(UTC))
    said = json.dumps(
        [
            str(written.account_id), written.number, written.actor, written.action, written.input,
            written.changes, written.request_id, written.at.isoformat(timespec="microseconds"),
        ]
    )  # fmt: skip
    return sha256(before + said.encode()).digest()


def follow(head: Head, entries: Iterable[tuple[Entry, bytes]]) -> Head | Broken:
    """Where the chain ends that went as far as `head`, given entries in their order and what each
    holds as its hash."""
    for entry, hash in entries:
        expected = head.number + 1
        if entry.number != expected:
            return Broken(expected, "is missing")
        if not entry.erased and hash != hash_after(head.hash, entry):
            return Broken(expected, "is not as it was written, or not where it was written")
        head = Head(expected, hash)
    return head


def torn_off(walked: Head, head: Head) -> Broken:
    """Why a chain that is whole as far as it was walked does not end where its head says."""
    if head.number > walked.number:
        return Broken(walked.number + 1, "is missing")
    if head.number < walked.number:
        return Broken(head.number + 1, "is more than was counted")
    return Broken(head.number, "has another hash than was counted")


def _is_secret(name: str) -> bool:
    return name.replace("_", "").replace("-", "").lower() in _SECRETS


def _plain(value: object, *, redact: bool) -> Any:
    """Whatever comes as a value of JSON that jsonb keeps as it is."""
    match value:
        case Enum():
            return _plain(value.value, redact=redact)
        case None | bool():
            return value
        case int() if abs(value) < 2**63:
            return value
        case float() if isfinite(value):
            return value
        case Mapping():
            members = {_text(str(name)): it for name, it in value.items()}
            if redact:
                return redacted(members)
            return {name: _plain(it, redact=False) for name, it in members.items()}
        case str():
            return _text(value)
        case list() | tuple() | set() | frozenset():
            return [_plain(it, redact=redact) for it in value]
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    """PostgreSQL keeps neither a NUL nor half of a surrogate pair."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
