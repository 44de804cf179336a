"""What is made of what somebody types into a search."""

from __future__ import annotations

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WORDS = "kitchen kitten review routin skincar calligraphi anna miller home-kitchen"


@pytest.fixture
async def knowing(schema_only: asyncpg.Connection) -> asyncpg.Connection:
    await schema_only.execute(
        f"INSERT INTO search_word SELECT unnest(string_to_array('{WORDS}', ' '))"
    )
    return schema_only


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Kitchens", "'kitchen'"),  # in any form
        ("kitchn", "'kitchen'"),  # a letter left out
        ("reveiw", "'review'"),  # two swapped
        ("skincare rutine", "'skincar' & 'routin'"),  # all words
        ("ana miler", "'anna' & 'miller'"),
        ('"skincare routine"', "'skincar' <-> 'routin'"),
        ("anna or miller", "'anna' | 'miller'"),
        ("kitchen -anna", "'kitchen' & !'anna'"),
        ("kitchen -ana", "'kitchen' & !'anna'"),
        ("zzqqxx", "'zzqqxx'"),  # nothing is like it: nothing is found
    ],
)
async def test_a_search_means(knowing: asyncpg.Connection, typed: str, meant: str) -> None:
    """S38."""
    assert await knowing.fetchval("SELECT search_query($1)::text", typed) == meant


@pytest.mark.parametrize("typed", ["", "  ", "the", "-", '"', "and of the"])
async def test_fillers_alone_are_met_by_everything(knowing: asyncpg.Connection, typed: str) -> None:
    for text in ("", "kitchen of the"):
        assert await knowing.fetchval(
            "SELECT to_tsvector('english', $1) @@ search_query($2)", text, typed
        )


@given(typed=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_whatever_is_typed_is_a_search(knowing: asyncpg.Connection, typed: str) -> None:
    assert await knowing.fetchval("SELECT search_query($1) IS NOT NULL", typed)


async def test_a_word_of_the_text_itself_finds_it(knowing: asyncpg.Connection) -> None:
    """Also when no one has added the text's words to those that are known."""
    assert await knowing.fetchval(
        "SELECT to_tsvector('english', $1) @@ search_query('pottery')", "Pottery for everybody"
    )


async def test_a_value_asked_for_is_itself(schema_only: asyncpg.Connection) -> None:
    assert await schema_only.fetchval("SELECT asked(7)") == 7
    assert await schema_only.fetchval("SELECT asked('{a,b}'::text[])") == ["a", "b"]
