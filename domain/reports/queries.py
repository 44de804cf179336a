"""SQL of report runs and their rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.pool import Tx
from db.staging import stage
from domain.reports.parsing import Quarantined
from domain.reports.reader import OwnTagRow, Reader
from domain.reports.rows import Level
from domain.reports.runs import CalendarStore, Profile, Run
from domain.reports.versions import Applied, Figures, Key, Known, Version


async def lock_profile(tx: Tx, account_id: UUID, profile_id: UUID) -> Profile | None:
    """Held until the end of the transaction: reports and settlements of a profile take turns."""
    row = await tx.fetchrow(
        """SELECT account_id, id, amazon_profile_id, region, currency, time_zone
             FROM profile WHERE account_id = $1 AND id = $2 FOR NO KEY UPDATE""",
        account_id, profile_id,
    )  # fmt: skip
    return None if row is None else Profile(*row)


async def fetch_profile(tx: Tx, account_id: UUID, profile_id: UUID) -> Profile | None:
    row = await tx.fetchrow(
        """SELECT account_id, id, amazon_profile_id, region, currency, time_zone
             FROM profile WHERE account_id = $1 AND id = $2""",
        account_id, profile_id,
    )  # fmt: skip
    return None if row is None else Profile(*row)


async def reported_profile(tx: Tx, account_id: UUID, profile_id: UUID) -> Profile | None:
    """A profile if it is to be reported on: measured, consented to, and with a connected store."""
    row = await tx.fetchrow(
        """SELECT p.account_id, p.id, p.amazon_profile_id, p.region, p.currency, p.time_zone
             FROM profile p
            WHERE p.account_id = $1 AND p.id = $2 AND p.measuring_since IS NOT NULL
              AND EXISTS (SELECT FROM store s
                           WHERE s.account_id = $1 AND s.profile_id = p.id
                             AND s.disconnected_at IS NULL)
              AND EXISTS (SELECT FROM amazon_grant g
                           WHERE g.account_id = $1 AND g.seller_account_id = p.seller_account_id
                             AND g.api = 'ADS' AND g.state = 'CONNECTED')""",
        account_id, profile_id,
    )  # fmt: skip
    return None if row is None else Profile(*row)


async def scheduled_profiles(tx: Tx) -> list[Profile]:
    """Profiles of all accounts that are to be reported on: measured, consented to, with a store."""
    rows = await tx.fetch(
        """SELECT p.account_id, p.id, p.amazon_profile_id, p.region, p.currency, p.time_zone
             FROM profile p
            WHERE p.measuring_since IS NOT NULL
              AND EXISTS (SELECT FROM store s
                           WHERE s.account_id = p.account_id AND s.profile_id = p.id
                             AND s.disconnected_at IS NULL)
              AND EXISTS (SELECT FROM amazon_grant g
                           WHERE g.account_id = p.account_id
                             AND g.seller_account_id = p.seller_account_id
                             AND g.api = 'ADS' AND g.state = 'CONNECTED')"""
    )
    return [Profile(*row) for row in rows]


async def begin_backfill(
    tx: Tx, account_id: UUID, profile_id: UUID, now: datetime, windows: int
) -> None:
    """So much of the past is promised; begun again, it counts from then."""
    await tx.execute(
        """INSERT INTO backfill (account_id, profile_id, started_at, windows)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, profile_id) DO UPDATE
              SET started_at = excluded.started_at, windows = excluded.windows""",
        account_id, profile_id, now, windows,
    )  # fmt: skip


async def settling_stores(tx: Tx) -> list[CalendarStore]:
    """Amazon stores of all accounts, disconnected ones too: what is open there still settles."""
    rows = await tx.fetch(
        "SELECT account_id, id, profile_id, time_zone FROM store WHERE channel = 'AMAZON'"
    )
    return [CalendarStore(*row) for row in rows]


async def listed_stores(tx: Tx) -> list[CalendarStore]:
    """Connected Amazon stores of all accounts whose seller lets us read the catalogue."""
    rows = await tx.fetch(
        """SELECT s.account_id, s.id, s.profile_id, s.time_zone
             FROM store s
             JOIN profile p ON p.account_id = s.account_id AND p.id = s.profile_id
             JOIN amazon_grant g
               ON g.account_id = p.account_id AND g.seller_account_id = p.seller_account_id
            WHERE s.disconnected_at IS NULL
              AND g.api = 'SELLING_PARTNER' AND g.state = 'CONNECTED'"""
    )
    return [CalendarStore(*row) for row in rows]


async def insert_run(tx: Tx, run: Run, started_at: datetime) -> None:
    await tx.execute(
        """INSERT INTO report_run
                  (account_id, id, profile_id, level, purpose, from_day, to_day, state, started_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'RUNNING', $8)""",
        run.account_id, run.id, run.profile_id, run.level, run.purpose, run.from_day, run.to_day,
        started_at,
    )  # fmt: skip


async def close_abandoned(tx: Tx, run: Run, now: datetime) -> None:
    """The same question is put anew: whoever put it before was stopped while waiting.

    The days of a daily or requested report go with the calendar: since midnight they are others.
    """
    await tx.execute(
        """UPDATE report_run
              SET state = 'FAILED', finished_at = $7,
                  problem = 'The worker was stopped before the report was there.'
            WHERE account_id = $1 AND profile_id = $2 AND level = $3 AND purpose = $4
              AND ($4 IN ('DAILY', 'REQUESTED') OR (from_day = $5 AND to_day = $6))
              AND state = 'RUNNING'""",
        run.account_id, run.profile_id, run.level, run.purpose, run.from_day, run.to_day, now,
    )  # fmt: skip


async def run_state(tx: Tx, account_id: UUID, run_id: UUID) -> str | None:
    state: str | None = await tx.fetchval(
        "SELECT state FROM report_run WHERE account_id = $1 AND id = $2", account_id, run_id
    )
    return state


async def fetch_run(tx: Tx, account_id: UUID, run_id: UUID, state: str) -> Run | None:
    row = await tx.fetchrow(
        """SELECT account_id, id, profile_id, level, purpose, from_day, to_day
             FROM report_run WHERE account_id = $1 AND id = $2 AND state = $3 FOR UPDATE""",
        account_id, run_id, state,
    )  # fmt: skip
    if row is None:
        return None
    account_id, id, profile_id, level, purpose, from_day, to_day = row
    return Run(account_id, id, profile_id, Level(level), purpose, from_day, to_day)


async def degraded(tx: Tx, run: Run) -> list[str]:
    """The metrics that Amazon refused when the run was received."""
    metrics: list[str] = await tx.fetchval(
        "SELECT degraded FROM report_run WHERE account_id = $1 AND id = $2", run.account_id, run.id
    )
    return metrics


async def insert_page(
    tx: Tx, run: Run, page: int, asked: dict[str, Any], body_gz: bytes, sha256: bytes,
    received_at: datetime,
) -> None:  # fmt: skip
    await tx.execute(
        """INSERT INTO report_page
                  (account_id, run_id, page, asked, body_gz, sha256, received_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        run.account_id, run.id, page, asked, body_gz, sha256, received_at,
    )  # fmt: skip
    await tx.execute(
        """UPDATE report_run SET pages = pages + 1, observed_at = $3
            WHERE account_id = $1 AND id = $2""",
        run.account_id, run.id, received_at,
    )  # fmt: skip


async def newest_run(
    tx: Tx, account_id: UUID, profile_id: UUID, level: Level, purpose: str,
    window: tuple[date, date] | None,
) -> UUID | None:  # fmt: skip
    """Of a window, when there is one; its first days may not have been asked for any more."""
    id: UUID | None = await tx.fetchval(
        """SELECT id FROM report_run
            WHERE account_id = $1 AND profile_id = $2 AND level = $3 AND purpose = $4
              AND ($5::date IS NULL OR from_day >= $5 AND to_day = $6)
            ORDER BY started_at DESC, id DESC LIMIT 1""",
        account_id, profile_id, level, purpose, *(window or (None, None)),
    )  # fmt: skip
    return id


async def stored_pages(tx: Tx, run: Run) -> AsyncIterator[tuple[int, bytes]]:
    """The compressed bodies of a run in their order, one at a time, with their numbers."""
    cursor = tx.cursor(
        """SELECT page, body_gz FROM report_page
            WHERE account_id = $1 AND run_id = $2 ORDER BY page""",
        run.account_id, run.id, prefetch=1,
    )  # fmt: skip
    async for row in cursor:
        yield row["page"], row["body_gz"]


async def observation(tx: Tx, run: Run) -> tuple[datetime, bytes]:
    """When the run's last page came, and what tells its answer from another."""
    row = await tx.fetchrow(
        """SELECT max(received_at), sha256(string_agg(sha256, '' ORDER BY page))
             FROM report_page WHERE account_id = $1 AND run_id = $2""",
        run.account_id, run.id,
    )  # fmt: skip
    assert row is not None, "an aggregate gives a row"
    return row[0], row[1]


async def same_as_last(tx: Tx, run: Run, observed_at: datetime, digest: bytes) -> bool:
    """Whether the newest report taken in for this profile and level was this very answer.

    An older report than that one is always read: it tells since when the answer has been so.
    """
    row = await tx.fetchrow(
        """SELECT from_day, to_day, digest, observed_at <= $4 FROM report_run
            WHERE account_id = $1 AND profile_id = $2 AND level = $3 AND state = 'APPLIED'
            ORDER BY observed_at DESC LIMIT 1""",
        run.account_id, run.profile_id, run.level, observed_at,
    )  # fmt: skip
    return row is not None and tuple(row) == (run.from_day, run.to_day, digest, True)


async def last_read(tx: Tx, profile: Profile, level: Level) -> date | None:
    """The newest day that a report of the daily window has covered."""
    day: date | None = await tx.fetchval(
        """SELECT max(to_day) FROM report_run
            WHERE account_id = $1 AND profile_id = $2 AND level = $3 AND state = 'APPLIED'
              AND purpose IN ('DAILY', 'REQUESTED')""",
        profile.account_id, profile.id, level,
    )  # fmt: skip
    return day


async def later_runs(tx: Tx, run: Run, observed_at: datetime) -> list[Applied]:
    rows = await tx.fetch(
        """SELECT observed_at, from_day, to_day FROM report_run
            WHERE account_id = $1 AND profile_id = $2 AND level = $3 AND state = 'APPLIED'
              AND observed_at > $4 AND from_day <= $6 AND to_day >= $5""",
        run.account_id, run.profile_id, run.level, observed_at, run.from_day, run.to_day,
    )  # fmt: skip
    return [Applied(*row) for row in rows]


async def known(
    tx: Tx, run: Run, subject_ids: list[UUID], observed_at: datetime
) -> dict[Key, Known]:
    """What was known of the run's days at the moment of its observation."""
    rows = await tx.fetch(
        """SELECT DISTINCT ON (subject_id, day, asin, halo)
                  subject_id, day, asin, halo, partnership_id,
                  clicks, detail_page_views, add_to_carts, purchases, units, sales_minor,
                  total_purchases, total_units, total_sales_minor, new_to_brand_purchases,
                  new_to_brand_units, new_to_brand_sales_minor, brb_bonus_minor
             FROM report_row
            WHERE account_id = $1 AND level = $2 AND subject_id = ANY($3)
              AND day BETWEEN $4 AND $5 AND observed_at <= $6
            ORDER BY subject_id, day, asin, halo, observed_at DESC""",
        run.account_id, run.level, subject_ids, run.from_day, run.to_day, observed_at,
    )  # fmt: skip
    return {Key(*row[:4]): Known(row[4], Figures(*row[5:])) for row in rows}


async def later_versions(
    tx: Tx, run: Run, subject_ids: list[UUID], observed_at: datetime
) -> set[tuple[Key, datetime]]:
    rows = await tx.fetch(
        """SELECT subject_id, day, asin, halo, observed_at FROM report_row
            WHERE account_id = $1 AND level = $2 AND subject_id = ANY($3)
              AND day BETWEEN $4 AND $5 AND observed_at > $6""",
        run.account_id, run.level, subject_ids, run.from_day, run.to_day, observed_at,
    )  # fmt: skip
    return {(Key(*row[:4]), row[4]) for row in rows}


_VERSION = (*Key._fields, "partnership_id", *Figures._fields)


async def insert_versions(
    tx: Tx, run: Run, observed_at: datetime, recorded_at: datetime, versions: Iterable[Version]
) -> None:
    rows = ((*version.key, version.partnership_id, *version.figures) for version in versions)
    await stage(tx, "report_row", _VERSION, rows)
    await tx.execute(
        """INSERT INTO report_row
                  (account_id, level, run_id, observed_at, recorded_at, subject_id, day, asin, halo,
                   partnership_id, clicks, detail_page_views, add_to_carts, purchases, units,
                   sales_minor, total_purchases, total_units, total_sales_minor,
                   new_to_brand_purchases, new_to_brand_units, new_to_brand_sales_minor,
                   brb_bonus_minor)
           SELECT $1, $2, $3, $4, $5, staged.*
             FROM staged_report_row staged
            ORDER BY subject_id, day -- neighbours in the index are written together
           ON CONFLICT DO NOTHING""",
        run.account_id, run.level, run.id, observed_at, recorded_at,
    )  # fmt: skip


async def insert_quarantined(tx: Tx, run: Run, page: int, rows: Iterable[Quarantined]) -> None:
    await tx.executemany(
        """INSERT INTO quarantined_row (account_id, run_id, page, reason, content)
           VALUES ($1, $2, $3, $4, $5)""",
        [(run.account_id, run.id, page, row.reason, row.raw) for row in rows],
    )  # fmt: skip


async def upsert_own_tags(tx: Tx, run: Run, observed_at: datetime, rows: list[OwnTagRow]) -> None:
    """Keep the newest figures of the brand's own tags."""
    if not rows:
        return
    await tx.execute(
        """INSERT INTO own_tag_row (account_id, profile_id, level, observed_at,
                                    day, key, clicks, total_units, total_sales_minor)
           SELECT $1, $2, $3, $4, new.*
             FROM unnest($5::date[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[]) AS new
           ON CONFLICT (account_id, profile_id, level, day, key) DO UPDATE
              SET observed_at = excluded.observed_at, clicks = excluded.clicks,
                  total_units = excluded.total_units,
                  total_sales_minor = excluded.total_sales_minor
            WHERE own_tag_row.observed_at < excluded.observed_at""",
        run.account_id, run.profile_id, run.level, observed_at, *zip(*rows, strict=True),
    )  # fmt: skip


async def close_run(
    tx: Tx, run: Run, state: str, finished_at: datetime, *, digest: bytes | None = None,
    degraded: list[str] | None = None, read: Reader | None = None, problem: str | None = None,
) -> None:  # fmt: skip
    await tx.execute(
        """UPDATE report_run
              SET state = $3, finished_at = $4, digest = $5, degraded = $6, problem = $7,
                  rows_read = $8, rows_changed = $9, rows_own_tags = $10, rows_quarantined = $11
            WHERE account_id = $1 AND id = $2""",
        run.account_id, run.id, state, finished_at, digest, degraded or [], problem,
        *((read.rows, read.changed, read.own_tags, read.quarantined) if read else (0, 0, 0, 0)),
    )  # fmt: skip


async def revive_reports(tx: Tx, run: Run, now: datetime) -> None:
    """Reports of the run's level that were given up since the last daily one before it was taken
    in; other reports that were taken in meanwhile have revived nothing."""
    await tx.execute(
        """UPDATE duty SET dead_at = NULL, attempts = 0, run_at = $6
            WHERE account_id = $1 AND kind = 'pull_report' AND starts_with(subject, $5)
              AND dead_at > (SELECT COALESCE(max(finished_at), '-infinity') FROM report_run
                              WHERE account_id = $1 AND profile_id = $2 AND level = $3
                                AND state = 'APPLIED' AND purpose = 'DAILY' AND id <> $4)""",
        run.account_id, run.profile_id, run.level, run.id, f"{run.profile_id} {run.level} ", now,
    )  # fmt: skip


async def set_eligible(tx: Tx, profile: Profile, eligible: bool) -> None:
    """Whether Amazon lets the profile use Attribution, as it has just answered."""
    await tx.execute(
        """UPDATE profile SET attribution = $3
            WHERE account_id = $1 AND id = $2 AND attribution <> $3""",
        profile.account_id, profile.id, "ELIGIBLE" if eligible else "NOT_ELIGIBLE",
    )  # fmt: skip


async def set_brb_enrolled(tx: Tx, run: Run, enrolled: bool) -> None:
    await tx.execute(
        """UPDATE profile SET brb_enrolled = $3
            WHERE account_id = $1 AND id = $2 AND brb_enrolled IS DISTINCT FROM $3""",
        run.account_id, run.profile_id, enrolled,
    )  # fmt: skip
