"""Take a report in: from stored pages to versions and conversions, or hold it back."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from datetime import date, datetime
from typing import Any
from uuid import UUID

from db.pool import Tx
from domain.conversions import actions as conversions
from domain.conversions.queries import after_settlements
from domain.events import news
from domain.events.rules import Listeners
from domain.reports import queries, tags
from domain.reports.parsing import parse
from domain.reports.reader import Reader
from domain.reports.rows import Asked, Level
from domain.reports.runs import Incomplete, Profile, Run, check_plausible, check_totals, check_whole
from domain.reports.subjects import Subjects
from domain.reports.versions import Change, steps, vanished


async def store_page(
    tx: Tx, run: Run, page: int, asked: dict[str, Any], body: bytes, now: datetime
) -> None:
    """Keep a page as received, before anything is read from it."""
    # Megabytes to pack: in a thread, while the other duties of this worker go on.
    body_gz, sha256 = await asyncio.to_thread(_packed, body)
    await queries.insert_page(tx, run, page, asked, body_gz, sha256, now)


def _packed(body: bytes) -> tuple[bytes, bytes]:
    return gzip.compress(body, 1), hashlib.sha256(body).digest()


async def take_in(
    tx: Tx, run: Run, now: datetime, *, degraded: list[str], accepted: bool = False,
    may_ask_again: bool = False,
) -> Reader | None:  # fmt: skip
    """Read a run's stored pages into versions and conversions, all or nothing.

    Gives what was read; None when it is the answer that was taken in last, word for word, of which
    nothing needs to be read. Raises Held when the report is not plausible, unless a person has
    `accepted` it, and MalformedPage when a page is no report; then nothing of it stays. With
    `may_ask_again` it is also raised for what is only odd.
    """
    heard_by = await news.who_reads_reports(tx, run.account_id)
    profile = await queries.lock_profile(tx, run.account_id, run.profile_id)
    assert profile is not None, "a run points at its profile"
    now = await after_settlements(tx, profile, now)
    subjects = await tags.load(tx, run)
    observed_at, pages_digest = await queries.observation(tx, run)
    # The same words mean something else once a store is back or a link is known.
    digest = hashlib.sha256(pages_digest + subjects.fingerprint()).digest()
    reader = None
    if not await queries.same_as_last(tx, run, observed_at, digest):
        reader = await _read(
            tx, run, profile, subjects, observed_at, now, degraded, accepted, may_ask_again,
            heard_by,
        )  # fmt: skip
    await queries.close_run(tx, run, "APPLIED", now, digest=digest, degraded=degraded, read=reader)
    return reader


async def hold(
    tx: Tx, run: Run, problem: str, now: datetime, degraded: list[str] | None = None
) -> None:
    """The report is kept and not taken in, until a person has looked."""
    await queries.close_run(tx, run, "HELD", now, degraded=degraded, problem=problem)
    await news.report_failed(tx, run.account_id, run.id, now)


async def give_up(
    tx: Tx, account_id: UUID, profile_id: UUID, level: Level, purpose: str,
    window: tuple[date, date] | None, now: datetime,
) -> None:  # fmt: skip
    """Amazon is not asked for this report again: its newest run was the last one."""
    run_id = await queries.newest_run(tx, account_id, profile_id, level, purpose, window)
    if run_id is not None:
        await news.report_failed(tx, account_id, run_id, now, given_up=True)


async def _read(
    tx: Tx, run: Run, profile: Profile, subjects: Subjects, observed_at: datetime, now: datetime,
    degraded: list[str], accepted: bool, may_ask_again: bool, heard_by: Listeners,
) -> Reader:  # fmt: skip
    ids = subjects.ids(run.level)
    known = await queries.known(tx, run, ids, observed_at)
    later = await queries.later_runs(tx, run, observed_at)
    later_versions = await queries.later_versions(tx, run, ids, observed_at) if later else set()
    reader = Reader(
        run.level, subjects, known, bonus_refused=any("brb" in metric for metric in degraded)
    )

    async def write(changes: list[Change]) -> None:
        if not changes:
            return
        for since, versions in steps(changes, observed_at, later, later_versions).items():
            await queries.insert_versions(tx, run, since, now, versions)
        if run.level is not Level.CAMPAIGN:
            return
        if later:
            keys = {change.key for change in changes}
            await conversions.derive_anew(tx, profile, keys, now, heard_by)
        else:
            await conversions.follow(tx, profile, subjects, changes, observed_at, now, heard_by)

    more = ends = False
    asked = Asked(run.level, run.from_day, run.to_day, profile.currency)
    async for number, body_gz in queries.stored_pages(tx, run):
        page = parse(gzip.decompress(body_gz), asked)
        changes, strays, own_tags = reader.read(page.rows)
        await write(changes)
        await queries.insert_quarantined(tx, run, number, [*page.quarantined, *strays])
        await queries.upsert_own_tags(tx, run, observed_at, own_tags)
        reader.set_apart(page.quarantined)
        ends = page.cursor is None
        more = not ends and bool(page.rows or page.quarantined)
    spoken_of = reader.spoken_of()
    gone = vanished(known, spoken_of)
    if not accepted:
        # Amazon may end with an empty page that names a next one; or it had no rows that day.
        if more or (gone and not ends):
            raise Incomplete()
        check_plausible(known, spoken_of, reader.sales_minor)
        check_totals(known, degraded)
        if may_ask_again:
            check_whole(known, spoken_of)
    await write(gone)
    await tags.show(tx, run, list(reader.shown), observed_at)
    if run.level is Level.CAMPAIGN:
        await news.thresholds(tx, run.account_id, sorted(reader.shown), now, heard_by)
    if reader.brb_enrolled is not None:
        await queries.set_brb_enrolled(tx, run, reader.brb_enrolled)
    return reader
