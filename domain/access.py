"""Who may do what: rooms, roles and scopes. Pure.

A room is a part of the house with walls of its own: an account's, an affiliate's, the operators'.
Whoever asks stands in one of them. Within an account a role gives scopes, and a key has some of
them; what a field or mutation needs is one scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID


class Room(StrEnum):
    ACCOUNT = "ACCOUNT"
    """A merchant's workspace: its rows."""
    AFFILIATE = "AFFILIATE"
    """The rows that are about one affiliate, in whatever account."""
    OPERATOR = "OPERATOR"
    """The installation's own: accounts and people, none of their trade."""


class Scope(StrEnum):
    READ = "READ"
    """To see the account's trade."""
    MANAGE = "MANAGE"
    """Stores, offers, affiliates, the marketplace, links."""
    DECIDE = "DECIDE"
    """To approve and deny conversions: money."""
    ADMINISTER = "ADMINISTER"
    """Members, keys, the audit."""


class Role(StrEnum):
    OWNER = "OWNER"
    MANAGER = "MANAGER"
    FINANCE = "FINANCE"
    VIEWER = "VIEWER"


SCOPES: Final[Mapping[Role, frozenset[Scope]]] = MappingProxyType(
    {
        Role.OWNER: frozenset(Scope),
        Role.MANAGER: frozenset({Scope.READ, Scope.MANAGE, Scope.DECIDE}),
        Role.FINANCE: frozenset({Scope.READ, Scope.DECIDE}),
        Role.VIEWER: frozenset({Scope.READ}),
    }
)

OF_CARE: Final = frozenset({Scope.DECIDE, Scope.ADMINISTER})
"""What a session must be fresh for: money, and who else gets in."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the places that a person can take, and what they may do there."""

    room: Room
    room_id: UUID | None
    """The account's or the affiliate's; None of an operator."""
    scopes: frozenset[Scope] = frozenset()
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `actor` is what an audit entry calls them: the id of a person or of a key.

    `seat` is None for a person who has several and has not said which, or has none at all.
    """

    actor: str
    person_id: UUID | None
    seat: Seat | None
    seats: tuple[Seat, ...] = ()
    fresh: bool = True
    """Whether the session is young and in use, as what needs care asks for; keys always are."""
    session_id: UUID | None = None
