"""A brand's own agreement with its affiliates: versions of a text, accepted as it was read. Pure.

A version never changes. Who joins accepts the newest one, by its SHA-256: what was read is what was
agreed to, whatever the brand publishes later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal

LONGEST_BODY: Final = 50_000


@dataclass(frozen=True, slots=True)
class Agreement:
    id: UUID
    version: int
    sha256: bytes
    published_at: datetime


@dataclass(eq=False)
class AgreementNotAccepted(Refusal):
    """The brand's agreement has to be accepted, in its newest version."""

    agreement_id: UUID
    version: int
    sha256: str
    """Of the newest version, in hexadecimal."""
    accepted: str | None
    """What was given instead; None when nothing was."""

    @property
    def message(self) -> str:
        if self.accepted is None:
            return (
                f"The brand has an agreement with its affiliates. Read version {self.version} and "
                "accept it by its SHA-256."
            )
        return (
            f"What was accepted is not version {self.version} of the brand's agreement, which is "
            "the newest: it was replaced meanwhile. Read it anew and accept it by its SHA-256."
        )


def agreement_body(text: str) -> str:
    """The text as kept, to the letter but for blanks around it. Raises InvalidInput."""
    written = text.replace("\r\n", "\n").strip()
    if not 1 <= len(written) <= LONGEST_BODY or "\0" in written:
        raise InvalidInput("body", f"Write an agreement of 1 to {LONGEST_BODY:,} characters.")
    return written


def digest(body: str) -> bytes:
    return sha256(body.encode()).digest()


def check_accepted(newest: Agreement | None, accepted: str | None) -> None:
    """Whether what was accepted, a SHA-256 in hexadecimal, is the newest version.

    Without an agreement there is nothing to accept. Raises AgreementNotAccepted.
    """
    if newest is None:
        return
    given = (accepted or "").strip().lower() or None
    if given != newest.sha256.hex():
        raise AgreementNotAccepted(newest.id, newest.version, newest.sha256.hex(), given)
