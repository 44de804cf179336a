"""SQL of the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from db.pool import Tx


async def insert(
    tx: Tx, account_id: UUID, actor: str, action: str, input: dict[str, Any], at: datetime
) -> None:
    await tx.execute(
        """INSERT INTO audit_entry (account_id, actor, action, input, at)
           VALUES ($1, $2, $3, $4, $5)""",
        account_id, actor, action, input, at,
    )  # fmt: skip
