"""One graph from two places: a library sees its own rows, an author what is about their books."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import pytest
import strawberry

from domain.access import Room, Scope
from schema.reading import (
    EVERY,
    Connection,
    Node,
    Schema,
    Sight,
    aggregate,
    by_id,
    by_ids,
    column,
    equals,
    plain,
    table,
    to_many,
    to_one,
    where,
)
from tests.schema.reading.library import Viewer
from tests.schema.reading.stock import Rows


@table("library", prefix="libr", tenant="id", affiliate=EVERY, operator=True, sort=("name",))
class Library(Node):
    """A library."""

    name: str = column("Its name.")


@table("author", prefix="auth", visible=EVERY, affiliate="{t}.id = {affiliate}", sort=("name",))
class Author(Node):
    """An author."""

    name: str = column("The name.")


@table("branch", prefix="bran", tenant="library_id", sort=("name",))
class Branch(Node):
    """A house."""

    name: str = column("Its name.")


@table("loan", prefix="loan", tenant="library_id", needs=Scope.ADMINISTER, sort=("-day",))
class Loan(Node):
    """A loan."""

    day: date = column("When.")


@strawberry.input(description="Narrows.")
class BookFilter:
    title: str | None = equals("Exactly.", "title")
    lent_out: bool | None = where("Lent.", "{t}.lent_out = {v}", only=Room.ACCOUNT)


@table(
    "book",
    prefix="book",
    tenant="library_id",
    affiliate="author_id",
    filter=BookFilter,
    sort=("title", "pages"),
)
class Book(Node):
    """A book."""

    title: str = column("Its title.")
    pages: int | None = column("How long it is.", only=Room.ACCOUNT)
    library: Library = to_one("Whose it is.", "library_id")
    author: Author = to_one("Who wrote it.", "author_id")
    branch: Branch | None = to_one("Where it stands.", "branch_id")
    loans: Connection[Loan] = to_many("Its loans.", "book_id")
    # By its title alone, so that only the walls keep other libraries' books out.
    same_title: list[Annotated[Book, strawberry.lazy("tests.schema.reading.test_rooms")]] = to_many(
        "Books that are called the same.", on="{t}.title = {p}.title"
    )


@strawberry.type(description="Sums.")
class Totals:
    count: int = column("Books.", "count(*)")


@strawberry.type(description="A page.")
class BookConnection(Connection[Book]):
    totals: Totals = aggregate("Over all.")


@strawberry.type
class Query:
    node: Node | None = by_id("Anything.")
    nodes: list[Node | None] = by_ids("Several.")
    books: BookConnection = to_many("All.")
    libraries: Connection[Library] = to_many("All.")
    branches: Connection[Branch] = to_many("All.")
    loans: Connection[Loan] = to_many("All.")


schema = Schema(query=Query, types=[Author])
BOOKS = "{ books(first: 100) { totalCount totals { count } nodes { id %s } } }"


@pytest.fixture
def author(connection: asyncpg.Connection, rows: Rows) -> Viewer:
    """Whoever has books in both libraries."""
    of = {a["id"]: {b["library_id"] for b in rows["book"] if b["author_id"] == a["id"]}
          for a in rows["author"]}  # fmt: skip
    id = next(id for id, libraries in of.items() if len(libraries) == 2)
    return Viewer(connection, id, sight=Sight(Room.AFFILIATE, frozenset()))


async def ask(viewer: Viewer, document: str, **variables: Any) -> Any:
    result = await schema.execute(document, variables, context_value=viewer)
    assert result.errors is None, result.errors
    return plain(result.data)


async def code(viewer: Viewer, document: str) -> str:
    result = await schema.execute(document, context_value=viewer)
    assert result.errors is not None
    assert result.errors[0].extensions is not None
    found: str = result.errors[0].extensions["code"]
    return found


def ids(kind: str, found: list[dict[str, Any]]) -> set[str]:
    return {f"{kind}_{row['id'].hex}" for row in found}


async def test_a_list_is_of_the_room_that_it_is_asked_from(
    viewer: Viewer, author: Viewer, rows: Rows
) -> None:
    own = [b for b in rows["book"] if b["author_id"] == author.account_id]
    libraries = [b for b in rows["book"] if b["library_id"] == viewer.account_id]

    of_author = (await ask(author, BOOKS % "title"))["books"]
    of_library = (await ask(viewer, BOOKS % "title"))["books"]

    assert {b["id"] for b in of_author["nodes"]} == ids("book", own)
    assert of_author["totalCount"] == of_author["totals"]["count"] == len(own)
    assert {b["id"] for b in of_library["nodes"]} == ids("book", libraries)


async def test_an_edge_stays_within_the_account_of_its_row(author: Viewer, rows: Rows) -> None:
    """Titles repeat in both libraries; the author sees both, and each with its own only."""
    library_of = {f"book_{b['id'].hex}": b["library_id"] for b in rows["book"]}

    books = (await ask(author, BOOKS % "library { id } sameTitle { id }"))["books"]["nodes"]

    assert any(len(book["sameTitle"]) > 1 for book in books)
    for book in books:
        assert book["library"]["id"] == f"libr_{library_of[book['id']].hex}"
        assert {library_of[same["id"]] for same in book["sameTitle"]} == {library_of[book["id"]]}


async def test_an_id_out_of_sight_is_as_one_that_does_not_exist(
    author: Viewer, viewer: Viewer, rows: Rows
) -> None:
    own = next(b for b in rows["book"] if b["author_id"] == author.account_id)
    other = next(b for b in rows["book"] if b["author_id"] != author.account_id)
    asked = [
        f"book_{own['id'].hex}",
        f"book_{other['id'].hex}",
        f"bran_{rows['branch'][0]['id'].hex}",
        f"loan_{rows['loan'][0]['id'].hex}",
        f"book_{UUID(int=1).hex}",
    ]
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    one = "query($id: ID!) { node(id: $id) { id } }"

    found = (await ask(author, document, ids=asked))["nodes"]
    singly = [(await ask(author, one, id=id))["node"] for id in asked]

    assert found == singly == [{"id": asked[0]}, None, None, None, None]


@pytest.mark.parametrize(
    "document",
    [
        "{ branches { totalCount } }",
        BOOKS % "branch { name }",
        BOOKS % "pages",
        "{ books(orderBy: PAGES_ASC) { nodes { id } } }",
        "{ books(filter: {lentOut: true}) { totalCount } }",
    ],
)
async def test_what_another_room_has_is_refused_by_name(author: Viewer, document: str) -> None:
    assert await code(author, document) == "WRONG_ROOM"
    assert author.statements == []


async def test_a_type_that_needs_a_scope_is_there_for_who_has_it(
    viewer: Viewer, rows: Rows
) -> None:
    owner = replace(viewer, sight=Sight(Room.ACCOUNT, frozenset({Scope.READ, Scope.ADMINISTER})))
    loan = next(one for one in rows["loan"] if one["library_id"] == viewer.account_id)
    id, one = f"loan_{loan['id'].hex}", "query($id: ID!) { node(id: $id) { id } }"

    assert (await ask(owner, "{ loans { totalCount } }"))["loans"]["totalCount"] > 0
    assert (await ask(owner, one, id=id))["node"] == {"id": id}
    assert (await ask(viewer, one, id=id))["node"] is None
    assert await code(viewer, "{ loans { totalCount } }") == "FORBIDDEN"
    assert await code(viewer, BOOKS % "loans { totalCount }") == "FORBIDDEN"


async def test_an_operator_sees_all_rows_of_what_is_theirs_and_nothing_else(
    viewer: Viewer, rows: Rows
) -> None:
    operator = replace(viewer, sight=Sight(Room.OPERATOR, frozenset()))

    found = await ask(operator, "{ libraries { nodes { id } } }")

    assert {one["id"] for one in found["libraries"]["nodes"]} == ids("libr", rows["library"])
    assert await code(operator, BOOKS % "title") == "WRONG_ROOM"


async def test_a_statement_made_for_one_sight_is_not_used_for_another(
    viewer: Viewer, author: Viewer
) -> None:
    """The same document, one after the other, in both orders."""
    document = BOOKS % "title"
    first = await ask(viewer, document)
    second = await ask(author, document)

    assert first != second
    assert await ask(viewer, document) == first
    assert await ask(author, document) == second
