"""A browser's way: a letter, a cookie, and what the cookie opens, over HTTP."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from api.app import create_app
from config import Config
from domain.people.rules import ABSOLUTE
from tests.environment import LEAST
from tests.letterbox import KEYRING, everything_kept, token_for

ANN = "ann@example.com"
PASSWORD = "nine lives, one cat"
OURS = {"X-Requested-By": "tests"}


@pytest.fixture(params=["http://127.0.0.1", "https://links.example.com"])
async def browser(
    request: pytest.FixtureRequest, database_of_test: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        Config.from_env(
            {
                "ENVIRONMENT": "development",
                "DATABASE_URL": database_of_test,
                "REDIS_URL": redis_url,
                **LEAST,
                "PUBLIC_URL": request.param,
                "MAIL_OUTBOX": str(tmp_path),
            }
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=request.param, headers=OURS) as client,
    ):
        yield client


async def post(browser: httpx.AsyncClient, query: str, **headers: str) -> httpx.Response:
    return await browser.post("/graphql", json={"query": query}, headers=headers)


async def ask(browser: httpx.AsyncClient, query: str, **headers: str) -> dict[str, Any]:
    answer = await post(browser, query, **headers)
    assert "errors" not in answer.json(), answer.text
    [data] = answer.json()["data"].values()
    return data  # type: ignore[no-any-return]


def sign_in(password: str = PASSWORD) -> str:
    return f'mutation {{ signIn(email: "{ANN}", password: "{password}") {{ __typename }} }}'


async def join(browser: httpx.AsyncClient, owner: asyncpg.Connection) -> str:
    """Ann signs up and follows the letter; the token in it."""
    words = f'{{name: "Ann", email: "{ANN}", password: "{PASSWORD}"}}'
    await ask(browser, f"mutation {{ signUp(input: {words}) {{ __typename }} }}")
    token = await token_for(owner, ANN, KEYRING)
    verified = await ask(
        browser,
        f'mutation {{ verifyEmail(token: "{token}", password: "{PASSWORD}") {{ __typename }} }}',
    )
    assert verified == {"__typename": "Viewer"}
    return token


WHO = "{ viewer { person { email } } }"


async def test_a_letter_and_a_password_give_a_cookie_and_the_cookie_lets_in(browser, owner):
    assert await ask(browser, WHO) is None
    await join(browser, owner)

    assert await ask(browser, WHO) == {"person": {"email": ANN}}
    assert await ask(browser, "mutation { signOut { sessions } }") == {"sessions": 1}
    assert not browser.cookies
    assert await ask(browser, WHO) is None


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser, owner):
    await join(browser, owner)
    answer = await post(browser, sign_in())

    [cookie] = answer.headers.get_list("set-cookie")
    name, *words = cookie.lower().split("; ")
    secure = browser.base_url.scheme == "https"
    assert name.startswith("__host-" if secure else "clickledger=")
    assert {"httponly", "samesite=lax", "path=/"} <= set(words)
    assert ("secure" in words) is secure
    assert not any(word.startswith("domain") for word in words)
    [expires] = [word.removeprefix("expires=") for word in words if word.startswith("expires=")]
    until = datetime.strptime(expires, "%a, %d %b %Y %H:%M:%S gmt").replace(tzinfo=UTC)
    assert 0 < (until - datetime.now(UTC)).total_seconds() <= ABSOLUTE.total_seconds()


async def test_a_wrong_password_leaves_the_cookies_alone(browser, owner):
    await join(browser, owner)
    answer = await post(browser, sign_in("a wrong password"))

    assert "set-cookie" not in answer.headers
    assert await ask(browser, WHO) == {"person": {"email": ANN}}


async def test_a_cookie_without_our_header_is_refused(browser, owner):
    await join(browser, owner)
    answer = await browser.post("/graphql", json={"query": WHO}, headers={"X-Requested-By": ""})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        403, "HEADER_MISSING",
    )  # fmt: skip


async def test_a_seat_that_is_not_ones_own_is_refused(browser, owner):
    await join(browser, owner)
    answer = await post(browser, WHO, **{"Acting-As": "operator"})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        403, "NO_SUCH_SEAT",
    )  # fmt: skip


async def test_nothing_secret_is_logged(browser, owner, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        token = await join(browser, owner)
        await post(browser, sign_in("a wrong password"))
        await post(browser, sign_in())
        await post(browser, "{ viewer { nonsense } }")
        await post(browser, f'{{ "{PASSWORD}" }}')

    told = caplog.text + "".join(capfd.readouterr()) + await everything_kept(owner)
    for secret in (PASSWORD, "a wrong password", token, *browser.cookies.values()):
        assert secret not in told


async def test_bad_keys_are_counted_by_where_they_come_from(browser):
    answers = [await post(browser, WHO, Authorization="Bearer clk_no") for _ in range(101)]

    assert [one.status_code for one in answers] == [401] * 100 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 960
