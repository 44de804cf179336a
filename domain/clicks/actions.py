"""Count clicks and say where they lead; load those that waited in files; learn links by heart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from db.line import Line
from domain.clicks import queries
from domain.clicks.disk import Disk
from domain.clicks.known import KnownLinks, Link, shortly_before
from domain.clicks.queries import Visit
from domain.clicks.spool import Spool
from domain.ids import new_id

_log = logging.getLogger(__name__)

_BATCH: Final = 500
_ASKED_S: Final = 1
_PATIENCE_S: Final = 3
_PAGE: Final = 2_000  # read in some ten milliseconds, in which nobody is answered

# What is the fault of one click alone. All of a group would be refused for its sake.
_POISON: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
Counted = Link | None | asyncpg.PostgresError


async def count(line: Line, visits: Sequence[Visit], within_s: float) -> list[Counted]:
    """Where each code leads, None for no link; the clicks are durable when this returns.

    A click that PostgreSQL refuses gets its error, and the others are counted without it. Raises
    what `queries.count` raises beyond that.
    """
    try:
        return [*await queries.count(line, visits, within_s)]
    except _POISON as error:
        if len(visits) == 1:
            return [error]
        half = len(visits) // 2
        return [
            *await count(line, visits[:half], within_s),
            *await count(line, visits[half:], within_s),
        ]


async def count_known(
    line: Line, visits: Sequence[Visit], links: Sequence[Link], within_s: float
) -> Sequence[Counted]:
    """As `count`, for clicks of links that are known; these very links when all are counted."""
    try:
        await queries.add(line, visits, links, within_s)
    except _POISON:
        return await count(line, visits, within_s)
    return links


async def ask(line: Line) -> None:
    """Whether PostgreSQL would count; raises what `queries.count` raises when not."""
    await queries.count(line, [], _ASKED_S)


async def load(line: Line, spool: Spool, disk: Disk) -> AsyncIterator[int]:
    """Count what waits in files, each click once, and remove them; tells how many, by and by.

    Raises what `queries.count` raises, and DiskFails; what is not loaded then is still there.
    """
    for path in await disk.do(spool.left):
        with spool.claimed(path) as file:
            if file is None:
                continue
            while (visits := await disk.do(spool.batch, file, _BATCH)) is not None:
                yield await _load_batch(line, spool, disk, path, visits)
            await disk.do(spool.remove, path)


async def _load_batch(line: Line, spool: Spool, disk: Disk, path: Path, visits: list[Visit]) -> int:
    answers = await count(line, visits, _PATIENCE_S)
    pairs = list(zip(visits, answers, strict=True))
    refused = [visit for visit, answer in pairs if isinstance(answer, asyncpg.PostgresError)]
    if refused:
        await disk.do(spool.refuse, refused)
        _log.error("%d clicks of %s were refused and put aside", len(refused), path)
    for visit, answer in pairs:
        if answer is None:
            _log.error("click %s of %s is dropped: there is no link %s", visit.id, path, visit.code)
    return sum(isinstance(answer, tuple) for answer in answers)


async def learn(line: Line, known: KnownLinks, since: UUID | None, most: int) -> UUID:
    """Learn links from `since` on, or so many of the newest at first. Returns where to go on.

    Links are found by the times of their ids. Who makes them may have another clock, and commits
    them later: the next time begins a minute before this one. Raises what asyncpg raises.
    """
    next_time = shortly_before(new_id())
    start = since or await queries.oldest_of_newest(line, most, _PATIENCE_S) or UUID(int=0)
    while True:
        page = await queries.links_from(line, start, _PAGE, _PATIENCE_S)
        known.learn((code, link) for _, code, link in page)
        # A page begins with the last one of the page before.
        if len(page) < _PAGE:
            return next_time
        start = page[-1][0]
        await asyncio.sleep(0)
