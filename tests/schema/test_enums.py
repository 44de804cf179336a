"""Words that the schema shares with the trade."""

from __future__ import annotations

from domain.duties.rules import Kind
from schema.enums import DutyKind


def test_every_kind_of_duty_can_be_shown() -> None:
    """A kind that the enum lacks would be a word that no client's schema knows."""
    assert {kind.value for kind in DutyKind} == set(Kind)
