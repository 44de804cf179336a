"""Follow the reports, settle what is due, decide what has settled, rebuild the whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from db.pool import Tx
from domain.clock import local_day
from domain.conversions import queries, rules
from domain.conversions.history import Said, derive
from domain.conversions.rules import Sales, Verdict
from domain.errors import NotFound, Refusal
from domain.events import news
from domain.events.actions import listeners
from domain.events.entities import conversions_of
from domain.events.rules import EventType, Listeners
from domain.ids import encode
from domain.reports.runs import Profile
from domain.reports.subjects import Subjects
from domain.reports.versions import Change, Figures, Key


async def follow(
    tx: Tx, profile: Profile, subjects: Subjects, changes: Sequence[Change],
    observed_at: datetime, now: datetime, heard_by: Listeners,
) -> None:  # fmt: skip
    """Bring conversions up to the newest report. Days whose sales did not change are left alone."""
    policy = await queries.policy(tx)
    floor = rules.floor_day(observed_at, profile.time_zone, policy)
    partners = {partner.partnership_id: partner for partner in subjects.partners.values()}
    derived = []
    for key, partnership_id, before, said in changes:
        sales = _sales(said)
        if sales == _sales(before):
            continue
        day = key.day
        partner = partners[partnership_id]
        terms = partner.terms.on(day)
        derived.append(
            (
                rules.conversion_id(partnership_id, day), partnership_id, partner.store_id,
                partner.affiliate_id, day, terms.id, terms.rate_bp, *sales,
                rules.pays(sales, terms.rate_bp), rules.settles_on(day, floor, policy),
            )
        )  # fmt: skip
    if derived:
        ids = [rules.conversion_id(row[1], row[4]) for row in derived] if heard_by else []
        async with news.conversions_moving(tx, profile.account_id, ids, now, heard_by):
            await queries.upsert(tx, profile.account_id, profile.currency, observed_at, derived)


async def derive_anew(
    tx: Tx, profile: Profile, keys: Collection[Key], now: datetime, heard_by: Listeners
) -> None:
    """Drop the conversions of these days and make them again from everything that was said.

    What comes out as it was has not happened; told is what comes out otherwise.
    """
    partnership_ids = sorted({key.subject_id for key in keys})
    days = sorted({key.day for key in keys})
    account_id = profile.account_id
    ids: set[UUID] = set()
    if heard_by:
        ids.update(await conversions_of(tx, account_id, partnership_ids, days[0], days[-1]))
        ids.update(rules.conversion_id(key.subject_id, key.day) for key in keys)
    async with news.conversions_moving(tx, account_id, ids, now, heard_by):
        await _rebuild(tx, profile, partnership_ids, days[0], days[-1])


async def rebuild(tx: Tx, profile: Profile) -> int:
    """Drop all conversions of a profile's stores and make them again; how many there are.

    The result is the same to the last column: a conversion is a function of the report rows, the
    offers' versions, the settlements and the decisions.
    """
    parties = await queries.parties(tx, profile)
    return await _rebuild(tx, profile, sorted(parties), date.min, date.max)


async def _rebuild(
    tx: Tx, profile: Profile, partnership_ids: list[UUID], from_day: date, to_day: date
) -> int:
    policy = await queries.policy(tx)
    parties = await queries.parties(tx, profile)
    decided = await queries.decisions(tx, profile.account_id, partnership_ids)
    rows = await queries.history(tx, profile.account_id, partnership_ids, from_day, to_day)
    await queries.delete(tx, profile.account_id, partnership_ids, from_day, to_day)
    derived = []
    for (partnership_id, day), group in groupby(rows, key=lambda row: (row[0], row[1])):
        said = [Said(row[2], row[3], Sales(*row[4:])) for row in group]
        row = derive(parties[partnership_id], day, said, decided.get((partnership_id, day)), policy)
        if row is not None:
            derived.append(row)
    await queries.insert_derived(tx, profile.account_id, derived)
    return len(derived)


async def settle_what_was_read(tx: Tx, profile: Profile, store_id: UUID, now: datetime) -> int:
    """Settle what is due at a store, but nothing whose last reports are missing; how many.

    The caller holds the profile's lock. What a disconnected store has left is not read any more and
    waits for nothing.
    """
    reading = await queries.reading(tx, profile, store_id)
    today = local_day(now, profile.time_zone)
    if reading.connected:
        today = rules.settles_up_to(today, reading.last_read, reading.settled_up_to)
    return await settle(tx, profile, store_id, now, today)


async def settle(
    tx: Tx, profile: Profile, store_id: UUID, now: datetime, up_to: date = date.max
) -> int:
    """Settle everything of a store that is due where the store is; how many. Its calendar is taken
    to have come no further than `up_to`, as the settlement will say for ever.

    The caller holds the profile's lock: no report is being taken in meanwhile.
    """
    account_id = profile.account_id
    heard_by = await listeners(tx, account_id, EventType.CONVERSION_SETTLED)
    now = await queries.after_reports(tx, profile, now)
    day = min(local_day(now, profile.time_zone), up_to)
    due = await queries.due(tx, account_id, store_id, day) if heard_by else []
    settled = await queries.settle(tx, account_id, store_id, day, now)
    await news.conversions(tx, account_id, due, EventType.CONVERSION_SETTLED, now, heard_by)
    return settled


async def decide(
    tx: Tx, account_id: UUID, ids: Sequence[UUID], verdict: Verdict, reason: str | None,
    by: str, now: datetime,
) -> dict[UUID, Refusal | None]:  # fmt: skip
    """Approve or deny each one that may be; for each id its refusal, or None when it stands."""
    await queries.lock_profiles(tx, account_id, list(ids))
    found = {row["id"]: row for row in await queries.lock(tx, account_id, list(ids))}
    outcomes: dict[UUID, Refusal | None] = {}
    to_write = []
    for id in ids:
        shown = encode("conv", id)
        row = found.get(id)
        try:
            if row is None:
                raise NotFound("conversion", shown)
            if rules.may_decide(
                shown, row["day"], rules.Status(row["status"]), row["settles_on"],
                row["decided_at"], verdict,
            ) and id not in outcomes:  # fmt: skip
                to_write.append(id)
            outcomes[id] = None
        except Refusal as refusal:
            outcomes[id] = refusal
    await queries.decide(tx, account_id, to_write, verdict, reason, by, now)
    await news.conversions(tx, account_id, to_write, _DECIDED[verdict], now)
    return outcomes


_DECIDED = {
    Verdict.APPROVED: EventType.CONVERSION_APPROVED,
    Verdict.DENIED: EventType.CONVERSION_DENIED,
}


def _sales(figures: Figures) -> Sales:
    """What is paid on: promoted products and the brand's others, never both added up."""
    return Sales(figures.total_purchases, figures.total_units, figures.total_sales_minor)
