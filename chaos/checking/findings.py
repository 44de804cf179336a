"""What is wrong, by what kind of wrong it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wrong(StrEnum):
    LOST = "lost"
    """What was promised, or said to be done, and is not."""
    PHANTOM = "phantom"
    """What is there, and nobody asked for it, or only once."""
    WEBHOOK_LOST = "webhooks_lost"
    CLICK_LOST = "clicks_lost"
    DIFFERENT = "different"
    """Figures that do not agree."""
    LEAKED = "leaked"
    """A secret in clear."""
    UNAVAILABLE = "unavailable"
    """What should have been answered all the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    wrong: Wrong
    what: str
