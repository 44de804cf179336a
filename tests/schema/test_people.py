"""People sign up, in and out: through the schema, with a real database and a browser's cookie."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from db.pool import Database
from domain.access import Viewer
from domain.ids import encode
from domain.people import sessions
from tests.factories import an_account, an_affiliate
from tests.letterbox import everything_kept, letters_to, token_for
from tests.people import a_member, a_person, a_session
from tests.schema.conftest import KEYRING, Client

ANN = "ann@example.com"
PASSWORD = "nine lives, one cat"
OTHER = "one cat, nine lives left"

VIEWER = """
    __typename
    ... on Viewer {
      person { id name email emailVerifiedAt sessions { id browser current } }
      seat { id } seats { id room role }
    }
    ... on Refusal { message }
"""
SIGN_UP = """
    mutation ($input: SignUpInput!) {
      signUp(input: $input) { __typename ... on LetterSent { email } ... on Refusal { message } }
    }
"""
VERIFY = (
    f"mutation ($t: String!, $p: String!) {{ verifyEmail(token: $t, password: $p) {{{VIEWER}}} }}"
)
SIGN_IN = f"mutation ($e: String!, $p: String!) {{ signIn(email: $e, password: $p) {{{VIEWER}}} }}"
CHANGE = f"""
    mutation ($c: String!, $n: String!) {{
      changePassword(currentPassword: $c, newPassword: $n) {{{VIEWER}}}
    }}
"""
RESET = """
    mutation ($t: String!, $n: String!) {
      resetPassword(token: $t, newPassword: $n) {
        __typename ... on PasswordReset { email } ... on Refusal { message }
      }
    }
"""
FORGOTTEN = """
    mutation ($e: String!) {
      requestPasswordReset(email: $e) { __typename ... on LetterSent { email } }
    }
"""
WHO = "{ viewer { person { id email sessions { id current } } seat { id } seats { id } } }"


@dataclass
class Browser(Client):
    """Signs in, and from then on is who its cookie says."""

    acting_as: str | None = None
    found: Viewer | None = field(default=None, init=False)

    def viewer(self) -> Viewer | None:
        return self.found

    async def answer(self, document: str, /, **variables: object) -> dict[str, Any]:
        token = self.cookies.token
        self.found = token and await sessions.viewer_of(
            self.db, token, self.acting_as, self.wall.now()
        )
        return await super().answer(document, **variables)

    async def who(self) -> dict[str, Any] | None:
        return (await self.ask(WHO))["viewer"]


@pytest.fixture
def browser(db: Database) -> Browser:
    return Browser(db, None)


@pytest.fixture
async def ann(db: Database, owner: asyncpg.Connection) -> Browser:
    """Has signed up, verified the address, and is signed in."""
    browser = Browser(db, None)
    await sign_up(browser)
    await browser.act(VERIFY, t=await token_for(owner, ANN, KEYRING), p=PASSWORD)
    return browser


async def sign_up(browser: Browser, **words: object) -> dict[str, Any]:
    given = {"name": "Ann", "email": ANN, "password": PASSWORD} | words
    return await browser.act(SIGN_UP, input=given)


async def test_who_signs_up_follows_the_letter_and_is_signed_in(browser, owner):
    answer = await sign_up(browser, email="Ann@example.com")
    assert answer == {"__typename": "LetterSent", "email": "Ann@example.com"}
    assert browser.cookies.token is None
    assert browser.rings == 1

    answer = await browser.act(VERIFY, t=await token_for(owner, ANN, KEYRING), p=PASSWORD)

    assert answer["__typename"] == "Viewer"
    assert answer["person"]["name"] == "Ann"
    assert answer["person"]["email"] == ANN
    assert answer["person"]["emailVerifiedAt"] is not None
    [session] = answer["person"]["sessions"]
    assert (session["browser"], session["current"]) == ("a test", True)
    assert (await browser.who())["person"]["sessions"] == [{"id": session["id"], "current": True}]


async def test_a_link_followed_twice_is_said_to_be_used(ann, owner, browser):
    token = (await letters_to(owner, ANN, KEYRING))[0].token
    answer = await browser.act(VERIFY, t=token, p=PASSWORD)
    assert answer["__typename"] == "TokenNotValid"
    assert "newest letter" in answer["message"]


async def test_the_answer_to_a_sign_up_does_not_say_whether_the_address_is_known(ann, browser):
    assert await sign_up(browser) == {"__typename": "LetterSent", "email": ANN}
    assert await browser.act(FORGOTTEN, e="nobody@example.com") == {
        "__typename": "LetterSent", "email": "nobody@example.com",
    }  # fmt: skip


async def test_signing_in_gives_a_cookie_and_says_who_one_is(ann, browser, owner):
    account_id = await an_account(owner)
    await a_member(owner, account_id, await owner.fetchval("SELECT id FROM person"), "FINANCE")

    answer = await browser.act(SIGN_IN, e=" ANN@example.com", p=PASSWORD)

    seat = {"id": encode("acct", account_id), "room": "ACCOUNT", "role": "FINANCE"}
    assert answer["seats"] == [seat]
    assert answer["seat"] == {"id": seat["id"]}
    assert browser.cookies.token not in (None, ann.cookies.token)
    assert (await browser.who())["seat"] == {"id": seat["id"]}
    assert len((await ann.who())["person"]["sessions"]) == 2


async def test_a_wrong_password_gives_nothing(ann, browser):
    for email in (ANN, "nobody@example.com"):
        answer = await browser.act(SIGN_IN, e=email, p="a wrong password")
        assert answer["__typename"] == "WrongCredentials"
    assert browser.cookies.token is None
    assert await browser.who() is None


async def test_who_has_not_followed_the_letter_is_told_to(browser):
    await sign_up(browser)
    answer = await browser.act(SIGN_IN, e=ANN, p=PASSWORD)
    assert answer["__typename"] == "EmailNotVerified"
    assert browser.cookies.token is None


async def test_ten_attempts_in_one_document_are_ten_attempts(ann, browser):
    fields = " ".join(
        f'a{n}: signIn(email: "{ANN}", password: "wrong, the {n}th time") {{ __typename }}'
        for n in range(11)
    )
    answer = await browser.ask(f"mutation {{ {fields} }}")

    said = [answer[f"a{n}"]["__typename"] for n in range(11)]
    assert said == ["WrongCredentials"] * 10 + ["TooManyAttempts"]
    refused = await browser.act(
        "mutation ($e: String!, $p: String!) { signIn(email: $e, password: $p)"
        " { __typename ... on TooManyAttempts { retryAfterSeconds message } } }",
        e=ANN,
        p=PASSWORD,
    )
    assert refused["__typename"] == "TooManyAttempts"
    browser.wall.moment += timedelta(seconds=refused["retryAfterSeconds"])
    assert (await browser.act(SIGN_IN, e=ANN, p=PASSWORD))["__typename"] == "Viewer"


async def test_the_password_is_not_tried_by_changing_it_either(ann, browser):
    for n in range(10):
        answer = await ann.act(CHANGE, c=f"wrong, the {n}th time", n=OTHER)
        assert answer["__typename"] == "WrongCredentials"

    assert (await ann.act(CHANGE, c=PASSWORD, n=OTHER))["__typename"] == "TooManyAttempts"
    assert (await browser.act(SIGN_IN, e=ANN, p=PASSWORD))["__typename"] == "TooManyAttempts"


async def test_many_who_sign_in_at_once_do_not_wait_for_each_others_connections(ann, db):
    """More than there are connections of the system, each of which wants more than one."""
    browsers = [Browser(db, None) for _ in range(10)]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(one.act(SIGN_IN, e=ANN, p="a wrong password") for one in browsers)
        )
    assert {one["__typename"] for one in answers} == {"WrongCredentials"}


async def test_signing_out_ends_this_session_and_twice_is_once(ann, browser):
    await browser.act(SIGN_IN, e=ANN, p=PASSWORD)
    token = browser.cookies.token

    out = "mutation { signOut { sessions } }"
    assert await browser.act(out) == {"sessions": 1}
    assert browser.cookies.token is None
    browser.cookies.token = token
    assert await browser.who() is None
    assert await browser.act(out) == {"sessions": 0}
    assert await ann.who() is not None


@pytest.mark.parametrize("how", ["signOut", "signOutEverywhere"])
async def test_the_audit_says_who_signed_out(ann, owner, how):
    await ann.ask(f"mutation {{ {how} {{ sessions }} }}")

    person = await owner.fetchval("SELECT id FROM person")
    actor = await owner.fetchval("SELECT actor FROM network_audit_entry WHERE action = $1", how)
    assert actor == f"pers_{person.hex}"


async def test_signing_out_everywhere_ends_all_sessions(ann, browser):
    await browser.act(SIGN_IN, e=ANN, p=PASSWORD)

    assert await browser.act("mutation { signOutEverywhere { sessions } }") == {"sessions": 2}

    assert browser.cookies.token is None
    assert await ann.who() is None


async def test_signing_in_again_in_the_same_browser_ends_the_session_of_before(ann):
    before = ann.cookies.token
    await ann.act(SIGN_IN, e=ANN, p=PASSWORD)

    assert len((await ann.who())["person"]["sessions"]) == 1
    ann.cookies.token = before
    assert await ann.who() is None


async def test_one_session_is_ended_by_its_id(ann, browser, owner):
    end = """
        mutation ($id: ID!) {
          endSession(id: $id) { __typename ... on SessionEnded { id } ... on Refusal { message } }
        }
    """
    await browser.act(SIGN_IN, e=ANN, p=PASSWORD)
    [other] = [one for one in (await ann.who())["person"]["sessions"] if not one["current"]]

    assert await ann.act(end, id=other["id"]) == {"__typename": "SessionEnded", "id": other["id"]}
    assert await browser.who() is None
    assert (await ann.act(end, id=other["id"]))["__typename"] == "NotFound"
    assert (await ann.act(end, id="sess_x"))["__typename"] == "WrongId"
    await a_session(owner, await a_person(owner))
    theirs = await owner.fetchval("SELECT id FROM session ORDER BY id DESC LIMIT 1")
    assert (await ann.act(end, id=encode("sess", theirs)))["__typename"] == "NotFound"
    assert await ann.who() is not None


async def test_a_forgotten_password_is_replaced(ann, browser, owner):
    await browser.act(FORGOTTEN, e=ANN)
    token = await token_for(owner, ANN, KEYRING)

    bad = await browser.act(RESET, t=token, n="too short")
    assert bad["__typename"] == "InvalidInput"
    done = await browser.act(RESET, t=token, n=OTHER)

    assert done == {"__typename": "PasswordReset", "email": ANN}
    assert await ann.who() is None
    assert (await browser.act(SIGN_IN, e=ANN, p=PASSWORD))["__typename"] == "WrongCredentials"
    assert (await browser.act(SIGN_IN, e=ANN, p=OTHER))["__typename"] == "Viewer"
    assert (await browser.act(RESET, t=token, n=OTHER))["__typename"] == "TokenNotValid"


async def test_a_changed_password_renews_this_cookie_and_ends_the_others(ann, browser):
    await browser.act(SIGN_IN, e=ANN, p=PASSWORD)
    before = browser.cookies.token

    answer = await browser.act(CHANGE, c=PASSWORD, n=OTHER)

    [session] = answer["person"]["sessions"]
    assert session["current"]
    assert browser.cookies.token not in (None, before)
    assert await browser.who() is not None
    assert await ann.who() is None


async def test_somebody_becomes_an_affiliate_and_has_a_seat(ann, owner):
    affiliate_id = await an_affiliate(owner, email=ANN)
    become = f"mutation {{ becomeAffiliate {{{VIEWER} ... on Viewer {{ affiliate {{ id }} }} }} }}"

    answers = [await ann.act(become) for _ in range(2)]

    assert answers[0]["seats"] == answers[1]["seats"]
    [seat] = answers[0]["seats"]
    assert (seat["id"], seat["room"]) == (encode("affl", affiliate_id), "AFFILIATE")
    assert [answer["affiliate"] for answer in answers] == [{"id": seat["id"]}] * 2, (
        "what the mutation made is in its own answer"
    )
    assert (await ann.who())["seat"] == {"id": seat["id"]}


async def test_a_letter_is_sent_again_to_who_still_has_to_answer(browser, owner):
    again = "mutation ($e: String!) { resendVerification(email: $e) { __typename } }"
    await sign_up(browser, asAffiliate=True)
    first = await token_for(owner, ANN, KEYRING)
    assert await browser.act(again, e=ANN) == {"__typename": "LetterSent"}
    second = await token_for(owner, ANN, KEYRING)

    assert (await browser.act(VERIFY, t=first, p=PASSWORD))["__typename"] == "TokenNotValid"
    answer = await browser.act(VERIFY, t=second, p=PASSWORD)
    assert [seat["room"] for seat in answer["seats"]] == ["AFFILIATE"]


@pytest.mark.parametrize(
    "document",
    [
        "mutation { signOutEverywhere { sessions } }",
        "mutation { becomeAffiliate { __typename } }",
        'mutation { endSession(id: "sess_x") { __typename } }',
        'mutation { changePassword(currentPassword: "x", newPassword: "y") { __typename } }',
    ],
)
async def test_what_a_person_does_is_for_people(anonymous, client, document):
    assert [one["extensions"]["code"] for one in (await anonymous.answer(document))["errors"]] == [
        "NOT_SIGNED_IN"
    ]
    assert [one["extensions"]["code"] for one in (await client.answer(document))["errors"]] == [
        "FORBIDDEN"
    ]


async def test_a_key_is_nobody(client):
    assert (await client.ask("{ viewer { person { id } } }"))["viewer"] == {"person": None}


async def test_nothing_secret_is_kept_whatever_is_done_and_under_whatever_key(browser, owner):
    browser.idempotency_key = "the same for all"
    await sign_up(browser)
    verify = await token_for(owner, ANN, KEYRING)
    await browser.act(VERIFY, t=verify, p=PASSWORD)
    cookies = [browser.cookies.token]
    await browser.act(CHANGE, c=PASSWORD, n=OTHER)
    cookies.append(browser.cookies.token)
    await browser.act(FORGOTTEN, e=ANN)
    reset = await token_for(owner, ANN, KEYRING)
    kept = await everything_kept(owner)
    await browser.act(RESET, t=reset, n=PASSWORD)
    await browser.act(SIGN_IN, e=ANN, p=PASSWORD)
    kept += await everything_kept(owner)

    actions = [row["action"] for row in await owner.fetch("SELECT action FROM network_audit_entry")]
    assert sorted(actions) == sorted(
        [
            "signUp",
            "verifyEmail",
            "changePassword",
            "requestPasswordReset",
            "resetPassword",
            "signIn",
        ]
    )
    for secret in (PASSWORD, OTHER, verify, reset, *cookies):
        assert secret not in kept
    assert await owner.fetchval("SELECT count(*) FROM idempotent_answer") == 0


async def test_what_fails_in_the_end_gives_no_cookie(ann, browser, owner):
    """The answer cannot be audited: all is rolled back, and the browser keeps what it had."""
    await owner.execute("REVOKE INSERT ON network_audit_entry FROM clickledger_system")
    try:
        answer = await browser.answer(SIGN_IN, e=ANN, p=PASSWORD)
    finally:
        await owner.execute("GRANT INSERT ON network_audit_entry TO clickledger_system")

    assert answer["errors"]
    assert browser.cookies.token is None
    assert await owner.fetchval("SELECT count(*) FROM session") == 1
