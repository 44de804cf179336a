"""Who is let in, for how long, and how often one may guess. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from math import ceil
from types import MappingProxyType
from typing import Final
from uuid import UUID

from domain.access import SCOPES, Role, Room, Seat, Viewer
from domain.errors import InvalidInput, Refusal, excerpt
from domain.ids import encode

LONGEST_NAME: Final = 200
LONGEST_BROWSER: Final = 200

IDLE: Final = timedelta(days=7)
"""A session that is not used for so long ends."""
ABSOLUTE: Final = timedelta(days=30)
"""So long a session lasts at most."""
FRESH_FOR: Final = timedelta(hours=12)
FRESH_IN_USE: Final = timedelta(minutes=30)
"""For what needs care: begun so recently, and in use until so recently."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""That a session is in use is written down so often at most."""

WINDOW: Final = timedelta(minutes=15)
SLOT: Final = timedelta(minutes=1)
"""Attempts are counted per slot, over a window that moves with time."""
PER_EMAIL: Final = 10
PER_CLIENT: Final = 100


class Purpose(StrEnum):
    """What a one-time token is for."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - the name of a purpose


VALID: Final[Mapping[Purpose, timedelta]] = MappingProxyType(
    {Purpose.VERIFY_EMAIL: timedelta(hours=48), Purpose.RESET_PASSWORD: timedelta(hours=1)}
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in, as they see themselves."""

    id: UUID
    email: str
    name: str
    email_verified_at: datetime | None
    affiliate_id: UUID | None
    operator: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody signed in with."""

    id: UUID
    browser: str
    begun_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """A session just begun. Its token goes into the browser's cookie and is never shown again."""

    person_id: UUID
    session_id: UUID
    token: str = field(repr=False)
    expires_at: datetime


class NoSuchSeat(Exception):
    """Somebody asked to act as what they are not."""

    def __init__(self, acting_as: str) -> None:
        super().__init__(
            f'You cannot act as "{excerpt(acting_as, 60)}". Name one of your own seats in '
            "Acting-As: the id of an account that you are a member of, your own id as an "
            "affiliate, or operator."
        )
        self.acting_as = acting_as


@dataclass(eq=False)
class WrongCredentials(Refusal):
    """Says nothing about which of the two is wrong, nor whether the address is known."""

    @property
    def message(self) -> str:
        return (
            "Address and password do not belong together. Check both, or ask for a letter with "
            "which to choose a new password."
        )


@dataclass(eq=False)
class EmailNotVerified(Refusal):
    @property
    def message(self) -> str:
        return (
            "This address has not been shown to be yours. Follow the link in the letter that was "
            "sent to it, or have the letter sent again."
        )


@dataclass(eq=False)
class TokenNotValid(Refusal):
    """Unknown, used, too old, or replaced by a later one: it says the same of all."""

    @property
    def message(self) -> str:
        return (
            "This link was used before, is too old, or was replaced by a later one. Take the "
            "newest letter, or have another one sent."
        )


@dataclass(eq=False)
class TooManyAttempts(Refusal):
    retry_after_s: int

    @property
    def message(self) -> str:
        return (
            "This was tried too often in the last minutes. Nothing was looked at; try again in "
            f"{self.retry_after_s} seconds."
        )


def person_name(text: str) -> str:
    """The name as kept. Raises InvalidInput."""
    written = text.strip()
    if not written.isprintable() or not 1 <= len(written) <= LONGEST_NAME:
        raise InvalidInput("name", f"Give a name of 1 to {LONGEST_NAME} characters.")
    return written


def browser_name(text: str) -> str:
    """What a browser calls itself, as far as it is kept."""
    return excerpt(text.strip(), LONGEST_BROWSER) or "unknown"


def same_address(text: str) -> str:
    """How an address is looked for. One that nobody can have is simply not found."""
    return text.replace("\0", " ").encode(errors="replace").decode().strip().lower()


def seats(
    memberships: Iterable[tuple[UUID, Role]], affiliate_id: UUID | None, *, operator: bool
) -> tuple[Seat, ...]:
    """Every place that a person can take."""
    found = [Seat(Room.ACCOUNT, id, SCOPES[role], role) for id, role in memberships]
    if affiliate_id is not None:
        found.append(Seat(Room.AFFILIATE, affiliate_id))
    if operator:
        found.append(Seat(Room.OPERATOR, None))
    return tuple(found)


def with_affiliate(viewer: Viewer, affiliate_id: UUID) -> Viewer:
    """The same person, who has just become an affiliate, in the seat where they were."""
    if any(seat.room is Room.AFFILIATE for seat in viewer.seats):
        return viewer
    new = Seat(Room.AFFILIATE, affiliate_id)
    return replace(viewer, seats=(*viewer.seats, new), seat=viewer.seat or chosen((new,), None))


def name_of(seat: Seat) -> str:
    """What `Acting-As` calls a seat."""
    if seat.room_id is None:
        return "operator"
    return encode("acct" if seat.room is Room.ACCOUNT else "affl", seat.room_id)


def chosen(seats: Sequence[Seat], acting_as: str | None) -> Seat | None:
    """The seat that was named, else the only one, else none. Raises NoSuchSeat."""
    if acting_as is None:
        return seats[0] if len(seats) == 1 else None
    for seat in seats:
        if name_of(seat) == acting_as:
            return seat
    raise NoSuchSeat(acting_as)


def fresh(begun_at: datetime, now: datetime, *, lapsed: bool) -> bool:
    """Whether a session will do for what needs care. One that has lapsed is not made fresh by
    being used again: whoever found the browser open would only have to ask twice."""
    return not lapsed and now - begun_at <= FRESH_FOR


def slot_of(now: datetime) -> datetime:
    """The slot of a moment: the minute that it lies in."""
    return now.replace(second=0, microsecond=0)


def counted_since(now: datetime) -> datetime:
    """Slots that begin after this moment may hold attempts of the last window."""
    return now - WINDOW - SLOT


def wait_s(slots: Mapping[datetime, int], limit: int, now: datetime) -> int:
    """Seconds until one more attempt is let through, 0 for now. `slots` are those that count."""
    left = sum(slots.values())
    if left < limit:
        return 0
    for slot in sorted(slots):
        left -= slots[slot]
        if left < limit:
            return max(1, ceil((slot + WINDOW + SLOT - now).total_seconds()))
    raise AssertionError("a limit is at least one")


def network_of(client: str) -> str:
    """Whose attempts are counted together: an address, or all of an IPv6 network of one customer.

    What is no address is counted as it is written.
    """
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))
