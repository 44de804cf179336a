"""The protocol: what is taken for a question, in which form it is answered, and when it is not."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import orjson
import pytest

from api.negotiating import GRAPHQL, JSON, media_type
from api.questions import BODY_MAX
from tests.api.browsers import ASKED, TYPED, a_browser, an_app, ask, code


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, JSON), ("", JSON), ("*/*", JSON), ("application/*", JSON), (JSON, JSON),
        (GRAPHQL, GRAPHQL), (GRAPHQL.upper(), GRAPHQL), (f"{JSON}; charset=utf-8", JSON),
        # Both alike: the one that is named first, or named at all.
        (f"{GRAPHQL}, {JSON}", GRAPHQL), (f"{JSON}, {GRAPHQL}", JSON),
        (f"*/*, {GRAPHQL}", GRAPHQL), (f"{JSON}, text/plain, */*", JSON),
        # One is wanted more.
        (f"{JSON};q=0.5, {GRAPHQL};q=0.9", GRAPHQL), (f"{GRAPHQL};q=0.5,{JSON};q=0.9", JSON),
        (f"{GRAPHQL};q=0.8, */*;q=0.1", GRAPHQL), (f"*/*;q=0.1, {GRAPHQL};q=0.05", JSON),
        # Not at all.
        (f"{JSON};q=0, */*", GRAPHQL), ("text/html", None), ("text/*", None), (f"{JSON};q=0", None),
        ("*/*;q=0", None), ("application/xml, text/html;q=0.9", None),
        # Not a number from 0 to 1: as if it were not said.
        (f"{GRAPHQL};q=x", GRAPHQL), (f"{GRAPHQL};q=nan", GRAPHQL), (f"{GRAPHQL};q=7", GRAPHQL),
        (", ,;;,", None), ("," * 10_000, None),
    ],
)  # fmt: skip
def test_the_form_of_an_answer_is_the_one_that_is_wanted_most(
    accept: str | None, answered: str | None
) -> None:
    assert media_type(accept) == answered


async def test_an_answer_is_of_the_type_that_was_agreed_on(http: httpx.AsyncClient) -> None:
    for accept in (JSON, GRAPHQL):
        for body in (ASKED, {"query": "{"}, [], {}):
            answer = await ask(http, body, accept=accept)
            assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
            assert int(answer.headers["content-length"]) == len(answer.content)

    refused = await ask(http, ASKED, accept="text/html")
    assert (refused.status_code, code(refused)) == (406, "NOT_ACCEPTABLE")


NOT_CARRIED_OUT: dict[str, Any] = {
    "not GraphQL": {"query": "{"},
    "nothing": {"query": ""},
    "half a character": {"query": '{ store(id: "\\ud800") { id } }'},
    "not of this schema": {"query": "{ nothing }"},
    "with what cannot be kept": {
        "query": "query($id: ID!) { store(id: $id) { id } }",
        "variables": {"id": "\0"},
    },
    "over a limit": {"query": "{ viewer { now } " * 1_001 + "}" * 1_001},
    "without such an operation": {"query": "query A { viewer { now } }", "operationName": "B"},
    "without its variable": {"query": "query($id: ID!) { store(id: $id) { id } }"},
    "with another kind of value": {
        "query": "query($n: Int!) { stores(first: $n) { totalCount } }",
        "variables": {"n": "two"},
    },
    "dearer than may be": {
        "query": "{ stores(first: 200) { nodes { products(first: 200) { nodes { id } } } } }"
    },
    "a subscription": {"query": "subscription { viewer { now } }"},
}


async def test_what_is_not_carried_out_has_no_data_and_says_so_by_its_status(
    http: httpx.AsyncClient,
) -> None:
    """To clients from before the protocol, 200 says that the answer is ours."""
    for what, body in NOT_CARRIED_OUT.items():
        for accept, status in ((JSON, 200), (GRAPHQL, 400)):
            answer = await ask(http, body, accept=accept)

            assert answer.status_code == status, (what, answer.text)
            assert answer.json().keys() == {"errors"}, what
            assert all(error["message"] for error in answer.json()["errors"]), what


async def test_what_was_carried_out_is_answered_with_200_whatever_became_of_it(
    http: httpx.AsyncClient,
) -> None:
    for accept in (JSON, GRAPHQL):
        answer = await ask(http, {"query": "{ stores { totalCount } }"}, accept=accept)

        assert answer.status_code == 200
        assert (answer.json()["data"], code(answer)) == (None, "NOT_SIGNED_IN")


NO_QUESTIONS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON"),
    "half of one": (b'{"query": "{ __typename }"', "not JSON"),
    "NaN": (b'{"query": "{ __typename }", "variables": {"a": NaN}}', "not JSON"),
    "an infinity": (b'{"query": "{ __typename }", "variables": {"a": 1e999}}', "not JSON"),
    "half of a surrogate pair": (b'{"query": "{ __typename } # \\ud800"}', "not JSON"),
    "not UTF-8": (b'{"query": "{ __typename } # \xff"}', "not JSON"),
    "UTF-16": ('{"query": "{ __typename }"}'.encode("utf-16"), "not JSON"),
    "a byte order mark": (b'\xef\xbb\xbf{"query": "{ __typename }"}', "not JSON"),
    "a NUL": (b'{"query": "{ __typename }\0"}', "not JSON"),
    "a list too deep": (b'{"variables":' + b"[" * 40_000 + b"]" * 40_000 + b"}", "not JSON"),
    "several": (b'[{"query": "{ __typename }"}]', "not a list"),
    "an empty list": (b"[]", "not a list"),
    "a text": (b'"{ __typename }"', "object"),
    "null": (b"null", "object"),
    "an empty object": (b"{}", "no question"),
    "a null": (b'{"query": null}', "no question"),
    "two": (b'{"query": "{ __typename }", "documentId": "a"}', "not both"),
    "a number for an id": (b'{"documentId": 7}', "`documentId` has to be a text"),
}


async def test_what_is_no_question_is_told_so(http: httpx.AsyncClient) -> None:
    for what, (body, said) in NO_QUESTIONS.items():
        for accept in (JSON, GRAPHQL):
            answer = await ask(http, body, accept=accept)

            assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST"), what
            assert answer.json().keys() == {"errors"}, what
            assert said in answer.json()["errors"][0]["message"], what


async def test_names_that_we_do_not_know_are_left_for_later_versions(
    http: httpx.AsyncClient,
) -> None:
    more = {"extensions": {"a": 1}, "variables": None, "operationName": "", "later": [1, 2, 3]}

    answer = await ask(http, ASKED | more)

    assert answer.json()["data"] == {"__typename": "Query"}


TAKEN = [
    f"{JSON};charset=utf-8", f'{JSON}; charset="UTF-8"', "Application/JSON",
    f"{JSON};charset=utf8", f" {JSON} ; profile=x",
]  # fmt: skip
NOT_TAKEN = [
    f"{JSON}; charset=utf-16", f"{JSON}; charset=iso-8859-1", f"{JSON}; charset=",
    f"{JSON}; charset=utf-8; charset=utf-7", f"{JSON}, {JSON}", "application/graphql", "json",
    "application/graphql+json", "text/json", f"text/plain, {JSON}",
]  # fmt: skip


async def test_json_in_utf_8_is_taken_however_it_is_written_and_nothing_else(
    http: httpx.AsyncClient,
) -> None:
    for type_ in TAKEN:
        assert (await ask(http, ASKED, **{"content-type": type_})).status_code == 200, type_
    for type_ in NOT_TAKEN:
        answer = await ask(http, ASKED, **{"content-type": type_})
        assert (answer.status_code, code(answer)) == (415, "NOT_JSON"), type_


async def test_other_methods_are_told_which_one_is_right(http: httpx.AsyncClient) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"):
        answer = await http.request(method, "/graphql", params=ASKED)

        assert (answer.status_code, answer.headers["allow"]) == (405, "POST"), method
        assert method == "HEAD" or code(answer) == "METHOD_NOT_ALLOWED"


async def test_where_queries_go_by_get_a_mutation_does_not(
    database_of_test: str, redis_url: str, key: dict[str, str], owner: asyncpg.Connection
) -> None:
    mutation = 'mutation A { addSellerAccount(name: "Juniper") { __typename } }'
    async with (
        an_app(database_of_test, redis_url, queries_by_get=True) as app,
        a_browser(app, **key) as http,
    ):
        asked = await http.get("/graphql", params={"query": "{ stores { totalCount } }"})
        added = await http.get("/graphql", params={"query": mutation})
        wrong = await http.get("/graphql", params=ASKED | {"variables": "{"})
        listed = await http.get("/graphql", params=ASKED | {"variables": "[1]"})

    assert asked.json()["data"] == {"stores": {"totalCount": 1}}
    assert (added.status_code, added.headers["allow"]) == (405, "POST")
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 1  # of the store
    for bad in (wrong, listed):
        assert (bad.status_code, code(bad)) == (400, "BAD_REQUEST")


def of_size(size: int) -> bytes:
    body = orjson.dumps(ASKED)
    return body + b" " * (size - len(body))


async def pieces(body: bytes, of: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), of):
        yield body[start : start + of]


async def test_a_body_may_have_so_many_bytes_and_not_one_more(http: httpx.AsyncClient) -> None:
    """Streamed, it does not say beforehand how long it is."""
    for streamed in (0, 1_000, 99_999, 200_000):
        for size, status in ((BODY_MAX, 200), (BODY_MAX + 1, 413)):
            body = of_size(size)
            content = pieces(body, streamed) if streamed else body
            answer = await http.post("/graphql", content=content, headers=TYPED)

            assert ("content-length" in answer.request.headers) is not bool(streamed)
            assert answer.status_code == status, (streamed, size)
        assert code(answer) == "TOO_LARGE"


async def test_what_goes_wrong_before_anything_is_asked_is_a_number_and_no_more(
    http: httpx.AsyncClient, key: dict[str, str], owner: asyncpg.Connection
) -> None:
    await owner.execute("ALTER TABLE api_key RENAME TO key_of_api")

    answer = await ask(http, ASKED, **key)

    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert answer.json().keys() == {"errors"}
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "api_key" not in answer.text


async def test_an_answer_says_what_it_cost_and_a_refusal_does_not(
    http: httpx.AsyncClient, key: dict[str, str]
) -> None:
    def asked(first: int) -> dict[str, str]:
        return {"query": f"{{ stores(first: {first}) {{ nodes {{ id }} }} }}"}

    costs = [(await ask(http, asked(n), **key)).json()["extensions"]["cost"] for n in (10, 11, 60)]
    refused = await ask(http, {"query": "{ nothing }"}, **key)

    assert all(cost.keys() == {"points", "left", "of", "resetsInS"} for cost in costs)
    ten, eleven, sixty = (cost["points"] for cost in costs)
    assert (eleven - ten, sixty - ten) == (1, 50)
    assert costs[0]["left"] - costs[2]["left"] == eleven + sixty
    assert "extensions" not in refused.json()


async def test_a_question_costs_a_point_for_each_hundred_bytes_at_least(
    http: httpx.AsyncClient, key: dict[str, str]
) -> None:
    """Read it has to be, also what is refused."""
    body = b'{"query": "{ __typename }"}'
    costs = [
        (await http.post("/graphql", content=body.ljust(size), headers=key | TYPED)).json()[
            "extensions"
        ]
        for size in (99, 100, 10_000)
    ]
    assert [cost["cost"]["points"] for cost in costs] == [1, 2, 101]

    await ask(http, {"query": "{ nothing } #" + "-" * 10_000}, **key)
    after = await ask(http, ASKED, **key)
    left = after.json()["extensions"]["cost"]["left"]
    assert left == costs[-1]["cost"]["left"] - 101 - 1


async def test_who_has_nothing_left_is_told_until_when(
    database_of_test: str, redis_url: str
) -> None:
    # A network that no other test, and no run of a minute ago, has asked from.
    here, there = (f"2001:db8:{part}::1" for part in (secrets.token_hex(2), secrets.token_hex(2)))
    dear = {"query": "{ __typename } #" + "-" * 9_000}
    async with (
        an_app(database_of_test, redis_url, BUDGET_ANONYMOUS="1000") as app,
        a_browser(app, address=here) as http,
    ):
        answers = [await ask(http, dear) for _ in range(12)]
        elsewhere: list[httpx.Response] = []
        async with a_browser(app, address=there) as other:
            elsewhere.append(await ask(other, dear))

    assert [each.status_code for each in answers] == [200] * 10 + [429] * 2
    assert code(answers[-1]) == "RATE_LIMITED"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 120
    assert elsewhere[0].status_code == 200


async def test_a_browser_is_shown_graphiql_but_not_in_production(
    http: httpx.AsyncClient, database_of_test: str, redis_url: str
) -> None:
    browsers = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    hidden = await http.get("/graphql", headers=browsers)
    async with (
        an_app(
            database_of_test, redis_url, ENVIRONMENT="development", PUBLIC_URL="http://127.0.0.1"
        ) as app,
        a_browser(app) as client,
    ):
        shown = await client.get("/graphql", headers=browsers)
        asked = await client.get("/graphql", params=ASKED)

    assert (hidden.status_code, "html" in hidden.text) == (405, False)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "GraphiQL" in shown.text
    assert asked.status_code == 405
