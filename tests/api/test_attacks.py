"""What scanners of GraphQL servers try first, a stranger before a production build: none of it gets
anywhere."""

from __future__ import annotations

import json

import asyncpg
import httpx
import pytest

from tests.api.browsers import ASKED, ask, code, post
from tests.factories import an_account
from tests.people import an_api_key

BROWSERS = {"accept": "text/html"}


async def refused(http: httpx.AsyncClient, query: str, limit: str) -> None:
    """Over exactly this limit, and nothing was carried out."""
    answer = await post(http, query)
    assert answer.json().keys() == {"errors"}, answer.text
    assert code(answer) == "LIMIT_EXCEEDED"
    assert answer.json()["errors"][0]["extensions"]["limit"] == limit


async def test_many_aliases_of_one_field(http: httpx.AsyncClient) -> None:
    aliases = " ".join(f"a{n}: __typename" for n in range(101))
    await refused(http, f"{{ viewer {{ {aliases} }} }}", "aliases")


async def test_many_questions_in_one_request(http: httpx.AsyncClient) -> None:
    answer = await ask(http, [ASKED] * 10)

    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_many_directives_in_one_place(http: httpx.AsyncClient) -> None:
    """Of a kind that there is not, or may stand only once: counted before anybody looks at them."""
    await refused(http, "{ __typename " + "@include(if: true) " * 10 + "}", "directivesInPlace")
    await refused(http, "{ __typename " + "@aa" * 10 + " }", "directivesInPlace")


async def test_introspection_in_a_circle(
    http: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    """Nor for those who may ask for the schema."""
    key = await an_api_key(owner, await an_account(owner))
    circle = "fields { type { fields { type { fields { type { name } } } } } }"
    for headers in ({}, {"authorization": f"Bearer {key}"}):
        answer = await post(http, "query cop { __schema { types { " + circle + " } } }", **headers)

        assert answer.json().keys() == {"errors"}
        assert "introspection depth" in answer.text


async def test_introspection(http: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    """It is for those who are signed in."""
    key = await an_api_key(owner, await an_account(owner))
    questions = [
        "query cop { __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ ...A } fragment A on Query { __schema { queryType { name } } }",
        "{ __typename ... on Query { s: __schema { queryType { name } } } }",
    ]
    for question in questions:
        assert code(await post(http, question)) == "NOT_SIGNED_IN", question
        answer = await post(http, question, authorization=f"Bearer {key}")
        assert "errors" not in answer.json(), question
        assert code(await post(http, question)) == "NOT_SIGNED_IN", "it was answered before"


async def test_one_field_many_times(http: httpx.AsyncClient) -> None:
    answer = await post(http, "query cop { " + "__typename " * 500 + "}")

    assert code(answer) == "LIMIT_EXCEEDED"
    assert "data" not in answer.json()


async def test_suggestions_of_what_there_is(
    http: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    """To a stranger nothing is suggested; nor when somebody signed in was told before."""
    key = await an_api_key(owner, await an_account(owner))
    wrong = [
        "query cop { __schema { directive } }", "{ viewr { now } }", "{ viewer { noww } }",
        "{ stores(frist: 1) { totalCount } }", "query($a: ViewerX) { __typename }",
        "{ stores(filter: { statos: [CONNECTED] }) { totalCount } }",
        "{ stores(filter: { status: [CONECTED] }) { totalCount } }",
        "{ node(id: 1) { ... on Stor { id } } }", "mutation { addSelerAccount }",
    ]  # fmt: skip
    for query in wrong:
        assert "errors" in (await post(http, query, authorization=f"Bearer {key}")).json()
        answer = await post(http, query)
        assert "errors" in answer.json(), query
        assert "did you mean" not in answer.text.lower(), answer.text
    value = {
        "query": "query($f: StoreFilter) { stores(filter: $f) { totalCount } }",
        "variables": {"f": {"statos": [], "status": ["CONECTED"]}},
    }
    answer = await http.post("/graphql", json=value)
    assert "errors" in answer.json()
    assert "did you mean" not in answer.text.lower(), answer.text


async def test_queries_by_get(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql", params={"query": "query cop { __typename }"})

    assert answer.status_code == 405
    assert "data" not in answer.json()


async def test_mutations_by_get(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql", params={"query": "mutation cop { __typename }"})

    assert answer.status_code == 405
    assert "data" not in answer.json()


async def test_queries_by_a_form(http: httpx.AsyncClient) -> None:
    for how in ({"data": {"query": "query cop { __typename }"}}, {"files": {"query": b"{ a }"}}):
        answer = await http.post("/graphql", **how)  # type: ignore[arg-type]

        assert (answer.status_code, code(answer)) == (415, "NOT_JSON")


async def test_a_query_console(http: httpx.AsyncClient) -> None:
    for path in ("/graphql", "/graphiql", "/playground", "/console", "/graphql/", "/"):
        answer = await http.get(path, headers=BROWSERS, follow_redirects=True)

        assert 404 <= answer.status_code <= 406
        assert "graphiql" not in answer.text.lower()


async def test_traces_and_what_is_for_debugging(http: httpx.AsyncClient) -> None:
    on = {"apollo-tracing": "1", "x-apollo-tracing": "1", "x-debug": "1"}
    body = {"query": "query cop { __typename }", "extensions": {"tracing": True, "debug": True}}

    answer = await http.post("/graphql", json=body, headers=on)

    assert answer.json()["extensions"].keys() == {"cost"}


@pytest.mark.parametrize("path", ["store", "api_key"])
async def test_faults_that_nobody_handles(
    http: httpx.AsyncClient, owner: asyncpg.Connection, path: str
) -> None:
    """While a question is answered, or already when it is found out who asks."""
    key = await an_api_key(owner, await an_account(owner))
    await owner.execute(f"ALTER TABLE {path} RENAME TO gone")

    answers = [
        await post(http, "{ stores { totalCount } }", authorization=f"Bearer {key}"),
        await post(http, "qwerty cop { abc }"),
        await ask(http, b"\xff\0"),
    ]

    assert code(answers[0]) == "INTERNAL"
    for answer in answers:
        text = json.dumps(answer.json()).lower()
        for word in ("traceback", "exception", "asyncpg", "select ", "gone", ".py", "postgres"):
            assert word not in text, text
