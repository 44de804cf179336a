"""What a request brings to every field: who asks, from which room, the database, the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from graphql import GraphQLError

from db.pool import Database, Tx
from domain.access import Room, Seat, Viewer
from domain.clock import Clock
from domain.people.rules import name_of
from domain.sealing import Keyring
from domain.webhooks.endpoint import Receivers
from schema.reading import Sight

if TYPE_CHECKING:
    from schema.act import Acting

_PRESENT = "current_setting('app.now')"


class NotSignedIn(GraphQLError):
    def __init__(self) -> None:
        super().__init__(
            "Nobody is signed in. Sign in, or send an API key of your account:"
            " Authorization: Bearer clk_…",
            extensions={"code": "NOT_SIGNED_IN"},
        )


class ChooseSeat(GraphQLError):
    """The person has several seats, or none, and the question is about one."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        names = ", ".join(name_of(seat) for seat in seats)
        super().__init__(
            f"You are several here: say which by the header Acting-As, one of {names}."
            if seats
            else "You are signed in, and are no member of an account and no affiliate yet.",
            extensions={"code": "CHOOSE_SEAT", "seats": [name_of(seat) for seat in seats]},
        )


class Cookies(Protocol):
    """Where a browser's session is kept: the answer's cookies."""

    def keep(self, token: str, expires: datetime) -> None: ...

    def forget(self) -> None: ...


@dataclass(slots=True)
class Context:
    viewer: Viewer | None
    """None for somebody who is not signed in and sent no key."""
    db: Database
    clock: Clock
    """The trade's time, which a rehearsal may move."""
    wall: Clock
    """The server's own time: who gets in, and for how long, goes by it."""
    ring: Callable[[], Awaitable[None]]
    """Tells the workers to look; never fails, since they look anyway."""
    keyring: Keyring
    request_id: str
    public_url: str
    """Where our links and Amazon's redirects begin."""
    front_end_url: str
    """Where the pages are that mails lead to."""
    client: str
    """The address that the request came from."""
    browser: str
    """As it calls itself; "" when it does not."""
    session: Cookies
    idempotency_key: str | None = None
    webhook_receivers: Sequence[str] = ()
    """Origins on this machine that webhooks may go to in a rehearsal."""
    left_out: dict[UUID, list[str]] = field(default_factory=dict)
    """By link made in this request: parameters of what was pasted that it does not carry."""
    refused: bool = False
    """Whether a mutation of this request was refused."""
    acting: Acting | None = None
    """The mutation that is under way."""

    @property
    def signed_in(self) -> Viewer:
        """Raises NotSignedIn."""
        if self.viewer is None:
            raise NotSignedIn
        return self.viewer

    @property
    def seat(self) -> Seat:
        """Raises NotSignedIn or ChooseSeat."""
        viewer = self.signed_in
        if viewer.seat is None:
            raise ChooseSeat(viewer.seats)
        return viewer.seat

    @property
    def sight(self) -> Sight:
        return Sight(self.seat.room, self.seat.scopes)

    @property
    def room_id(self) -> UUID | None:
        return self.seat.room_id

    @property
    def act(self) -> Acting:
        """The mutation that is under way; only a mutation's resolver asks."""
        assert self.acting is not None
        return self.acting

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def receivers(self) -> Receivers:
        """Where webhooks may go."""
        ours = (urlsplit(url).hostname or "" for url in (self.public_url, self.front_end_url))
        return Receivers(self.webhook_receivers, frozenset(ours))

    async def read(self, sql: str, params: Sequence[object], /) -> Iterable[str] | None:
        """The Ask road's statement, seen with the viewer's rows only.

        Within a mutation it is read in the mutation's transaction. One that asks for the present is
        told ours, which need not be the database's.
        """
        if self.acting is not None:
            async with self.acting.seen() as tx:
                return await self._fetch(tx, sql, params)
        seat = self.seat
        match seat.room:
            case Room.ACCOUNT:
                door = self.db.account(_id_of(seat))
            case Room.AFFILIATE:
                door = self.db.affiliate(_id_of(seat))
            case Room.OPERATOR:
                door = self.db.system()
        async with door as tx:
            return await self._fetch(tx, sql, params)

    async def _fetch(self, tx: Tx, sql: str, params: Sequence[object]) -> Iterable[str] | None:
        if _PRESENT in sql:
            await tx.execute("SELECT set_config('app.now', $1, false)", self.now().isoformat())
        row: Iterable[str] | None = await tx.fetchrow(sql, *params)
        return row


def _id_of(seat: Seat) -> UUID:
    assert seat.room_id is not None, "only an operator's room is nobody's"
    return seat.room_id
