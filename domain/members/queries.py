"""SQL of members and of invitations to become one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.access import Role
from domain.members.rules import Guest, Member, MemberInvitation


async def lock_account(tx: Tx, account_id: UUID) -> bool:
    """Who changes its members, one at a time. Rows that point at the account need not wait."""
    found = await tx.fetchval(
        "SELECT true FROM account WHERE account_id = $1 FOR NO KEY UPDATE", account_id
    )
    return bool(found)


async def account_name(tx: Tx, account_id: UUID) -> str | None:
    name: str | None = await tx.fetchval(
        "SELECT name FROM account WHERE account_id = $1", account_id
    )
    return name


async def member(tx: Tx, account_id: UUID, member_id: UUID) -> Member | None:
    row = await tx.fetchrow(
        "SELECT id, person_id, role FROM membership WHERE account_id = $1 AND id = $2",
        account_id, member_id,
    )  # fmt: skip
    return None if row is None else _member(row)


async def member_of_person(tx: Tx, account_id: UUID, person_id: UUID) -> Member | None:
    row = await tx.fetchrow(
        "SELECT id, person_id, role FROM membership WHERE account_id = $1 AND person_id = $2",
        account_id, person_id,
    )  # fmt: skip
    return None if row is None else _member(row)


async def name_of_member(tx: Tx, account_id: UUID, person_id: UUID) -> str | None:
    name: str | None = await tx.fetchval(
        "SELECT name FROM member WHERE account_id = $1 AND person_id = $2", account_id, person_id
    )
    return name


async def has_member_with(tx: Tx, account_id: UUID, email: str) -> bool:
    found = await tx.fetchval(
        "SELECT true FROM member WHERE account_id = $1 AND email = $2", account_id, email
    )
    return bool(found)


async def count_owners(tx: Tx, account_id: UUID) -> int:
    count: int = await tx.fetchval(
        "SELECT count(*) FROM membership WHERE account_id = $1 AND role = 'OWNER'", account_id
    )
    return count


async def insert_member(
    tx: Tx, account_id: UUID, person_id: UUID, role: Role, now: datetime
) -> UUID | None:
    """None for somebody who is a member already."""
    id: UUID | None = await tx.fetchval(
        """INSERT INTO membership (account_id, person_id, role, joined_at)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, person_id) DO NOTHING RETURNING id""",
        account_id, person_id, role, now,
    )  # fmt: skip
    return id


async def set_role(tx: Tx, account_id: UUID, member_id: UUID, role: Role) -> None:
    await tx.execute(
        "UPDATE membership SET role = $3 WHERE account_id = $1 AND id = $2",
        account_id, member_id, role,
    )  # fmt: skip


async def delete_member(tx: Tx, account_id: UUID, member_id: UUID) -> None:
    await tx.execute(
        "DELETE FROM membership WHERE account_id = $1 AND id = $2", account_id, member_id
    )


async def insert_invitation(
    tx: Tx, account_id: UUID, email: str, role: Role, invited_by: str, now: datetime,
    expires_at: datetime,
) -> UUID:  # fmt: skip
    id: UUID = await tx.fetchval(
        """INSERT INTO member_invitation
                  (account_id, email, role, invited_by, invited_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
        account_id, email, role, invited_by, now, expires_at,
    )  # fmt: skip
    return id


async def close_expired(tx: Tx, account_id: UUID, email: str, now: datetime) -> None:
    """An invitation that ran out is in nobody's way."""
    await tx.execute(
        """UPDATE member_invitation SET revoked_at = $3
            WHERE account_id = $1 AND email = $2 AND expires_at <= $3
              AND accepted_at IS NULL AND revoked_at IS NULL""",
        account_id, email, now,
    )  # fmt: skip


async def lock_invitation(tx: Tx, account_id: UUID, invitation_id: UUID) -> MemberInvitation | None:
    row = await tx.fetchrow(
        """SELECT account_id, id, email, role, expires_at, accepted_at, revoked_at
             FROM member_invitation WHERE account_id = $1 AND id = $2 FOR UPDATE""",
        account_id, invitation_id,
    )  # fmt: skip
    return None if row is None else MemberInvitation(**{**row, "role": Role(row["role"])})


async def set_expiry(tx: Tx, account_id: UUID, invitation_id: UUID, expires_at: datetime) -> None:
    await tx.execute(
        "UPDATE member_invitation SET expires_at = $3 WHERE account_id = $1 AND id = $2",
        account_id, invitation_id, expires_at,
    )  # fmt: skip


async def set_accepted(tx: Tx, account_id: UUID, invitation_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE member_invitation SET accepted_at = $3 WHERE account_id = $1 AND id = $2",
        account_id, invitation_id, now,
    )  # fmt: skip


async def set_revoked(tx: Tx, account_id: UUID, invitation_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE member_invitation SET revoked_at = $3 WHERE account_id = $1 AND id = $2",
        account_id, invitation_id, now,
    )  # fmt: skip


async def insert_token(tx: Tx, token_hash: bytes, account_id: UUID, invitation_id: UUID) -> None:
    await tx.execute(
        """INSERT INTO member_invitation_token (token_hash, account_id, invitation_id)
           VALUES ($1, $2, $3)""",
        token_hash, account_id, invitation_id,
    )  # fmt: skip


async def invitation_of_token(tx: Tx, token_hash: bytes) -> tuple[UUID, UUID] | None:
    """The account and the invitation; takes a transaction of the system."""
    row = await tx.fetchrow(
        "SELECT account_id, invitation_id FROM member_invitation_token WHERE token_hash = $1",
        token_hash,
    )
    return None if row is None else (row["account_id"], row["invitation_id"])


async def guest(tx: Tx, person_id: UUID) -> Guest | None:
    row = await tx.fetchrow("SELECT email, email_verified_at FROM person WHERE id = $1", person_id)
    return None if row is None else Guest(row["email"], row["email_verified_at"] is not None)


async def delete_tokens(tx: Tx, expired_before: datetime) -> None:
    """Of invitations of all accounts that ran out long ago, whatever became of them."""
    await tx.execute(
        """DELETE FROM member_invitation_token
            WHERE (account_id, invitation_id) IN (
                  SELECT account_id, id FROM member_invitation WHERE expires_at <= $1)""",
        expired_before,
    )


def _member(row: asyncpg.Record) -> Member:
    return Member(row["id"], row["person_id"], Role(row["role"]))
