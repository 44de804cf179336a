"""A small world for the compiler: libraries lend books. It has nothing of the trade in it.

`library` is the tenant. Authors belong to the network and are seen through a library's books.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated
from uuid import UUID

import asyncpg
import strawberry
from strawberry.directive import StrawberryDirective

from domain.access import Room, Scope
from schema.reading import (
    BigInt,
    Connection,
    Money,
    Node,
    Schema,
    Sight,
    aggregate,
    at_least,
    at_most,
    by_id,
    by_ids,
    column,
    computed,
    contains,
    embedded,
    equals,
    money,
    one_of,
    read_many,
    read_one,
    table,
    to_many,
    to_one,
    where,
)

TABLES = """
create table library (id uuid primary key default uuidv7(), name text not null);
create table author (
    id uuid primary key default uuidv7(),
    name text not null,
    born date,
    mentor_id uuid references author
);
create table branch (
    library_id uuid not null references library,
    id uuid not null default uuidv7(),
    name text not null,
    primary key (library_id, id)
);
create table book (
    library_id uuid not null references library,
    id uuid not null default uuidv7(),
    author_id uuid not null references author,
    branch_id uuid,
    title text not null,
    kind text not null,
    price_minor bigint,
    currency text not null,
    pages integer,
    rating numeric(4, 2),
    copies_sold bigint not null,
    tags text[] not null,
    lent_out boolean not null,
    added_at timestamptz not null,
    printed_on date,
    facts jsonb,
    primary key (library_id, id),
    foreign key (library_id, branch_id) references branch
);
create table loan (
    library_id uuid not null references library,
    id uuid not null default uuidv7(),
    book_id uuid not null,
    day date not null,
    borrower text,
    fee_minor bigint not null,
    currency text not null,
    primary key (library_id, id),
    foreign key (library_id, book_id) references book
);
"""


@strawberry.enum(description="What sort of book it is.")
class Kind(Enum):
    NOVEL = "novel"
    ESSAY = "essay"
    POEMS = "poems"


@table("library", prefix="libr", tenant="id")
class Library(Node):
    """A library."""

    name: str = column("Its name.")
    books: Annotated["BookConnection", strawberry.lazy("tests.schema.reading.library")] = to_many(
        "Its books.", "library_id"
    )
    authors: Connection[Annotated["Author", strawberry.lazy("tests.schema.reading.library")]] = (
        to_many("All authors that it may see.", on="true")
    )


@table("branch", prefix="bran", tenant="library_id", sort=("name",))
class Branch(Node):
    """A house of the library."""

    name: str = column("Its name.")
    books: Annotated["BookConnection", strawberry.lazy("tests.schema.reading.library")] = to_many(
        "The books that stand there.", "branch_id"
    )


@table(
    "author",
    prefix="auth",
    visible="exists (select from book b where b.library_id = {account} and b.author_id = {t}.id)",
    sort=("name", "born"),
)
class Author(Node):
    """Who writes; known to every library that has a book of theirs."""

    name: str = column("The name.")
    loud_name: str = column("The name in capitals.", "upper({t}.name)")
    born: date | None = column("The day of birth; null when it is not known.")
    mentor: Annotated["Author", strawberry.lazy("tests.schema.reading.library")] | None = to_one(
        "Their teacher, as far as the library has a book of theirs.", "mentor_id"
    )
    books: Annotated["BookConnection", strawberry.lazy("tests.schema.reading.library")] = to_many(
        "Their books in this library.", "author_id"
    )


@table("loan", prefix="loan", tenant="library_id", sort=("-day", "borrower"))
class Loan(Node):
    """A book went out."""

    day: date = column("On this day.")
    borrower: str | None = column("To whom; null when forgotten.")
    fee: Money = money("What it cost.", "fee_minor")
    book: Annotated["Book", strawberry.lazy("tests.schema.reading.library")] = to_one(
        "What went out.", "book_id"
    )


@strawberry.type(description="How thick and how good.")
class Measure:
    pages: int | None = column("Its pages; null when not counted.")
    rating: Decimal | None = column("0 to 10; null when nobody rated it.")
    long: bool = column("Whether it has 300 pages or more.", "coalesce({t}.pages >= 300, false)")


@strawberry.input(description="Narrows a list of books.")
class BookFilter:
    kind: list[Kind] | None = one_of("Any of these.", "kind")
    author: strawberry.ID | None = equals("Of this author.", "author_id", prefix="auth")
    from_pages: int | None = at_least("So many pages or more.", "pages")
    to_pages: int | None = at_most("So many pages or fewer.", "pages")
    title: str | None = contains("Part of the title.", "title")
    unpriced: bool | None = where("Without a price or with one.", "({t}.price_minor is null) = {v}")


@table(
    "book",
    prefix="book",
    tenant="library_id",
    filter=BookFilter,
    sort=("-added_at", "title", "pages", "price", "kind", "rating", "printed_on", "copies_sold"),
)
class Book(Node):
    """A book."""

    title: str = column("What stands on the cover.")
    kind: Kind = column("Its sort.")
    price: Money | None = money("What it costs; null when it is not for sale.", "price_minor")
    pages: int | None = column("Its pages; null when not counted.")
    rating: Decimal | None = column("0 to 10; null when nobody rated it.")
    copies_sold: BigInt = column("All over the world.")
    tags: list[str] = column("What readers call it.")
    lent_out: bool = column("Whether it is not there.")
    added_at: datetime = column("When it came.")
    printed_on: date | None = column("When it was printed; null when not known.")
    facts: strawberry.scalars.JSON | None = column("Whatever else is known.")
    author: Author = to_one("Who wrote it.", "author_id")
    branch: Branch | None = to_one("Where it stands; null when it is on its way.", "branch_id")
    latest_loan: Loan | None = to_one(
        "The last time it went out; null when it never did.",
        on="{t}.book_id = {p}.id",
        pick="{t}.day desc",
    )
    loans: Connection[Loan] = to_many("When it went out.", "book_id")
    recent_loans: list[Loan] = to_many("The last times it went out.", "book_id")
    measure: Measure = embedded("Its measures.")
    old: Measure | None = embedded(
        "Its measures, if it was printed before 2020.", when="{t}.printed_on < '2020-01-01'"
    )

    @computed("Title and pages in one line.", needs=("title", "pages"))
    def label(context: object, title: str, pages: int | None) -> str:
        return f"{title} ({pages or 'unknown'})"


@strawberry.type(description="Sums over books of one currency.")
class BookTotals:
    count: int = column("How many.", "count(*)")
    price: Money | None = money("All prices.", "sum({t}.price_minor)", "{t}.currency")


@strawberry.type(description="Over all books.")
class BookSummary:
    count: int = column("How many.", "count(*)")
    most_pages: int | None = column("The thickest one's.", "max({t}.pages)")


@strawberry.type(description="A page of books.")
class BookConnection(Connection[Book]):
    totals: list[BookTotals] = aggregate("By currency.", group_by=["currency"])
    summary: BookSummary = aggregate("Of all.")


@strawberry.type
class Query:
    node: Node | None = by_id("Anything.")
    nodes: list[Node | None] = by_ids("Several things.")
    book: Book | None = by_id("A book.")
    books: BookConnection = to_many("All books.")
    authors: Connection[Author] = to_many("All authors.")
    branches: Connection[Branch] = to_many("All branches.")
    library: Library = to_one("The viewer's library.")


@strawberry.interface(description="A no.")
class Refusal:
    message: str


@strawberry.type(description="There is none.")
class Missing(Refusal):
    pass


RenameResult = Annotated[Book | Missing, strawberry.union("RenameResult")]


@strawberry.type(description="What became of one of a batch.")
class Outcome:
    id: strawberry.ID
    book: Book | None
    refusal: Refusal | None


@strawberry.type(description="What became of each.")
class RenameMany:
    outcomes: list[Outcome]
    results: list[RenameResult]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def rename(self, info: strawberry.Info, id: UUID) -> RenameResult:
        return await read_one(info, Book, id) if id.int else Missing(message="There is none.")

    @strawberry.mutation
    async def rename_many(self, info: strawberry.Info, ids: list[UUID]) -> RenameMany:
        books = await read_many(info, Book, ids, at="outcomes.book")
        members = await read_many(info, Book, ids, at="results")
        missing = Missing(message="There is none.")
        return RenameMany(
            outcomes=[
                Outcome(
                    id=strawberry.ID(str(id)),
                    book=books.get(id),
                    refusal=None if id in books else missing,
                )
                for id in ids
            ],
            results=[members.get(id, missing) for id in ids],
        )


@dataclass
class Viewer:
    """The context: a connection, the library that looks, and the statements it asked for."""

    connection: asyncpg.Connection
    account_id: UUID
    statements: list[str] = field(default_factory=list)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    sight: Sight = field(default_factory=lambda: Sight(Room.ACCOUNT, frozenset({Scope.READ})))

    @property
    def room_id(self) -> UUID:
        return self.account_id

    async def read(self, sql: str, params: Sequence[object]) -> Iterable[str] | None:
        self.statements.append(sql)
        async with self.one_at_a_time:
            return await self.connection.fetchrow(sql, *params)


def make_schema(*directives: StrawberryDirective) -> Schema:
    return Schema(Query, Mutation, types=[Book, Loan, Missing], directives=directives)


schema = make_schema()
