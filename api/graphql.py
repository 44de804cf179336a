"""GraphQL over HTTP: builds the request's context, encodes with orjson."""

from __future__ import annotations

import secrets

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from api.auth import Cookies, NotAdmitted, client_of, is_secure, viewer
from domain.people.rules import NoSuchSeat, TooManyAttempts
from schema.context import Context


class View(GraphQL[Context, None]):
    """The endpoint. Subscriptions, uploads and queries by GET are off."""

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        assert isinstance(request, Request), "there are no subscriptions"
        assert isinstance(response, Response), "there are no subscriptions"
        state = request.app.state
        response.headers["x-request-id"] = request.state.request_id
        return Context(
            viewer=await viewer(request),
            db=state.db,
            clock=state.clock,
            wall=state.wall,
            ring=state.ring,
            keyring=state.keyring,
            request_id=request.state.request_id,
            public_url=state.config.public_url,
            front_end_url=state.config.front_end_url,
            client=client_of(request),
            browser=request.headers.get("user-agent", ""),
            session=Cookies(response, secure=is_secure(state.config)),
            idempotency_key=request.headers.get("idempotency-key"),
        )

    async def run(self, request: Request, *args: object, **kwargs: object) -> Response:  # type: ignore[override]
        request.state.request_id = secrets.token_hex(8)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method == "POST" and kind != "application/json":
            return _error(415, "NOT_JSON", "Send a question as application/json.")
        try:
            return await super().run(request)
        except NotAdmitted as no:
            return _error(no.status, no.code, no.message)
        except NoSuchSeat as no:
            return _error(403, "NO_SUCH_SEAT", str(no))
        except TooManyAttempts as no:
            headers = {"retry-after": str(no.retry_after_s)}
            return _error(429, "TOO_MANY_ATTEMPTS", no.message, headers)


def _error(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, status, headers)
