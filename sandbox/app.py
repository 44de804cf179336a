"""The sandbox as an ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette

from sandbox.routes import advertising, books, control, login, selling, shop_front
from sandbox.world import World


def create_app(world: World) -> Starlette:
    """Every host of Amazon's by path, the control API, the books, and the shop front last."""
    return Starlette(
        routes=[
            *control.routes(world),
            *books.routes(world),
            *login.routes(world),
            *advertising.routes(world),
            *selling.routes(world),
            *shop_front.routes(world),
        ]
    )
