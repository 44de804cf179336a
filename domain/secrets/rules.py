"""Which secrets outlive a key. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from domain.sealing import Keyring, Place, SealingError

SEALED_ANEW: Final = (
    ("amazon_grant", "sealed_code"),
    ("amazon_grant", "sealed_refresh_token"),
    ("amazon_grant", "sealed_access_token"),
    ("mail", "sealed_text"),
    ("webhook_secret", "sealed_secret"),
)
"""Tables and columns of what is kept for as long as it is needed."""

GONE_WITHIN_A_DAY: Final = (("idempotent_answer", "sealed_answer"),)
"""What need not be sealed anew: the old key is kept until it has been forgotten."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One secret where it is kept."""

    table: str
    column: str
    account_id: UUID
    row_id: UUID
    text: str = field(repr=False)

    @property
    def place(self) -> Place:
        return Place(self.table, self.column, self.account_id, self.row_id)


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some secrets, each where it was found."""

    anew: list[tuple[Sealed, str]]
    """With the text that takes its place."""
    closed: list[tuple[Sealed, str]]
    """Those that no key opens, with the reason."""


def seal_anew(found: list[Sealed], keyring: Keyring) -> Batch:
    """Open each with whatever key it has, and seal it with the active one."""
    batch = Batch([], [])
    for one in found:
        try:
            text = keyring.seal(keyring.open(one.text, one.place), one.place)
        except SealingError as error:
            batch.closed.append((one, str(error)))
        else:
            batch.anew.append((one, text))
    return batch
