"""SQL of what is kept sealed. All of it is the system's: keys are the installation's."""

from __future__ import annotations

from uuid import UUID

from db.pool import Tx
from domain.secrets.rules import Sealed


async def under_other_keys(tx: Tx, kid: str, after: Sealed | None, most: int) -> list[Sealed]:
    """Secrets that another key than `kid` has sealed, those that come after one of them.

    A letter's owner stands in the duty that sends it; a letter without one has gone, or never will.
    """
    rows = await tx.fetch(
        """SELECT kept.* FROM (
               SELECT 'amazon_grant' AS place, 'sealed_code' AS part, account_id, id,
                      sealed_code AS text FROM amazon_grant
               UNION ALL
               SELECT 'amazon_grant', 'sealed_refresh_token', account_id, id, sealed_refresh_token
                 FROM amazon_grant
               UNION ALL
               SELECT 'amazon_grant', 'sealed_access_token', account_id, id, sealed_access_token
                 FROM amazon_grant
               UNION ALL
               SELECT 'mail', 'sealed_text', d.account_id, m.id, m.sealed_text
                 FROM mail m JOIN duty d ON d.kind = 'send_mail' AND d.subject = m.id::text
               UNION ALL
               SELECT 'webhook_secret', 'sealed_secret', account_id, id, sealed_secret
                 FROM webhook_secret) kept
            WHERE kept.text IS NOT NULL AND split_part(kept.text, '.', 2) <> $1
              AND (kept.id, kept.part) > ($2, $3)
            ORDER BY kept.id, kept.part LIMIT $4""",
        kid, after.row_id if after else UUID(int=0), after.column if after else "", most,
    )  # fmt: skip
    return [Sealed(*row) for row in rows]


async def replace(tx: Tx, one: Sealed, text: str) -> None:
    """Put it in the place of the old one, unless something newer stands there by now."""
    where = (one.account_id, one.row_id, one.text, text)
    match one.table, one.column:
        case "amazon_grant", "sealed_code":
            await tx.execute(
                """UPDATE amazon_grant SET sealed_code = $4
                    WHERE account_id = $1 AND id = $2 AND sealed_code = $3""",
                *where,
            )
        case "amazon_grant", "sealed_refresh_token":
            await tx.execute(
                """UPDATE amazon_grant SET sealed_refresh_token = $4
                    WHERE account_id = $1 AND id = $2 AND sealed_refresh_token = $3""",
                *where,
            )
        case "amazon_grant", "sealed_access_token":
            await tx.execute(
                """UPDATE amazon_grant SET sealed_access_token = $4
                    WHERE account_id = $1 AND id = $2 AND sealed_access_token = $3""",
                *where,
            )
        case "webhook_secret", "sealed_secret":
            await tx.execute(
                """UPDATE webhook_secret SET sealed_secret = $4
                    WHERE account_id = $1 AND id = $2 AND sealed_secret = $3""",
                *where,
            )
        case "mail", "sealed_text":
            await tx.execute(
                "UPDATE mail SET sealed_text = $3 WHERE id = $1 AND sealed_text = $2", *where[1:]
            )


async def by_key(tx: Tx) -> dict[str, int]:
    """How many secrets each key has sealed, those that are gone within a day among them."""
    rows = await tx.fetch(
        """SELECT split_part(kept.text, '.', 2) AS kid, count(*) AS secrets FROM (
               SELECT sealed_code AS text FROM amazon_grant
               UNION ALL SELECT sealed_refresh_token FROM amazon_grant
               UNION ALL SELECT sealed_access_token FROM amazon_grant
               UNION ALL SELECT sealed_text FROM mail
               UNION ALL SELECT sealed_secret FROM webhook_secret
               UNION ALL SELECT sealed_answer FROM idempotent_answer) kept
            WHERE kept.text IS NOT NULL GROUP BY kid ORDER BY kid"""
    )
    return {row["kid"]: row["secrets"] for row in rows}
