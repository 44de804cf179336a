"""API key → viewer."""

from __future__ import annotations

from starlette.requests import Request

from db.pool import Database
from domain.accounts.actions import Viewer, viewer_of_key


class BadKey(Exception):
    """The request carries a key that opens nothing."""


async def viewer(request: Request) -> Viewer | None:
    """Who asks; None when the request carries no key at all. Raises BadKey."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    db: Database = request.app.state.db
    found = await viewer_of_key(db, text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise BadKey
    return found
