"""What the demo asks is understood by the schema: each of its documents is found and validated."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from schema.root import schema

DEMO = Path(__file__).parents[2] / "demo"
_BEGINS = re.compile(r"\s*(query|mutation|\{)[\s({\w]")


def documents() -> list[tuple[str, str]]:
    """Texts that begin like a document and are one, with the place where each stands."""
    return [
        (f"{file.name}:{node.lineno}", node.value)
        for file in sorted(DEMO.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _BEGINS.match(node.value)
        and node.value.count("{") > 1
    ]


def test_the_documents_are_found() -> None:
    assert len(documents()) > 15


@pytest.mark.parametrize(("place", "document"), documents(), ids=lambda value: value[:30])
def test_a_document_of_the_demo_is_valid(place: str, document: str) -> None:
    assert validate(schema._schema, parse(document)) == [], place
