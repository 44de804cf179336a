"""Ids: a UUID inside, a prefix that says its kind outside.

`conv_0192f0c14d7c7a3e9f6b1c2d3e4f5061` is a conversion wherever it is met, in a log as in a
question, so an id of the wrong kind is refused before any table is asked.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from uuid import UUID

from domain.errors import Refusal, excerpt

_FORM = re.compile(r"([a-z]{2,8})_([0-9a-f]{32})", re.ASCII)


@dataclass(eq=False)
class WrongId(Refusal):
    """The text is no id, or the id of another kind of thing than was asked for."""

    id: str
    prefix: str | None = None

    @property
    def message(self) -> str:
        kind = "an id" if self.prefix is None else "the id that is asked for"
        start = "a prefix, _" if self.prefix is None else f"{self.prefix}_"
        return (
            f'"{excerpt(self.id, 60)}" is not {kind}. '
            f"It is written {start} and 32 lowercase hexadecimal digits."
        )


def encode(prefix: str, uuid: UUID) -> str:
    """The id as it is shown outside: `encode("conv", uuid)` is "conv_" and 32 digits."""
    return f"{prefix}_{uuid.hex}"


def decode(prefix: str, text: str) -> UUID:
    """The UUID of an id that must be of the kind `prefix`. Raises WrongId."""
    form = _FORM.fullmatch(text)
    if form is None or form.group(1) != prefix:
        raise WrongId(text, prefix)
    return UUID(form.group(2))


def split(text: str) -> tuple[str, UUID]:
    """Kind and UUID of an id of any kind. Raises WrongId when it is no id at all."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise WrongId(text)
    return form.group(1), UUID(form.group(2))


def new_id() -> UUID:
    """A UUIDv7, as PostgreSQL's own `uuidv7()` makes: later ids sort after earlier ones."""
    [id] = new_ids(1)
    return id


def new_ids(number: int) -> list[UUID]:
    """So many, all of this moment. The system is asked for randomness once, which is most of what
    an id takes."""
    moment = (time.time_ns() // 1_000_000).to_bytes(6, "big")
    random = secrets.token_bytes(10 * number)
    return [
        UUID(bytes=b"%b%c%b%c%b" % (
            moment, 0x70 | random[n] & 0x0F, random[n + 1 : n + 2],
            0x80 | random[n + 2] & 0x3F, random[n + 3 : n + 10],
        ))
        for n in range(0, len(random), 10)
    ]  # fmt: skip
