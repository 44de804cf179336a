"""What is written in the pages, the demo and the bench is within what one request may ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench import operations, searches
from schema.limits import LIMITS
from schema.root import schema
from tests.demo import test_documents as demo
from tests.house.test_graphql_page import PAGES, WITH_VARIABLES

_PAGE = 100
"""What the demo gives for `$first`."""


def documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, page in PAGES.items():
        for number, (query, variables) in enumerate(WITH_VARIABLES.findall(page), 1):
            yield f"{name} {number}", query, json.loads(variables or "{}")
    for place, document in demo.documents():
        yield place, document, {"first": _PAGE}
    for module in (operations, searches):
        for name, value in vars(module).items():
            if isinstance(value, str) and value.lstrip().startswith("query"):
                yield f"{module.__name__} {name}", value, {"filter": {"search": "a"}}
    yield "bench.operations _best", operations._best(operations._OFFERS_MAX), {}


DOCUMENTS = {place: (document, variables) for place, document, variables in documents()}


def test_the_documents_are_found() -> None:
    assert len(DOCUMENTS) > 100
    assert {place.split()[0] for place in DOCUMENTS} >= {"docs/graphql.md", "bench.operations"}


@pytest.mark.parametrize("place", DOCUMENTS)
def test_a_document_is_within_the_limits(place: str) -> None:
    """Raises Unfit when it is not."""
    text, variables = DOCUMENTS[place]

    assert schema.cost(schema.document(text), variables) <= LIMITS.cost
