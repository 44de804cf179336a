"""Whatever is proven by something that can be guessed at is counted by the try, over HTTP: not by
the request, and in whatever document, browser or process it comes."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from domain.people.rules import PER_CLIENT, PER_EMAIL
from tests.api.browsers import OURS, a_browser, an_app, code, post, signed_in, somebody
from tests.factories import an_account
from tests.people import an_api_key

ANN = "ann@example.com"
WRONG = "a wrong password"
NEW = "another horse, another battery"

# What is asked, and what says that it was looked at. Each is about Ann, who is signed in.
OF_ONE_ADDRESS = {
    "signIn": (f'signIn(email: "{ANN}", password: "{WRONG}")', "WrongCredentials"),
    "changePassword": (
        f'changePassword(currentPassword: "{WRONG}", newPassword: "{NEW}")',
        "WrongCredentials",
    ),
    "signUp": (
        f'signUp(input: {{ name: "A", email: "{ANN}", password: "{NEW}" }})',
        "LetterSent",
    ),
    "requestPasswordReset": (f'requestPasswordReset(email: "{ANN}")', "LetterSent"),
    "resendVerification": (f'resendVerification(email: "{ANN}")', "LetterSent"),
}
# These name nobody: a token is counted by where it comes from.
OF_NOBODY = {
    "verifyEmail": f'verifyEmail(token: "made up", password: "{WRONG}")',
    "resetPassword": f'resetPassword(token: "made up", newPassword: "{NEW}")',
}


async def kinds(client: httpx.AsyncClient, fields: list[str]) -> list[str]:
    """What each came to, of one document with all of them."""
    aliased = " ".join(f"a{n}: {field} {{ __typename }}" for n, field in enumerate(fields))
    answer: dict[str, Any] = (await post(client, f"mutation {{ {aliased} }}")).json()
    assert "errors" not in answer, answer
    return [given["__typename"] for given in answer["data"].values()]


@pytest.mark.parametrize("name", OF_ONE_ADDRESS)
async def test_ten_in_one_document_are_ten_and_the_eleventh_is_from_anywhere(
    name: str, app: Starlette, database_of_test: str, redis_url: str, owner: asyncpg.Connection
) -> None:
    """From another session, another network address and another process, alone or among others."""
    field, looked_at = OF_ONE_ADDRESS[name]
    ann = await somebody(owner, ANN)
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(an_app(database_of_test, redis_url))
        here, there = [
            await stack.enter_async_context(
                a_browser(process, await signed_in(owner, ann), address, **OURS)
            )
            for process, address in ((app, "192.0.2.1"), (other, "198.51.100.7"))
        ]

        assert PER_EMAIL == 10
        assert await kinds(here, [field] * 6) == [looked_at] * 6
        assert await kinds(there, [field] * 6) == [looked_at] * 4 + ["TooManyAttempts"] * 2
        assert await kinds(here, [field]) == ["TooManyAttempts"]


async def test_a_password_is_one_whether_it_is_guessed_at_to_sign_in_or_to_change_it(
    app: Starlette, owner: asyncpg.Connection
) -> None:
    ann = await somebody(owner, ANN)
    async with a_browser(app, await signed_in(owner, ann), **OURS) as browser:
        change, sign_in = (OF_ONE_ADDRESS[name][0] for name in ("changePassword", "signIn"))

        found = await kinds(browser, [sign_in, change] * 5)

        assert found == ["WrongCredentials"] * 10
        assert await kinds(browser, [sign_in, change]) == ["TooManyAttempts"] * 2


async def test_a_hundred_tokens_are_looked_at_whatever_they_are_for(app: Starlette) -> None:
    fields = list(OF_NOBODY.values())
    async with a_browser(app, **OURS) as browser, a_browser(app, address="198.51.100.7") as other:
        assert PER_CLIENT == 100
        for _ in range(10):
            assert await kinds(browser, fields * 5) == ["TokenNotValid"] * 10
        assert await kinds(browser, fields) == ["TooManyAttempts"] * 2
        assert await kinds(other, fields) == ["TokenNotValid"] * 2


async def test_a_hundred_keys_are_looked_at_and_good_ones_are_not_counted(
    app: Starlette, owner: asyncpg.Connection
) -> None:
    good = {"Authorization": f"Bearer {await an_api_key(owner, await an_account(owner))}"}
    question = "{ stores { totalCount } }"
    async with a_browser(app) as program, a_browser(app, address="198.51.100.7") as other:
        for n in range(PER_CLIENT):
            assert "errors" not in (await post(program, question, **good)).json()
            tried = await post(program, question, Authorization=f"Bearer clk_{n:040}")
            assert (tried.status_code, code(tried)) == (401, "BAD_KEY")

        refused = await post(program, question, Authorization="Bearer clk_another")
        assert (refused.status_code, code(refused)) == (429, "TOO_MANY_ATTEMPTS")
        assert 0 < int(refused.headers["retry-after"]) <= 960
        # Who has a key is not kept out by a neighbour who guesses.
        assert "errors" not in (await post(program, question, **good)).json()
        elsewhere = await post(other, question, Authorization="Bearer clk_another")
        assert code(elsewhere) == "BAD_KEY"
