"""SQL of profiles, of what brands think of them, and of track records."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.discovery.record import Record
from domain.discovery.rules import Channel, ChannelKind, Mark, Profile
from domain.marketplace.categories import Category


async def save_profile(tx: Tx, affiliate_id: UUID, profile: Profile, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO affiliate_profile
                  (id, name, bio, channels, niches, countries, amazon_capable, changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (id) DO UPDATE SET
                  name = excluded.name, bio = excluded.bio, channels = excluded.channels,
                  niches = excluded.niches, countries = excluded.countries,
                  amazon_capable = excluded.amazon_capable, changed_at = excluded.changed_at""",
        affiliate_id, profile.name, profile.bio, _channels(profile), list(profile.niches),
        list(profile.countries), profile.amazon_capable, now,
    )  # fmt: skip


async def lock_profile(tx: Tx, affiliate_id: UUID) -> Profile | None:
    """The draft; nobody saves another until the transaction ends."""
    row = await tx.fetchrow(
        """SELECT name, bio, channels, niches, countries, amazon_capable
             FROM affiliate_profile WHERE id = $1 FOR UPDATE""",
        affiliate_id,
    )
    return None if row is None else _profile(row)


async def publish(
    tx: Tx, affiliate_id: UUID, profile: Profile, verified: bool, now: datetime
) -> None:
    """Show it to every brand. One that is shown already keeps the moment when it first was."""
    await tx.execute(
        """INSERT INTO published_profile
                  (id, name, bio, channels, channel_kinds, audience, niches, countries,
                   amazon_capable, verified, published_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           ON CONFLICT (id) DO UPDATE SET
                  name = excluded.name, bio = excluded.bio, channels = excluded.channels,
                  channel_kinds = excluded.channel_kinds, audience = excluded.audience,
                  niches = excluded.niches, countries = excluded.countries,
                  amazon_capable = excluded.amazon_capable, verified = excluded.verified""",
        affiliate_id, profile.name, profile.bio, _channels(profile), list(profile.channel_kinds),
        profile.audience, list(profile.niches), list(profile.countries), profile.amazon_capable,
        verified, now,
    )  # fmt: skip


async def keep_words(tx: Tx, affiliate_id: UUID) -> None:
    """Let searches know the words of the profile; in one order, so that those who publish at the
    same time don't deadlock."""
    await tx.execute(
        """INSERT INTO search_word (word)
           SELECT found.word
             FROM published_profile p
            CROSS JOIN LATERAL unnest(tsvector_to_array(p.search)) AS found (word)
            WHERE p.id = $1
            ORDER BY found.word
           ON CONFLICT (word) DO NOTHING""",
        affiliate_id,
    )


async def unpublish(tx: Tx, affiliate_id: UUID) -> None:
    await tx.execute("DELETE FROM published_profile WHERE id = $1", affiliate_id)


async def is_verified(tx: Tx, affiliate_id: UUID) -> bool:
    """Whether somebody has shown that the affiliate's address is theirs."""
    found = await tx.fetchval(
        "SELECT person_id IS NOT NULL FROM affiliate WHERE id = $1", affiliate_id
    )
    return bool(found)


async def found_name(tx: Tx, account_id: UUID, affiliate_id: UUID) -> str | None:
    """The name of an affiliate whom the account can find: a published one, or one it knows.

    None of anybody else, as of nobody.
    """
    name: str | None = await tx.fetchval(
        """SELECT coalesce(p.name, a.name)
             FROM affiliate a LEFT JOIN published_profile p ON p.id = a.id
            WHERE a.id = $2
              AND (p.id IS NOT NULL
                   OR EXISTS (SELECT FROM partnership k
                               WHERE k.account_id = $1 AND k.affiliate_id = a.id)
                   OR EXISTS (SELECT FROM acquaintance k
                               WHERE k.account_id = $1 AND k.affiliate_id = a.id))""",
        account_id, affiliate_id,
    )  # fmt: skip
    return name


async def mark(tx: Tx, account_id: UUID, affiliate_id: UUID, mark: Mark, now: datetime) -> None:
    """The one mark that the account has on the affiliate; the same again keeps its moment."""
    await tx.execute(
        """INSERT INTO discovery_mark (account_id, affiliate_id, mark, marked_at)
           VALUES ($1, $2, $3, $4)
           ON CONFLICT (account_id, affiliate_id) DO UPDATE SET
                  mark = excluded.mark, marked_at = excluded.marked_at
            WHERE discovery_mark.mark <> excluded.mark""",
        account_id, affiliate_id, mark, now,
    )  # fmt: skip


async def unmark(tx: Tx, account_id: UUID, affiliate_id: UUID, marks: list[Mark]) -> None:
    """Take the mark away when it is one of these."""
    await tx.execute(
        """DELETE FROM discovery_mark
            WHERE account_id = $1 AND affiliate_id = $2 AND mark = ANY($3)""",
        account_id, affiliate_id, marks,
    )  # fmt: skip


async def unmeasured(tx: Tx, since: datetime, most: int) -> list[UUID]:
    """Published affiliates whose record was not measured since then, those who never were first."""
    rows = await tx.fetch(
        """SELECT p.id FROM published_profile p LEFT JOIN track_record r ON r.id = p.id
            WHERE r.measured_at IS NULL OR r.measured_at < $1
            ORDER BY r.measured_at NULLS FIRST, p.id LIMIT $2""",
        since, most,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def is_published(tx: Tx, affiliate_id: UUID) -> bool:
    return bool(await tx.fetchval("SELECT true FROM published_profile WHERE id = $1", affiliate_id))


async def measure(tx: Tx, affiliate_id: UUID, since: datetime) -> Record:
    """The figures of all accounts since then.

    The units of a sale are the most that Amazon ever reported for its day; what its newest report
    has less came back. A brand's own shop reports once, and nothing of it comes back here.
    """
    row = await tx.fetchrow(
        """WITH partner AS (
               SELECT p.account_id, p.id, s.channel, p.status, p.visible_at
                 FROM partnership p
                 JOIN store s ON s.account_id = p.account_id AND s.id = p.store_id
                WHERE p.affiliate_id = $1),
           sale AS (
               SELECT c.orders, c.reported_units,
                      greatest(c.units, c.reported_units,
                          (SELECT max(r.total_units) FROM report_row r
                            WHERE r.account_id = c.account_id AND r.level = 'CAMPAIGN'
                              AND r.subject_id = c.partnership_id AND r.day = c.day)) AS units
                 FROM conversion c
                WHERE c.affiliate_id = $1 AND c.day >= ($2 AT TIME ZONE 'UTC')::date
                  AND c.status <> 'PENDING')
           SELECT (SELECT count(*) FROM partner p
                     JOIN click k ON k.account_id = p.account_id AND k.partnership_id = p.id
                    WHERE k.clicked_at >= $2) AS clicks,
                  (SELECT coalesce(sum(orders), 0)::bigint FROM sale) AS orders,
                  (SELECT coalesce(sum(units), 0)::bigint FROM sale) AS units,
                  (SELECT coalesce(sum(units - reported_units), 0)::bigint FROM sale)
                      AS returned_units,
                  count(*)::int AS partnerships,
                  count(visible_at)::int AS visible_partnerships
             FROM partner WHERE channel = 'AMAZON' AND status <> 'ENDED'""",
        affiliate_id, since,
    )  # fmt: skip
    assert row is not None, "sums over nothing are a row too"
    return Record(**row)


async def put_record(tx: Tx, affiliate_id: UUID, record: Record, now: datetime) -> None:
    await tx.execute(
        """INSERT INTO track_record
                  (id, clicks, orders, units, returned_units, partnerships, visible_partnerships,
                   measured_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (id) DO UPDATE SET
                  clicks = excluded.clicks, orders = excluded.orders, units = excluded.units,
                  returned_units = excluded.returned_units,
                  partnerships = excluded.partnerships,
                  visible_partnerships = excluded.visible_partnerships,
                  measured_at = excluded.measured_at""",
        affiliate_id, record.clicks, record.orders, record.units, record.returned_units,
        record.partnerships, record.visible_partnerships, now,
    )  # fmt: skip


def _channels(profile: Profile) -> list[dict[str, Any]]:
    return [
        {"kind": channel.kind.value, "url": channel.url, "audience": channel.audience}
        for channel in profile.channels
    ]


def _profile(row: asyncpg.Record) -> Profile:
    return Profile(
        name=row["name"],
        bio=row["bio"],
        channels=tuple(
            Channel(ChannelKind(one["kind"]), one["url"], one["audience"])
            for one in row["channels"]
        ),
        niches=tuple(Category(name) for name in row["niches"]),
        countries=tuple(row["countries"]),
        amazon_capable=row["amazon_capable"],
    )
