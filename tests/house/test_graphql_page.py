"""What the pages of docs/ tell people to paste is understood by the schema."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLUnionType,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.language import OperationDefinitionNode

from schema.limits import LIMITS
from schema.root import schema

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "graphql.md").read_text()
PAGES = {
    file.relative_to(ROOT).as_posix(): file.read_text()
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
WALKS = [name for name in PAGES if "walkthrough" in name]
SCHEMA = build_schema(schema.as_str())
_GRAPHQL = re.compile(r"^```graphql\n(.+?)^```$", re.MULTILINE | re.DOTALL)
WITH_VARIABLES = re.compile(
    r"^```graphql\n(.+?)^```$(?:\n\n^```json\n(.+?)^```$)?", re.MULTILINE | re.DOTALL
)
BLOCKS = [(name, block) for name, page in PAGES.items() for block in _GRAPHQL.findall(page)]


def _name(value: object) -> str:
    return str(value).split("{")[0].split("(")[0]


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=_name)
def test_a_block_of_a_page_is_valid(page: str, block: str) -> None:
    assert validate(SCHEMA, parse(block)) == [], page


def test_the_pages_have_blocks_and_the_test_finds_a_wrong_one() -> None:
    assert len(WALKS) == 3
    for name in ["docs/graphql.md", *WALKS]:
        found = [block for page, block in BLOCKS if page == name]
        assert len(found) == PAGES[name].count("```graphql") > 5
    assert validate(SCHEMA, parse("{ stores { nodes { nmae } } }"))


@pytest.mark.parametrize("page", WALKS)
def test_the_variables_of_a_walk_through_fit_its_queries(page: str) -> None:
    """Given where they are needed, of the right kind, and none that nobody asks for."""
    for query, variables in WITH_VARIABLES.findall(PAGES[page]):
        [operation] = parse(query).definitions
        assert isinstance(operation, OperationDefinitionNode)
        given = json.loads(variables or "{}")
        asked = operation.variable_definitions or []
        assert not given.keys() - {each.variable.name.value for each in asked}, query
        assert not isinstance(get_variable_values(SCHEMA, asked, given), list), query


def test_every_mutation_of_a_page_takes_all_refusals() -> None:
    """Whoever pastes one is told why it was refused, by later releases too."""
    mutations = [block for _, block in BLOCKS if block.startswith("mutation")]

    assert len(mutations) > 40
    assert [
        block
        for block in mutations
        if _can_be_refused(block) and "... on Refusal { message }" not in block
    ] == []


def _can_be_refused(block: str) -> bool:
    [operation] = parse(block).definitions
    assert isinstance(operation, OperationDefinitionNode)
    [field] = operation.selection_set.selections
    assert SCHEMA.mutation_type is not None
    type_ = SCHEMA.mutation_type.fields[field.name.value].type  # type: ignore[attr-defined]
    return isinstance(type_.of_type, GraphQLUnionType)


def test_refusals_share_an_interface_as_the_page_says() -> None:
    """But for what is refused to nobody, whose answer is no union."""
    refusal = SCHEMA.type_map["Refusal"]
    assert isinstance(refusal, GraphQLInterfaceType)
    assert SCHEMA.mutation_type is not None
    plain = set()
    for name, field in SCHEMA.mutation_type.fields.items():
        union = getattr(field.type, "of_type", field.type)
        if isinstance(union, GraphQLUnionType):
            assert all(refusal in member.interfaces for member in union.types[1:])
        else:
            plain.add(name)
    assert plain == {"signOut", "signOutEverywhere"}


_CODE = re.compile(r"[A-Z]+(_[A-Z]+)*")
_RAISING = {
    "BadQuestion", "NotAdmitted", "NotTaken", "__init__", "_bad", "_later", "_refused",
}  # fmt: skip


def _called(function: ast.expr) -> str | None:
    return getattr(function, "id", None) or getattr(function, "attr", None)


def codes_of(tree: ast.AST) -> set[str]:
    """What stands as a code: said by one that raises, or under the key "code"."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in _RAISING:
            found += node.args[:2]
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", None) == "code":
            found += [node.value] if node.value else []
        elif isinstance(node, ast.Dict):
            found += [
                value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and key.value == "code"
            ]
    texts = {str(each.value) for each in found if isinstance(each, ast.Constant)}
    return {text for text in texts if _CODE.fullmatch(text)}


def test_the_page_says_what_the_limits_are() -> None:
    told = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", PAGE, re.MULTILINE)

    assert {name: int(most.replace(",", "")) for name, most in told} == {
        _camel(name): most for name, most in asdict(LIMITS).items()
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


def test_the_page_names_every_code_of_an_error() -> None:
    files = [file for folder in ("api", "schema") for file in (ROOT / folder).rglob("*.py")]
    raised = set().union(*(codes_of(ast.parse(file.read_text())) for file in files))
    table = PAGE.split("`extensions.code`")[1].split("\n\n")[0]

    assert len(raised) > 10
    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+|FORBIDDEN|INTERNAL|TIMEOUT)`", table)) == raised
