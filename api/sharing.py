"""What the processes of the API tell one another by way of Redis: how many points were spent.

Two or three times a second a process says, of whoever spent something in it since, how much that
is in this minute, and hears what it is in all processes: one round trip for hundreds of them. Each
says its own sums, not what is new about them. So nothing is counted twice after a time-out that
left open whether it had arrived, and a Redis that was flushed soon knows everything again.

While Redis is away each process goes on by what it knows. Nobody waits for this but its own task.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

import structlog
from redis.asyncio import ConnectionPool, Redis

from api.budgets import Budgets, Minute, Subject

log = structlog.get_logger()

INTERVAL_S: Final = 0.4
AWAY_S: Final = 2.0
"""So long until it is tried again after Redis was away."""
_PATIENCE_S: Final = 1.0
"""So long Redis may take to let us in, and to answer."""
_AT_ONCE: Final = 500
"""So many payers go into one round trip, which is a millisecond of Redis's time."""
_KEPT_S: Final = 120
"""After the last word on a minute; it is asked for until the minute after it is over."""

_TELL: Final = """
local totals, before, own = KEYS[1], KEYS[2], KEYS[3]
local known = redis.call('EXISTS', own)
local names = {}
for i = 2, #ARGV, 2 do names[#names + 1] = ARGV[i] end
local told = redis.call('HMGET', own, unpack(names))
local now = {}
for i, name in ipairs(names) do
  now[i] = redis.call('HINCRBY', totals, name, ARGV[2 * i + 1] - (told[i] or 0))
end
redis.call('HSET', own, unpack(ARGV, 2))
redis.call('EXPIRE', own, ARGV[1])
redis.call('EXPIRE', totals, ARGV[1])
return {known, now, redis.call('HMGET', before, unpack(names))}
"""
"""Hashes of points by payer: of all processes in this minute and in the one before, and of this
process in this one. Answers whether this process was known in this minute, and both sums."""


@asynccontextmanager
async def shared(
    budgets: Budgets, redis_url: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[None]:
    """Budgets that the other processes hear of until the end, and of which they hear the last."""
    # A pool of its own: connections that time out soon are of no use for anything else.
    pool = ConnectionPool.from_url(
        redis_url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S
    )
    sharing = Sharing(budgets, Redis(connection_pool=pool), sleep)
    task = asyncio.create_task(sharing.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sharing.share()
        await pool.aclose()


class Sharing:
    """Of one process with the others."""

    def __init__(
        self,
        budgets: Budgets,
        redis: Redis,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._budgets, self._sleep = budgets, sleep
        self._tell = redis.register_script(_TELL)
        self._process = secrets.token_hex(6)
        self._away = False

    async def run(self) -> None:
        """Until it is cancelled."""
        me = asyncio.current_task()
        assert me is not None
        # Redis's client may take a cancellation for a fault of the connection, and it is gone then.
        while not me.cancelling():
            await self._sleep(AWAY_S if self._away else INTERVAL_S)
            await self.share()

    async def share(self) -> None:
        """Tell and hear once; raises nothing. Without anything to tell it asks nobody."""
        reached = False
        try:
            # The minute before comes first: what is then heard of it has all of it.
            for minute in self._budgets.minutes():
                rest = iter([(who, minute.counts[who].own) for who in minute.untold])
                while some := list(islice(rest, _AT_ONCE)):
                    await self._share(minute, some)
                    reached = True
        # Whatever it is: a task that ended by it would share nothing until the next release.
        except Exception as error:
            if not self._away:
                log.warning("budgets_not_shared", error=repr(error))
            self._away = True
        else:
            if self._away and reached:
                log.info("budgets_shared_again")
                self._away = False

    async def _share(self, minute: Minute, told: list[tuple[Subject, int]]) -> None:
        n = minute.number
        keys = [f"budget:{n}", f"budget:{n - 1}", f"budget:{n}:{self._process}"]
        words = [word for subject, own in told for word in (f"{subject.kind}:{subject.name}", own)]
        known, now, before = await self._tell(keys=keys, args=[_KEPT_S, *words])
        forgotten = minute.told and not known
        self._budgets.heard(minute, told, now, (int(total or 0) for total in before))
        if forgotten:
            self._budgets.tell_again()
