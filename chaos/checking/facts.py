"""What the database says in the end, read past the product by its superuser."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg


class Note(NamedTuple):
    """A change of a duty, as the database itself has noted it."""

    at: float
    what: str
    duty: UUID
    kind: str
    subject: str
    attempts: int
    token: UUID | None
    dead: bool


class Open(NamedTuple):
    """A duty that is still there."""

    id: UUID
    kind: str
    subject: str
    run_at: datetime
    leased: bool
    dead: bool
    error: str | None


class Event(NamedTuple):
    """Something that happened, as it was noted when it was committed."""

    id: str
    """As receivers know it."""
    account: UUID
    type: str
    entity: str
    sequence: int
    to_account: bool
    affiliates: tuple[UUID, ...]
    body: str


class Endpoint(NamedTuple):
    id: UUID
    owner: UUID
    url: str
    types: frozenset[str]


class Delivery(NamedTuple):
    endpoint: UUID
    event: str
    status: str


class Figures(NamedTuple):
    orders: int
    units: int
    sales_minor: int


class Conversion(NamedTuple):
    campaign: str
    day: date
    status: str
    rate_bp: int
    stands: Figures
    commission_minor: int
    reported: Figures
    reported_commission_minor: int


@dataclass(slots=True)
class Facts:
    clicks: Counter[str] = field(default_factory=Counter)
    """By the code of their link."""
    links: Counter[str] = field(default_factory=Counter)
    """By subID."""
    affiliates: Counter[str] = field(default_factory=Counter)
    """By address."""
    keys: Counter[str] = field(default_factory=Counter)
    """By name."""
    partners: Counter[str] = field(default_factory=Counter)
    """Partnerships by the id of their affiliate."""
    statuses: dict[str, str] = field(default_factory=dict)
    """Of partnerships."""
    verdicts: dict[str, list[str]] = field(default_factory=dict)
    """Decisions about a conversion."""
    audited: Counter[str] = field(default_factory=Counter)
    """In how many entries of the audit a text stands."""
    notes: list[Note] = field(default_factory=list)
    duties: list[Open] = field(default_factory=list)
    happened: list[Event] = field(default_factory=list)
    waiting_events: int = 0
    last_sequences: dict[tuple[UUID, str], int] = field(default_factory=dict)
    endpoints: list[Endpoint] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)


async def read(url: str) -> Facts:
    """Raises what asyncpg raises when the database cannot be read."""
    db = await asyncpg.connect(url)
    try:
        async with db.transaction(isolation="repeatable_read", readonly=True):
            return await _read(db)
    finally:
        await db.close()


async def _read(db: asyncpg.Connection[asyncpg.Record]) -> Facts:
    facts = Facts()
    for code, count in await db.fetch(
        """SELECT l.code, count(*) FROM click c
             JOIN link l ON l.account_id = c.account_id AND l.id = c.link_id GROUP BY l.code"""
    ):
        facts.clicks[code] = count
    for subid, count in await db.fetch(
        """SELECT g.subid, count(*) FROM link l
             JOIN ad_group g ON g.account_id = l.account_id AND g.id = l.ad_group_id
            GROUP BY g.subid"""
    ):
        facts.links[subid] = count
    for email, count in await db.fetch("SELECT email, count(*) FROM affiliate GROUP BY email"):
        facts.affiliates[email] = count
    for name, count in await db.fetch("SELECT name, count(*) FROM api_key GROUP BY name"):
        facts.keys[name] = count
    for id, affiliate, status in await db.fetch("SELECT id, affiliate_id, status FROM partnership"):
        facts.partners[_shown("affl", affiliate)] += 1
        facts.statuses[_shown("part", id)] = status
    for id, verdict in await db.fetch(
        """SELECT c.id, d.verdict FROM decision d JOIN conversion c
               ON c.account_id = d.account_id AND c.partnership_id = d.partnership_id
              AND c.day = d.day"""
    ):
        facts.verdicts.setdefault(_shown("conv", id), []).append(verdict)
    for (text,) in await db.fetch("SELECT input::text FROM audit_entry"):
        facts.audited.update(set(_texts(json.loads(text))))
    await _read_duties(db, facts)
    await _read_events(db, facts)
    await _read_conversions(db, facts)
    return facts


async def _read_duties(db: asyncpg.Connection[asyncpg.Record], facts: Facts) -> None:
    facts.notes = [
        Note(float(at), *rest)
        for at, *rest in await db.fetch(
            """SELECT extract(epoch FROM at), what, duty_id, kind, subject, attempts, lease_token,
                      dead
                 FROM chaos.duty_note ORDER BY number"""
        )
    ]
    facts.duties = [
        Open(*row)
        for row in await db.fetch(
            """SELECT id, kind, subject, run_at, lease_token IS NOT NULL, dead_at IS NOT NULL,
                      last_error
                 FROM duty"""
        )
    ]


async def _read_events(db: asyncpg.Connection[asyncpg.Record], facts: Facts) -> None:
    facts.happened = [
        Event(_shown("evnt", id), account, type, entity, sequence, to_account, tuple(whom), body)
        for id, account, type, entity, sequence, to_account, whom, body in await db.fetch(
            """SELECT event_id, account_id, type, entity, sequence, to_account, affiliate_ids, body
                 FROM chaos.event_note ORDER BY number"""
        )
    ]
    facts.waiting_events = await db.fetchval("SELECT count(*) FROM event")
    facts.last_sequences = {
        (account, entity): last
        for account, entity, last in await db.fetch(
            "SELECT account_id, entity, last FROM event_sequence"
        )
    }
    facts.endpoints = [
        Endpoint(id, owner, url, frozenset(types))
        for id, owner, url, types in await db.fetch(
            "SELECT id, account_id, url, event_types FROM webhook_endpoint"
        )
    ]
    facts.deliveries = [
        Delivery(endpoint, _shown("evnt", event), status)
        for endpoint, event, status in await db.fetch(
            "SELECT endpoint_id, event_id, status FROM webhook_delivery"
        )
    ]


async def _read_conversions(db: asyncpg.Connection[asyncpg.Record], facts: Facts) -> None:
    facts.conversions = [
        Conversion(
            campaign, day, status, rate_bp, Figures(*stands), commission,
            Figures(*reported), reported_commission,
        )
        for campaign, day, status, rate_bp, *stands, commission, o, u, s, reported_commission
        in await db.fetch(
            """SELECT p.campaign_token, c.day, c.status, c.rate_bp,
                      c.orders, c.units, c.sales_minor, c.commission_minor,
                      c.reported_orders, c.reported_units, c.reported_sales_minor,
                      c.reported_commission_minor
                 FROM conversion c JOIN partnership p
                   ON p.account_id = c.account_id AND p.id = c.partnership_id"""
        )
        for reported in [(o, u, s)]
    ]  # fmt: skip


def _shown(prefix: str, id: UUID) -> str:
    return f"{prefix}_{id.hex}"


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from _texts(one)
        case dict():
            for one in value.values():
                yield from _texts(one)
