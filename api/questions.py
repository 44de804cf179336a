"""What a request has to be, for there to be a question in it: its method, type, size and words.

Only JSON is read. No form and no page of another site can send that type without asking first,
which is what keeps them from making a browser ask with its session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request

BODY_MAX: Final = 100_000
"""Bytes."""


class NotTaken(Exception):
    """The request is answered with a status of its own, before anything is asked."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})
        super().__init__(message)


class WrongMethod(NotTaken):
    def __init__(self, message: str) -> None:
        super().__init__(405, "METHOD_NOT_ALLOWED", message, {"allow": "POST"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a document, or the id of one that is known."""

    text: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any]
    size: int
    """Bytes that it came in."""


def of_address(request: Request) -> Question:
    """A question by GET. Raises NotTaken."""
    given: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _json(str(given[name]), f"The parameter {name}")
    return _question(given, len(request.url.query))


async def of_body(request: Request) -> Question:
    """A question by POST. Raises NotTaken, or ClientDisconnect."""
    if not _is_json(request.headers.get("content-type", "")):
        raise NotTaken(
            415,
            "NOT_JSON",
            "Send a question as application/json, in UTF-8.",
            {"accept": "application/json"},
        )
    body = await _body(request)
    given = _json(body, "The body")
    if isinstance(given, list):
        raise _bad("One question a request: send an object, not a list of them.")
    if not isinstance(given, dict):
        raise _bad('Send a JSON object: {"query": "{ viewer { now } }"}.')
    return _question(given, len(body))


async def _body(request: Request) -> bytes:
    """All of it; no more is taken in than is allowed, whatever the request says of itself."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and (len(said) > 10 or int(said) > BODY_MAX):
        raise _too_large()
    receive = request.receive
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body: bytes = message.get("body", b"")
        if len(body) > BODY_MAX:
            raise _too_large()
        return body
    parts, size = [], 0
    while True:
        if message["type"] != "http.request":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_MAX:
            raise _too_large()
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def _too_large() -> NotTaken:
    return NotTaken(
        413,
        "TOO_LARGE",
        f"The body has more than {BODY_MAX:,} bytes. Put values into variables, and send fewer at"
        " once.",
    )


@lru_cache(maxsize=50)
def _is_json(content_type: str) -> bool:
    kind, *parameters = (each.strip().lower() for each in content_type.split(";"))
    if kind != "application/json":
        return False
    pairs = (each.partition("=") for each in parameters)
    charsets = [value.strip().strip('"') for name, _, value in pairs if name.strip() == "charset"]
    return all(charset in ("utf-8", "utf8") for charset in charsets)


def _json(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad(f"{what} is not JSON: {error}.") from None


def _question(given: dict[str, Any], size: int) -> Question:
    """Names that we do not know are left for later versions of the protocol."""
    text = _typed(given, "query", str)
    document_id = _typed(given, "documentId", str)
    operation_name = _typed(given, "operationName", str)
    variables = _typed(given, "variables", dict)
    _typed(given, "extensions", dict)
    if text is None and document_id is None:
        raise _bad("There is no question: send `query`, or `documentId` for a trusted document.")
    if text is not None and document_id is not None:
        raise _bad("Send `query` or `documentId`, not both.")
    return Question(text, document_id, operation_name or None, variables or {}, size)


def _typed(given: dict[str, Any], name: str, type_: type) -> Any:
    value = given.get(name)
    if value is None or type(value) is type_:
        return value
    kind = "a text" if type_ is str else "an object"
    raise _bad(f"`{name}` has to be {kind} or null.")


def _bad(message: str) -> NotTaken:
    return NotTaken(400, "BAD_REQUEST", message)
