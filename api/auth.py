"""Session or API key → viewer; and the cookie that a session is kept in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from config import Config
from db.pool import Database
from domain.access import Viewer
from domain.accounts.actions import viewer_of_key
from domain.people import proving, sessions
from domain.people.rules import name_of

OURS = "x-requested-by"
"""A header that no form and no other site's page can send without asking first."""

_NAME = "clickledger"
_PORT = re.compile(r"^(\d+\.\d+\.\d+\.\d+):\d+$|^\[(.+)\](?::\d+)?$")
"""What some proxies write after an address, a new one for each connection."""


class NotAdmitted(Exception):
    """The request says who it is, and cannot be believed."""

    def __init__(self, code: str, message: str, status: int = 401) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Cookies:
    """A session's cookie: for this host alone, out of reach of scripts and of other sites' forms.

    Over plain http, which only a rehearsal speaks, browsers would refuse the first and third.
    """

    headers: list[tuple[bytes, bytes]]
    """Of the answer, to which they are added."""
    secure: bool

    def keep(self, token: str, expires: datetime) -> None:
        response = Response()
        response.set_cookie(
            cookie_name(secure=self.secure),
            token,
            expires=expires,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )
        self._add(response)

    def forget(self) -> None:
        response = Response()
        response.delete_cookie(
            cookie_name(secure=self.secure),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )
        self._add(response)

    def _add(self, response: Response) -> None:
        self.headers.extend(pair for pair in response.raw_headers if pair[0] == b"set-cookie")


def cookie_name(*, secure: bool) -> str:
    return f"__Host-{_NAME}" if secure else _NAME


def cookie_of(request: Request, name: str) -> str | None:
    """What a cookie holds, as it is written; of several of this name, the last.

    Ours are written without quotes. Python's own reader takes the quotes off all that there are,
    which before 3.11.10 and 3.12.6 took minutes for one made for it.
    """
    found = None
    for line in request.headers.getlist("cookie"):
        for part in line.split(";"):
            named, _, value = part.partition("=")
            if named.strip() == name:
                found = value.strip()
    return found


def is_secure(config: Config) -> bool:
    return config.public_url.startswith("https://")


async def viewer(request: Request) -> Viewer | None:
    """Who asks; None when the request says nothing of it. Raises NotAdmitted or NoSuchSeat."""
    seat = request.headers.get("acting-as")
    header = request.headers.get("authorization")
    if header is not None:
        return await _of_key(request, header, seat)
    token = cookie_of(request, cookie_name(secure=is_secure(request.app.state.config)))
    if token is None:
        return None
    if not request.headers.get(OURS):
        raise NotAdmitted(
            "HEADER_MISSING",
            "A browser's session counts only with the header X-Requested-By, whatever it says: it"
            " shows that the request is your page's own.",
            403,
        )
    db: Database = request.app.state.db
    # An ended session is no error: its owner is asked to sign in, which a page without one is too.
    return await sessions.viewer_of(db, token, seat, request.app.state.wall.now())


async def person_of_browser(request: Request) -> Viewer | None:
    """Who opened this page: for what Amazon sends a browser back to."""
    token = cookie_of(request, cookie_name(secure=is_secure(request.app.state.config)))
    if token is None:
        return None
    db: Database = request.app.state.db
    return await sessions.viewer_of(db, token, None, request.app.state.wall.now())


async def _of_key(request: Request, header: str, seat: str | None) -> Viewer | None:
    scheme, _, text = header.partition(" ")
    db: Database = request.app.state.db
    found = await viewer_of_key(db, text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        await proving.bad_key(db, client_of(request), request.app.state.wall.now())
        raise NotAdmitted(
            "BAD_KEY", "The API key is unknown, revoked or past its end. Use another, or send none."
        )
    assert found.seat is not None, "a key is an account's"
    if seat not in (None, name_of(found.seat)):
        raise NotAdmitted(
            "NO_SUCH_SEAT",
            f"The API key acts for {name_of(found.seat)}, not for what the header Acting-As says."
            " Send it without the header.",
            403,
        )
    return found


def client_of(request: Request) -> str:
    """The address that the request came from, as far as our own proxies can tell."""
    proxies: int = request.app.state.config.trusted_proxies
    peer = request.client.host if request.client else "nowhere"
    if proxies == 0:
        return peer
    # Each proxy may add a line of its own: all of them are the way, in their order.
    lines = ",".join(request.headers.getlist("x-forwarded-for"))
    way = [_PORT.sub(r"\1\2", part.strip()) for part in lines.split(",")]
    return way[-proxies] if len(way) >= proxies and way[-proxies] else peer
