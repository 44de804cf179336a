"""Documents that were parsed and found valid before: clients send few, and many variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from graphql import DocumentNode, GraphQLSyntaxError, parse
from strawberry.extensions import SchemaExtension

_KEPT: Final = 500
_LONGEST: Final = 10_000
"""Of characters. Parsed, a document takes some hundred times its length, so 100 KB at 1 KB."""


@dataclass(slots=True)
class _Document:
    node: DocumentNode
    valid: bool = False


class KnownDocuments(SchemaExtension):
    """Spares a request the parsing and the validation of a document that came before."""

    def __init__(self, parsed: Callable[[str], _Document]) -> None:
        self._parsed = parsed
        self._document: _Document | None = None

    def on_parse(self) -> Iterator[None]:
        text = self.execution_context.query
        if text and len(text) <= _LONGEST:
            try:
                self._document = self._parsed(text)
                self.execution_context.graphql_document = self._document.node
            except GraphQLSyntaxError:
                pass  # is parsed again, and answered as such
        yield

    def on_validate(self) -> Iterator[None]:
        if self._document is not None and self._document.valid:
            self.execution_context.pre_execution_errors = []
        yield
        if self._document is not None and not self.execution_context.pre_execution_errors:
            self._document.valid = True


def known_documents() -> Callable[[], KnownDocuments]:
    """For the extensions of one schema: what is valid is valid in it."""

    @lru_cache(maxsize=_KEPT)
    def parsed(text: str) -> _Document:
        return _Document(parse(text))

    return lambda: KnownDocuments(parsed)
