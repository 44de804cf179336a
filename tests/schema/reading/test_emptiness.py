"""An empty list says which filter left nothing, and what there would be without it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from schema.reading import plain
from tests.schema.reading.library import Viewer, schema
from tests.schema.reading.slow import Slow
from tests.schema.reading.stock import Rows

WHY = "totalCount emptyBecause { filter without }"


async def ask(viewer: Viewer, document: str, **variables: Any) -> Any:
    result = await schema.execute(document, variables, context_value=viewer)
    assert result.errors is None
    return plain(result.data)


async def test_every_combination_is_answered_as_the_slow_path_answers_it(
    viewer: Viewer, rows: Rows
) -> None:
    """In the list of all and in each author's, with values that leave much, little and nothing."""
    slow = Slow(schema.as_str(), rows, viewer.account_id)
    choices: dict[str, list[Any]] = {
        "kind": [None, ["NOVEL"], []],
        "fromPages": [None, 91, 100_000],
        "title": [None, "sea", "no such title"],
        "unpriced": [None, True],
    }
    document = f"""query($f: BookFilter) {{
        books(filter: $f) {{ {WHY} }} authors {{ nodes {{ books(filter: $f) {{ {WHY} }} }} }} }}"""
    empty = 0
    for values in product(*choices.values()):
        filter = dict(zip(choices, values, strict=True))

        found = await ask(viewer, document, f=filter)

        assert found == plain(slow.answer(document, {"f": filter}))
        lists = [found["books"], *(author["books"] for author in found["authors"]["nodes"])]
        given = [name for name, value in filter.items() if value is not None]
        for one in lists:
            told = [why["filter"] for why in one["emptyBecause"]]
            assert sorted(told) == ([] if one["totalCount"] else sorted(given))
            empty += one["totalCount"] == 0
    assert empty > 50


async def test_one_filter_alone_is_the_whole_reason(viewer: Viewer) -> None:
    found = await ask(viewer, f'{{ books(filter: {{title: "no such"}}) {{ {WHY} }} }}')

    assert found["books"]["emptyBecause"] == [{"filter": "title", "without": 23}]


@pytest.mark.parametrize("given", ["", "(filter: {})", "(filter: {title: null, kind: null})"])
async def test_without_a_filter_there_is_nothing_to_tell(viewer: Viewer, given: str) -> None:
    viewer.account_id = type(viewer.account_id)(int=1)  # who has no books at all

    found = await ask(viewer, f"{{ books{given} {{ {WHY} }} }}")

    assert found["books"] == {"totalCount": 0, "emptyBecause": []}


async def test_a_page_past_the_end_of_a_list_is_no_empty_list(viewer: Viewer) -> None:
    document = """query($c: String) { books(filter: {fromPages: 1}, after: $c) {
        nodes { id } pageInfo { endCursor } emptyBecause { filter } } }"""
    first = await ask(viewer, document)

    past = await ask(viewer, document, c=first["books"]["pageInfo"]["endCursor"])

    assert first["books"]["nodes"]
    assert past["books"]["nodes"] == []
    assert past["books"]["emptyBecause"] == []


async def test_it_stands_under_its_aliases_and_names_its_type(viewer: Viewer) -> None:
    found = await ask(
        viewer,
        """{ books(filter: {title: "no such"}) {
             why: emptyBecause { __typename name: filter without } } }""",
    )

    assert found["books"]["why"] == [{"__typename": "Narrowing", "name": "title", "without": 23}]
