"""The person who asks, and the browsers that they signed in with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import strawberry

from db.pool import Tx
from domain.ids import encode
from domain.people import queries, rules, sessions
from schema.acting import Info
from schema.context import Context


@asynccontextmanager
async def _door(context: Context) -> AsyncIterator[Tx]:
    """What is about the person alone is the system's to read; in a mutation, in its transaction."""
    if context.acting is not None and not context.acting.in_room:
        async with context.acting.as_viewer() as tx:
            yield tx
    else:
        async with context.db.system() as tx:
            yield tx


@strawberry.type(description="A browser that you signed in with.")
class Session:
    of: strawberry.Private[rules.Session]

    @strawberry.field(description="To end it by.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(encode("sess", self.of.id))

    @strawberry.field(description="As the browser calls itself, to recognise it by.")
    def browser(self) -> str:
        return self.of.browser

    @strawberry.field(description="When you signed in.")
    def started_at(self) -> datetime:
        return self.of.begun_at

    @strawberry.field(description="When it was last used, to the minute.")
    def last_used_at(self) -> datetime:
        return self.of.seen_at

    @strawberry.field(description="When it ends at the latest; earlier if it is not used for long.")
    def expires_at(self) -> datetime:
        return self.of.expires_at

    @strawberry.field(description="Whether it is the one that asks.")
    def current(self, info: Info) -> bool:
        return self.of.id == info.context.signed_in.session_id


@strawberry.type(description="Somebody who signs in: you. Nobody else sees this.")
class Person:
    of: strawberry.Private[rules.Person]

    @strawberry.field(description="As the audit names you.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(encode("pers", self.of.id))

    @strawberry.field(description="Your name.")
    def name(self) -> str:
        return self.of.name

    @strawberry.field(description="The address that you sign in with.")
    def email(self) -> str:
        return self.of.email

    @strawberry.field(description="When it was shown to be yours; null while it was not.")
    def email_verified_at(self) -> datetime | None:
        return self.of.email_verified_at

    @strawberry.field(description="When you signed up.")
    def created_at(self) -> datetime:
        return self.of.created_at

    @strawberry.field(
        description="One for each browser that is signed in as you, the last used first."
    )
    async def sessions(self, info: Info) -> list[Session]:
        now = info.context.wall.now()
        async with _door(info.context) as tx:
            return [Session(of=one) for one in await sessions.of(tx, self.of.id, now)]


async def person_who_asks(info: Info) -> Person | None:
    """None for a key."""
    person_id = info.context.signed_in.person_id
    if person_id is None:
        return None
    async with _door(info.context) as tx:
        found = await queries.person(tx, person_id)
    return None if found is None else Person(of=found)
