"""A mutation under way: its transaction, who acts in it, and what its audit row will say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeVar, cast
from uuid import UUID

import orjson
from graphql import GraphQLError, GraphQLResolveInfo
from strawberry.types.base import get_object_definition

from db.pool import Tx, seen_by, stand_as_affiliate, stand_at_home, stand_in_account
from domain.access import Room, Scope
from domain.audit import actions as audit
from domain.duties.rules import INSTALLATION
from domain.ids import decode, encode
from domain.members import queries as members
from schema.acting import Rule
from schema.context import Context
from schema.reading import Sight
from schema.reading.run import Reading

T = TypeVar("T")
Before: TypeAlias = dict[tuple[str, UUID], object]
"""Rows by type and id, as they were before the mutation; None for those that it makes."""


@dataclass(slots=True)
class Acting:
    """A mutation under way: what its resolver hands to the domain, and what the audit is told."""

    context: Context
    rule: Rule
    raw: GraphQLResolveInfo[Any]
    input: Mapping[str, object]
    reading: Reading
    now: datetime
    refused: bool = False
    """Whether the answer is a refusal: nothing is kept then."""
    doors: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What closes with the mutation: the transaction, once it is open."""
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    """What is done when all is committed, and otherwise not: to set a cookie."""
    _tx: Tx | None = None
    _entered: UUID | None = None
    _before: Before = field(default_factory=dict)
    _visits: dict[UUID, tuple[Mapping[str, object], Before]] = field(default_factory=dict)
    _noted: list[dict[str, object]] = field(default_factory=list)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def in_room(self) -> bool:
        """Whether it is a matter of the viewer's seat, and not of the person alone."""
        return bool(self.rule.rooms)

    @property
    def _account(self) -> UUID | None:
        if self.in_room and self.context.seat.room is Room.ACCOUNT:
            return self.context.room_id
        return self._entered

    @property
    def tx(self) -> Tx:
        assert self._tx is not None, "the executor opens it, or whoever is declared late"
        return self._tx

    @property
    def actor(self) -> str:
        return self.context.viewer.actor if self.context.viewer else "nobody"

    @property
    def account_id(self) -> UUID:
        """The account that is acted in: the viewer's, or the one that an affiliate has entered."""
        found = self._account
        assert found is not None, "not in an account"
        return found

    @property
    def affiliate_id(self) -> UUID:
        assert self.context.seat.room is Room.AFFILIATE
        assert self.context.room_id is not None
        return self.context.room_id

    @property
    def person_id(self) -> UUID:
        found = self.context.signed_in.person_id
        assert found is not None, "the rule has asked for a person"
        return found

    @property
    def room_id(self) -> UUID:
        """Whose transaction it is, as row-level security has it."""
        return (self.in_room and self.context.room_id) or INSTALLATION

    async def begin(self) -> Tx:
        """Open the transaction; for the executor, and for resolvers that are declared `late`."""
        await self.doors.enter_async_context(self._transaction())
        return self.tx

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        db = self.context.db
        if not self.in_room or self.context.seat.room is Room.OPERATOR:
            door = db.system()
        elif self.context.seat.room is Room.ACCOUNT:
            door = db.transaction(self.room_id)
        else:
            door = db.affiliate_transaction(self.room_id)
        async with door as tx:
            self._tx = tx
            await self._check_still_member()
            yield

    async def _check_still_member(self) -> None:
        """Of who came in as a member: they may have been removed since, even by this document."""
        viewer = self.context.viewer
        if not self.in_room or viewer is None or viewer.person_id is None:
            return
        seat = self.context.seat
        if seat.room is Room.ACCOUNT:
            member = await members.member_of_person(self.tx, self.room_id, viewer.person_id)
            if member is None or member.role is not seat.role:
                raise GraphQLError(
                    "You are no member of this account any more, or have another role. Ask who you"
                    " are by `viewer`, and go on.",
                    extensions={"code": "FORBIDDEN"},
                )

    async def enter(self, account_id: UUID, input: Mapping[str, object] | None = None) -> Tx:
        """From here on an affiliate's mutation acts in this account, as the account.

        It may enter one after the other. Each one's audit is told of what was done there, and of
        the `input` that is about it, all of it unless said.
        """
        assert self.context.seat.room is Room.AFFILIATE
        await stand_in_account(self.tx, account_id)
        self._entered = account_id
        told, self._before = self._visits.setdefault(account_id, (input or self.input, {}))
        self.input = told
        return self.tx

    @asynccontextmanager
    async def at_home(self) -> AsyncIterator[UUID]:
        """For a while the transaction writes what belongs to whoever acts; gives the tenant's id.

        An account does so anyway. An affiliate's own rows lie under the affiliate's id, where an
        account's would have the account's, and are written as that tenant. It is nothing like
        `enter`: no account has to do with it, so what is read and what the audit is told stays the
        affiliate's, outside of all accounts.
        """
        if self.context.seat.room is Room.ACCOUNT:
            yield self.account_id
        else:
            async with stand_at_home(self.tx, self.affiliate_id):
                yield self.affiliate_id

    @asynccontextmanager
    async def as_viewer(self) -> AsyncIterator[Tx]:
        """The transaction in the viewer's own room, for one at a time."""
        async with self._one_at_a_time:
            if self._entered is None:
                yield self.tx
            else:
                async with stand_as_affiliate(self.tx) as tx:
                    yield tx

    @asynccontextmanager
    async def seen(self) -> AsyncIterator[Tx]:
        """The transaction with the eyes of the seat that the viewer has, or has just got."""
        seat = self.context.seat
        if self.in_room or seat.room is Room.OPERATOR:
            async with self.as_viewer() as tx:
                yield tx
        else:
            of_account = seat.room is Room.ACCOUNT
            who = {"account_id" if of_account else "affiliate_id": seat.room_id}
            async with self._one_at_a_time, seen_by(self.tx, **who) as tx:
                yield tx

    async def changes(self, type_: type, id: str) -> UUID:
        """The UUID of what is going to be changed, whose present state the audit remembers.

        Raises WrongId for an id of another kind.
        """
        uuid = decode(self.reading.prefix_of(_name(type_)), id)
        await self.remember(type_, [uuid])
        return uuid

    async def remember(self, type_: type, ids: Sequence[UUID]) -> None:
        """Let the audit remember how these rows are now, and compare when all is done."""
        name = _name(type_)
        portraits = await self._portraits(name, ids)
        for uuid in ids:
            self._before.setdefault((name, uuid), portraits.get(uuid))

    def note(self, id: str, before: object, after: object) -> None:
        """Tell the audit of a change to what is no type of the schema's own."""
        self._noted.append({"id": id, "before": before, "after": after})

    def made(self, type_: type, id: UUID) -> None:
        """Tell the audit of something that was not there before."""
        self._before.setdefault((_name(type_), id), None)

    async def answer(self, type_: type[T], id: UUID) -> T:
        """What the client selected of a row that was made or changed."""
        self.made(type_, id)
        return cast(T, await self.reading.one(self.raw, _name(type_), id, self.context.read))

    async def record(self) -> None:
        """Write the audit row: the last thing that is done, since its lock is for all to wait."""
        for account_id in sorted(self._visits):  # of several, in the same order for everybody
            await self.enter(account_id)
            await self._record_here()
        if not self._visits:
            await self._record_here()

    async def _record_here(self) -> None:
        changes = [*self._noted, *await self._changed()]
        action, request_id = self.raw.field_name, self.context.request_id
        told = (self.actor, action, self.input, changes, request_id, self.now)
        if self._account is not None:
            await audit.record(self.tx, self._account, *told)
        else:
            await audit.record_outside(self.tx, *told)

    async def _changed(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for name in dict.fromkeys(name for name, _ in self._before):
            ids = [uuid for of, uuid in self._before if of == name]
            after = await self._portraits(name, ids)
            for uuid in ids:
                before, now = self._before[name, uuid], after.get(uuid)
                if before != now:
                    id = encode(self.reading.prefix_of(name), uuid)
                    found.append({"id": id, "before": before, "after": now})
        return found

    async def _portraits(self, name: str, ids: Sequence[UUID]) -> dict[UUID, object]:
        room = Room.ACCOUNT if self._account is not None else self.context.seat.room
        room_id = self._account or self.context.room_id
        statement = self.reading.portrait(name, Sight(room, frozenset(Scope)))
        bound = statement.bind(room_id, [[list(ids)]])
        text = statement.text(await self.tx.fetchrow(statement.sql, *bound))
        return {UUID(id): row for id, [row] in orjson.loads(text or "{}").items()}


def _name(type_: type) -> str:
    return get_object_definition(type_, strict=True).name
