"""People as their browsers have them: a cookie, a header of our own, and a seat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from demo import cast
from demo.api import Api
from demo.errors import Trouble
from demo.letters import letter_to, token_in
from demo.scene import Scene

_TIMEOUT_S = 30

_RESET = """mutation($token: String!, $password: String!) {
  resetPassword(token: $token, newPassword: $password) {
    __typename ... on PasswordReset { email } ... on Refusal { message }
  }
}"""
_SIGN_UP = """mutation($input: SignUpInput!) {
  signUp(input: $input) { __typename ... on LetterSent { email } ... on Refusal { message } }
}"""
_VERIFY = """mutation($token: String!, $password: String!) {
  verifyEmail(token: $token, password: $password) {
    __typename ... on Viewer { seats { id room } } ... on Refusal { message }
  }
}"""
_SIGN_IN = """mutation($email: String!, $password: String!) {
  signIn(email: $email, password: $password) {
    __typename ... on Viewer { seats { id room } } ... on Refusal { message }
  }
}"""
_BECOME_AFFILIATE = """mutation {
  becomeAffiliate {
    __typename ... on Viewer { seats { id room } } ... on Refusal { message }
  }
}"""


@dataclass(slots=True)
class Person:
    """Somebody with a browser. `api` asks from the seat that was taken last."""

    name: str
    email: str
    api: Api

    def take(self, seat: str) -> None:
        self.api = Api(self.api.http, self.api.url, {**self.api.headers, "Acting-As": seat})


async def arrive(scene: Scene, who: cast.Person) -> Person:
    """Somebody opens a browser, and nobody knows them yet."""
    browser = httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S)
    await scene.doors.enter_async_context(browser)
    # No form, and no other site's page, can send it: the session counts only with it.
    ours = {"X-Requested-By": "demo", "User-Agent": "Firefox, in a demo"}
    return Person(who.name, who.email, Api(browser, scene.api.url, ours))


async def choose_password(person: Person, token: str) -> list[dict[str, Any]]:
    """By a token that works once; then sign in with it. The seats that can be taken."""
    await person.api.act(_RESET, token=token, password=cast.PASSWORD)
    found = await person.api.act(_SIGN_IN, email=person.email, password=cast.PASSWORD)
    if not person.api.http.cookies:
        raise Trouble(f"{person.name} has signed in and got no cookie.", "web")
    seats: list[dict[str, Any]] = found["seats"]
    return seats


async def sign_up(scene: Scene, who: cast.Person) -> Person:
    """Sign up, read the letter, and be signed in by what it says."""
    person = await arrive(scene, who)
    new = {"name": who.name, "email": who.email, "password": cast.PASSWORD}
    await person.api.act(_SIGN_UP, input=new)
    letter = await letter_to(scene, who.email)
    await person.api.act(_VERIFY, token=token_in(letter), password=cast.PASSWORD)
    return person


async def become_affiliate(person: Person) -> None:
    """And act as one from now on."""
    seats = (await person.api.act(_BECOME_AFFILIATE))["seats"]
    person.take(seat_in(seats, "AFFILIATE"))


def seat_in(seats: list[dict[str, Any]], room: str) -> str:
    [found] = [seat["id"] for seat in seats if seat["room"] == room]
    return str(found)
