"""GraphQL over HTTP: builds the request's context, encodes with orjson."""

from __future__ import annotations

import secrets

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from api.auth import BadKey, viewer
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
            ring=state.ring,
            request_id=request.state.request_id,
            public_url=state.config.public_url,
        )

    async def run(self, request: Request, *args: object, **kwargs: object) -> Response:  # type: ignore[override]
        request.state.request_id = secrets.token_hex(8)
        try:
            return await super().run(request)
        except BadKey:
            message = "The API key is unknown or revoked. Use another, or send none."
            return JSONResponse(
                {"errors": [{"message": message, "extensions": {"code": "BAD_KEY"}}]}, 401
            )
