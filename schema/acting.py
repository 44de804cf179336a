"""The Act road: one transaction, one action, an audit row, and a ring for what it promised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import strawberry

from db.pool import Tx
from domain.audit import actions as audit
from schema.context import Context

Info: TypeAlias = strawberry.Info[Context, None]


@dataclass(frozen=True, slots=True)
class Acting:
    """What a mutation hands to the domain."""

    tx: Tx
    account_id: UUID
    actor: str
    now: datetime


@asynccontextmanager
async def acting(info: Info, **input: object) -> AsyncIterator[Acting]:
    """The transaction of a mutation. A refusal raised inside rolls everything back.

    `input` is what the audit remembers of it: ids and words of the request, never a secret.
    """
    context = info.context
    viewer = context.signed_in
    now = context.now()
    async with context.db.transaction(viewer.account_id) as tx:
        yield Acting(tx, viewer.account_id, viewer.actor, now)
        await audit.record(tx, viewer.account_id, viewer.actor, info.field_name, input, now)
    await context.ring()
