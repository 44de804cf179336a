"""How the routes answer: JSON, and the errors of each of Amazon's APIs in its own words."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import orjson
from starlette.responses import Response

_WORDS = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_ERROR",
}


class Json(Response):
    """JSON by orjson."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return orjson.dumps(content)


def request_id() -> str:
    return secrets.token_hex(10).upper()


def advertising_error(
    status: int,
    details: str,
    *,
    words: bool = False,
    headers: Mapping[str, str] | None = None,
    traced: bool = True,
) -> Json:
    """The advertising API's error. `code` is text: a number or, by switch, a word.

    The gateway's own errors are `traced` by a request id, those of Attribution are not.
    """
    code = _WORDS.get(status, str(status)) if words else str(status)
    body: dict[str, str] = {"code": code, "details": details}
    if traced:
        body["requestId"] = request_id()
    return Json(body, status, headers=dict(headers or {}))


def selling_error(status: int, code: str, message: str, details: str = "") -> Json:
    return Json(
        {"errors": [{"code": code, "message": message, "details": details}]},
        status,
        headers={"x-amzn-ErrorType": code, "x-amzn-RequestId": request_id()},
    )


def html_error(status: int, title: str, headers: Mapping[str, str] | None = None) -> Response:
    """What a gateway says when no API is behind it."""
    return Response(
        f"<html><head><title>{status} {title}</title></head>"
        f"<body><center><h1>{status} {title}</h1></center></body></html>",
        status,
        headers=dict(headers or {}),
        media_type="text/html",
    )
