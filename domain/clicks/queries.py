"""SQL of clicks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from asyncpg.pgproto.pgproto import UUID as FastUUID

from db.line import Line
from domain.clicks.known import Link


class Visit(NamedTuple):
    """Somebody who opens a link. The id is the click's, if it is one, however often it is told."""

    id: UUID
    code: str
    at: datetime
    is_click: bool


async def add(line: Line, visits: Sequence[Visit], links: Sequence[Link], within_s: float) -> None:
    """Count visits to links that are known, all of them clicks; they are committed when this
    returns. It does and raises what `count` does, but looks nothing up, and nothing comes back."""
    account_ids, partnership_ids, link_ids, _, _ = zip(*links, strict=True)
    ids, _, moments, _ = zip(*visits, strict=True)
    await line.fetch(
        """INSERT INTO click (account_id, id, partnership_id, link_id, clicked_at)
           SELECT account_id, id, partnership_id, link_id, clicked_at
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
                  AS v (account_id, id, partnership_id, link_id, clicked_at)
           ON CONFLICT (account_id, id, clicked_at) DO NOTHING""",
        _uuids(account_ids), ids, _uuids(partnership_ids), _uuids(link_ids), moments,
        within_s=within_s,
    )  # fmt: skip


async def count(line: Line, visits: Sequence[Visit], within_s: float) -> list[Link | None]:
    """The links of codes, None for no link; the clicks are committed when this returns.

    A click that is counted already is not counted again. Raises TimeoutError and what asyncpg
    raises; unless that is of what was asked, the clicks may have been counted nonetheless.
    """
    rows = await line.fetch(
        """WITH found AS (
               SELECT v.place, v.id, v.at, v.is_click, c.account_id, c.partnership_id, c.link_id,
                      c.destination, c.shop_host
                 FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::boolean[])
                      WITH ORDINALITY AS v (id, code, at, is_click, place)
                 JOIN link_code c ON c.code = v.code),
             counted AS (
               INSERT INTO click (account_id, id, partnership_id, link_id, clicked_at)
               SELECT account_id, id, partnership_id, link_id, at FROM found WHERE is_click
               ON CONFLICT (account_id, id, clicked_at) DO NOTHING)
           SELECT account_id, partnership_id, link_id, destination, shop_host, place FROM found""",
        *(zip(*visits, strict=True) if visits else ((), (), (), ())),
        within_s=within_s,
    )  # fmt: skip
    links: list[Link | None] = [None] * len(visits)
    for row in rows:
        links[row[5] - 1] = _link(row)
    return links


def _uuids(ids: Iterable[bytes]) -> list[UUID]:
    # asyncpg's own are made in a tenth of the time.
    return [*map(FastUUID, ids)]


def _link(row: asyncpg.Record) -> Link:
    return row[0].bytes, row[1].bytes, row[2].bytes, row[3], row[4]


async def oldest_of_newest(line: Line, number: int, within_s: float) -> UUID | None:
    """The id of the link from which on there are so many; None when there are not."""
    rows = await line.fetch(
        "SELECT link_id FROM link_code ORDER BY link_id DESC OFFSET $1 LIMIT 1",
        number - 1,
        within_s=within_s,
    )
    return rows[0]["link_id"] if rows else None


async def links_from(
    line: Line, link_id: UUID, number: int, within_s: float
) -> list[tuple[UUID, str, Link]]:
    """Ids and codes of so many links at most, in the order of ids, from this one on."""
    rows = await line.fetch(
        """SELECT account_id, partnership_id, link_id, destination, shop_host, code FROM link_code
            WHERE link_id >= $1
            ORDER BY link_id LIMIT $2""",
        link_id, number, within_s=within_s,
    )  # fmt: skip
    return [(row[2], row[5], _link(row)) for row in rows]
