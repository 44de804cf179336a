"""SQL of seller accounts, consents and profiles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.amazon.rules import Api, Asked, FoundProfile, Grant, GrantState, Known, Measurement


async def insert_seller_account(tx: Tx, account_id: UUID, name: str, now: datetime) -> UUID:
    id: UUID = await tx.fetchval(
        """INSERT INTO seller_account (account_id, name, created_at) VALUES ($1, $2, $3)
           RETURNING id""",
        account_id, name, now,
    )  # fmt: skip
    return id


async def has_seller_account(tx: Tx, account_id: UUID, id: UUID) -> bool:
    found = await tx.fetchval(
        "SELECT true FROM seller_account WHERE account_id = $1 AND id = $2", account_id, id
    )
    return bool(found)


async def lock_merchant_id(tx: Tx, account_id: UUID, seller_account_id: UUID) -> str | None:
    """Which of Amazon's sellers the seller account is; locks it until the transaction ends."""
    merchant_id: str | None = await tx.fetchval(
        "SELECT merchant_id FROM seller_account WHERE account_id = $1 AND id = $2 FOR UPDATE",
        account_id, seller_account_id,
    )  # fmt: skip
    return merchant_id


async def pin_merchant(tx: Tx, account_id: UUID, seller_account_id: UUID, merchant_id: str) -> None:
    await tx.execute(
        "UPDATE seller_account SET merchant_id = $3 WHERE account_id = $1 AND id = $2",
        account_id, seller_account_id, merchant_id,
    )  # fmt: skip


async def open_grant(
    tx: Tx, account_id: UUID, seller_account_id: UUID, api: Api, now: datetime
) -> UUID:
    """The seller account's grant for an API, made when it is missing. One that works goes on
    working until the new consent is there."""
    id: UUID = await tx.fetchval(
        """INSERT INTO amazon_grant (account_id, seller_account_id, api, created_at)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, seller_account_id, api) DO UPDATE SET
                  state = CASE amazon_grant.state WHEN 'DECLINED' THEN excluded.state
                               ELSE amazon_grant.state END,
                  problem = CASE amazon_grant.state WHEN 'DECLINED' THEN NULL
                                 ELSE amazon_grant.problem END
           RETURNING id""",
        account_id, seller_account_id, api, now,
    )  # fmt: skip
    return id


async def insert_consent_request(
    tx: Tx, state_hash: bytes, account_id: UUID, grant_id: UUID, person_id: UUID | None,
    expires_at: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """INSERT INTO consent_request (state_hash, account_id, grant_id, person_id, expires_at)
           VALUES ($1, $2, $3, $4, $5)""",
        state_hash, account_id, grant_id, person_id, expires_at,
    )  # fmt: skip


async def take_consent_request(
    tx: Tx, state_hash: bytes, person_id: UUID | None, now: datetime
) -> Asked | None:
    """Asked by the installation, since the account is not known yet. A second taker gets None, and
    so does another person than the one who asked."""
    row = await tx.fetchrow(
        """DELETE FROM consent_request
            WHERE state_hash = $1 AND (person_id IS NULL OR person_id = $2)
           RETURNING account_id, grant_id, expires_at""",
        state_hash, person_id,
    )  # fmt: skip
    return None if row is None or row["expires_at"] <= now else Asked(row[0], row[1])


async def delete_expired_consent_requests(tx: Tx, now: datetime) -> None:
    await tx.execute("DELETE FROM consent_request WHERE expires_at <= $1", now)


async def grant(tx: Tx, account_id: UUID, id: UUID) -> Grant | None:
    row = await tx.fetchrow(
        """SELECT account_id, id, seller_account_id, api, state, problem, sealed_code,
                  sealed_refresh_token, sealed_access_token, access_expires_at
             FROM amazon_grant WHERE account_id = $1 AND id = $2""",
        account_id, id,
    )  # fmt: skip
    return _grant(row)


async def grant_of(tx: Tx, account_id: UUID, seller_account_id: UUID, api: Api) -> Grant | None:
    row = await tx.fetchrow(
        """SELECT account_id, id, seller_account_id, api, state, problem, sealed_code,
                  sealed_refresh_token, sealed_access_token, access_expires_at
             FROM amazon_grant
            WHERE account_id = $1 AND seller_account_id = $2 AND api = $3""",
        account_id, seller_account_id, api,
    )  # fmt: skip
    return _grant(row)


async def decline(tx: Tx, account_id: UUID, id: UUID, reason: str) -> None:
    """A grant that works goes on working; what was wrong with the new consent is told beside it."""
    await tx.execute(
        """UPDATE amazon_grant SET problem = $3,
                  state = CASE state WHEN 'CONNECTED' THEN state ELSE 'DECLINED' END
            WHERE account_id = $1 AND id = $2""",
        account_id, id, reason,
    )  # fmt: skip


async def receive_code(tx: Tx, account_id: UUID, id: UUID, sealed_code: str) -> None:
    await tx.execute(
        """UPDATE amazon_grant SET sealed_code = $3, problem = NULL,
                  state = CASE state WHEN 'CONNECTED' THEN state ELSE 'CONNECTING' END
            WHERE account_id = $1 AND id = $2""",
        account_id, id, sealed_code,
    )  # fmt: skip


async def store_tokens(
    tx: Tx, grant: Grant, sealed_refresh_token: str, sealed_access_token: str,
    expires_at: datetime, now: datetime,
) -> bool:  # fmt: skip
    """The grant's code became tokens. False when another code has come meanwhile: it is kept."""
    kept = await tx.fetchval(
        """UPDATE amazon_grant SET state = 'CONNECTED', problem = NULL,
                  sealed_refresh_token = $3, sealed_access_token = $4, access_expires_at = $5,
                  refreshed_at = $6, refresh_lease_token = NULL, refresh_lease_until = NULL,
                  sealed_code = CASE sealed_code WHEN $7 THEN NULL ELSE sealed_code END
            WHERE account_id = $1 AND id = $2 RETURNING sealed_code IS NOT NULL""",
        grant.account_id, grant.id, sealed_refresh_token, sealed_access_token, expires_at, now,
        grant.sealed_code,
    )  # fmt: skip
    return not kept


async def refuse_code(tx: Tx, grant: Grant, problem: str) -> bool:
    """Amazon does not take the grant's code. Whether there is no consent now that works."""
    without = await tx.fetchval(
        """UPDATE amazon_grant SET sealed_code = NULL, problem = $4,
                  state = CASE state WHEN 'CONNECTED' THEN state ELSE 'RECONNECT' END
            WHERE account_id = $1 AND id = $2 AND sealed_code = $3
           RETURNING state = 'RECONNECT'""",
        grant.account_id, grant.id, grant.sealed_code, problem,
    )  # fmt: skip
    return bool(without)


async def lease_refresh(tx: Tx, grant: Grant, lease: UUID) -> bool:
    """True for the one caller who may refresh the access token that `grant` was read with."""
    leased = await tx.fetchval(
        """UPDATE amazon_grant SET refresh_lease_token = $3,
                  refresh_lease_until = now() + interval '15 seconds'
            WHERE account_id = $1 AND id = $2 AND state = 'CONNECTED'
              AND sealed_access_token IS NOT DISTINCT FROM $4
              AND sealed_refresh_token = $5
              AND (refresh_lease_until IS NULL OR refresh_lease_until < now())
           RETURNING true""",
        grant.account_id, grant.id, lease, grant.sealed_access_token, grant.sealed_refresh_token,
    )  # fmt: skip
    return bool(leased)


async def store_refreshed(
    tx: Tx, grant: Grant, lease: UUID, sealed_refresh_token: str, sealed_access_token: str,
    expires_at: datetime, now: datetime,
) -> bool:  # fmt: skip
    """False when the lease has gone to somebody else or a new consent has replaced the tokens."""
    stored = await tx.fetchval(
        """UPDATE amazon_grant SET sealed_refresh_token = $4, sealed_access_token = $5,
                  access_expires_at = $6, refreshed_at = $7,
                  refresh_lease_token = NULL, refresh_lease_until = NULL
            WHERE account_id = $1 AND id = $2 AND refresh_lease_token = $3 RETURNING true""",
        grant.account_id, grant.id, lease, sealed_refresh_token, sealed_access_token, expires_at,
        now,
    )  # fmt: skip
    return bool(stored)


async def extend_lease(tx: Tx, grant: Grant, lease: UUID) -> None:
    """Whoever is still refreshing says so, well before the lease ends."""
    await tx.execute(
        """UPDATE amazon_grant SET refresh_lease_until = now() + interval '15 seconds'
            WHERE account_id = $1 AND id = $2 AND refresh_lease_token = $3""",
        grant.account_id, grant.id, lease,
    )  # fmt: skip


async def end_lease(tx: Tx, grant: Grant, lease: UUID) -> None:
    await tx.execute(
        """UPDATE amazon_grant SET refresh_lease_token = NULL, refresh_lease_until = NULL
            WHERE account_id = $1 AND id = $2 AND refresh_lease_token = $3""",
        grant.account_id, grant.id, lease,
    )  # fmt: skip


async def lose(tx: Tx, grant: Grant, lease: UUID, problem: str) -> bool:
    """Amazon no longer honours the refresh token that the lease was taken for. False when the
    lease is somebody else's by now, who will see for themselves."""
    lost = await tx.fetchval(
        """UPDATE amazon_grant SET state = 'RECONNECT', problem = $4,
                  sealed_access_token = NULL, access_expires_at = NULL,
                  refresh_lease_token = NULL, refresh_lease_until = NULL
            WHERE account_id = $1 AND id = $2 AND refresh_lease_token = $3 RETURNING true""",
        grant.account_id, grant.id, lease, problem,
    )  # fmt: skip
    return bool(lost)


async def set_problem(tx: Tx, account_id: UUID, id: UUID, problem: str | None) -> None:
    await tx.execute(
        "UPDATE amazon_grant SET problem = $3 WHERE account_id = $1 AND id = $2",
        account_id, id, problem,
    )  # fmt: skip


async def upsert_profiles(
    tx: Tx, account_id: UUID, seller_account_id: UUID, found: Sequence[FoundProfile], now: datetime
) -> None:
    await tx.executemany(
        """INSERT INTO profile (account_id, seller_account_id, region, amazon_profile_id, kind,
                  merchant_id, name, marketplace_id, country, currency, time_zone, discovered_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           ON CONFLICT (account_id, seller_account_id, amazon_profile_id) DO UPDATE SET
                  region = excluded.region, kind = excluded.kind,
                  merchant_id = excluded.merchant_id, name = excluded.name,
                  marketplace_id = excluded.marketplace_id, country = excluded.country,
                  currency = excluded.currency, time_zone = excluded.time_zone""",
        [
            (
                account_id, seller_account_id, one.region, one.amazon_profile_id, one.kind,
                one.merchant_id, one.name, one.marketplace_id, one.country, one.currency,
                one.time_zone, now,
            )
            for one in found
        ],
    )  # fmt: skip


async def set_attribution(
    tx: Tx, account_id: UUID, seller_account_id: UUID, amazon_profile_id: str, attribution: str
) -> None:
    await tx.execute(
        """UPDATE profile SET attribution = $4
            WHERE account_id = $1 AND seller_account_id = $2 AND amazon_profile_id = $3""",
        account_id, seller_account_id, amazon_profile_id, attribution,
    )  # fmt: skip


async def profile(tx: Tx, account_id: UUID, id: UUID) -> Known | None:
    row = await tx.fetchrow(
        """SELECT seller_account_id, publisher_id, measuring_since, region, amazon_profile_id, kind,
                  merchant_id, name, marketplace_id, country, currency, time_zone
             FROM profile WHERE account_id = $1 AND id = $2""",
        account_id, id,
    )  # fmt: skip
    return None if row is None else Known(row[0], FoundProfile(*row[3:]), row[1], row[2])


async def set_measurement(
    tx: Tx, account_id: UUID, profile_id: UUID, measurement: Measurement, now: datetime
) -> None:
    await tx.execute(
        """UPDATE profile SET advertiser_id = $3, publisher_id = $4, tag_template = $5,
                  attribution = 'ELIGIBLE',
                  measuring_since = CASE WHEN measuring_since IS NULL THEN $6
                                         ELSE measuring_since END
            WHERE account_id = $1 AND id = $2""",
        account_id, profile_id, measurement.advertiser_id, measurement.publisher_id,
        measurement.tag_template, now,
    )  # fmt: skip


async def open_marketplaces(tx: Tx) -> list[str]:
    """The marketplaces in which stores may be connected: the installation's policy."""
    ids: list[str] = await tx.fetchval("SELECT marketplace_ids FROM installation")
    return ids


async def connected_stores(tx: Tx, account_id: UUID, seller_account_id: UUID) -> list[UUID]:
    rows = await tx.fetch(
        """SELECT s.id FROM store s
             JOIN profile p ON p.account_id = s.account_id AND p.id = s.profile_id
            WHERE s.account_id = $1 AND p.seller_account_id = $2 AND s.disconnected_at IS NULL
            ORDER BY s.id""",
        account_id, seller_account_id,
    )  # fmt: skip
    return [row[0] for row in rows]


async def profiles_in_use(
    tx: Tx, account_id: UUID, seller_account_id: UUID
) -> list[tuple[UUID, bool]]:
    """Profiles of connected stores, and whether the tag call has been made for each."""
    rows = await tx.fetch(
        """SELECT p.id, p.measuring_since IS NOT NULL FROM profile p
            WHERE p.account_id = $1 AND p.seller_account_id = $2
              AND EXISTS (SELECT FROM store s WHERE s.account_id = p.account_id
                             AND s.profile_id = p.id AND s.disconnected_at IS NULL)
            ORDER BY p.id""",
        account_id, seller_account_id,
    )  # fmt: skip
    return [(row[0], row[1]) for row in rows]


def _grant(row: asyncpg.Record | None) -> Grant | None:
    if row is None:
        return None
    return Grant(
        account_id=row["account_id"],
        id=row["id"],
        seller_account_id=row["seller_account_id"],
        api=Api(row["api"]),
        state=GrantState(row["state"]),
        problem=row["problem"],
        sealed_code=row["sealed_code"],
        sealed_refresh_token=row["sealed_refresh_token"],
        sealed_access_token=row["sealed_access_token"],
        access_expires_at=row["access_expires_at"],
    )
