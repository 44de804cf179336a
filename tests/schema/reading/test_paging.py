"""Pages of a list: walked to the end they are the list, whatever the order and the size."""

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.reading import plain
from tests.schema.reading.library import Viewer, schema
from tests.schema.reading.slow import in_order
from tests.schema.reading.stock import Rows

FORWARDS = """query($size: Int, $at: String, $order: BookOrder!) {
  books(first: $size, after: $at, orderBy: $order) {
    nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
BACKWARDS = """query($size: Int, $at: String, $order: BookOrder!) {
  books(last: $size, before: $at, orderBy: $order) {
    nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
ORDERS = [
    f"{name}_{way}"
    for name in (
        "ADDED_AT",
        "TITLE",
        "PAGES",
        "PRICE",
        "KIND",
        "RATING",
        "PRINTED_ON",
        "COPIES_SOLD",
    )
    for way in ("ASC", "DESC")
]


def test_pages_of_any_size_and_order_are_the_whole_list_without_repeats(
    library_url: str, rows: Rows
) -> None:
    library = rows["library"][0]["id"]
    books = [book for book in rows["book"] if book["library_id"] == library]

    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(library_url))

        async def page(document: str, **variables: Any) -> Any:
            viewer = Viewer(connection, library)
            result = await schema.execute(document, variables, context_value=viewer)
            assert result.errors is None
            return plain(result.data)["books"]

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(order=st.sampled_from(ORDERS), size=st.integers(1, 30), forwards=st.booleans())
        def walk(order: str, size: int, forwards: bool) -> None:
            document = FORWARDS if forwards else BACKWARDS
            more, end = (
                ("hasNextPage", "endCursor") if forwards else ("hasPreviousPage", "startCursor")
            )
            behind = "hasPreviousPage" if forwards else "hasNextPage"
            met: list[str] = []
            at, going = None, True
            while going:
                found = runner.run(page(document, size=size, at=at, order=order))
                ids = [node["id"] for node in found["nodes"]]
                assert found["pageInfo"][behind] == (at is not None)
                met = met + ids if forwards else ids + met
                at, going = found["pageInfo"][end], found["pageInfo"][more]

            assert met == [f"book_{book['id'].hex}" for book in in_order(books, order)]

        walk()
        runner.run(connection.close())


async def test_fifty_rows_are_a_page_when_no_size_is_given(viewer: Viewer) -> None:
    await schema.execute("{ books { nodes { id } } }", context_value=viewer)

    assert "limit 50" in viewer.statements[0]


@pytest.mark.parametrize("given_size", ["first: 201", "first: 0", "last: -1", "first: 2147483647"])
async def test_a_page_of_another_size_than_1_to_200_is_refused(
    viewer: Viewer, given_size: str
) -> None:
    error = await refused(viewer, f"{{ books({given_size}) {{ nodes {{ id }} }} }}")

    name, _, size = given_size.partition(": ")
    assert error.extensions == {"code": "BAD_PAGE_SIZE"}
    assert error.message == (
        f"Query.books: {name} is 1 to 200, not {size}. Ask for the next page by its cursor."
    )


async def test_first_and_last_together_are_refused(viewer: Viewer) -> None:
    error = await refused(viewer, "{ books(first: 1, last: 1) { nodes { id } } }")

    assert error.message == "Query.books: give first or last, not both."


async def test_a_cursor_of_another_order_is_refused(viewer: Viewer) -> None:
    ask = "{ books(first: 1, orderBy: TITLE_ASC) { pageInfo { endCursor } } }"
    result = await schema.execute(ask, context_value=viewer)
    cursor = plain(result.data)["books"]["pageInfo"]["endCursor"]
    viewer.statements.clear()

    error = await refused(viewer, f'{{ books(after: "{cursor}") {{ nodes {{ id }} }} }}')

    assert error.extensions == {"code": "BAD_CURSOR"}
    assert "another list or order" in error.message


def forged(*array: object) -> str:
    return urlsafe_b64encode(json.dumps(array).encode()).decode()


ID = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "ü",
        "bm9uc2Vuc2U=",
        forged(),
        forged("Book:PAGES_ASC"),
        forged("Book:PAGES_ASC", "1"),
        forged("Book:PAGES_ASC", "1", "not an id"),
        forged("Book:PAGES_ASC", "one", ID),
        forged("Book:PAGES_ASC", 1, ID),
        forged("Book:PAGES_ASC", "99999999999", ID),
        forged("Book:PAGES_ASC", "1", "1", ID),
        forged("Book:PAGES_ASC", {}, ID),
        urlsafe_b64encode(b"[" * 5000).decode(),
        urlsafe_b64encode(b'"text"').decode(),
        urlsafe_b64encode(b"\xff").decode(),
    ],
)
async def test_what_is_no_cursor_is_refused_before_the_database_is_asked(
    viewer: Viewer, cursor: str
) -> None:
    ask = "query($at: String) { books(orderBy: PAGES_ASC, after: $at) { nodes { id } } }"
    result = await schema.execute(ask, {"at": cursor}, context_value=viewer)

    assert result.errors is not None
    assert result.errors[0].extensions == {"code": "BAD_CURSOR"}
    assert viewer.statements == []


async def test_a_cursor_of_another_tenants_row_gives_only_own_rows(
    viewer: Viewer, stranger: Viewer, rows: Rows
) -> None:
    ask = "query($at: String) { books(first: 3, after: $at) { edges { cursor node { id } } } }"
    theirs = await schema.execute(ask, context_value=stranger)
    cursor = plain(theirs.data)["books"]["edges"][-1]["cursor"]

    ours = await schema.execute(ask, {"at": cursor}, context_value=viewer)

    own = {f"book_{b['id'].hex}" for b in rows["book"] if b["library_id"] == viewer.account_id}
    found = [edge["node"]["id"] for edge in plain(ours.data)["books"]["edges"]]
    assert found
    assert set(found) <= own


async def refused(viewer: Viewer, document: str) -> Any:
    result = await schema.execute(document, context_value=viewer)
    assert result.errors is not None
    assert viewer.statements == []
    (error,) = result.errors
    return error
