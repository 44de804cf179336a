"""What docs/graphql.md tells people to paste is understood by the schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLUnionType, build_schema, parse, validate

from schema.reading import BadQuestion

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "graphql.md").read_text()
SCHEMA = build_schema((ROOT / "schema" / "schema.graphql").read_text())
BLOCKS = re.findall(r"^```graphql\n(.+?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("{")[0].split("(")[0])
def test_a_block_of_the_page_is_valid(block: str) -> None:
    assert validate(SCHEMA, parse(block)) == []


def test_the_page_has_blocks_and_the_test_finds_a_wrong_one() -> None:
    assert len(BLOCKS) == PAGE.count("```graphql") > 10
    assert validate(SCHEMA, parse("{ stores { nodes { nmae } } }"))


def test_every_mutation_of_the_page_takes_all_refusals() -> None:
    """Whoever pastes one is told why it was refused, by later releases too."""
    mutations = [block for block in BLOCKS if block.startswith("mutation")]

    assert len(mutations) > 5
    assert [block for block in mutations if "... on Refusal { message }" not in block] == []


def test_refusals_share_an_interface_as_the_page_says() -> None:
    refusal = SCHEMA.type_map["Refusal"]
    assert isinstance(refusal, GraphQLInterfaceType)
    assert SCHEMA.mutation_type is not None
    for field in SCHEMA.mutation_type.fields.values():
        union = getattr(field.type, "of_type", field.type)
        assert isinstance(union, GraphQLUnionType)
        assert all(refusal in member.interfaces for member in union.types[1:])


def test_the_page_names_every_code_of_an_error() -> None:
    told = set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", BadQuestion.__doc__ or ""))

    assert len(told) > 3
    assert told | {"NOT_SIGNED_IN", "BAD_KEY", "INTERNAL"} == set(
        re.findall(r"`([A-Z_]+)`", PAGE.split("`extensions.code`")[1].split("\n\n")[0])
    )
