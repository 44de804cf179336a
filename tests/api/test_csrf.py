"""What another site can make a browser send does nothing, and the cookie alone is nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from tests.api.browsers import (
    FRONT_END,
    OURS,
    PUBLIC,
    a_browser,
    an_app,
    code,
    post,
    served,
    signed_in,
)
from tests.factories import an_account
from tests.people import a_member, a_person

ADD = 'mutation { addSellerAccount(name: "Juniper") { __typename } }'
WHO = "{ viewer { person { email } } }"


@pytest.fixture
async def token(owner: asyncpg.Connection) -> str:
    """Of an owner of an account."""
    person_id = await a_person(owner, email="ann@example.com")
    await a_member(owner, await an_account(owner), person_id)
    return await signed_in(owner, person_id)


@pytest.fixture
async def browser(app: Starlette, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with a_browser(app, token) as client:
        yield client


async def made(owner: asyncpg.Connection) -> int:
    found: int = await owner.fetchval("SELECT count(*) FROM seller_account")
    return found


async def test_with_our_header_the_mutation_is_done(
    browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    """Without which the others here would show nothing."""
    answer = await post(browser, ADD, **OURS)

    assert answer.json()["data"] == {"addSellerAccount": {"__typename": "SellerAccount"}}
    assert await made(owner) == 1


BODY = '{"query": "mutation { addSellerAccount(name: \\"Juniper\\") { __typename } }"}'
FORMS = {
    "a form": ("application/x-www-form-urlencoded", f"query={ADD}"),
    "a form with JSON for a name": ("application/x-www-form-urlencoded", BODY + "="),
    "a form with files": (
        "multipart/form-data; boundary=x",
        f'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{BODY}\r\n'
        f'--x\r\nContent-Disposition: form-data; name="map"\r\n\r\n{{}}\r\n--x--\r\n',
    ),
    "plain text": ("text/plain", BODY),
    "plain text that says JSON": ("text/plain; application/json", BODY),
    "no type": (None, BODY),
    "an empty type": ("", BODY),
    "another type": ("application/xml", BODY),
    "nearly JSON": ("application/jsonp", BODY),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("headers", [{}, OURS], ids=["without our header", "with it"])
async def test_what_a_form_can_send_does_nothing(
    browser: httpx.AsyncClient, owner: asyncpg.Connection, form: str, headers: dict[str, str]
) -> None:
    type_, body = FORMS[form]
    sent = headers | ({} if type_ is None else {"content-type": type_})

    answer = await browser.post("/graphql", content=body, headers=sent)

    assert 400 <= answer.status_code < 500, answer.text
    assert await made(owner) == 0


@pytest.mark.parametrize("headers", [{}, OURS], ids=["without our header", "with it"])
async def test_an_address_asks_and_does_nothing(
    browser: httpx.AsyncClient, owner: asyncpg.Connection, headers: dict[str, str]
) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        for query in (ADD, WHO):
            answer = await browser.request(
                method, "/graphql", params={"query": query}, headers=headers
            )

            assert 400 <= answer.status_code < 500, (method, answer.status_code)
            assert "ann@example.com" not in answer.text
    assert await made(owner) == 0


async def test_several_requests_in_one_are_refused(
    browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    answer = await browser.post("/graphql", json=[{"query": ADD}, {"query": ADD}], headers=OURS)

    assert answer.status_code == 400
    assert await made(owner) == 0


async def test_the_cookie_alone_is_nobody(
    browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    for query in (ADD, WHO, "{ stores { totalCount } }", "mutation { signOut { sessions } }"):
        answer = await post(browser, query)

        assert (answer.status_code, code(answer)) == (403, "HEADER_MISSING")
        assert "data" not in answer.json()
    assert await made(owner) == 0
    assert await owner.fetchval("SELECT count(*) FROM session") == 1


async def test_a_session_of_the_other_kinds_name_is_nobody(
    app: Starlette, token: str, owner: asyncpg.Connection
) -> None:
    """The name without the prefix could be set by a page of a neighbouring host."""
    async with a_browser(app, **OURS) as client:
        answer = await post(client, WHO, cookie=f"clickledger={token}")

    assert answer.json()["data"] == {"viewer": None}


@pytest.mark.parametrize("headers", [{}, OURS], ids=["without our header", "with it"])
async def test_there_is_no_web_socket(app: Starlette, token: str, headers: dict[str, str]) -> None:
    sent: list[Any] = [
        {"type": "websocket.connect"},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    told = []
    named = {"cookie": f"__Host-clickledger={token}", "host": "links.example.com"} | headers

    async def receive() -> Any:
        return sent.pop(0)

    async def send(message: dict[str, object]) -> None:
        told.append(message)

    for protocol in ([], ["graphql-ws"], ["graphql-transport-ws"]):
        sent[:0] = [{"type": "websocket.connect"}]
        scope = {
            "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "query_string": b"",
            "root_path": "", "scheme": "wss", "subprotocols": protocol, "app": app,
            "headers": [(k.lower().encode(), v.encode()) for k, v in named.items()],
            "client": ("192.0.2.1", 1), "server": ("links.example.com", 443),
        }  # fmt: skip
        await app(scope, receive, send)  # type: ignore[arg-type]

    assert told
    assert {message["type"] for message in told} == {"websocket.close"}


async def test_an_upgrade_that_is_asked_for_over_http_is_none(browser: httpx.AsyncClient) -> None:
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}

    answer = await browser.get("/graphql", headers=upgrade | OURS)

    assert 400 <= answer.status_code < 500


async def test_a_web_socket_is_refused_by_the_server_too(app: Starlette) -> None:
    """Whatever page asks for it: 4xx, and no connection to go on talking over."""
    async with served(app) as origin, httpx.AsyncClient(base_url=origin, timeout=5) as client:
        for protocol in ("graphql-transport-ws", "graphql-ws"):
            for page in (FRONT_END, "https://evil.example"):
                upgrade = {
                    "connection": "Upgrade", "upgrade": "websocket", "origin": page,
                    "sec-websocket-version": "13", "sec-websocket-protocol": protocol,
                    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
                }  # fmt: skip
                answer = await client.get("/graphql", headers=upgrade)
                assert 400 <= answer.status_code < 500, answer.status_code


PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,x-requested-by",
}


async def test_the_front_end_may_ask_with_its_session(browser: httpx.AsyncClient) -> None:
    asked = await browser.options("/graphql", headers={"origin": FRONT_END} | PREFLIGHT)
    answer = await post(browser, WHO, origin=FRONT_END, **OURS)

    for each in (asked, answer):
        assert each.status_code == 200
        assert each.headers["access-control-allow-origin"] == FRONT_END
        assert each.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in each.headers["vary"]
    assert answer.json()["data"]["viewer"]["person"]["email"] == "ann@example.com"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://APP.example.com",
        "null",
        PUBLIC.replace("https", "http"),
    ],
)
async def test_no_other_origin_may_ask(browser: httpx.AsyncClient, origin: str) -> None:
    asked = await browser.options("/graphql", headers={"origin": origin} | PREFLIGHT)
    answer = await post(browser, WHO, origin=origin, **OURS)

    assert asked.status_code == 400
    for each in (asked, answer):
        assert "access-control-allow-origin" not in each.headers


async def test_a_front_end_of_the_same_origin_lets_nobody_else_ask(
    database_of_test: str, redis_url: str, token: str
) -> None:
    async with (
        an_app(database_of_test, redis_url, FRONT_END_URL=PUBLIC) as app,
        a_browser(app, token) as browser,
    ):
        asked = await browser.options("/graphql", headers={"origin": FRONT_END} | PREFLIGHT)
        answer = await post(browser, WHO, origin=FRONT_END, **OURS)

    assert 400 <= asked.status_code < 500
    for each in (asked, answer):
        assert "access-control-allow-origin" not in each.headers
