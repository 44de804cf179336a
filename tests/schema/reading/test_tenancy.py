"""Whose rows a statement can reach."""

import re

import pytest

from schema.reading import plain
from tests.schema.reading.library import Viewer, schema
from tests.schema.reading.stock import Rows

EVERYTHING = """{
  library { name books { totalCount } }
  branches { nodes { books { totalCount nodes { id } } } }
  books { totalCount totals { count } summary { count } pageInfo { hasNextPage }
    nodes { id author { name books { nodes { id } } mentor { name } } branch { name }
            latestLoan { book { id } } recentLoans { id } loans { totalCount nodes { id } } } }
  authors { nodes { id books { totalCount } } }
}"""


async def test_a_tenant_reads_its_own_rows_only(viewer: Viewer, rows: Rows) -> None:
    result = await schema.execute(EVERYTHING, context_value=viewer)

    assert result.errors is None
    own = {
        row["id"].hex for t in rows for row in rows[t] if row.get("library_id") == viewer.account_id
    }
    known = {b["author_id"].hex for b in rows["book"] if b["library_id"] == viewer.account_id}
    found = set(re.findall(r"(?:book|loan|auth)_([0-9a-f]{32})", str(plain(result.data))))
    assert found
    assert found <= own | known


async def test_every_select_from_a_tenants_table_names_the_tenant(viewer: Viewer) -> None:
    await schema.execute(EVERYTHING, context_value=viewer)

    for statement in viewer.statements:
        tables = re.findall(r"(?:from|join) (book|loan|branch) (\w+)", statement)
        # The condition by which authors are seen is the declaration's own text.
        for _, alias in tables:
            assert re.search(rf"\b{alias}\.library_id = \$\d", statement), (alias, statement)
    assert sum("library_id" in statement for statement in viewer.statements) >= 3


@pytest.mark.parametrize("root", ["node", "book"])
async def test_another_tenants_id_and_an_unknown_id_are_null_both(
    viewer: Viewer, stranger: Viewer, rows: Rows, root: str
) -> None:
    theirs = next(b for b in rows["book"] if b["library_id"] == stranger.account_id)
    ask = f"query($id: ID!) {{ {root}(id: $id) {{ id }} }}"

    for ident in (f"book_{theirs['id'].hex}", "book_" + "0" * 32):
        result = await schema.execute(ask, {"id": ident}, context_value=viewer)
        assert result.errors is None
        assert plain(result.data) == {root: None}

    seen = await schema.execute(ask, {"id": f"book_{theirs['id'].hex}"}, context_value=stranger)
    assert plain(seen.data) == {root: {"id": f"book_{theirs['id'].hex}"}}


async def test_an_author_is_seen_through_a_book_and_by_nobody_else(
    viewer: Viewer, stranger: Viewer, rows: Rows
) -> None:
    known = {b["author_id"] for b in rows["book"] if b["library_id"] == viewer.account_id}
    ask = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [f"auth_{author['id'].hex}" for author in rows["author"]]

    result = await schema.execute(ask, {"ids": ids}, context_value=viewer)

    expected = [
        {"id": i} if a["id"] in known else None for i, a in zip(ids, rows["author"], strict=True)
    ]
    assert None in expected
    assert plain(result.data) == {"nodes": expected}


async def test_without_an_account_there_are_no_rows(viewer: Viewer) -> None:
    viewer.account_id = None

    result = await schema.execute("{ books { totalCount nodes { id } } }", context_value=viewer)

    assert plain(result.data) == {"books": {"totalCount": 0, "nodes": []}}


async def test_one_statement_answers_a_root_field_whatever_its_depth(viewer: Viewer) -> None:
    await schema.execute(EVERYTHING, context_value=viewer)

    assert len(viewer.statements) == 4
