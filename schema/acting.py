"""The Act road: who may call a mutation.

`change` declares it. The executor (`schema/transacting.py`) opens a transaction, calls the
resolver, which finds it as `info.context.act`, and commits with an audit row beside the change. A
refusal, or an error, rolls everything back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import strawberry
from graphql import GraphQLError

from domain.access import OF_CARE, Room, Scope
from schema.context import Context
from schema.reading.scope import AS, FOR

Info: TypeAlias = strawberry.Info[Context, None]

RULE: Final = "acting"
"""The key of a field's metadata under which lies its Rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a mutation."""

    rooms: frozenset[Room]
    needs: Scope | None = None
    person: bool = False
    """Somebody who signed in, whatever their seat; not a key."""
    anyone: bool = False
    late: bool = False
    """The resolver opens the transaction, by `await act.begin()`."""
    audited: bool = True

    def admit(self, context: Context) -> None:
        """Raises a GraphQLError that says what is missing."""
        if self.anyone:
            return
        viewer = context.signed_in
        if self.person:
            if viewer.person_id is None:
                raise _refused("FORBIDDEN", "This is for people: sign in. A key cannot do it.")
            return
        seat = context.seat
        if seat.room not in self.rooms:
            words = " or ".join(sorted(FOR[room] for room in self.rooms))
            raise _refused("WRONG_ROOM", f"This is for {words}; you act as {AS[seat.room]}.")
        if seat.room is Room.ACCOUNT and self.needs not in seat.scopes:
            raise _refused(
                "FORBIDDEN",
                f"This needs the scope {self.needs}, which your role or key does not have. Ask an"
                " owner of the account.",
            )
        if (self.needs in OF_CARE or seat.room is Room.OPERATOR) and not viewer.fresh:
            raise _refused(
                "SIGN_IN_AGAIN",
                "You signed in a while ago, or left the browser for a while, and this is about"
                " money or about who gets in. Sign in again.",
            )


def _refused(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def change(
    description: str,
    *,
    needs: Scope | None = None,
    room: Room | frozenset[Room] = Room.ACCOUNT,
    person: bool = False,
    anyone: bool = False,
    late: bool = False,
    audited: bool = True,
) -> Callable[[Callable[..., Any]], Any]:
    """A mutation. In an account's room its caller has the scope `needs`.

    `late`: its resolver first does what would keep a connection waiting, such as hashing a
    password, and then opens the transaction by `await act.begin()`. It takes no idempotency key: an
    answer that is given again would not give its cookie again, and a key is kept beside a hash of
    the request, by which a password in it could be guessed. Only what counts something, and changes
    nothing that anybody owns, is not `audited`.
    """
    rooms = frozenset() if person or anyone else _rooms(room)
    assert (needs is None) == (Room.ACCOUNT not in rooms), "an account's mutation needs a scope"
    rule = Rule(rooms, needs, person, anyone, late, audited)

    def declare(resolver: Callable[..., Any]) -> Any:
        return strawberry.mutation(resolver, description=description, metadata={RULE: rule})

    return declare


def _rooms(room: Room | frozenset[Room]) -> frozenset[Room]:
    return frozenset({room}) if isinstance(room, Room) else room
