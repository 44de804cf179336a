"""Remember an act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson

from db.pool import Tx
from domain.audit import queries


async def record(
    tx: Tx, account_id: UUID, actor: str, action: str, input: Mapping[str, object], at: datetime
) -> None:
    """`actor` is the id of the key that was used, `action` the mutation's name in GraphQL."""
    plain = orjson.loads(orjson.dumps(input, default=str))
    await queries.insert(tx, account_id, actor, action, plain, at)
