"""An affiliate whom the brand has entered signs up, as a person does, to listen for themselves."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import httpx

from chaos.client import Client
from chaos.scene import NotSetUp

_PATIENCE_S = 30
PASSWORD = "rain grows on the ferns"  # noqa: S105 - of a house that is torn down
_SIGN_UP = """mutation($input: SignUpInput!) {
  signUp(input: $input) { __typename ... on LetterSent { email } ... on Refusal { message } }
}"""
_VERIFY = """mutation($token: String!, $password: String!) {
  verifyEmail(token: $token, password: $password) {
    __typename ... on Viewer { seats { id room } } ... on Refusal { message }
  }
}"""
_BECOME = """mutation {
  becomeAffiliate { __typename ... on Viewer { seats { id room } } ... on Refusal { message } }
}"""


async def join(client: Client, http: httpx.AsyncClient, email: str, outbox: Path) -> Client:
    """A client that asks and acts as the affiliate with this address. Raises NotSetUp.

    `http` keeps the session's cookie.
    """
    browser = replace(client, http=http, headers={"X-Requested-By": "chaos"})
    new = {"name": "Fern Field", "email": email, "password": PASSWORD}
    await _do(browser, _SIGN_UP, input=new)
    token = await _token(outbox, email)
    await _do(browser, _VERIFY, token=token, password=PASSWORD)
    seats = (await _do(browser, _BECOME))["seats"]
    seat = next(one["id"] for one in seats if one["room"] == "AFFILIATE")
    return replace(browser, headers={**browser.headers, "Acting-As": seat})


async def _do(client: Client, document: str, **variables: object) -> dict[str, Any]:
    (result,) = (await client.ask(document, **variables)).values()
    if "message" in result:
        raise NotSetUp(f"{document} is refused: {result['message']}")
    found: dict[str, Any] = result
    return found


async def _token(outbox: Path, email: str) -> str:
    """From the letter that the worker puts into the outbox."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if token := _look(outbox, email):
            return token
        await asyncio.sleep(0.1)
    raise NotSetUp(f"No letter to {email} in {outbox}.")


def _look(outbox: Path, email: str) -> str | None:
    for file in outbox.glob("*.eml"):
        letter = BytesParser(policy=default).parsebytes(file.read_bytes())
        found = re.search(r"#token=(\S+)", letter.get_content())
        if letter["To"] == email and found:
            return found[1]
    return None
