"""Points a minute: who pays for a question, and whether there is enough left. In memory.

What was spent in the last sixty seconds is weighed from two counts: all of this minute, and of the
minute before the share that the sixty seconds still cover. In any stretch of T seconds, then, at
most `limit × (1 + T/60)` points go through, and it takes no more than two numbers a payer; counting
by the minute alone would give twice the limit at the turn, to everybody at once.

What the other processes have spent is brought by `api.sharing`, some times a second. Nothing here
waits for anybody: a question costs half a millisecond, and asking this costs a few microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from config import Config
from domain.access import Room, Viewer
from domain.clock import Clock
from domain.people.rules import network_of

MOST: Final = 20_000
"""Payers of one kind that are counted apart in one minute. Only addresses can be that many: keys,
people and accounts are made by us. Whoever comes later is counted together with all others of the
kind who came later, until the minute turns; whoever was there is not touched by it. So a flood from
addresses without number costs a few megabytes, and all of it has the limit of one address."""

_MINUTE_MS: Final = 60_000
_LONGEST_NAME: Final = 64
_TOGETHER: Final = "*"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who pays. `kind` says which limit applies: `key` or `session` for the caller, `account`,
    `address`, `anonymous` for the address of somebody who is not signed in, and `unbelieved` for
    that of somebody whose key or session does not count."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Left:
    """The tightest of the budgets that have just paid."""

    points: int
    of: int
    resets_in_s: int
    """Whole seconds until all of it is there again, if nothing more is spent."""
    kind: str


class Exhausted(Exception):
    """One budget has not enough left; nothing was taken from any."""

    def __init__(self, subject: Subject, limit: int, retry_after_s: int, message: str) -> None:
        self.subject, self.limit = subject, limit
        self.retry_after_s, self.message = retry_after_s, message
        super().__init__(message)


@dataclass(slots=True)
class Count:
    """What one payer has spent."""

    limit: int
    before: int
    """In the minute before, by everybody, as far as it is known."""
    own: int = 0
    """In this minute, in this process."""
    others: int = 0
    """In this minute, in the others, when they were last heard."""

    def used(self, remaining_ms: int) -> int:
        """In the sixty seconds that end now, with `remaining_ms` of the minute to come."""
        # Rounded up, so that it is never more that goes through.
        return self.own + self.others - (-self.before * remaining_ms // _MINUTE_MS)

    def wait_s(self, points: int, remaining_ms: int) -> int:
        """Whole seconds until so many points are there, if nobody spends any; at least 1."""
        spent, room = self.own + self.others, max(self.limit - points, 0)
        if spent <= room:
            # What is in the way is of the minute before, and leaves with this one.
            wait_ms = remaining_ms - (room - spent) * _MINUTE_MS // max(self.before, 1)
        else:
            wait_ms = remaining_ms + _MINUTE_MS - room * _MINUTE_MS // spent
        return max(-(-wait_ms // 1000), 1)

    def resets_in_s(self, remaining_ms: int) -> int:
        """Whole seconds until nothing of it counts any more, if nobody spends anything."""
        if self.own or self.others:
            remaining_ms += _MINUTE_MS
        elif not self.before:
            return 0
        return -(-remaining_ms // 1000)


@dataclass(slots=True)
class Minute:
    """One minute of the server's clock, counted from the epoch."""

    number: int
    places: dict[str, int]
    """Of each kind, how many more may be counted apart."""
    counts: dict[Subject, Count] = field(default_factory=dict)
    untold: dict[Subject, None] = field(default_factory=dict)
    """Who has spent something here that the other processes do not know of."""
    told: bool = False
    """Whether the others know of anything of this minute."""

    def enter(self, subject: Subject, count: Count) -> None:
        self.counts[subject] = count
        if subject.name != _TOGETHER:
            self.places[subject.kind] -= 1


class Budgets:
    """Of one process, for its one thread."""

    def __init__(self, clock: Clock, limits: Mapping[str, int], most: int = MOST) -> None:
        """`limits` are points a minute by a subject's kind."""
        self._clock, self._limits, self._most = clock, limits, most
        self._now, self._before = Minute(0, {}), Minute(-1, {})

    @classmethod
    def of(cls, config: Config, clock: Clock) -> Budgets:
        return cls(
            clock,
            {
                "key": config.budget_caller,
                "session": config.budget_caller,
                "account": config.budget_account,
                "address": config.budget_address,
                "anonymous": config.budget_anonymous,
                "unbelieved": config.budget_address,
            },
        )

    def check(self, *subjects: Subject) -> None:
        """Raises Exhausted when one has nothing at all left: before any work is done.

        What others have spent with whom it would be counted together is no reason: nobody knows
        yet who it is, and a flood of made-up keys would else keep out who has a good one.
        """
        remaining_ms = self._turn()
        for subject in subjects:
            count = self._now.counts.get(subject) or self._fresh(subject)
            if count.used(remaining_ms) >= count.limit:
                raise _exhausted(subject, count, 1, remaining_ms)

    def spend(self, subjects: Sequence[Subject], points: int) -> Left:
        """Takes the points from all, or from none and raises Exhausted.

        At least one subject, each once; points from 0.
        """
        remaining_ms = self._turn()
        now = self._now
        tightest: tuple[int, str, Count] | None = None
        pay = []
        for subject in subjects:
            counted, count = subject, now.counts.get(subject)
            if count is None:
                counted, count = self._newcomer(subject)
            left = count.limit - count.used(remaining_ms) - points
            if left < 0:
                raise _exhausted(subject, count, points, remaining_ms)
            if tightest is None or left < tightest[0]:
                tightest = left, subject.kind, count
            pay.append((counted, count))
        for counted, count in pay:
            if count.own == 0 and counted not in now.counts:
                now.enter(counted, count)
            count.own += points
            now.untold[counted] = None
        assert tightest is not None, "somebody pays"
        left, kind, count = tightest
        return Left(left, count.limit, count.resets_in_s(remaining_ms), kind)

    def minutes(self) -> tuple[Minute, Minute]:
        """The one before and this one; of others nothing is kept."""
        return self._before, self._now

    def heard(
        self,
        minute: Minute,
        told: Iterable[tuple[Subject, int]],
        totals: Iterable[int],
        totals_before: Iterable[int],
    ) -> None:
        """What this process has told of a minute, and what it heard of all processes together, in
        that minute and in the one before it.

        Sums only grow. One that is smaller than what was heard before comes from a Redis that has
        forgotten, and does not count.
        """
        minute.told = True
        for (subject, own), total, before in zip(told, totals, totals_before, strict=True):
            count = minute.counts[subject]
            count.others = max(count.others, total - own)
            count.before = max(count.before, before)
            if count.own == own:
                minute.untold.pop(subject, None)

    def tell_again(self) -> None:
        """Everything: Redis has forgotten it."""
        for minute in self.minutes():
            minute.told = False
            minute.untold = {subject: None for subject, count in minute.counts.items() if count.own}

    def _turn(self) -> int:
        """Makes a new minute when there is one; the milliseconds until the next."""
        number, elapsed_ms = divmod(int(self._clock.now().timestamp() * 1000), _MINUTE_MS)
        if number != self._now.number:
            # After a minute without questions, or when the clock was put back, nothing counts.
            follows = number == self._now.number + 1
            self._before = self._now if follows else Minute(number - 1, {})
            self._now = Minute(number, dict.fromkeys(self._limits, self._most))
        return _MINUTE_MS - elapsed_ms

    def _newcomer(self, subject: Subject) -> tuple[Subject, Count]:
        """As whom to count somebody who has not paid in this minute, and what they have spent."""
        if not self._now.places[subject.kind]:
            subject = Subject(subject.kind, _TOGETHER)
            if count := self._now.counts.get(subject):
                return subject, count
        return subject, self._fresh(subject)

    def _fresh(self, subject: Subject) -> Count:
        earlier = self._before.counts.get(subject)
        before = earlier.own + earlier.others if earlier else 0
        return Count(self._limits[subject.kind], before)


def payers(viewer: Viewer | None, client: str) -> list[Subject]:
    """Who pays for what somebody asks from an address, which is that of `api.auth.client_of`."""
    if viewer is None:
        return [address("anonymous", client)]
    caller = Subject("session" if viewer.person_id else "key", viewer.actor)
    seat = viewer.seat
    if seat is None or seat.room is not Room.ACCOUNT:
        return [caller, address("address", client)]
    return [caller, address("address", client), Subject("account", str(seat.room_id))]


@lru_cache(maxsize=5_000)  # Two of these a request, at five microseconds of reading an address.
def address(kind: str, client: str) -> Subject:
    """`address`, `anonymous` or `unbelieved`, of an address: all of an IPv6 /64 is one."""
    # What is no address is what a proxy wrote into the header, at whatever length.
    return Subject(kind, network_of(client)[:_LONGEST_NAME])


_WHOSE: Final = {
    "key": "This API key",
    "session": "Your session",
    "account": "This account, with all of its members and keys,",
    "address": "The network address that you ask from",
    "anonymous": "Whoever asks from your network address without signing in",
    "unbelieved": "Whoever asks from your network address with keys or sessions that do not count",
}


def _exhausted(subject: Subject, count: Count, points: int, remaining_ms: int) -> Exhausted:
    left = max(count.limit - count.used(remaining_ms), 0)
    wait_s = count.wait_s(points, remaining_ms)
    state = f"This costs {points:,}, and {left:,} are left" if left else "All of them are spent"
    seconds = "second" if wait_s == 1 else "seconds"
    instead = "sign in, " if subject.kind == "anonymous" else ""
    message = (
        f"{_WHOSE[subject.kind]} may spend {count.limit:,} points a minute. {state}. Nothing was"
        f" done. Ask again in {wait_s} {seconds}; {instead}ask for smaller pages or less often, or"
        " have whoever operates this installation raise the limit."
    )
    return Exhausted(subject, count.limit, wait_s, message)
