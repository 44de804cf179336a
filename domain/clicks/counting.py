"""Everybody who opens a link, counted in groups, and in files while PostgreSQL cannot be asked.

Who comes while a group is under way goes with the next one: alone one waits for nobody, and a crowd
costs one commit. A group that PostgreSQL does not take within a second is kept in the spool, and so
is everything after it until PostgreSQL answers again; the ids of clicks are given beforehand, so
what was counted after all is not counted again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final
from uuid import UUID

import asyncpg

from db.line import Line
from db.pool import Database
from domain.clicks import actions
from domain.clicks.disk import Disk, DiskFails
from domain.clicks.known import KnownLinks, Link, Way, way_of
from domain.clicks.queries import Visit
from domain.clicks.spool import Spool
from domain.ids import new_ids

_log = logging.getLogger(__name__)

KNOWN_AT_MOST: Final = 200_000
_PATIENCE_S: Final = 1.0
_DISK_S: Final = 3.0
_LARGEST_GROUP: Final = 500
_LEARNT_S: Final = 10.0
_ASKED_AGAIN_S: Final = 0.5
_LEARNT_EVERY: Final = 20
"""So many times is PostgreSQL's absence looked at between two looks for new links and files."""

# PostgreSQL cannot be reached, hangs, or takes no work, be it that it was set up wrongly.
_FAILED: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_LOST: Final = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)

_Answer = asyncio.Future[Way | None]
_Waiting = tuple[str, datetime, bool, Link | None, _Answer]
"""A code, when it was visited, whether that is a click, its link if it is known, and who waits."""


class Unavailable(Exception):
    """The click can be kept nowhere, or where the link leads is not known."""


class Clicks:
    """Those of one process. Opens with `async with`, in a loop."""

    def __init__(
        self,
        db: Database,
        folder: Path,
        *,
        told: Callable[[str, int], None] = lambda how, number: None,
        known_at_most: int = KNOWN_AT_MOST,
        disk_s: float = _DISK_S,
    ) -> None:
        """`told` hears of numbers of clicks: counted, spooled, refused. `disk_s` is how long the
        disk of the folder is waited for."""
        self.known = KnownLinks(known_at_most)
        self.is_away = False
        self.spooled = 0
        """Since PostgreSQL went away, or has ever been there."""
        self._most = known_at_most
        self._told = told
        self._spool, self._disk = Spool(folder), Disk(disk_s)
        self._waiting: list[_Waiting] = []
        # One group at a time: several are smaller and cost a commit each.
        self._counting, self._loading = Line(db), Line(db)
        self._groups: asyncio.Task[None] | None = None
        self._next_time: UUID | None = None

    async def __aenter__(self) -> Clicks:
        self._loop = asyncio.get_running_loop()
        looked = asyncio.Event()
        self._mind = asyncio.create_task(self._minding(looked))
        # Whoever comes from now on finds a process that knows the links.
        with suppress(TimeoutError):
            await asyncio.wait_for(looked.wait(), _LEARNT_S)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._mind.cancel()
        await asyncio.gather(self._mind, return_exceptions=True)
        if self._groups is not None:
            await self._groups
        try:
            await self._disk.do(self._spool.seal)
        except DiskFails as failure:
            _log.error("%s: %s", self._spool.folder, failure)
        self._disk.close()
        await self._counting.close()
        await self._loading.close()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def visit(self, code: str, now: datetime, *, is_click: bool) -> _Answer:
        """Where the code leads, None for no link. The click is durable when this is done.

        Fails with Unavailable, and with asyncpg's errors for a click that PostgreSQL refuses.
        Whoever stops waiting is counted nonetheless, and nobody else notices.
        """
        answer: _Answer = self._loop.create_future()
        link = self.known.get(code)
        if link is not None and not is_click:
            answer.set_result(way_of(link))
            return answer
        self._waiting.append((code, now, is_click, link, answer))
        if self._groups is None:
            self._groups = self._loop.create_task(self._take_groups())
        return answer

    async def _take_groups(self) -> None:
        try:
            while group := self._waiting[:_LARGEST_GROUP]:
                del self._waiting[:_LARGEST_GROUP]
                known = [one for one in group if one[3]]
                for some in (known, [one for one in group if not one[3]] if known else group):
                    try:
                        await self._answer(some)
                    except Exception as error:  # a fault of ours: nobody is to wait for ever
                        for *_, answer in some:
                            if not answer.done():
                                answer.set_exception(error)
        finally:
            self._groups = None

    async def _answer(self, group: list[_Waiting]) -> None:
        """Those of a group whose links are known, or those whose links are not."""
        if not group:
            return
        codes, moments, are_clicks, known, answers = zip(*group, strict=True)
        visits = [*map(Visit, new_ids(len(group)), codes, moments, are_clicks)]
        links: tuple[Link, ...] | None = known if known[0] else None
        if not self.is_away:
            try:
                found = await self._count(visits, links)
            except _FAILED as error:
                self._lost(error)
            else:
                self._give(visits, answers, found, are_known=found is links)
                return
        await self._keep(visits, answers)

    async def _count(
        self, visits: list[Visit], links: Sequence[Link] | None
    ) -> Sequence[actions.Counted]:
        async def ask() -> Sequence[actions.Counted]:
            if links is not None:
                return await actions.count_known(self._counting, visits, links, _PATIENCE_S)
            return await actions.count(self._counting, visits, _PATIENCE_S)

        if self._counting.is_open:
            try:
                return await ask()
            except _LOST:
                pass  # perhaps only this connection was cut; the ids are the same
        return await ask()

    def _give(
        self,
        visits: Sequence[Visit],
        answers: Sequence[_Answer],
        found: Sequence[actions.Counted],
        *,
        are_known: bool,
    ) -> None:
        counted, learnt = 0, []
        for visit, answer, one in zip(visits, answers, found, strict=True):
            if isinstance(one, tuple):
                counted += visit.is_click
                if not are_known:
                    learnt.append((visit.code, one))
            if answer.done():
                continue  # they have gone
            if isinstance(one, asyncpg.PostgresError):
                answer.set_exception(one)
            else:
                answer.set_result(one and way_of(one))
        self.known.learn(learnt)
        self._told("counted", counted)

    async def _keep(self, visits: Sequence[Visit], answers: Sequence[_Answer]) -> None:
        """In the spool, those of links that are known; of the others nobody can say anything."""
        links = [self.known.get(visit.code) for visit in visits]
        clicks = [
            visit
            for visit, link in zip(visits, links, strict=True)
            if link is not None and visit.is_click
        ]
        failure: DiskFails | None = None
        if clicks:
            try:
                await self._disk.do(self._spool.keep, clicks)
            except DiskFails as error:
                failure = error
                _log.error("%d clicks could not be kept: %s", len(clicks), error)
        kept = 0 if failure else len(clicks)
        self.spooled += kept
        self._told("spooled", kept)
        self._told("refused", sum(visit.is_click for visit in visits) - kept)
        for visit, answer, link in zip(visits, answers, links, strict=True):
            if answer.done():
                continue
            if link is None or (failure and visit.is_click):
                answer.set_exception(Unavailable())
            else:
                answer.set_result(way_of(link))

    def _lost(self, error: BaseException) -> None:
        if not self.is_away:
            self.is_away = True
            _log.error(
                "PostgreSQL takes no clicks, which are kept in %s until it does: %r",
                self._spool.folder,
                error,
            )

    def _back(self) -> None:
        if self.is_away:
            self.is_away = False
            _log.warning("PostgreSQL takes clicks again; %d were kept meanwhile", self.spooled)
            self.spooled = 0

    async def _minding(self, looked: asyncio.Event) -> None:
        """Load what waits and learn new links; while PostgreSQL is away, see when it is back."""
        turn = 0
        while True:
            if self.is_away or self._spool.is_open or turn % _LEARNT_EVERY == 0:
                try:
                    await self._load()
                    if turn % _LEARNT_EVERY == 0:
                        self._next_time = await actions.learn(
                            self._loading, self.known, self._next_time, self._most
                        )
                except _FAILED as error:
                    self._lost(error)
                else:
                    turn += 1
            else:
                turn += 1
            looked.set()
            await asyncio.sleep(_ASKED_AGAIN_S)

    async def _load(self) -> None:
        loaded = 0
        await actions.ask(self._loading)
        try:
            # What is kept from here on comes into another file, which is loaded the next time.
            await self._disk.do(self._spool.seal)
            async for number in actions.load(self._loading, self._spool, self._disk):
                self._back()
                loaded += number
        except DiskFails as failure:  # which is no fault of PostgreSQL's
            _log.error("clicks in %s wait on: %s", self._spool.folder, failure)
        self._back()
        if loaded:
            _log.warning("%d clicks of %s are counted", loaded, self._spool.folder)
