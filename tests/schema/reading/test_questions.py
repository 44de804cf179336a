"""Single questions: ids, filters, directives, computed fields, what is kept between requests."""

from datetime import UTC, datetime
from typing import Any

import pytest
import strawberry
from strawberry.directive import DirectiveLocation, DirectiveValue

from domain.money import decimal_text
from schema.reading import plain
from schema.reading.kinds import ODD_UNITS, decimal_amount
from schema.reading.run import Recent
from tests.schema.reading.library import Viewer, make_schema, schema
from tests.schema.reading.stock import Rows


async def ask(viewer: Viewer, document: str, **variables: Any) -> Any:
    result = await schema.execute(document, variables, context_value=viewer)
    assert result.errors is None
    return plain(result.data)


@pytest.mark.parametrize(
    ("root", "ident", "message"),
    [
        ("book", "auth_" + "0" * 32, "book_ and 32 lowercase hexadecimal digits"),
        ("book", "nonsense", "book_ and 32 lowercase hexadecimal digits"),
        ("node", "nonsense", "a prefix, _ and 32 lowercase hexadecimal digits"),
        ("node", "cats_" + "0" * 32, "Known are auth, book, bran, libr, loan."),
    ],
)
async def test_an_id_of_the_wrong_kind_is_a_clear_error(
    viewer: Viewer, root: str, ident: str, message: str
) -> None:
    document = f"query($id: ID!) {{ {root}(id: $id) {{ id }} }}"
    result = await schema.execute(document, {"id": ident}, context_value=viewer)

    assert result.errors is not None
    assert result.errors[0].extensions == {"code": "BAD_ID"}
    assert message in result.errors[0].message
    assert viewer.statements == []


async def test_a_filter_takes_an_id_of_its_own_kind_only(viewer: Viewer) -> None:
    document = "query($id: ID) { books(filter: {author: $id}) { totalCount } }"
    result = await schema.execute(document, {"id": "book_" + "0" * 32}, context_value=viewer)

    assert result.errors is not None
    assert result.errors[0].extensions == {"code": "BAD_ID"}


async def test_a_list_of_more_than_100_values_is_refused(viewer: Viewer) -> None:
    document = "query($k: [Kind!]) { books(filter: {kind: $k}) { totalCount } }"
    full = await schema.execute(document, {"k": ["NOVEL"] * 100}, context_value=viewer)
    over = await schema.execute(document, {"k": ["NOVEL"] * 101}, context_value=viewer)

    assert full.errors is None
    assert over.errors is not None
    assert over.errors[0].message == "Query.books: filter.kind takes at most 100 values."


async def test_more_than_100_ids_are_refused(viewer: Viewer) -> None:
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    result = await schema.execute(
        document, {"ids": ["book_" + "0" * 32] * 101}, context_value=viewer
    )

    assert result.errors is not None
    assert result.errors[0].message == "Query.nodes takes at most 100 ids."


async def test_a_nul_character_is_refused(viewer: Viewer) -> None:
    document = "query($t: String) { books(filter: {title: $t}) { totalCount } }"
    result = await schema.execute(document, {"t": "a\x00"}, context_value=viewer)

    assert result.errors is not None
    assert result.errors[0].extensions == {"code": "BAD_FILTER"}


async def test_a_value_of_the_client_is_never_in_the_statement(viewer: Viewer) -> None:
    text = "'; drop table book; --"
    document = f'{{ books(filter: {{title: "{text}"}}) {{ totalCount }} }}'

    assert await ask(viewer, document) == {"books": {"totalCount": 0}}
    assert "drop" not in viewer.statements[0]


async def test_totals_of_which_nothing_but_the_type_is_asked_are_one_object(viewer: Viewer) -> None:
    found = await ask(viewer, "{ books { summary { __typename } totals { __typename } } }")

    assert found["books"]["summary"] == {"__typename": "BookSummary"}
    assert found["books"]["totals"] == [{"__typename": "BookTotals"}] * 3


async def test_a_null_filter_is_no_filter(viewer: Viewer, rows: Rows) -> None:
    found = await ask(viewer, "{ books(filter: {kind: null, title: null}) { totalCount } }")

    assert found == {"books": {"totalCount": 23}}


async def test_other_values_of_variables_use_the_same_statement(viewer: Viewer) -> None:
    document = "query($from: Int) { books(first: 2, filter: {fromPages: $from}) { nodes { id } } }"
    for pages in (1, 91, 1000):
        await ask(viewer, document, **{"from": pages})

    first, second, third = viewer.statements
    assert first is second is third


async def test_a_switch_makes_a_statement_of_its_own(viewer: Viewer) -> None:
    document = (
        "query($with: Boolean!) { books(first: 1) { nodes { id pages @include(if: $with) } } }"
    )
    wide = await ask(viewer, document, **{"with": True})
    narrow = await ask(viewer, document, **{"with": False})
    again = await ask(viewer, document, **{"with": True})

    assert set(wide["books"]["nodes"][0]) == {"id", "pages"}
    assert set(narrow["books"]["nodes"][0]) == {"id"}
    assert again == wide
    assert viewer.statements[0] is viewer.statements[2]


async def test_operations_of_one_document_do_not_mix(viewer: Viewer) -> None:
    document = """query A { books(first: 1) { nodes { id } } }
                  query B { books(first: 1) { nodes { title } } }"""
    for name, field in (("A", "id"), ("B", "title")):
        result = await schema.execute(document, context_value=viewer, operation_name=name)
        assert list(plain(result.data)["books"]["nodes"][0]) == [field]


def test_only_what_was_used_recently_is_kept() -> None:
    kept: Recent[int, int] = Recent(2)
    made = []

    def get(key: int) -> int:
        return kept.get(key, lambda: made.append(key) or key)

    for key in (1, 2, 1, 3, 1, 2):
        assert get(key) == key

    assert made == [1, 2, 3, 2]


async def test_no_python_runs_for_rows_unless_a_computed_field_is_selected(viewer: Viewer) -> None:
    quick = await schema.execute("{ books { nodes { title } } }", context_value=viewer)
    computed = await schema.execute("{ books { nodes { label } } }", context_value=viewer)

    assert quick.data is not None
    assert type(quick.data["books"]).__name__ == "Fragment"
    assert computed.data is not None
    assert type(computed.data["books"]) is dict


async def test_a_computed_field_knows_only_its_needs_and_stands_under_its_alias(
    viewer: Viewer, rows: Rows
) -> None:
    found = await ask(viewer, "{ books(first: 1) { edges { node { a: label b: label title } } } }")

    (edge,) = found["books"]["edges"]
    assert edge["node"]["a"] == edge["node"]["b"]
    assert edge["node"]["a"].startswith(edge["node"]["title"] + " (")


async def test_a_moment_is_shown_in_utc_whatever_the_session_thinks(viewer: Viewer) -> None:
    await viewer.connection.execute("set time zone 'Asia/Tokyo'; set datestyle = 'German, DMY'")

    found = await ask(viewer, "{ books(last: 1) { edges { cursor node { addedAt printedOn } } } }")

    (edge,) = found["books"]["edges"]
    assert edge["node"]["addedAt"] == datetime(2026, 1, 1, 12, tzinfo=UTC).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    assert edge["node"]["printedOn"] in (None, "2019-12-31", "2020-01-01")


@pytest.mark.parametrize("minor", [0, 1, -1, 5, -120, 99_999, 2**63 - 1, -(2**63) + 1])
async def test_an_amount_is_written_as_the_trade_writes_it(viewer: Viewer, minor: int) -> None:
    odd = [code for codes in ODD_UNITS.values() for code in codes.split()]
    for currency in (*odd, "USD", "EUR", "GBP"):
        sql = f"select {decimal_amount('$1::bigint', '$2::text').text}"
        assert await viewer.connection.fetchval(sql, minor, currency) == decimal_text(
            minor, currency
        )


async def test_a_directive_that_the_compiler_does_not_know_is_refused(viewer: Viewer) -> None:
    @strawberry.directive(locations=[DirectiveLocation.FIELD])
    def upper(value: DirectiveValue[str]) -> str:
        return value.upper()

    document = "{ books { nodes { title @upper } } }"
    result = await make_schema(upper).execute(document, context_value=viewer)

    assert result.errors is not None
    assert result.errors[0].extensions == {"code": "BAD_DIRECTIVE"}
    assert "@upper is not supported on Book.title" in result.errors[0].message
    assert viewer.statements == []


async def test_a_missing_row_under_a_non_null_root_is_an_error_and_no_null(viewer: Viewer) -> None:
    viewer.account_id = None

    result = await schema.execute("{ library { name } }", context_value=viewer)

    assert result.data is None
    assert result.errors is not None
    assert "non-nullable field Query.library" in result.errors[0].message
