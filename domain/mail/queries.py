"""SQL of the letters."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.mail.rules import Mail


async def insert(
    tx: Tx, id: UUID, recipient: str, subject: str, sealed_text: str, now: datetime
) -> None:
    await tx.execute(
        """INSERT INTO mail (id, recipient, subject, sealed_text, created_at)
           VALUES ($1, $2, $3, $4, $5)""",
        id, recipient, subject, sealed_text, now,
    )  # fmt: skip


async def mail(tx: Tx, id: UUID) -> Mail | None:
    row = await tx.fetchrow(
        "SELECT id, recipient, subject, sealed_text, created_at FROM mail WHERE id = $1", id
    )
    return None if row is None else Mail(**row)


async def set_sent(tx: Tx, id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE mail SET sent_at = COALESCE(sent_at, $2), sealed_text = NULL WHERE id = $1",
        id, now,
    )  # fmt: skip


async def delete_old(tx: Tx, created_before: datetime) -> None:
    await tx.execute("DELETE FROM mail WHERE created_at < $1", created_before)
