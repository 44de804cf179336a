"""Clicks: which visits to a link count towards the threshold from which Amazon shows figures.

Everybody who opens a link is sent on to Amazon; counted are people who open it themselves. Amazon
leaves programs out too, so counting them would promise an affiliate figures that do not come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.clicks.user_agents import is_program

# A browser that fetches a page before anybody has asked for it says so in one of these.
_PURPOSES: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
LOOKED_AT: Final = frozenset({*_PURPOSES, "user-agent"})
"""The headers that a visit is told by; no other changes anything."""
_AHEAD_OF_TIME: Final = ("prefetch", "prerender", "preview")


class WhyNot(StrEnum):
    """Why a visit is not counted."""

    NOT_A_VISIT = "not_a_visit"
    PREFETCH = "prefetch"
    NO_USER_AGENT = "no_user_agent"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Counted:
    """A person opened the link."""


@dataclass(frozen=True, slots=True)
class NotCounted:
    reason: WhyNot


def counts(method: str, headers: Mapping[str, str]) -> Counted | NotCounted:
    """Whether a request to a link is a click. Header names are in lower case or find any case."""
    if method != "GET":
        return NotCounted(WhyNot.NOT_A_VISIT)
    purposes = " ".join(headers.get(name, "") for name in _PURPOSES).lower()
    if any(word in purposes for word in _AHEAD_OF_TIME):
        return NotCounted(WhyNot.PREFETCH)
    user_agent = headers.get("user-agent", "").strip()
    if not user_agent:
        return NotCounted(WhyNot.NO_USER_AGENT)
    if is_program(user_agent):
        return NotCounted(WhyNot.PROGRAM)
    return Counted()
