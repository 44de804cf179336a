"""Who asks, and the workspaces of merchants."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from domain import access
from domain.people.rules import name_of
from schema.acting import Info
from schema.affiliates import Affiliate
from schema.enums import Plan, Role, Room, Scope
from schema.people import Person, person_who_asks
from schema.reading import Connection, Node, column, contains, one_of, read_one, table, to_one

if TYPE_CHECKING:
    from schema.marketplace import Listing


@strawberry.input(description="Narrows a list of accounts.")
class AccountFilter:
    name: str | None = contains("Part of the name.", "name")
    plan: list[Plan] | None = one_of("Any of these.", "plan")


@table(
    "workspace",
    prefix="acct",
    tenant="account_id",
    operator=True,
    filter=AccountFilter,
    sort=("-created_at", "name"),
)
class Account(Node):
    """A merchant's workspace: everything that its members and keys can see."""

    name: str = column("What people call it.")
    plan: Plan = column("What it pays for; Amazon stores need ENTERPRISE.")
    amazon_entitled_at: datetime | None = column(
        "Since when it may connect Amazon stores, which it keeps; null when it may not."
    )
    created_at: datetime = column("When it was opened.")
    listing: Annotated["Listing", strawberry.lazy("schema.marketplace")] | None = to_one(
        "What it shows in the marketplace; null when it shows nothing.",
        on="{t}.account_id = {p}.account_id",
        only=access.Room.ACCOUNT,
    )


@strawberry.type(description="A page of accounts.")
class AccountConnection(Connection[Account]):
    pass


@strawberry.type(description="One of the places that somebody can take here.")
class Seat:
    of: strawberry.Private[access.Seat]

    @strawberry.field(
        description="What the header Acting-As says to take it: acct_… of an account, affl_… of an"
        " affiliate, or operator."
    )
    def id(self) -> strawberry.ID:
        return strawberry.ID(name_of(self.of))

    @strawberry.field(description="Whose room it is in.")
    def room(self) -> Room:
        return Room[self.of.room]

    @strawberry.field(description="The role in the account; null elsewhere, and of a key.")
    def role(self) -> Role | None:
        return None if self.of.role is None else Role[self.of.role]

    @strawberry.field(description="What may be done in the account; empty elsewhere.")
    def scopes(self) -> list[Scope]:
        return [Scope[scope] for scope in access.Scope if scope in self.of.scopes]


@strawberry.type(description="Who asks.")
class Viewer:
    @strawberry.field(description="The seat that is taken; null before one of several is chosen.")
    def seat(self, info: Info) -> Seat | None:
        seat = info.context.signed_in.seat
        return None if seat is None else Seat(of=seat)

    @strawberry.field(
        description="Every seat that can be taken: one for each account, as affiliate and as"
        " operator."
    )
    def seats(self, info: Info) -> list[Seat]:
        return [Seat(of=seat) for seat in info.context.signed_in.seats]

    @strawberry.field(description="The account that is acted for; null outside of one.")
    async def account(self, info: Info) -> Account | None:
        id = _id_in(info, access.Room.ACCOUNT)
        return None if id is None else cast(Account, await read_one(info, Account, id))

    @strawberry.field(description="The affiliate that is acted as; null outside of one.")
    async def affiliate(self, info: Info) -> Affiliate | None:
        id = _id_in(info, access.Room.AFFILIATE)
        return None if id is None else cast(Affiliate, await read_one(info, Affiliate, id))

    @strawberry.field(description="You; null for a key, which is nobody.")
    async def person(self, info: Info) -> Person | None:
        return await person_who_asks(info)

    @strawberry.field(
        description="The present moment as this installation has it; a rehearsal's clock may be"
        " far from yours."
    )
    def now(self, info: Info) -> datetime:
        return info.context.now()


def _id_in(info: Info, room: access.Room) -> UUID | None:
    seat = info.context.signed_in.seat
    return seat.room_id if seat and seat.room is room else None
