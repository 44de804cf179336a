"""What holds whatever happens, in whatever order: reports, settlements and decisions by chance."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from domain.conversions.rules import AlreadyDecided, NotSettled, Verdict
from domain.reports.rows import Level
from tests.domain.conversions.oracle import Observation, Oracle, comparable
from tests.reporting import MASKED, Desk, Sold, body, campaign_row, day, morning, sold

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),  # passing takes seconds; making a failure small takes minutes
]

RATE_BP = 1_050
"""Half a cent comes up often: of 10 dollars and 10 cents, for one."""

slowly = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

figures = st.one_of(
    st.just(MASKED),
    st.builds(sold, st.integers(1, 40).map(lambda n: n * 10)),
    st.builds(sold, st.integers(0, 40).map(lambda n: n * 10), st.integers(0, 3), st.just(1)),
    st.builds(
        Sold,
        orders=st.just(1),
        units=st.just(1),
        sales_minor=st.integers(1, 900),
        total_orders=st.integers(1, 2),
        total_units=st.integers(1, 2),
        total_sales_minor=st.sampled_from([10, 30, 100, 900]),
        clicks=st.integers(0, 20),
    ),
)
keys = st.tuples(st.integers(0, 1), st.integers(0, 3).map(day))
windows = st.one_of(st.just([0, 3]), st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted))
answers = st.tuples(windows, st.dictionaries(keys, figures, max_size=6))


def observed(at: float, answer: Any) -> Observation:
    (first, last), rows = answer
    asked_for = {key: row for key, row in rows.items() if day(first) <= key[1] <= day(last)}
    return Observation(morning(at), day(first), day(last), asked_for)


async def receive(desk: Desk, seen: Observation) -> Any:
    rows = [campaign_row(desk.tokens[who], on, row) for (who, on), row in seen.rows.items()]
    return await desk.asking(seen.from_day, seen.to_day).receive(body(rows), at=seen.at)


async def said_at_every_moment(desk: Desk, oracle: Oracle) -> tuple[Any, Any]:
    """The step function of each key at each observation: as stored, and as it was."""
    rows = await desk.owner.fetch(
        """SELECT subject_id, day, observed_at, purchases, units, sales_minor, total_purchases,
                  total_units, total_sales_minor, clicks
             FROM report_row WHERE account_id = $1 ORDER BY observed_at""",
        desk.profile.account_id,
    )
    stored, true = {}, {}
    for who in range(2):
        for on in map(day, range(4)):
            for seen in oracle.observations:
                versions = [
                    Sold(*row[3:])
                    for row in rows
                    if (row[0], row[1]) == (desk.partnership_ids[who], on) and row[2] <= seen.at
                ]
                stored[who, on, seen.at] = versions[-1] if versions else MASKED
                said = [row for at, row in oracle.said((who, on)) if at <= seen.at]
                true[who, on, seen.at] = (said[-1] if said else None) or MASKED
    return stored, true


@settings(slowly, max_examples=150)
@given(history=st.lists(answers, min_size=1, max_size=6), data=st.data())
async def test_any_order_repetition_and_omission_of_fetches_ends_the_same(
    desks, history, data
) -> None:
    """S77i: conversions are those of the history, and so is every past moment of it."""
    last = len(history) - 1
    schedule = data.draw(st.permutations([*range(last + 1), last]))
    schedule = [
        n
        for n in schedule
        for _ in range(1 if n == last else data.draw(st.sampled_from([0, 1, 1, 2])))
    ]
    desk = await desks(2, rate_bp=RATE_BP)
    oracle = Oracle(desk, RATE_BP)
    for n in schedule:
        seen = observed(5 + n, history[n])
        await desk.take_in(await receive(desk, seen), morning(40), accepted=True)
        if seen not in oracle.observations:
            oracle.observations.append(seen)
    event(f"{len(oracle.observations)} reports, in order: {schedule == sorted(schedule)}")
    found = await desk.conversions()
    assert comparable(found) == oracle.rows()
    stored, true = await said_at_every_moment(desk, oracle)
    assert stored == true
    await desk.rebuild()
    assert await desk.conversions() == found


steps = st.one_of(
    st.tuples(st.just("report"), answers),
    st.tuples(st.just("report"), answers),
    st.tuples(st.just("late report"), answers),
    st.tuples(st.just("hold"), answers),
    st.tuples(st.just("accept"), st.none()),
    st.tuples(st.just("settle"), st.none()),
    st.tuples(st.just("settle"), st.none()),
    st.tuples(st.just("settle"), st.none()),
    st.tuples(st.just("decide"), st.sampled_from(Verdict)),
    st.tuples(st.just("decide"), st.sampled_from(Verdict)),
)


class Life:
    """A desk that goes through steps, and beside it the oracle that says what must come of them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.oracle = Oracle(desk, RATE_BP)
        self.held: list[tuple[Any, Observation]] = []
        self.now = 1.0

    async def take(self, run: Any, seen: Observation) -> None:
        await self.desk.take_in(run, morning(self.now), accepted=True)
        self.oracle.observations.append(seen)

    async def step(self, kind: str, what: Any) -> None:
        match kind:
            case "report":
                seen = observed(self.now, what)
                await self.take(await receive(self.desk, seen), seen)
            case "late report":
                seen = observed(self.now - 3.3, what)
                await self.take(await receive(self.desk, seen), seen)
            case "hold":
                seen = observed(self.now, what)
                self.held.append((await receive(self.desk, seen), seen))
            case "accept" if self.held:
                await self.take(*self.held.pop(0))
            case "settle":
                settled = await self.desk.settle(morning(self.now))
                assert settled == self.oracle.settle(morning(self.now))
            case "decide":
                await self.decide(what)

    async def decide(self, verdict: Verdict) -> None:
        found = await self.desk.conversions()
        now = morning(self.now)
        outcomes = await self.desk.decide([row["id"] for row in found], verdict, now)
        for row in found:
            key = self.desk.partnership_ids.index(row["partnership_id"]), row["day"]
            outcome = outcomes[row["id"]]
            if key not in self.oracle.settled:
                assert isinstance(outcome, NotSettled)
                assert outcome.settles_on == self.oracle.due(key)
            elif key in self.oracle.decided and self.oracle.decided[key][0] != verdict:
                assert isinstance(outcome, AlreadyDecided)
            else:
                assert outcome is None
                self.oracle.decided.setdefault(key, (verdict.value, now))
                event("decided")


@settings(slowly, max_examples=200)
@given(
    st.lists(st.tuples(steps, st.sampled_from([0.1, 1, 14, 14, 31])), min_size=6, max_size=20),
    st.booleans(),
)
async def test_a_rebuild_changes_nothing_whatever_came_before(desks, life, often) -> None:
    """S67, S68, S69, S70, S75i: what has settled or was decided never moves, and
    every row comes out of what was said, settled and decided, to the last column."""
    desk = await desks(2, rate_bp=RATE_BP)
    lived = Life(desk)
    for (kind, what), days in life:
        await lived.step(kind, what)
        lived.now += days
        if often:
            await desk.rebuilt_the_same()
    assert comparable(await desk.conversions()) == lived.oracle.rows()
    await desk.rebuilt_the_same()
    event(f"settled: {bool(lived.oracle.settled)}, decided: {bool(lived.oracle.decided)}")


async def test_everything_at_once_is_one_thing_after_the_other(desks) -> None:
    """Two reports, another level and a settlement at the same moment end as some order of
    them would."""
    for round in range(8):
        desk = await desks(2, rate_bp=RATE_BP)
        first = observed(1, ((0, 3), {(0, day(0)): sold(1_000), (1, day(1)): sold(500)}))
        await desk.take_in(await receive(desk, first), first.at)
        reports = [
            observed(31.5, ((0, 3), {(0, day(0)): sold(900), (1, day(1)): sold(500)})),
            observed(31.6, ((0, 1), {(0, day(0)): sold(800 + round), (0, day(1)): sold(70)})),
        ]
        runs = [await receive(desk, seen) for seen in reports]
        other = await desk.receive(body([]), at=morning(31.7), level=Level.ADGROUP)
        now = morning(32)
        ways = [desk.take_in(run, now - timedelta(hours=1), accepted=True) for run in runs]
        settling = desk.settle(now)
        together = [*ways, desk.take_in(other, now), settling]
        await asyncio.gather(*(together[n] for n in (round % 4, *({0, 1, 2, 3} - {round % 4}))))
        found = await desk.conversions()
        possible = []
        for order in permutations(["settle", *reports]):
            oracle = Oracle(desk, RATE_BP, observations=[first])
            for step in order:
                if isinstance(step, Observation):
                    oracle.observations.append(step)
                else:
                    oracle.settle(now)
            possible.append(oracle.rows())
        assert comparable(found) in possible
        await desk.rebuilt_the_same()
