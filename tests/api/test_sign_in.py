"""Who gets in, for how long, and how often it may be tried: over HTTP, on real servers."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette

from domain.ids import encode
from tests.api.browsers import (
    OURS,
    PASSWORD,
    a_browser,
    an_app,
    code,
    post,
    signed_in,
    somebody,
)
from tests.factories import a_store, an_account, an_affiliate
from tests.letterbox import everything_kept
from tests.people import a_member, a_person, an_api_key

ANN = "ann@example.com"
WHO = "{ viewer { person { email } } }"
STORES = "{ stores { totalCount } }"
ADD = 'mutation { addSellerAccount(name: "Juniper") { __typename } }'
OUT = "mutation { signOut { sessions } }"
ANSWER = """{ __typename ... on Refusal { message }
  ... on TooManyAttempts { retryAfterSeconds } ... on Viewer { now } }"""


def sign_in(email: str = ANN, password: str = PASSWORD) -> str:
    return f'signIn(email: "{email}", password: "{password}") {ANSWER}'


@pytest.fixture
async def browser(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with a_browser(app, **OURS) as client:
        yield client


async def act(client: httpx.AsyncClient, mutation: str, **headers: str) -> Any:
    """What the one mutation gave."""
    answer = (await post(client, f"mutation {{ {mutation} }}", **headers)).json()
    assert "errors" not in answer, answer
    (given,) = answer["data"].values()
    return given


def cookies(client: httpx.AsyncClient) -> list[str]:
    return [cookie.value or "" for cookie in client.cookies.jar]


async def who(client: httpx.AsyncClient) -> str | None:
    viewer = (await post(client, WHO)).json()["data"]["viewer"]
    email: str | None = viewer and viewer["person"]["email"]
    return email


async def test_signing_out_ends_the_session_in_every_process_at_once(
    app: Starlette, owner: asyncpg.Connection, database_of_test: str, redis_url: str
) -> None:
    token = await signed_in(owner, await a_person(owner, email=ANN))
    async with (
        an_app(database_of_test, redis_url) as other,
        a_browser(app, token, **OURS) as here,
        a_browser(other, token, **OURS) as there,
    ):
        assert (await who(here), await who(there)) == (ANN, ANN)

        await act(here, "signOut { sessions }")

        assert (await who(there), await who(here)) == (None, None)
        assert code(await post(there, STORES)) == "NOT_SIGNED_IN"


async def test_each_sign_in_has_a_token_of_its_own_and_ends_the_one_before(
    app: Starlette, browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    """So that nobody can be given a session that somebody else knows."""
    await somebody(owner, ANN)
    planted = await signed_in(owner, await a_person(owner, email="evil@example.com"))
    browser.cookies.set("__Host-clickledger", planted, domain="links.example.com", path="/")

    assert (await act(browser, sign_in()))["__typename"] == "Viewer"
    [first] = cookies(browser)
    assert (await act(browser, sign_in()))["__typename"] == "Viewer"
    [second] = cookies(browser)

    assert len({planted, first, second}) == 3
    for token, email in ((planted, None), (first, None), (second, ANN)):
        async with a_browser(app, token, **OURS) as one:
            assert await who(one) == email


async def test_another_password_ends_all_tokens_of_before(
    app: Starlette, browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    elsewhere = await signed_in(owner, await somebody(owner, ANN))
    await act(browser, sign_in())
    [before] = cookies(browser)
    new = "another horse, another battery"

    changed = await act(
        browser,
        f'changePassword(currentPassword: "{PASSWORD}", newPassword: "{new}") {{ __typename }}',
    )

    [after] = cookies(browser)
    assert changed["__typename"] == "Viewer"
    for token, email in ((elsewhere, None), (before, None), (after, ANN)):
        async with a_browser(app, token, **OURS) as one:
            assert await who(one) == email
    assert (await act(browser, sign_in()))["__typename"] == "WrongCredentials"
    assert (await act(browser, sign_in(password=new)))["__typename"] == "Viewer"


async def test_a_removed_member_is_out_with_the_next_request(
    app: Starlette, owner: asyncpg.Connection
) -> None:
    account_id, person_id = await an_account(owner), await a_person(owner, email=ANN)
    member_id = await a_member(owner, account_id, person_id, "MANAGER")
    await a_store(owner, account_id)
    chief = await a_person(owner)
    await a_member(owner, account_id, chief)
    seat = {"Acting-As": encode("acct", account_id)}
    async with (
        a_browser(app, await signed_in(owner, person_id), **OURS) as member,
        a_browser(app, await signed_in(owner, chief), **OURS) as other,
    ):
        assert (await post(member, STORES, **seat)).json()["data"]["stores"]["totalCount"] == 1

        removed = await act(
            other, f'removeMember(id: "{encode("memb", member_id)}") {{ __typename }}', **seat
        )

        assert removed["__typename"] not in ("NotFound", "LastOwner", "WrongId")
        for query in (STORES, ADD):
            named, unnamed = await post(member, query, **seat), await post(member, query)
            assert (named.status_code, code(named)) == (403, "NO_SUCH_SEAT")
            assert code(unnamed) == "CHOOSE_SEAT"
    assert await owner.fetchval("SELECT count(*) FROM seller_account WHERE name = 'Juniper'") == 0


async def test_anothers_seat_is_refused_as_one_that_there_is_not(
    app: Starlette, owner: asyncpg.Connection
) -> None:
    person_id = await a_person(owner, email=ANN)
    await a_member(owner, await an_account(owner), person_id)
    theirs = await an_account(owner, name="Birch")
    seats = [
        encode("acct", theirs),
        encode("affl", await an_affiliate(owner)),
        "operator",
        encode("acct", uuid4()),
        encode("affl", uuid4()),
        encode("affl", theirs),
        str(theirs),
        "acct_",
        "",
        "' OR true --",
    ]
    told = set()
    async with a_browser(app, await signed_in(owner, person_id), **OURS) as client:
        for seat in seats:
            for query in (STORES, ADD, WHO):
                answer = await post(client, query, **{"Acting-As": seat})
                assert (answer.status_code, code(answer)) == (403, "NO_SUCH_SEAT"), seat
                told.add(answer.text.replace(f'\\"{seat}\\"', "…"))
    assert len(told) == 1, told
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 0


async def test_a_key_does_what_its_scopes_say_until_it_is_revoked(
    app: Starlette, browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    account_id = await an_account(owner)
    keys = {
        scopes: {"Authorization": f"Bearer {await an_api_key(owner, account_id, scopes)}"}
        for scopes in (("READ",), ("READ", "MANAGE"), ("READ", "ADMINISTER"))
    }
    reads, manages, administers = keys.values()
    added = {"addSellerAccount": {"__typename": "SellerAccount"}}

    for key in keys.values():
        asked = await post(browser, STORES, **key)
        assert asked.json()["data"] == {"stores": {"totalCount": 0}}
    assert code(await post(browser, ADD, **reads)) == "FORBIDDEN"
    assert (await post(browser, ADD, **manages)).json()["data"] == added
    assert code(await post(browser, ADD, **administers)) == "FORBIDDEN"
    assert code(await post(browser, "{ apiKeys { totalCount } }", **manages)) == "FORBIDDEN"
    listed = await post(browser, "{ apiKeys { nodes { id scopes } } }", **administers)
    for key in listed.json()["data"]["apiKeys"]["nodes"]:
        if "MANAGE" in key["scopes"]:
            revoke = f'revokeApiKey(id: "{key["id"]}") {{ __typename }}'
            assert (await act(browser, revoke, **administers))["__typename"] == "ApiKey"

    after = await post(browser, ADD, **manages)
    assert (after.status_code, code(after)) == (401, "BAD_KEY")
    assert await owner.fetchval("SELECT count(*) FROM seller_account") == 1


async def test_a_key_is_no_other_accounts_and_no_person(
    app: Starlette, browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    mine, theirs = await an_account(owner), await an_account(owner, name="Birch")
    key = {"Authorization": f"Bearer {await an_api_key(owner, mine)}"}

    for seat in (encode("acct", theirs), "operator", encode("affl", await an_affiliate(owner))):
        answer = await post(browser, STORES, **key, **{"Acting-As": seat})
        assert (answer.status_code, code(answer)) == (403, "NO_SUCH_SEAT")
    everywhere = await post(browser, "mutation { signOutEverywhere { sessions } }", **key)
    assert code(everywhere) == "FORBIDDEN"


async def test_ten_in_one_document_are_ten_and_no_other_address_helps(
    app: Starlette, browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    """As is the eleventh of fifty at once."""
    await somebody(owner, ANN)
    aliased = " ".join(f"a{n}: {sign_in(password=f'a wrong password {n}')}" for n in range(10))

    ten = (await post(browser, f"mutation {{ {aliased} }}")).json()["data"]

    assert {one["__typename"] for one in ten.values()} == {"WrongCredentials"}
    async with a_browser(app, address="198.51.100.7", **OURS) as elsewhere:
        for client, email in ((browser, ANN), (elsewhere, ANN), (elsewhere, " Ann@Example.com ")):
            refused = await act(client, sign_in(email))
            assert refused["__typename"] == "TooManyAttempts"
            assert 0 < refused["retryAfterSeconds"] <= 960
            assert not client.cookies
        assert (await act(browser, sign_in("bob@example.com")))["__typename"] == "WrongCredentials"
    assert await owner.fetchval("SELECT count(*) FROM session") == 0


async def test_many_at_once_are_counted_one_by_one(
    app: Starlette, browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    await somebody(owner, ANN)

    tried = await asyncio.gather(
        *(act(browser, sign_in(password=f"a wrong password {n}")) for n in range(15))
    )

    kinds = [one["__typename"] for one in tried]
    assert (kinds.count("WrongCredentials"), kinds.count("TooManyAttempts")) == (10, 5)


async def test_an_address_tries_a_hundred_times_whomever_it_is_about(
    app: Starlette, browser: httpx.AsyncClient
) -> None:
    kinds = []
    for round in range(11):
        aliased = " ".join(
            f"a{n}: {sign_in(f'p{round}x{n}@example.com', 'wrong, wrong, wrong')}"
            for n in range(10)
        )
        answer = (await post(browser, f"mutation {{ {aliased} }}")).json()["data"]
        kinds += [one["__typename"] for one in answer.values()]

    assert kinds == ["WrongCredentials"] * 100 + ["TooManyAttempts"] * 10
    async with a_browser(app, address="198.51.100.7", **OURS) as elsewhere:
        other = await act(elsewhere, sign_in("q@example.com"))
    assert other["__typename"] == "WrongCredentials"


# Our proxies, the header, and whose try it is: of the peer 192.0.2.1.
BELIEVED = [
    (0, None, "192.0.2.1"),
    (0, "203.0.113.9", "192.0.2.1"),
    (1, None, "192.0.2.1"),
    (1, "203.0.113.9", "203.0.113.9"),
    (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
    (1, " 1.1.1.1 ,, 203.0.113.9 ", "203.0.113.9"),
    (2, "203.0.113.9", "192.0.2.1"),
    (2, "203.0.113.9, 10.0.0.1", "203.0.113.9"),
    (2, "1.1.1.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
]


@pytest.mark.parametrize(("proxies", "header", "client"), BELIEVED)
async def test_where_a_try_comes_from_is_believed_of_our_proxies_only(
    database_of_test: str, redis_url: str, owner: asyncpg.Connection,
    proxies: int, header: str | None, client: str,
) -> None:  # fmt: skip
    """Two requests are one client's if and only if their tries are counted together."""
    async with (
        an_app(database_of_test, redis_url) as plain,
        an_app(database_of_test, redis_url, TRUSTED_PROXIES=str(proxies)) as app,
        a_browser(plain, address=client, **OURS) as direct,
        a_browser(app, address="192.0.2.1", **OURS) as proxied,
    ):
        told = {} if header is None else {"X-Forwarded-For": header}
        await act(direct, sign_in("x@example.com", "wrong, wrong, wrong"))
        await act(proxied, sign_in("y@example.com", "wrong, wrong, wrong"), **told)

    # Both e-mail addresses, and one client.
    assert await owner.fetchval("SELECT count(DISTINCT subject) FROM attempt") == 3


_OF_EACH = {"x-request-id", "content-length"}


async def test_an_unknown_address_is_answered_as_a_wrong_password(
    browser: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    await somebody(owner, ANN)
    await a_person(owner, email="no-password@example.com")
    await somebody(owner, "unverified@example.com", email_verified_at=None)

    told = {}
    for email in (ANN, "nobody@example.com", "no-password@example.com", "unverified@example.com"):
        answer = await post(browser, f"mutation {{ {sign_in(email, 'a wrong password')} }}")
        # Each pays a little more of its budget, whoever it is about: that is the answer's length.
        headers = {n: v for n, v in answer.headers.items() if n not in _OF_EACH}
        told[email] = (answer.status_code, headers, json.dumps(answer.json()["data"]))

    assert len({json.dumps(each) for each in told.values()}) == 1, told
    assert "WrongCredentials" in told[ANN][2]


async def test_no_answer_and_no_line_of_the_log_says_a_secret(
    app: Starlette,
    browser: httpx.AsyncClient,
    owner: asyncpg.Connection,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    account_id, person_id = await an_account(owner), await somebody(owner, ANN)
    await a_member(owner, account_id, person_id)
    key = await an_api_key(owner, account_id)
    wrong, told = "canary wrong password", []
    with caplog.at_level(logging.DEBUG):
        told.append(await post(browser, f"mutation {{ {sign_in(password=wrong)} }}"))
        told.append(await post(browser, f"mutation {{ {sign_in()} }}"))
        [token] = cookies(browser)
        everything = """{ viewer { seats { id } person { id email sessions { id browser } } }
          apiKeys { nodes { id name prefix } } members { nodes { id } }
          auditEntries { nodes { action input changes } } }"""
        told.append(await post(browser, everything))
        told.append(await post(browser, ADD, Authorization=f"Bearer {key}"))
        told.append(await post(browser, "{ nonsense }", Authorization=f"Bearer {key}x"))
        await owner.execute("ALTER TABLE store RENAME TO shop")
        told.append(await post(browser, STORES))
        told.append(await post(browser, OUT))

    assert told[5].json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    hash_ = await owner.fetchval("SELECT password_hash FROM person WHERE id = $1", person_id)
    answers = "".join(answer.text for answer in told)
    written = caplog.text + "".join(capfd.readouterr())
    kept = await everything_kept(owner)
    assert "INTERNAL" in answers
    for secret in (PASSWORD, wrong, token, key):
        assert secret not in answers
        assert secret not in written
        assert secret not in kept
    assert hash_ not in answers + written
