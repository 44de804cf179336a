"""SQL of the conversions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Tx
from db.staging import stage
from domain.conversions.history import Decided, Party
from domain.conversions.rules import Policy, Terms, Verdict, Version
from domain.reports.runs import Profile


async def policy(tx: Tx) -> Policy:
    row = await tx.fetchrow("SELECT settle_days, settle_floor_days FROM installation")
    assert row is not None, "the installation has one row"
    return Policy(*row)


async def terms(tx: Tx, account_id: UUID, profile_id: UUID) -> dict[UUID, Terms]:
    """By partnership of a profile's stores: what pays for its days.

    A day is paid by the version in force of the offer assigned on it, so a step comes from either
    an assignment or a version of the assigned offer.
    """
    rows = await tx.fetch(
        """SELECT a.partnership_id, GREATEST(a.valid_from, v.valid_from) AS day, v.id, v.rate_bp
             FROM store s
             JOIN partnership p ON p.account_id = s.account_id AND p.store_id = s.id
             JOIN LATERAL (SELECT partnership_id, offer_id, valid_from,
                                  lead(valid_from) OVER (ORDER BY valid_from) AS until
                             FROM assignment
                            WHERE account_id = p.account_id AND partnership_id = p.id) a ON true
             JOIN LATERAL (SELECT id, rate_bp, valid_from,
                                  lead(valid_from) OVER (ORDER BY valid_from) AS until
                             FROM offer_version
                            WHERE account_id = p.account_id AND offer_id = a.offer_id) v ON true
            WHERE s.account_id = $1 AND s.profile_id = $2
              AND (a.until IS NULL OR v.valid_from < a.until)
              AND (v.until IS NULL OR a.valid_from < v.until)
            ORDER BY a.partnership_id, day""",
        account_id, profile_id,
    )  # fmt: skip
    found: defaultdict[UUID, Terms] = defaultdict(lambda: Terms([], []))
    for partnership_id, day, version_id, rate_bp in rows:
        found[partnership_id].days.append(day)
        found[partnership_id].versions.append(Version(version_id, rate_bp))
    return found


DERIVED = (
    "id", "partnership_id", "store_id", "affiliate_id", "day", "offer_version_id", "rate_bp",
    "orders", "units", "sales_minor", "commission_minor", "settles_on",
)  # fmt: skip


async def upsert(
    tx: Tx, account_id: UUID, currency: str, observed_at: datetime,
    rows: Iterable[tuple[object, ...]],
) -> None:  # fmt: skip
    """Write what the newest reports make of days, in rows of `DERIVED`. What has settled keeps its
    figures; only what is reported beside them moves."""
    await stage(tx, "conversion", DERIVED, rows)
    await tx.execute(
        """INSERT INTO conversion
                  (account_id, source, status, currency, first_seen_at, changed_at,
                   id, partnership_id, store_id, affiliate_id, day, offer_version_id, rate_bp,
                   orders, units, sales_minor, commission_minor, settles_on,
                   reported_orders, reported_units, reported_sales_minor,
                   reported_commission_minor)
           SELECT $1, 'AMAZON', 'PENDING', $2, $3, $3,
                  id, partnership_id, store_id, affiliate_id, day, offer_version_id, rate_bp,
                  orders, units, sales_minor, commission_minor, settles_on,
                  orders, units, sales_minor, commission_minor
             FROM staged_conversion
            ORDER BY partnership_id, day -- neighbours in the indexes are written together
           ON CONFLICT (account_id, partnership_id, day) DO UPDATE SET
                  reported_orders = excluded.orders,
                  reported_units = excluded.units,
                  reported_sales_minor = excluded.sales_minor,
                  reported_commission_minor = excluded.commission_minor,
                  changed_at = excluded.changed_at,
                  offer_version_id = CASE conversion.status
                                          WHEN 'PENDING' THEN excluded.offer_version_id
                                          ELSE conversion.offer_version_id END,
                  rate_bp = CASE conversion.status WHEN 'PENDING' THEN excluded.rate_bp
                                 ELSE conversion.rate_bp END,
                  orders = CASE conversion.status WHEN 'PENDING' THEN excluded.orders
                                ELSE conversion.orders END,
                  units = CASE conversion.status WHEN 'PENDING' THEN excluded.units
                               ELSE conversion.units END,
                  sales_minor = CASE conversion.status WHEN 'PENDING' THEN excluded.sales_minor
                                     ELSE conversion.sales_minor END,
                  commission_minor = CASE conversion.status
                                          WHEN 'PENDING' THEN excluded.commission_minor
                                          ELSE conversion.commission_minor END""",
        account_id, currency, observed_at,
    )  # fmt: skip


async def parties(tx: Tx, profile: Profile) -> dict[UUID, Party]:
    """By partnership: whose days they are and by what rules they pay."""
    paid = await terms(tx, profile.account_id, profile.id)
    rows = await tx.fetch(
        """SELECT p.id, p.store_id, p.affiliate_id
             FROM store s JOIN partnership p ON p.account_id = s.account_id AND p.store_id = s.id
            WHERE s.account_id = $1 AND s.profile_id = $2""",
        profile.account_id, profile.id,
    )  # fmt: skip
    settled = await _settlements(tx, profile)
    return {
        id: Party(
            id, store_id, affiliate_id, profile.currency, profile.time_zone, paid[id],
            settled[store_id],
        )
        for id, store_id, affiliate_id in rows
    }  # fmt: skip


async def _settlements(tx: Tx, profile: Profile) -> dict[UUID, list[tuple[date, datetime]]]:
    rows = await tx.fetch(
        """SELECT t.store_id, t.local_day, t.ran_at
             FROM store s JOIN settlement t ON t.account_id = s.account_id AND t.store_id = s.id
            WHERE s.account_id = $1 AND s.profile_id = $2 ORDER BY t.local_day, t.ran_at""",
        profile.account_id, profile.id,
    )  # fmt: skip
    found: defaultdict[UUID, list[tuple[date, datetime]]] = defaultdict(list)
    for store_id, local_day, ran_at in rows:
        found[store_id].append((local_day, ran_at))
    return found


async def decisions(
    tx: Tx, account_id: UUID, partnership_ids: Sequence[UUID]
) -> dict[tuple[UUID, date], Decided]:
    rows = await tx.fetch(
        """SELECT partnership_id, day, verdict, decided_at FROM decision
            WHERE account_id = $1 AND partnership_id = ANY($2)""",
        account_id, partnership_ids,
    )  # fmt: skip
    return {(row[0], row[1]): Decided(Verdict(row[2]), row[3]) for row in rows}


async def history(
    tx: Tx, account_id: UUID, partnership_ids: Sequence[UUID], from_day: date, to_day: date
) -> list[asyncpg.Record]:
    """Every CAMPAIGN version of the partnerships' days, by partnership, day and observation."""
    rows: list[asyncpg.Record] = await tx.fetch(
        """SELECT subject_id, day, observed_at, recorded_at,
                  total_purchases, total_units, total_sales_minor
             FROM report_row
            WHERE account_id = $1 AND level = 'CAMPAIGN' AND subject_id = ANY($2)
              AND day BETWEEN $3 AND $4
            ORDER BY subject_id, day, observed_at""",
        account_id, partnership_ids, from_day, to_day,
    )  # fmt: skip
    return rows


async def delete(
    tx: Tx, account_id: UUID, partnership_ids: Sequence[UUID], from_day: date, to_day: date
) -> None:
    await tx.execute(
        """DELETE FROM conversion
            WHERE account_id = $1 AND partnership_id = ANY($2) AND day BETWEEN $3 AND $4""",
        account_id, partnership_ids, from_day, to_day,
    )  # fmt: skip


async def insert_derived(tx: Tx, account_id: UUID, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows as `history.derive` makes them."""
    await tx.executemany(
        """INSERT INTO conversion
                  (account_id, source, id, partnership_id, store_id, affiliate_id, day, status,
                   currency, offer_version_id, rate_bp, orders, units, sales_minor,
                   commission_minor, reported_orders, reported_units, reported_sales_minor,
                   reported_commission_minor, first_seen_at, changed_at, settles_on, settled_at,
                   decided_at)
           VALUES ($1, 'AMAZON', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                   $17, $18, $19, $20, $21, $22, $23)""",
        [(account_id, *row) for row in rows],
    )  # fmt: skip


async def due(tx: Tx, account_id: UUID, store_id: UUID, local_day: date) -> list[UUID]:
    """What `settle` will settle, under the profile's lock."""
    rows = await tx.fetch(
        """SELECT id FROM conversion
            WHERE account_id = $1 AND store_id = $2 AND status = 'PENDING' AND settles_on <= $3""",
        account_id, store_id, local_day,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def settle(tx: Tx, account_id: UUID, store_id: UUID, local_day: date, now: datetime) -> int:
    """Settle all that is due in one statement; how many."""
    status = await tx.execute(
        """UPDATE conversion SET status = 'SETTLED', settled_at = $4
            WHERE account_id = $1 AND store_id = $2 AND status = 'PENDING' AND settles_on <= $3""",
        account_id, store_id, local_day, now,
    )  # fmt: skip
    settled = int(status.split()[-1])
    if settled:
        await tx.execute(
            """INSERT INTO settlement (account_id, store_id, ran_at, local_day, settled)
               VALUES ($1, $2, $3, $4, $5)""",
            account_id, store_id, now, local_day, settled,
        )  # fmt: skip
    return settled


async def after_settlements(tx: Tx, profile: Profile, now: datetime) -> datetime:
    """The moment at which a report is taken in: later than every settlement that did not know it,
    also when the clocks of two workers differ. Under the profile's lock."""
    moment: datetime = await tx.fetchval(
        """SELECT GREATEST($3, max(t.ran_at) + interval '1 microsecond')
             FROM store s JOIN settlement t ON t.account_id = s.account_id AND t.store_id = s.id
            WHERE s.account_id = $1 AND s.profile_id = $2""",
        profile.account_id, profile.id, now,
    )  # fmt: skip
    return moment


class Reading(NamedTuple):
    """How far a store has been read, since it came back if it was gone, and settled; each None for
    not at all."""

    last_read: date | None
    settled_up_to: date | None
    connected: bool


async def reading(tx: Tx, profile: Profile, store_id: UUID) -> Reading:
    row = await tx.fetchrow(
        """SELECT (SELECT max(r.to_day) FROM report_run r
                    WHERE r.account_id = $1 AND r.profile_id = $2 AND r.level = 'CAMPAIGN'
                      AND r.state = 'APPLIED' AND r.purpose IN ('DAILY', 'REQUESTED')
                      AND (s.reconnected_at IS NULL OR r.observed_at >= s.reconnected_at)),
                  (SELECT max(local_day) FROM settlement WHERE account_id = $1 AND store_id = $3),
                  s.disconnected_at IS NULL
             FROM store s WHERE s.account_id = $1 AND s.id = $3""",
        profile.account_id, profile.id, store_id,
    )  # fmt: skip
    assert row is not None, "stores are never deleted"
    return Reading(*row)


async def overdue_stores(tx: Tx, profile: Profile, today: date) -> list[UUID]:
    """Stores of a profile with something that could have settled and has not."""
    rows = await tx.fetch(
        """SELECT id FROM store s
            WHERE s.account_id = $1 AND s.profile_id = $2
              AND EXISTS (SELECT FROM conversion c
                           WHERE c.account_id = $1 AND c.store_id = s.id
                             AND c.status = 'PENDING' AND c.settles_on <= $3)""",
        profile.account_id, profile.id, today,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def after_reports(tx: Tx, profile: Profile, now: datetime) -> datetime:
    """The moment at which a settlement runs: no earlier than any report that it knows. Under the
    profile's lock."""
    moment: datetime = await tx.fetchval(
        """SELECT GREATEST($3, max(finished_at)) FROM report_run
            WHERE account_id = $1 AND profile_id = $2 AND state = 'APPLIED'""",
        profile.account_id, profile.id, now,
    )  # fmt: skip
    return moment


async def lock_profiles(tx: Tx, account_id: UUID, ids: list[UUID]) -> None:
    """Wait for reports and settlements of the conversions' profiles, and let none begin. A report
    may make a conversion anew, and a decision must neither miss it nor be missed."""
    await tx.execute(
        """SELECT FROM profile
            WHERE account_id = $1
              AND id IN (SELECT s.profile_id
                           FROM conversion c
                           JOIN store s ON s.account_id = c.account_id AND s.id = c.store_id
                          WHERE c.account_id = $1 AND c.id = ANY($2))
            ORDER BY id FOR SHARE""",
        account_id, ids,
    )  # fmt: skip


async def lock(tx: Tx, account_id: UUID, ids: list[UUID]) -> list[asyncpg.Record]:
    """Conversions to be decided, locked in one order, so that deciders don't deadlock."""
    rows: list[asyncpg.Record] = await tx.fetch(
        """SELECT id, partnership_id, day, status, settles_on, decided_at FROM conversion
            WHERE account_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE""",
        account_id, ids,
    )  # fmt: skip
    return rows


async def decide(
    tx: Tx, account_id: UUID, ids: list[UUID], verdict: Verdict, reason: str | None,
    by: str, now: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """INSERT INTO decision (account_id, partnership_id, day, verdict, reason,
                                 decided_at, decided_by)
           SELECT account_id, partnership_id, day, $3, $4, $5, $6
             FROM conversion WHERE account_id = $1 AND id = ANY($2)
           RETURNING id""",
        account_id, ids, verdict, reason, now, by,
    )  # fmt: skip
    await tx.execute(
        """UPDATE conversion SET status = $3, decided_at = $4
            WHERE account_id = $1 AND id = ANY($2)""",
        account_id, ids, verdict, now,
    )  # fmt: skip


async def everything(tx: Tx, account_id: UUID) -> dict[UUID, tuple[object, ...]]:
    """Every column of every Amazon conversion of an account, by id."""
    rows = await tx.fetch(
        "SELECT id, c.* FROM conversion c WHERE account_id = $1 AND source = 'AMAZON'", account_id
    )
    return {row[0]: tuple(row) for row in rows}


async def profile_ids(tx: Tx, account_id: UUID) -> list[UUID]:
    rows = await tx.fetch("SELECT id FROM profile WHERE account_id = $1 ORDER BY id", account_id)
    return [row["id"] for row in rows]
