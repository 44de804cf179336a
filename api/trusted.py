"""Trusted documents: what an installation's own front ends ask, known before anybody asks it.

The list is a JSON file of ids and documents, as front ends' build tools write it. With `only`,
nothing else is asked: a document that is not in the list is refused before it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from api.questions import Question
from schema.asking import AskedSchema
from schema.documents import Unfit

_FAULTS_MAX: Final = 20


class UntrustedList(Exception):
    """The list cannot be used: it names each document that is at fault, and its error."""


class UnknownDocument(Exception):
    """The document is not in the list; nothing was parsed."""

    code: Final = "UNKNOWN_DOCUMENT"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class Trusted:
    """The list of one installation; an empty one for most."""

    def __init__(self, documents: Mapping[str, str], *, only: bool = False) -> None:
        self._by_id = dict(documents)
        self._texts = frozenset(documents.values())
        self._only = only

    @classmethod
    def read(cls, path: str, schema: AskedSchema, *, only: bool = False) -> Trusted:
        """The list at `path`, or an empty one for "". Raises UntrustedList.

        Each document is parsed, measured and validated.
        """
        if not path:
            return cls({})
        try:
            documents = orjson.loads(Path(path).read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise UntrustedList(f"TRUSTED_DOCUMENTS: {path} cannot be read: {error}") from None
        if not (
            isinstance(documents, dict)
            and documents
            and all(isinstance(text, str) for text in documents.values())
        ):
            raise UntrustedList(
                f"TRUSTED_DOCUMENTS: {path} has to be a JSON object of ids and documents, with one"
                " at least"
            )
        faults = []
        for id, text in documents.items():
            try:
                schema.document(text)
            except Unfit as unfit:
                faults.append(f"{id}: {'; '.join(error.message for error in unfit.errors)}")
        if faults:
            told = "\n  ".join(faults[:_FAULTS_MAX])
            raise UntrustedList(
                f"TRUSTED_DOCUMENTS: {len(faults)} documents of {path} cannot be asked:\n  {told}"
            )
        return cls(documents, only=only)

    def text(self, question: Question) -> tuple[str, bool]:
        """The document that is asked, and whether it is in the list. Raises UnknownDocument."""
        if question.document_id is not None:
            text = self._by_id.get(question.document_id)
            if text is None:
                raise UnknownDocument(
                    "There is no trusted document of this id here. The front end may be newer than"
                    " the list that the API was started with, or older."
                )
            return text, True
        assert question.text is not None, "a question has a text or an id"
        trusted = question.text in self._texts
        if self._only and not trusted:
            raise UnknownDocument(
                "Only trusted documents are answered here: send the id of one, as `documentId`."
            )
        return question.text, trusted
