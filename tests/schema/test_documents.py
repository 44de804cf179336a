"""Documents are parsed and validated once, and asked as often as anybody likes."""

from __future__ import annotations

import pytest

from tests.schema.conftest import Client

VALID = "query ($first: Int!) { stores(first: $first) { nodes { name } } }"


async def test_a_document_is_asked_again_with_other_values(client: Client) -> None:
    assert (await client.ask(VALID, first=1))["stores"] == {"nodes": []}
    assert (await client.ask(VALID, first=2))["stores"] == {"nodes": []}

    refused = await client.answer(VALID, first=101)
    assert refused["errors"][0]["extensions"]["code"] == "BAD_PAGE_SIZE"


@pytest.mark.parametrize(
    "document",
    ["{ stores { nodes { colour } } }", "{ stores {", "mutation { archiveOffer }", "{ ...Gone }"],
)
async def test_what_is_wrong_is_wrong_each_time(client: Client, document: str) -> None:
    first, second = [await client.answer(document) for _ in range(2)]

    assert first["data"] is None
    assert first["errors"]
    assert first == second


async def test_values_of_the_wrong_kind_are_refused_after_right_ones(client: Client) -> None:
    await client.ask(VALID, first=1)

    for _ in range(2):
        assert (await client.answer(VALID, first="many"))["errors"]


async def test_a_long_document_is_asked_too(client: Client) -> None:
    fields = " ".join(f"a{number}: name" for number in range(2_000))

    for _ in range(2):
        assert (await client.ask(f"{{ stores {{ nodes {{ {fields} }} }} }}"))["stores"]
