"""The tags of a profile, from the database: whose rows are whose. SQL."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from db.pool import Tx
from domain.conversions.queries import terms
from domain.reports.rows import Level
from domain.reports.runs import Run
from domain.reports.subjects import Partner, Subjects


async def load(tx: Tx, run: Run) -> Subjects:
    """Every token of the run's profile that its level can name."""
    paid = await terms(tx, run.account_id, run.profile_id)
    subjects = Subjects()
    rows = await tx.fetch(
        """SELECT p.campaign_token, p.id, p.store_id, p.affiliate_id,
                  s.disconnected_at IS NULL AS connected, p.visible_at IS NOT NULL AS visible
             FROM store s JOIN partnership p ON p.account_id = s.account_id AND p.store_id = s.id
            WHERE s.account_id = $1 AND s.profile_id = $2""",
        run.account_id, run.profile_id,
    )  # fmt: skip
    for token, id, store_id, affiliate_id, connected, visible in rows:
        subjects.partners[token] = Partner(id, store_id, affiliate_id, connected, paid[id])
        if run.level is Level.CAMPAIGN and visible:
            subjects.visible.add(id)
    match run.level:
        case Level.ADGROUP | Level.PRODUCTS:
            await _ad_groups(tx, run, subjects)
        case Level.CREATIVE:
            await _links(tx, run, subjects)
        case Level.CAMPAIGN:
            pass
    return subjects


async def _ad_groups(tx: Tx, run: Run, subjects: Subjects) -> None:
    rows = await tx.fetch(
        """SELECT p.campaign_token, g.token, g.id, g.visible_at IS NOT NULL
             FROM store s
             JOIN partnership p ON p.account_id = s.account_id AND p.store_id = s.id
             JOIN ad_group g ON g.account_id = p.account_id AND g.partnership_id = p.id
            WHERE s.account_id = $1 AND s.profile_id = $2""",
        run.account_id, run.profile_id,
    )  # fmt: skip
    for campaign, ad_group, id, visible in rows:
        subjects.ad_groups[campaign, ad_group] = id
        if visible:
            subjects.visible.add(id)


async def _links(tx: Tx, run: Run, subjects: Subjects) -> None:
    rows = await tx.fetch(
        """SELECT p.campaign_token, g.token, c.token, l.id, l.visible_at IS NOT NULL
             FROM store s
             JOIN partnership p ON p.account_id = s.account_id AND p.store_id = s.id
             JOIN link l ON l.account_id = p.account_id AND l.partnership_id = p.id
             JOIN ad_group g ON g.account_id = l.account_id AND g.id = l.ad_group_id
             JOIN creative c ON c.account_id = l.account_id AND c.id = l.creative_id
            WHERE s.account_id = $1 AND s.profile_id = $2""",
        run.account_id, run.profile_id,
    )  # fmt: skip
    for campaign, ad_group, creative, id, visible in rows:
        subjects.links[campaign, ad_group, creative] = id
        if visible:
            subjects.visible.add(id)


async def show(tx: Tx, run: Run, subject_ids: list[UUID], observed_at: datetime) -> None:
    """Note that Amazon has shown these subjects: the click threshold is behind them."""
    match run.level:
        case Level.CAMPAIGN:
            await tx.execute(
                # Locked in the order of their ids, as by whoever changes many partnerships.
                """UPDATE partnership SET visible_at = $3
                    WHERE account_id = $1
                      AND id IN (SELECT id FROM partnership
                                  WHERE account_id = $1 AND id = ANY($2) AND visible_at IS NULL
                                  ORDER BY id FOR UPDATE)""",
                run.account_id, subject_ids, observed_at,
            )  # fmt: skip
        case Level.ADGROUP | Level.PRODUCTS:
            await tx.execute(
                """UPDATE ad_group SET visible_at = $3
                    WHERE account_id = $1 AND id = ANY($2) AND visible_at IS NULL""",
                run.account_id, subject_ids, observed_at,
            )  # fmt: skip
        case Level.CREATIVE:
            await tx.execute(
                """UPDATE link SET visible_at = $3
                    WHERE account_id = $1 AND id = ANY($2) AND visible_at IS NULL""",
                run.account_id, subject_ids, observed_at,
            )  # fmt: skip


async def first_click_day(tx: Tx, run: Run, time_zone: str) -> date | None:
    """The day of the first click that we counted for any tag of the profile."""
    first: date | None = await tx.fetchval(
        """SELECT (min(first.clicked_at) AT TIME ZONE $3)::date
             FROM store s
             JOIN partnership p ON p.account_id = s.account_id AND p.store_id = s.id
             JOIN LATERAL (SELECT clicked_at FROM click c
                            WHERE c.account_id = p.account_id AND c.partnership_id = p.id
                            ORDER BY clicked_at LIMIT 1) first ON true
            WHERE s.account_id = $1 AND s.profile_id = $2""",
        run.account_id, run.profile_id, time_zone,
    )  # fmt: skip
    return first
