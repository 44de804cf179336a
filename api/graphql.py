"""GraphQL over HTTP: a request, what it may cost, and its answer.

A request is believed step by step, the cheap ones first: its method, type and size
(`api.questions`), whether its address has any points left (`api.budgets`), who it is (`api.auth`),
and only then its document, which costs something to read.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars
from structlog.contextvars import bound_contextvars as log_of

from api import metrics, questions
from api.auth import Cookies, NotAdmitted, client_of, is_secure, viewer
from api.budgets import Budgets, Exhausted, Left, Subject, address, payers
from api.metrics import Asked
from api.negotiating import GRAPHQL, JSON, media_type
from api.questions import NotTaken, Question, WrongMethod
from api.trusted import Trusted, UnknownDocument
from domain.people.rules import NoSuchSeat, TooManyAttempts
from schema.asking import AskedSchema
from schema.context import Context
from schema.documents import Unfit
from schema.masking import code_of, fault

log = structlog.get_logger()

PATIENCE_S: Final = 5
"""So long a request may take, from its headers to its answer."""

_BYTES_A_POINT: Final = 100
"""A question has to be read whatever is asked in it, also if it is refused: so it costs a point for
so many bytes at least."""
_POINTS_OF_NOBODY: Final = 10
"""Of the address, for a key or a session's seat that is none: it took a look into the database."""

Headers = list[tuple[bytes, bytes]]


class View:
    """The endpoint, an ASGI application. One question a request; no subscriptions, no uploads."""

    def __init__(
        self,
        schema: AskedSchema,
        trusted: Trusted,
        *,
        page: bytes | None = None,
        queries_by_get: bool = False,
    ) -> None:
        """`page` is what is shown to a browser that opens the address; None for nothing."""
        self._schema = schema
        self._trusted = trusted
        self._page = page
        self._queries_by_get = queries_by_get

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        accept = request.headers.get("accept")
        if self._page and request.method == "GET" and accept and "text/html" in accept:
            await _send(send, 200, "text/html", [], self._page)
            return
        media = media_type(accept)
        request_id = secrets.token_hex(8)
        headers = [(b"x-request-id", request_id.encode())]
        with log_of(request_id=request_id, viewer=None), metrics.timed() as asked:
            status, answer = await self._ended(request, media, request_id, headers, asked)
        log.info(
            "graphql", request_id=request_id, viewer=asked.viewer, operation=asked.operation,
            kind=asked.kind, outcome=asked.outcome, status=status, points=asked.points, ms=asked.ms,
        )  # fmt: skip
        if answer is not None:
            await _send(send, status, media or JSON, headers, orjson.dumps(answer))

    async def _ended(
        self, request: Request, media: str | None, request_id: str, headers: Headers, asked: Asked
    ) -> tuple[int, dict[str, Any] | None]:
        """The status and the answer; no answer when nobody waits for one any more."""
        try:
            if media is None:
                raise NotTaken(
                    406, "NOT_ACCEPTABLE", f"An answer is {GRAPHQL} or {JSON}: accept one of them."
                )
            return 200, await self._answer(request, request_id, headers, asked)
        except NotTaken as no:
            asked.was_refused(no.code, ours=no.status >= 500)
            headers += [(name.encode(), value.encode()) for name, value in no.headers.items()]
            return no.status, _said(no.code, no.message)
        except Unfit as unfit:
            asked.was_refused(code_of(unfit.errors[0]))
            answer = {"errors": [error.formatted for error in unfit.errors]}
            return 400 if media == GRAPHQL else 200, answer
        except UnknownDocument as unknown:
            asked.was_refused(unknown.code)
            return 400 if media == GRAPHQL else 200, _said(unknown.code, unknown.message)
        except ClientDisconnect:
            asked.was_refused("CLIENT_GONE")
            return 499, None
        except Exception as error:
            asked.was_refused("INTERNAL", ours=True)
            return 500, {"errors": [fault(error, request_id).formatted]}

    async def _answer(
        self, request: Request, request_id: str, headers: Headers, asked: Asked
    ) -> dict[str, Any]:
        """Raises NotTaken, Unfit, UnknownDocument or ClientDisconnect."""
        question = None
        try:
            async with asyncio.timeout(PATIENCE_S) as patience:
                question = await self._question(request)
                return await self._asked(question, request, request_id, headers, asked)
        except TimeoutError:
            if not patience.expired():
                raise
            raise _late(arrived=question is not None) from None
        except Exhausted as no:
            raise _later("RATE_LIMITED", no.message, no.retry_after_s) from None

    async def _question(self, request: Request) -> Question:
        if request.method == "POST":
            return await questions.of_body(request)
        if request.method == "GET" and self._queries_by_get:
            return questions.of_address(request)
        raise WrongMethod("Ask by POST, with a body of JSON.")

    async def _asked(
        self,
        question: Question,
        request: Request,
        request_id: str,
        headers: Headers,
        asked: Asked,
    ) -> dict[str, Any]:
        """Raises what `_answer` does, and Exhausted."""
        state = request.app.state
        budgets: Budgets = state.budgets
        client = client_of(request)
        budgets.check(address("address", client), address("unbelieved", client))
        text, trusted = self._trusted.text(question)
        try:
            who = await viewer(request)
        except (NotAdmitted, NoSuchSeat, TooManyAttempts) as no:
            budgets.spend([address("unbelieved", client)], _POINTS_OF_NOBODY)
            raise _not_admitted(no) from None
        if who is not None:
            asked.viewer = who.actor
            bind_contextvars(viewer=who.actor)
        paying = payers(who, client)
        budgets.check(*paying)
        read = 1 + question.size // _BYTES_A_POINT
        introspect = trusted or who is not None or not state.config.production
        try:
            document = self._schema.document(text, question.operation_name, introspect=introspect)
            asked.reads(document)
            points = max(read, self._schema.cost(document, question.variables))
        except Unfit:
            _spend(budgets, paying, read)
            raise
        if document.is_mutation and request.method == "GET":
            raise WrongMethod("A mutation is sent by POST.")
        left = _spend(budgets, paying, points)
        asked.points = points
        context = Context(
            viewer=who,
            db=state.db,
            clock=state.clock,
            wall=state.wall,
            ring=state.ring,
            keyring=state.keyring,
            request_id=request_id,
            public_url=state.config.public_url,
            front_end_url=state.config.front_end_url,
            client=client,
            browser=request.headers.get("user-agent", ""),
            session=Cookies(headers, secure=is_secure(state.config)),
            idempotency_key=request.headers.get("idempotency-key"),
            webhook_receivers=state.config.webhook_receivers,
        )
        result = await self._schema.answer(document, question.variables, context)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        codes = [code_of(error) for error in result.errors or ()]
        asked.answered(codes, refused=context.refused)
        answer["extensions"] = {"cost": _told(points, left)}
        return answer


def _spend(budgets: Budgets, paying: Sequence[Subject], points: int) -> Left:
    """Raises Exhausted; a point is then paid all the same, for the document was read."""
    try:
        return budgets.spend(paying, points)
    except Exhausted:
        with suppress(Exhausted):
            budgets.spend(paying, 1)
        raise


def _told(points: int, left: Left) -> dict[str, int]:
    return {"points": points, "left": left.points, "of": left.of, "resetsInS": left.resets_in_s}


def _late(*, arrived: bool) -> NotTaken:
    if not arrived:
        return NotTaken(408, "TIMEOUT", f"The body did not arrive within {PATIENCE_S} seconds.")
    # 504 and not 503: nobody knows whether it was carried out, so that only what may be sent twice
    # is sent again by programs that do so by themselves.
    return NotTaken(
        504,
        "TIMEOUT",
        f"This took longer than {PATIENCE_S} seconds and was given up: ask for less at once. What"
        " a mutation was to do may be done or not; sent again under the same Idempotency-Key it"
        " is done once.",
    )


def _not_admitted(no: NotAdmitted | NoSuchSeat | TooManyAttempts) -> NotTaken:
    match no:
        case NotAdmitted():
            return NotTaken(no.status, no.code, no.message)
        case NoSuchSeat():
            return NotTaken(403, "NO_SUCH_SEAT", str(no))
        case TooManyAttempts():
            return _later("TOO_MANY_ATTEMPTS", no.message, no.retry_after_s)


def _later(code: str, message: str, retry_after_s: int) -> NotTaken:
    return NotTaken(429, code, message, {"retry-after": str(retry_after_s)})


def _said(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


async def _send(send: Send, status: int, media: str, headers: Headers, body: bytes) -> None:
    described = [
        (b"content-type", f"{media}; charset=utf-8".encode()),
        (b"content-length", str(len(body)).encode()),
        # What an answer holds is the asker's alone, and nothing but what its type says.
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": described})
    await send({"type": "http.response.body", "body": body})
