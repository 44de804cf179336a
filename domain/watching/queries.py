"""SQL over all accounts, for the system's role."""

from __future__ import annotations

from datetime import datetime

from db.pool import Tx
from domain.watching.rules import Backlog, Outbox, Read, Trade


async def reads(tx: Tx, now: datetime) -> list[Read]:
    """Of the connected stores that are measured. A day is complete when it was over as it was read;
    reports of the past say nothing of the present."""
    rows = await tx.fetch(
        """SELECT s.id, asked.level, extract(epoch FROM $1::timestamptz - COALESCE(
                      (r.day + 1)::timestamp AT TIME ZONE p.time_zone, p.measuring_since))::float8
             FROM store s
             JOIN profile p ON p.account_id = s.account_id AND p.id = s.profile_id
            CROSS JOIN unnest('{CAMPAIGN,ADGROUP,CREATIVE,PRODUCTS}'::text[]) AS asked (level)
             LEFT JOIN LATERAL
                  (SELECT LEAST(r.to_day, (r.observed_at AT TIME ZONE p.time_zone)::date - 1) AS day
                     FROM report_run r
                    WHERE r.account_id = p.account_id AND r.profile_id = p.id
                      AND r.level = asked.level AND r.state = 'APPLIED'
                      AND r.purpose IN ('DAILY', 'REQUESTED')
                    ORDER BY r.observed_at DESC LIMIT 1) r ON true
            WHERE s.disconnected_at IS NULL AND p.measuring_since IS NOT NULL""",
        now,
    )
    return [Read(*row) for row in rows]


async def backlogs(tx: Tx, now: datetime) -> list[Backlog]:
    """Of the kinds that something is open of. Leases run in the server's time."""
    rows = await tx.fetch(
        """SELECT kind,
                  count(*) FILTER (WHERE dead_at IS NULL AND NOT leased),
                  count(*) FILTER (WHERE dead_at IS NULL AND leased),
                  count(*) FILTER (WHERE dead_at IS NOT NULL),
                  COALESCE(GREATEST(extract(epoch FROM $1::timestamptz - min(run_at)
                      FILTER (WHERE dead_at IS NULL AND NOT leased)), 0), 0)::float8
             FROM (SELECT kind, run_at, dead_at,
                          lease_until IS NOT NULL AND lease_until >= now() AS leased FROM duty) d
            GROUP BY kind""",
        now,
    )
    return [Backlog(*row) for row in rows]


async def outbox(tx: Tx, now: datetime) -> Outbox:
    """What an endpoint that takes nothing leaves lying is not late before it is tried again."""
    row = await tx.fetchrow(
        """SELECT e.waiting, e.age, d.pending, d.due, h.held, d.age, o.failing, o.disabled
             FROM (SELECT count(*) AS waiting, COALESCE(GREATEST(extract(epoch
                              FROM $1::timestamptz - min(occurred_at)), 0), 0)::float8 AS age
                     FROM event) e
            CROSS JOIN
                  (SELECT count(*) AS pending, count(*) FILTER (WHERE p.due_at <= $1) AS due,
                          COALESCE(GREATEST(extract(epoch
                              FROM $1::timestamptz - min(p.due_at)), 0), 0)::float8 AS age
                     FROM (SELECT GREATEST(d.next_attempt_at, e.paused_until) AS due_at
                             FROM webhook_delivery d
                             JOIN webhook_endpoint e
                               ON e.account_id = d.account_id AND e.id = d.endpoint_id
                            WHERE d.status = 'PENDING') p) d
            CROSS JOIN
                  (SELECT count(*) AS held FROM webhook_delivery WHERE status = 'HELD') h
            CROSS JOIN
                  (SELECT count(*) FILTER (WHERE status = 'ENABLED' AND failing_since IS NOT NULL)
                              AS failing,
                          count(*) FILTER (WHERE status = 'DISABLED') AS disabled
                     FROM webhook_endpoint WHERE deleted_at IS NULL) o""",
        now,
    )
    assert row is not None, "sums of nothing are a row too"
    return Outbox(*row)


async def trade(tx: Tx, now: datetime) -> Trade:
    """Conversions settle by their store's calendar."""
    row = await tx.fetchrow(
        """SELECT (SELECT count(*) FROM store
                    WHERE disconnected_at IS NULL AND stale_since IS NOT NULL),
                  (SELECT count(*) FROM amazon_grant WHERE api = 'ADS' AND state = 'RECONNECT'),
                  (SELECT count(*) FROM amazon_grant
                    WHERE api = 'SELLING_PARTNER' AND state = 'RECONNECT'),
                  (SELECT count(*) FROM report_run WHERE state = 'HELD'),
                  (SELECT count(*) FROM catalog_run WHERE state = 'HELD'),
                  COALESCE(sum(due.number), 0)::int, COALESCE(max(due.days), 0)
             FROM store s
            CROSS JOIN LATERAL
                  (SELECT count(*) AS number,
                          ($1::timestamptz AT TIME ZONE s.time_zone)::date - min(c.settles_on)
                              AS days
                     FROM conversion c
                    WHERE c.account_id = s.account_id AND c.store_id = s.id
                      AND c.status = 'PENDING'
                      AND c.settles_on <= ($1::timestamptz AT TIME ZONE s.time_zone)::date) due""",
        now,
    )
    assert row is not None, "sums of nothing are a row too"
    return Trade(*row)


async def clock(tx: Tx) -> float:
    """The server's time as such, and not that of the transaction's beginning."""
    moment: float = await tx.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    return moment
