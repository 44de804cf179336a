"""A process that dies at each point at which it could, one after the other.

Every statement of the product's connections and every HTTP request of its workers is a point:
the process may die right before it. To die after one, with the answer still on its way, is to die
before the next, since whatever was learnt dies too; so each point is tried once and all are tried.

From then on nothing of that process reaches anything, and its connections are gone, so that what
was open is rolled back. A new process finds the leases run out and does what is due.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import httpx

import db.pool
from db.pool import Database, RoomConnection
from domain.duties.rules import Kind
from sandbox.app import create_app
from sandbox.world import World
from tests.stage import OURS, Stage, ours
from workers.deps import Deps
from workers.jobs import perform
from workers.lanes import Lane, Lanes
from workers.sending.sender import Sender

_ASKING = frozenset(
    {"bind", "bind_execute", "bind_execute_many", "copy_in", "copy_out", "execute", "prepare",
     "query"}
)  # fmt: skip


Rows = list[tuple[str, dict[str, Any]]]
"""Every row of a database with its table."""


class Died(Exception):
    """The process is dead. Only what is left of it in memory ever sees this."""


class Life:
    """One process's, until it wants to do its `last`-th thing; without it, for good."""

    def __init__(self, last: int | None = None) -> None:
        self._last = last
        self.lived = 0
        self.begun = False
        self.dead = False
        self._protocols: list[Any] = []

    def connect(self, protocol: Any) -> None:
        self._protocols.append(protocol)

    def pids(self) -> list[int]:
        """Of all its connections, at the server."""
        return [one.get_server_pid() for one in self._protocols]

    async def through(self, call: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
        if self.begun and not self.dead:
            self.lived += 1
            self.dead = self.lived == self._last
        if self.dead:
            raise Died
        return await call(*args, **more)


class _Protocol:
    """asyncpg's, every question to the server a point."""

    def __init__(self, protocol: Any, life: Life) -> None:
        self._inner = protocol
        self._life = life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in _ASKING:
            return found
        return lambda *args, **more: self._life.through(found, *args, **more)


def _connections(life: Life) -> type[RoomConnection]:
    class Mortal(RoomConnection):
        def __init__(self, protocol: Any, *more: Any) -> None:
            life.connect(protocol)
            super().__init__(_Protocol(protocol, life), *more)

    return Mortal


class _Wire(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, life: Life) -> None:
        self._inner = inner
        self._life = life

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer: httpx.Response = await self._life.through(self._inner.handle_async_request, request)
        return answer


class _Mouth:
    """The sender of webhooks, every sending a point."""

    def __init__(self, inner: Sender, life: Life) -> None:
        self._inner = inner
        self._life = life

    def line(self, url: str) -> Any:
        line = self._inner.line(url)
        post = line.post
        line.post = lambda *what: self._life.through(post, *what)  # type: ignore[method-assign]
        return line


@asynccontextmanager
async def process(url: str, world: World, was: Deps, life: Life) -> AsyncIterator[Deps]:
    """A worker in this world and this database, for as long as its life lasts."""
    theirs = db.pool.RoomConnection
    db.pool.RoomConnection = _connections(life)  # type: ignore[misc]
    try:
        database = await Database(url).__aenter__()
    finally:
        db.pool.RoomConnection = theirs  # type: ignore[misc]
    wire = _Wire(httpx.ASGITransport(create_app(world)), life)
    async with httpx.AsyncClient(transport=wire) as http:
        amazon = replace(was.amazon, http=http, clock=world.clock)
        life.begun = True
        try:
            yield replace(
                was, db=database, clock=world.clock, amazon=amazon,
                sender=_Mouth(was.sender, life),  # type: ignore[arg-type]
            )  # fmt: skip
        finally:
            life.begun = False
            for pool in (database._app, database._affiliate, database._system):
                pool.terminate()


Path = Callable[[Deps], Awaitable[None]]
"""What a worker does until nothing is left of it, and does again after a death."""
Outside = Callable[[World], frozenset[str]]
"""What those outside saw since they were asked last; of this copy of Amazon, its calls."""


@dataclass(frozen=True)
class Scene:
    """What there is at the moment at which a path begins."""

    url: str
    stage: Stage
    path: Path
    known: frozenset[str]
    """The ids that there are already."""
    outside: Outside


@dataclass(frozen=True)
class End:
    """What is left in the database, and what was asked of those outside."""

    rows: Counter[str]
    outside: frozenset[str]


Help = Callable[[Deps, World, Scene], Awaitable[None]]
"""What people do when they see what became of it."""


def in_world(deps: Deps, world: World) -> Deps:
    """The same worker, calling another copy of Amazon."""
    http = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(world)))
    return replace(
        deps, clock=world.clock, amazon=replace(deps.amazon, http=http, clock=world.clock)
    )


def a_browser(world: World, database: Database) -> httpx.AsyncClient:
    """Of a person who reaches this copy of Amazon, and us behind it."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(world)),
        mounts={OURS: httpx.ASGITransport(ours(world, database))},
    )


async def work(deps: Deps, *kinds: Kind) -> None:
    """Do what is due of some kinds, one after the other, so that points have an order."""
    await Lanes(deps, perform, lanes=[Lane(1, kinds)]).until_idle()


class Ground:
    """The scene's database, put back as it was after each death."""

    def __init__(self, scene: Scene, owner: asyncpg.Connection, second: Deps) -> None:
        self.scene = scene
        self.owner = owner
        self.second = second
        """Of the worker that comes next. It was there all along and had nothing to do."""
        self._begun: dict[str, set[str]] = defaultdict(set)

    async def mark(self) -> None:
        """As it is now it shall be again."""
        await self.owner.execute("CREATE SCHEMA kept")
        self._begun = _by_table(await _everything(self.owner))
        for name in await _names(self.owner):
            await self.owner.execute(f"CREATE TABLE kept.{name} AS TABLE public.{name}")

    async def restore(self, rows: Rows) -> None:
        now = _by_table(rows)
        changed = [name for name in now.keys() | self._begun if now[name] != self._begun[name]]
        lists = await self.owner.fetch(
            """SELECT attrelid::regclass::text, string_agg(quote_ident(attname), ', ')
                 FROM pg_attribute
                WHERE attrelid = ANY($1::regclass[]) AND attnum > 0 AND NOT attisdropped
                  AND attgenerated = '' GROUP BY 1""",
            [f"public.{name}" for name in changed],
        )
        await self.owner.execute(
            "SET session_replication_role = replica; "  # no foreign keys for a moment
            + "".join(
                f"DELETE FROM {name}; INSERT INTO {name} ({all}) SELECT {all} FROM kept.{name}; "
                for name, all in lists
            )
            + "RESET session_replication_role"
        )

    async def play(self, last: int | None, help: Help | None) -> tuple[int, End]:
        """The path from its beginning; how long the first process lived."""
        scene = self.scene
        world = deepcopy(scene.stage.world)
        world.calls.clear()
        life = Life(last)
        async with process(scene.url, world, scene.stage.deps, life) as deps:
            with suppress(Died):
                await asyncio.wait_for(scene.path(deps), 20)
        await _gone(self.owner, life)
        second = in_world(self.second, world)
        if life.dead:
            await _leases_run_out(self.owner)
            await asyncio.wait_for(scene.path(second), 20)
        if help is not None:
            await help(second, world, scene)
        rows = await _everything(self.owner)
        await self.restore(rows)
        return life.lived, End(_compared(rows, scene.known), scene.outside(world))


async def _gone(owner: asyncpg.Connection, life: Life) -> None:
    """Until PostgreSQL has seen that nobody is there any more, and has rolled back."""
    left = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)"
    while await owner.fetchval(left, life.pids()):  # noqa: ASYNC110  (a server's)
        await asyncio.sleep(0.002)


async def _leases_run_out(owner: asyncpg.Connection) -> None:
    past = "now() - interval '1 second'"
    await owner.execute(
        f"UPDATE duty SET lease_until = {past} WHERE lease_token IS NOT NULL;"
        f"UPDATE amazon_grant SET refresh_lease_until = {past}"
        " WHERE refresh_lease_token IS NOT NULL"
    )


async def every_point(scene: Scene, help: Help | None = None) -> int:
    """Die at each point and compare; how many there are."""
    owner = await asyncpg.connect(scene.url)
    async with Database(scene.url) as database:
        ground = Ground(scene, owner, replace(scene.stage.deps, db=database))
        await ground.mark()
        points, right = await ground.play(None, help)
        for last in range(1, points + 1):
            lived, found = await ground.play(last, help)
            at = f"dead at point {last} of {points}"
            assert lived == last, f"the path has {lived} points now, not {points}"
            lacks, has = right.rows - found.rows, found.rows - right.rows
            assert not lacks, f"{at}: lacks {lacks}, has {has}"
            assert not has, f"{at}: has {has}"
            assert found.outside == right.outside, at
    await owner.close()
    return points


_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[a-z]{4}_[0-9A-Za-z]{16,}\b")
_FORGOTTEN = {
    # Which attempt it was, and of which process.
    "duty": {"created_at", "lease_token", "lease_until", "attempts", "last_error"},
    "amazon_grant": {"refresh_lease_token", "refresh_lease_until"},
    # A second run finds what the first one wrote, and writes nothing itself.
    "report_run": {"rows_read", "rows_changed", "rows_own_tags", "rows_quarantined", "digest"},
    "report_page": {"body_gz"},
    # By another clock than the world's.
    "webhook_attempt": {"duration_ms"},
}
_SETS = frozenset({"report_run", "report_page"})
"""Tables that say how often something was asked: each row counts once."""


def _by_table(rows: Rows) -> dict[str, set[str]]:
    found = defaultdict(set)
    for name, row in rows:
        found[name].add(json.dumps(row))
    return found


def _compared(all: Rows, known: frozenset[str]) -> Counter[str]:
    """Every row of every table, without what differs between two runs of the same: ids that were
    drawn meanwhile, the nonce of what is sealed, and which attempt it was. Runs that were cut off
    are no part of it, nor are their pages."""
    rows: Counter[str] = Counter()
    for table, row in all:
        if table == "report_run" and row["state"] != "APPLIED":
            continue
        shown = {
            name: "sealed" if name.startswith("sealed_") and value else value
            for name, value in row.items()
            if name not in _FORGOTTEN.get(table, ())
        }
        text = f"{table} {json.dumps(shown, sort_keys=True)}"
        text = _IDS.sub(lambda found: found[0] if found[0] in known else "*", text)
        rows[text] = 1 if table in _SETS else rows[text] + 1
    return rows


async def _everything(owner: asyncpg.Connection) -> Rows:
    of_each = " UNION ALL ".join(
        f"SELECT '{name}' AS name, to_jsonb(t)::text AS row FROM {name} t"
        for name in await _names(owner)
    )
    return [(row["name"], json.loads(row["row"])) for row in await owner.fetch(of_each)]


async def _names(owner: asyncpg.Connection) -> list[str]:
    tables = await owner.fetch(
        """SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
              AND NOT relispartition AND relname NOT LIKE '%pogo%' ORDER BY relname"""
    )
    return [name for (name,) in tables]


async def ids(owner: asyncpg.Connection) -> frozenset[str]:
    """All ids in a database."""
    rows = await _everything(owner)
    return frozenset(_IDS.findall(json.dumps([row for _, row in rows])))


def asked_of_amazon(world: World) -> frozenset[str]:
    """What the workers asked of Amazon; the pages that people see are not theirs."""
    return frozenset(
        f"{call.method} {call.path} {call.level}"
        for call, _ in world.calls
        if not call.path.startswith("/ap/")
    )
