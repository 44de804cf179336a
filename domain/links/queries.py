"""SQL of links.

What may be made by several people at once is inserted first and looked for second: the insert waits
for whoever was faster, and then finds that there is nothing to do.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.affiliates.rules import Status
from domain.catalog.marketplaces import by_id
from domain.links.place import Place
from domain.links.rules import Link
from domain.offers.rules import Channel


async def place(tx: Tx, account_id: UUID, partnership_id: UUID) -> Place | None:
    row = await tx.fetchrow(
        """SELECT p.id, p.store_id, p.campaign_token, p.status, s.channel, s.marketplace_id,
                  s.disconnected_at, f.tag_template
             FROM partnership p
             JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
             LEFT JOIN profile f ON f.account_id = s.account_id AND f.id = s.profile_id
            WHERE p.account_id = $1 AND p.id = $2""",
        account_id, partnership_id,
    )  # fmt: skip
    return None if row is None else _place(row)


async def new_id(tx: Tx) -> UUID:
    """An id for a row that has to know it before it is written."""
    id: UUID = await tx.fetchval("SELECT uuidv7()")
    return id


async def creative(
    tx: Tx, account_id: UUID, store_id: UUID, kind: str, landing: str, token: str, now: datetime
) -> UUID:
    """The id of the store's creative for this page."""
    id: UUID | None = await tx.fetchval(
        """INSERT INTO creative (account_id, store_id, kind, landing, token, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT DO NOTHING RETURNING id -- its page and its token are both unique""",
        account_id, store_id, kind, landing, token, now,
    )  # fmt: skip
    return id or await tx.fetchval(
        "SELECT id FROM creative WHERE account_id = $1 AND store_id = $2 AND landing = $3",
        account_id, store_id, landing,
    )  # fmt: skip


async def insert_ad_group(
    tx: Tx, account_id: UUID, id: UUID, partnership_id: UUID, subid: str, token: str, now: datetime
) -> None:
    """Nothing when the subID has one already."""
    await tx.execute(
        """INSERT INTO ad_group (account_id, id, partnership_id, subid, token, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT DO NOTHING -- the subID and its token are both unique""",
        account_id, id, partnership_id, subid, token, now,
    )  # fmt: skip


async def ad_group(
    tx: Tx, account_id: UUID, partnership_id: UUID, subid: str
) -> tuple[UUID, str] | None:
    """Id and token of a subID's ad group."""
    row = await tx.fetchrow(
        """SELECT id, token FROM ad_group
            WHERE account_id = $1 AND partnership_id = $2 AND subid = $3""",
        account_id, partnership_id, subid,
    )  # fmt: skip
    return None if row is None else (row["id"], row["token"])


async def code_is_taken(tx: Tx, code: str) -> bool:
    return bool(await tx.fetchval("SELECT true FROM link_code WHERE code = $1", code))


async def insert(
    tx: Tx, account_id: UUID, link: Link, ad_group_id: UUID, creative_id: UUID, now: datetime
) -> bool:
    """False when somebody has made the link of this page and subID."""
    created = await tx.fetchval(
        """INSERT INTO link (account_id, id, partnership_id, ad_group_id, creative_id, code,
                             destination, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (account_id, partnership_id, ad_group_id, creative_id) DO NOTHING
           RETURNING true""",
        account_id, link.id, link.partnership_id, ad_group_id, creative_id, link.code,
        link.destination, now,
    )  # fmt: skip
    return bool(created)


async def insert_code(tx: Tx, account_id: UUID, link: Link) -> None:
    await tx.execute(
        """INSERT INTO link_code (code, account_id, link_id, partnership_id, destination)
           VALUES ($1, $2, $3, $4, $5)""",
        link.code, account_id, link.id, link.partnership_id, link.destination,
    )  # fmt: skip


async def existing(
    tx: Tx, account_id: UUID, partnership_id: UUID, ad_group_id: UUID, creative_id: UUID
) -> tuple[UUID, str, str] | None:
    """Id, code and destination of the link of a page and subID."""
    row = await tx.fetchrow(
        """SELECT id, code, destination FROM link
            WHERE account_id = $1 AND partnership_id = $2 AND ad_group_id = $3
              AND creative_id = $4""",
        account_id, partnership_id, ad_group_id, creative_id,
    )  # fmt: skip
    return None if row is None else (row["id"], row["code"], row["destination"])


def _place(row: asyncpg.Record) -> Place:
    return Place(
        partnership_id=row["id"],
        store_id=row["store_id"],
        campaign_token=row["campaign_token"],
        status=Status(row["status"]),
        channel=Channel(row["channel"]),
        marketplace=by_id(row["marketplace_id"] or ""),
        disconnected_at=row["disconnected_at"],
        tag_template=row["tag_template"],
    )
