"""What a mutation returns is read as the client selected it."""

from uuid import UUID

from schema.reading import plain
from tests.schema.reading.library import Viewer, schema
from tests.schema.reading.stock import Rows


def own_books(viewer: Viewer, rows: Rows) -> list[UUID]:
    return [b["id"] for b in rows["book"] if b["library_id"] == viewer.account_id]


async def test_success_is_the_noun_in_the_union_with_what_was_selected(
    viewer: Viewer, rows: Rows
) -> None:
    document = """mutation($id: UUID!) { a: rename(id: $id) { ...Shown }
      b: rename(id: $id) { ... on Node { id } ... on Refusal { message } } }
      fragment Shown on Book { kind: __typename title label author { name } }"""
    id = own_books(viewer, rows)[0]

    result = await schema.execute(document, {"id": str(id)}, context_value=viewer)

    assert result.errors is None
    data = plain(result.data)
    book = next(b for b in rows["book"] if b["id"] == id)
    author = next(a for a in rows["author"] if a["id"] == book["author_id"])
    assert data["a"] == {
        "kind": "Book",
        "title": book["title"],
        "label": f"{book['title']} ({book['pages'] or 'unknown'})",
        "author": {"name": author["name"]},
    }
    assert data["b"] == {"id": f"book_{id.hex}"}


async def test_a_refusal_is_a_member_of_the_same_union(viewer: Viewer) -> None:
    document = "mutation($id: UUID!) { rename(id: $id) { __typename ... on Refusal { message } } }"

    result = await schema.execute(document, {"id": str(UUID(int=0))}, context_value=viewer)

    assert plain(result.data) == {"rename": {"__typename": "Missing", "message": "There is none."}}
    assert viewer.statements == []


async def test_a_batch_answers_for_each_id_under_every_alias_by_one_statement_a_place(
    viewer: Viewer, stranger: Viewer, rows: Rows
) -> None:
    document = """mutation($ids: [UUID!]!) { renameMany(ids: $ids) {
      a: outcomes { id book { title } refusal { message } }
      outcomes { book { a: id label } b: book { loans(first: 1) { totalCount } } }
      results { __typename ... on Book { id } } } }"""
    own, theirs = own_books(viewer, rows)[:2], own_books(stranger, rows)[0]

    result = await schema.execute(
        document, {"ids": [str(id) for id in [*own, theirs]]}, context_value=viewer
    )

    assert result.errors is None
    data = plain(result.data)["renameMany"]
    books = [next(b for b in rows["book"] if b["id"] == id) for id in own]
    assert [outcome["book"] for outcome in data["a"]] == [
        *({"title": b["title"]} for b in books),
        None,
    ]
    assert [outcome["refusal"] for outcome in data["a"]] == [
        None,
        None,
        {"message": "There is none."},
    ]
    assert [outcome["book"] and outcome["book"]["a"] for outcome in data["outcomes"]] == [
        *(f"book_{id.hex}" for id in own),
        None,
    ]
    assert [
        outcome["b"] and outcome["b"]["loans"]["totalCount"] for outcome in data["outcomes"]
    ] == [
        *(sum(loan["book_id"] == id for loan in rows["loan"]) for id in own),
        None,
    ]
    assert data["results"] == [
        *({"__typename": "Book", "id": f"book_{id.hex}"} for id in own),
        {"__typename": "Missing"},
    ]
    assert len(viewer.statements) == 2


async def test_a_batch_whose_rows_nobody_selects_still_answers(viewer: Viewer, rows: Rows) -> None:
    document = "mutation($ids: [UUID!]!) { renameMany(ids: $ids) { __typename } }"
    ids = [str(id) for id in own_books(viewer, rows)[:1]]

    result = await schema.execute(document, {"ids": ids}, context_value=viewer)

    assert plain(result.data) == {"renameMany": {"__typename": "RenameMany"}}
