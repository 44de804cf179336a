"""Trusted documents: asked by their ids, checked before anybody asks, and alone if so wished."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from api import __main__ as web
from api.trusted import Trusted, UntrustedList
from config import BadConfig
from schema.root import schema
from tests.api.browsers import a_browser, an_app, code

WHO = "query Who { viewer { now } }"
WHO_ID = f"sha256:{hashlib.sha256(WHO.encode()).hexdigest()}"
FIRST = "query First($first: Int!) { stores(first: $first) { nodes { id } } }"
ADD = 'mutation Add { addSellerAccount(name: "Juniper") { __typename } }'
SCHEMA = "{ __schema { queryType { name } } }"
LIST = {WHO_ID: WHO, "first": FIRST, "add": ADD, "schema": SCHEMA}
OTHER = "{ viewer { now } }"


@pytest.fixture
def listed(tmp_path: Path) -> dict[str, str]:
    return kept(tmp_path, LIST)


def kept(folder: Path, documents: Any) -> dict[str, str]:
    """The environment of an installation with this list."""
    file = folder / "documents.json"
    file.write_bytes(orjson.dumps(documents))
    return {"TRUSTED_DOCUMENTS": str(file)}


async def ask(http: httpx.AsyncClient, accept: str = "*/*", **body: Any) -> httpx.Response:
    return await http.post("/graphql", json=body, headers={"accept": accept})


async def test_a_document_is_asked_by_its_id_with_other_values(
    database_of_test: str, redis_url: str, listed: dict[str, str]
) -> None:
    async with an_app(database_of_test, redis_url, **listed) as app, a_browser(app) as http:
        assert (await ask(http, documentId=WHO_ID)).json()["data"] == {"viewer": None}
        named = await ask(http, documentId=WHO_ID, operationName="Who")
        assert named.json()["data"] == {"viewer": None}
        assert code(await ask(http, documentId="first", variables={"first": 2})) == "NOT_SIGNED_IN"
        wrong = await ask(http, documentId="first", variables={"first": "two"})
        assert wrong.json().keys() == {"errors"}
        other = await ask(http, documentId=WHO_ID, operationName="Whom")
        assert other.json().keys() == {"errors"}
        # Others may be asked as well, and what is in the list may tell the schema.
        assert (await ask(http, query=OTHER)).json()["data"] == {"viewer": None}
        assert (await ask(http, documentId="schema")).json()["data"]
        assert code(await ask(http, query="{ __schema { types { name } } }")) == "NOT_SIGNED_IN"


async def test_an_id_that_is_not_known_is_told_so_in_either_form(
    database_of_test: str, redis_url: str, listed: dict[str, str]
) -> None:
    for more in (listed, {}):
        async with an_app(database_of_test, redis_url, **more) as app, a_browser(app) as http:
            for id in ("", "nothing", WHO_ID.upper(), WHO):
                old = await ask(http, documentId=id)
                new = await ask(http, "application/graphql-response+json", documentId=id)

                assert (old.status_code, code(old)) == (200, "UNKNOWN_DOCUMENT")
                assert (new.status_code, code(new)) == (400, "UNKNOWN_DOCUMENT")
                assert old.json().keys() == new.json().keys() == {"errors"}


class Reader:
    """Stands in the schema's place where nothing may be read."""

    def document(self, text: str, operation_name: str | None, *, introspect: bool) -> object:
        raise AssertionError(f"it was parsed: {text}")


async def test_with_only_these_nothing_else_is_answered_or_even_parsed(
    database_of_test: str,
    redis_url: str,
    listed: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        an_app(database_of_test, redis_url, ONLY_TRUSTED="1", **listed) as app,
        a_browser(app) as http,
    ):
        assert (await ask(http, documentId=WHO_ID)).json()["data"] == {"viewer": None}
        assert (await ask(http, query=WHO)).json()["data"] == {"viewer": None}
        monkeypatch.setattr(schema, "document", Reader().document)
        for body in (
            {"query": OTHER}, {"query": WHO + " "}, {"query": "{"}, {"query": ""},
            {"query": SCHEMA.replace(" ", "")}, {"documentId": "nothing"},
            {"query": "{ a " * 1_000},
        ):  # fmt: skip
            assert code(await ask(http, **body)) == "UNKNOWN_DOCUMENT", body
        with pytest.raises(AssertionError, match="it was parsed"):
            schema.document(OTHER, None, introspect=True)


BAD = {
    "typo": "{ viewer { nwo } }",
    "half": "{ viewer {",
    "nothing": "",
    "two": "query A { viewer { now } } query B { viewer { now } }",
    "deep": "{ viewer { account " + "{ a" * 20 + " }" * 22,
}


def test_a_list_with_faults_names_each_document_and_what_is_wrong(tmp_path: Path) -> None:
    file = kept(tmp_path, LIST | BAD)["TRUSTED_DOCUMENTS"]

    with pytest.raises(UntrustedList) as refused:
        Trusted.read(file, schema)

    first, *lines = str(refused.value).splitlines()
    assert "5 documents" in first
    assert [line.strip().partition(": ")[0] for line in lines] == list(BAD)
    assert all(line.partition(": ")[2] for line in lines)
    assert "nwo" in lines[0]


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"a": 1}', '["a"]', '{"a": '])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "documents.json"
    file.write_text(text)

    with pytest.raises(UntrustedList, match="TRUSTED_DOCUMENTS"):
        Trusted.read(str(file), schema)


def test_a_list_that_is_not_there_is_refused() -> None:
    with pytest.raises(UntrustedList, match="cannot be read"):
        Trusted.read("/nowhere/documents.json", schema)


async def test_with_a_list_that_has_faults_nothing_starts(
    database_of_test: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = kept(tmp_path, BAD)
    with pytest.raises(UntrustedList):
        async with an_app(database_of_test, redis_url, **bad):
            raise AssertionError("it started")
    with pytest.raises(BadConfig, match="TRUSTED_DOCUMENTS is not set"):
        async with an_app(database_of_test, redis_url, ONLY_TRUSTED="1"):
            raise AssertionError("it started")
    with pytest.raises(SystemExit, match="typo: "):
        web._check(bad["TRUSTED_DOCUMENTS"])
