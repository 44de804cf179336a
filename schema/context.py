"""What a request brings to every field: who asks, the database, the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from graphql import GraphQLError

from db.pool import Database
from domain.accounts.actions import Viewer
from domain.clock import Clock

_PRESENT = "current_setting('app.now')"


class NotSignedIn(GraphQLError):
    def __init__(self) -> None:
        super().__init__(
            "Nobody is signed in. Send an API key of your account: Authorization: Bearer clk_…",
            extensions={"code": "NOT_SIGNED_IN"},
        )


@dataclass(frozen=True, slots=True)
class Context:
    viewer: Viewer | None
    """None for somebody who sent no key."""
    db: Database
    clock: Clock
    ring: Callable[[], Awaitable[None]]
    """Tells the workers to look; never fails, since they look anyway."""
    request_id: str
    public_url: str
    """Where our links and Amazon's redirects begin."""
    left_out: dict[UUID, list[str]] = field(default_factory=dict)
    """By link made in this request: parameters of what was pasted that it does not carry."""

    @property
    def signed_in(self) -> Viewer:
        """Raises NotSignedIn."""
        if self.viewer is None:
            raise NotSignedIn
        return self.viewer

    @property
    def account_id(self) -> UUID:
        return self.signed_in.account_id

    def now(self) -> datetime:
        return self.clock.now()

    async def read(self, sql: str, params: Sequence[object], /) -> str | None:
        """The Ask road's statement, seen with the viewer's rows only.

        One that asks for the present is told ours, which need not be the database's.
        """
        async with self.db.account(self.account_id) as connection:
            if _PRESENT in sql:
                await connection.execute(
                    "SELECT set_config('app.now', $1, false)", self.now().isoformat()
                )
            text: str | None = await connection.fetchval(sql, *params)
            return text
