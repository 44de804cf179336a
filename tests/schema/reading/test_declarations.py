"""A declaration that cannot work is found before the first request, by its name."""

from collections.abc import Callable
from datetime import date
from typing import Any

import asyncpg
import pytest
import strawberry

from domain.access import Room, Scope
from schema.reading import (
    Connection,
    Misdeclared,
    Money,
    Node,
    Schema,
    Sight,
    at_least,
    by_id,
    check,
    column,
    computed,
    embedded,
    equals,
    money,
    one_of,
    table,
    to_many,
    to_one,
    where,
)
from tests.schema.reading.library import schema

SIGHT = Sight(Room.ACCOUNT, frozenset({Scope.READ}))


@strawberry.type
class Plain:
    name: str


def no_prefix() -> type:
    @table("book")
    class Book(Node):
        """B."""

    return Book


def an_object_column() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        plain: Plain = column("…")

    return Book


def a_field_without_a_place() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        name: str

    return Book


def an_edge_to_no_table() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        plain: Plain = to_one("…", "plain_id")

    return Book


def an_edge_without_a_way() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        books: list["Book"] = to_many("…")

    globals()["Book"] = Book
    return Book


def an_order_of_nothing() -> type:
    @table("book", prefix="book", sort=("pages",))
    class Book(Node):
        """B."""

        title: str = column("…")

    return Book


def a_filter_without_a_condition() -> type:
    @strawberry.input
    class BookFilter:
        title: str | None = None

    @table("book", prefix="book", filter=BookFilter)
    class Book(Node):
        """B."""

        title: str = column("…")

    return Book


def a_filter_with_an_unknown_word() -> type:
    @strawberry.input
    class BookFilter:
        title: str | None = where("…", "{x}.title = {v}")

    @table("book", prefix="book", filter=BookFilter)
    class Book(Node):
        """B."""

        title: str = column("…")

    return Book


def a_filter_that_must_be_given() -> type:
    @strawberry.input
    class BookFilter:
        title: str = where("…", "{t}.title = {v}")

    @table("book", prefix="book", filter=BookFilter)
    class Book(Node):
        """B."""

    return Book


def a_filter_by_ids_of_nothing() -> type:
    @strawberry.input
    class BookFilter:
        author: strawberry.ID | None = equals("…", "author_id", prefix="auht")

    @table("book", prefix="book", filter=BookFilter)
    class Book(Node):
        """B."""

    return Book


def an_unknown_word_in_what_is_needed() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        @computed("…", needs=("upper({x}.title)",))
        def shouted(context: object, title: str) -> str:
            return title

    return Book


def a_function_that_takes_too_little() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        @computed("…", needs=("title", "pages"))
        def shouted(context: object, title: str) -> str:
            return title

    return Book


def a_count_that_costs_nothing() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        others: int = column("…", "(select count(*) from book k)")

    return Book


def money_that_is_none() -> type:
    @table("book", prefix="book")
    class Book(Node):
        """B."""

        price: str = money("…", "price_minor")

    return Book


def an_embedded_table() -> type:
    @table("author", prefix="auth")
    class Author(Node):
        """A."""

        name: str = column("…")

    @table("book", prefix="book")
    class Book(Node):
        """B."""

        author: Author = embedded("…")

    globals()["Author"] = Author
    return Book


def a_non_null_edge_to_what_may_be_hidden() -> type:
    @table("author", prefix="auth", visible="{t}.name > {account}::text")
    class Author(Node):
        """A."""

    @table("book", prefix="book")
    class Book(Node):
        """B."""

        author: Author = to_one("…", "author_id")

    globals()["Author"] = Author
    return Book


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (no_prefix, "Book.id: has an id, so its @table needs a prefix"),
        (an_object_column, "Book.plain: a column() is a leaf, but Plain is not; see embedded()"),
        (a_field_without_a_place, "Book.name: says not where it lives"),
        (an_edge_to_no_table, "Book.plain: to_one() leads to Plain!, which has no @table"),
        (an_edge_without_a_way, "Book.books: to_many() between tables needs a column or on="),
        (an_order_of_nothing, "Book: order names pages, which is no column() or money()"),
        (a_filter_without_a_condition, "BookFilter.title: has no condition with {v}"),
        (a_filter_with_an_unknown_word, "BookFilter.title: {x} means nothing here"),
        (a_filter_that_must_be_given, "BookFilter.title: must be nullable"),
        (a_filter_by_ids_of_nothing, "BookFilter.author: prefix auht is that of no type"),
        (an_unknown_word_in_what_is_needed, "Book.shouted: {x} means nothing here"),
        (a_function_that_takes_too_little, "Book.shouted: its function takes the context and"),
        (a_count_that_costs_nothing, "Book.others: goes through other rows"),
        (money_that_is_none, "Book.price: money() gives a Money, but the field is a String"),
        (an_embedded_table, "Book.author: embedded() is an object type"),
        (a_non_null_edge_to_what_may_be_hidden, "Book.author: must be nullable"),
    ],
)
def test_a_mistake_fails_at_the_start_and_names_the_field(
    make: Callable[[], type], fault: str
) -> None:
    row = make()
    types = {"node": Node | None, "rows": Connection[row]}
    fields = {"node": by_id("…"), "rows": to_many("…")}
    query = strawberry.type(type("Query", (), {"__annotations__": types, **fields}))

    with pytest.raises(Misdeclared) as refused:
        Schema(query=query)

    assert fault in str(refused.value)


def test_a_row_field_on_the_query_is_refused() -> None:
    @strawberry.type
    class Query:
        title: str = column("…")

    with pytest.raises(Misdeclared, match=r"Query.title: needs a row, but Query has no @table"):
        Schema(query=Query)


async def test_the_library_is_declared_rightly(connection: asyncpg.Connection) -> None:
    await check(schema, connection, SIGHT)


async def test_an_edge_of_a_part_is_tried_with_the_row_that_has_the_part(
    connection: asyncpg.Connection,
) -> None:
    """It has no row of its own, so by itself it could not be read."""

    @table("author", prefix="auth")
    class Writer(Node):
        """W."""

        name: str = column("…")

    @strawberry.type
    class Credits:
        writer: Writer = to_one("…", "author_id")

    @table("book", prefix="book", tenant="library_id")
    class Credited(Node):
        """B."""

        credits: Credits = embedded("…")

    @strawberry.type
    class Query:
        credited: Credited | None = by_id("…")

    await check(Schema(query=Query), connection, SIGHT)


async def test_what_the_database_does_not_have_is_named_by_field(
    connection: asyncpg.Connection,
) -> None:
    @strawberry.input
    class WrongFilter:
        since: date | None = at_least("…", "printed")

    @strawberry.type
    class Part:
        width: int = column("…")

    @table("book", prefix="book", tenant="library_id", filter=WrongFilter, sort=("title", "height"))
    class Wrong(Node):
        """B."""

        title: str = column("…")
        height: int = column("…")
        part: Part = embedded("…")
        price: Money | None = money("…", "price_cents")
        wrongs: Connection["Wrong"] = to_many("…", "wrong_id")

    globals()["Wrong"] = Wrong

    @strawberry.type
    class Query:
        wrongs: Connection[Wrong] = to_many("…")

    with pytest.raises(Misdeclared) as refused:
        await check(Schema(query=Query), connection, SIGHT)

    found = str(refused.value)
    for fault in (
        "Wrong.height: column t1.height does not exist",
        "Part.width: column t1.width does not exist",
        "Wrong.price: column t1.price_cents does not exist",
        "Wrong.wrongs in order of id: column t2.wrong_id does not exist",
        "Query.wrongs in order HEIGHT_ASC: column t1.height does not exist",
        "Query.wrongs by filter since: column t1.printed does not exist",
    ):
        assert fault in found
    assert "Wrong.title" not in found


async def test_a_type_or_a_null_that_the_column_belies_is_named_by_field(
    connection: asyncpg.Connection,
) -> None:
    @table("book", prefix="book", tenant="library_id")
    class Belied(Node):
        """B."""

        title: int = column("…")
        pages: int = column("…")
        tags: list[int] = column("…")
        price: Money = money("…", "price_minor")

    @strawberry.type
    class Query:
        belied: Belied | None = by_id("…")

    with pytest.raises(Misdeclared) as refused:
        await check(Schema(query=Query), connection, SIGHT)

    assert refused.value.faults == (
        "Belied.title: Int! is made of int2, int4, int8, numeric, not of text",
        "Belied.pages: is non-null, but column pages may be null",
        "Belied.tags: [Int!]! is made of int2[], int4[], int8[], numeric[], not of text[]",
        "Belied.price: is non-null, but column price_minor may be null",
    )


async def test_a_filter_whose_value_does_not_fit_is_named_by_field(
    connection: asyncpg.Connection,
) -> None:
    @strawberry.input
    class UnfitFilter:
        pages: bool | None = at_least("…", "pages")
        titles: str | None = one_of("…", "title")
        title: list[str] | None = equals("…", "title")
        author: strawberry.ID | None = equals("…", "author_id")
        fits: list[strawberry.ID] | None = one_of("…", "author_id", prefix="unft")

    @table("book", prefix="unft", tenant="library_id", filter=UnfitFilter)
    class Unfit(Node):
        """B."""

    @strawberry.type
    class Query:
        books: Connection[Unfit] = to_many("…")

    with pytest.raises(Misdeclared) as refused:
        await check(Schema(query=Query), connection, SIGHT)

    assert refused.value.faults == (
        "UnfitFilter.pages: Boolean is given where int4 is taken",
        "UnfitFilter.titles: String is given where text[] is taken",
        "UnfitFilter.title: [String!] is given where text is taken",
        "UnfitFilter.author: ID is given where uuid is taken; an id needs a prefix=",
    )


async def test_a_tenants_table_whose_type_does_not_say_so_is_named(
    connection: asyncpg.Connection,
) -> None:
    @table("book", prefix="book", tenant="library_id")
    class Kept(Node):
        """B."""

    @table("book", prefix="bare")
    class Bare(Node):
        """The same table, for everybody."""

    @strawberry.type
    class Query:
        kept: Kept | None = by_id("…")
        bare: Bare | None = by_id("…")

    with pytest.raises(Misdeclared) as refused:
        await check(Schema(query=Query), connection, SIGHT)

    assert refused.value.faults == (
        'Bare: table book has the column library_id, so its @table needs tenant="library_id"',
    )


def test_the_schema_is_printed_with_its_words(request: Any) -> None:
    sdl = schema.as_str()

    assert '"""What stands on the cover."""\n  title: String!' in sdl
    assert '"""A book."""\ntype Book implements Node {' in sdl
    assert "orderBy: BookOrder! = ADDED_AT_DESC" in sdl
    assert "filter: BookFilter\n" in sdl
    assert "nodes: [Book!]!" in sdl
