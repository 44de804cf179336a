"""Points a minute, exactly, in one process."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.budgets import Budgets, Exhausted, Subject, address, payers
from domain.access import Room, Seat, Viewer
from tests.api.paying import ACCOUNT, ADDRESS, KEY, LIMITS, Clock, refused, spent


def test_the_last_point_is_there_and_the_one_after_it_is_not() -> None:
    budgets = Budgets(Clock(), LIMITS)

    assert budgets.spend([KEY], 600).points == 400
    assert refused(budgets, [KEY], 401).limit == 1_000
    assert budgets.spend([KEY], 399).points == 1
    budgets.check(KEY)
    assert budgets.spend([KEY], 1).points == 0
    assert refused(budgets, [KEY], 1).subject == KEY
    with pytest.raises(Exhausted):
        budgets.check(KEY)
    assert budgets.spend([Subject("key", "other")], 1_000).points == 0


def test_all_pay_or_none_and_the_tightest_is_told() -> None:
    budgets = Budgets(Clock(), LIMITS)
    budgets.spend([Subject("key", "of a colleague"), ACCOUNT], 900)
    budgets.spend([Subject("key", "of another"), ACCOUNT], 900)

    for order in ([KEY, ADDRESS, ACCOUNT], [ACCOUNT, KEY, ADDRESS]):
        no = refused(budgets, order, 201)
        assert (no.subject, no.limit) == (ACCOUNT, 2_000)
        assert (spent(budgets, KEY), spent(budgets, ADDRESS)) == (0, 0)
        assert spent(budgets, ACCOUNT) == 1_800

    left = budgets.spend([KEY, ADDRESS, ACCOUNT], 200)
    assert (left.kind, left.points, left.of) == ("account", 0, 2_000)
    with pytest.raises(Exhausted):
        budgets.check(KEY, ADDRESS, ACCOUNT)
    assert (spent(budgets, KEY), spent(budgets, ADDRESS)) == (200, 200)


def test_what_was_spent_leaves_evenly_in_the_minute_after() -> None:
    clock = Clock()
    budgets = Budgets(clock, LIMITS)
    clock.move(seconds=59)
    assert budgets.spend([KEY], 1_000).resets_in_s == 61

    told = {}
    for second in (1, 31, 60.999, 61):
        clock.time = datetime(2026, 3, 1, 12, 0, 59, tzinfo=UTC) + timedelta(seconds=second)
        told[second] = spent(budgets, KEY)

    assert told == {1: 1_000, 31: 500, 60.999: 1, 61: 0}


def test_after_a_minute_of_silence_or_a_clock_put_back_nothing_counts() -> None:
    clock = Clock()
    budgets = Budgets(clock, LIMITS)
    for away in ({"minutes": 2}, {"hours": -3}):
        budgets.spend([KEY], 1_000)
        clock.move(**away)
        assert spent(budgets, KEY) == 0


STEPS = st.lists(st.tuples(st.integers(0, 45_000), st.integers(0, 1_100)), min_size=1, max_size=40)


@given(STEPS)
def test_no_stretch_of_time_lets_more_through_than_it_may(steps: list[tuple[int, int]]) -> None:
    """Of T seconds the limit and T sixtieths of it; of a minute of the clock, the limit."""
    clock = Clock()
    budgets = Budgets(clock, LIMITS)
    through: list[tuple[float, int]] = []
    for wait_ms, points in steps:
        clock.move(milliseconds=wait_ms)
        try:
            budgets.spend([KEY], points)
        except Exhausted:
            continue
        through.append((clock.time.timestamp(), points))

    minutes: dict[int, int] = {}
    for first, (begin, _) in enumerate(through):
        total = 0
        for end, points in through[first:]:
            total += points
            assert total <= 1_000 * (1 + (end - begin) / 60) + 1e-6
        minutes[int(begin // 60)] = minutes.get(int(begin // 60), 0) + through[first][1]
    assert max(minutes.values(), default=0) <= 1_000


@given(STEPS, st.integers(1, 1_000))
def test_who_comes_back_when_told_gets_in_and_a_second_before_does_not(
    steps: list[tuple[int, int]], points: int
) -> None:
    clock = Clock()
    budgets = Budgets(clock, LIMITS)
    for wait_ms, spending in steps:
        clock.move(milliseconds=wait_ms)
        with suppress(Exhausted):
            budgets.spend([KEY], spending)
    try:
        budgets.spend([KEY], points)
    except Exhausted as no:
        clock.move(seconds=no.retry_after_s - 1)
        assert refused(budgets, [KEY], points).retry_after_s == 1
        clock.move(seconds=1)
        budgets.spend([KEY], points)


@given(STEPS)
def test_all_of_it_is_there_again_when_it_says(steps: list[tuple[int, int]]) -> None:
    clock = Clock()
    budgets = Budgets(clock, LIMITS)
    for wait_ms, spending in steps:
        clock.move(milliseconds=wait_ms)
        try:
            left = budgets.spend([KEY], spending)
        except Exhausted:
            left = budgets.spend([KEY], 0)

    clock.move(seconds=left.resets_in_s)
    assert spent(budgets, KEY) == 0


def test_addresses_without_number_are_counted_together_and_touch_nobody_else() -> None:
    clock = Clock()
    budgets = Budgets(clock, LIMITS)
    here = address("anonymous", "198.51.100.7")
    budgets.spend([here], 30)
    refusals = 0
    for n in range(25_000):
        try:
            budgets.spend([address("anonymous", f"2001:db8:{n >> 16:x}:{n & 0xFFFF:x}::1")], 1)
        except Exhausted:
            refusals += 1

    _, now = budgets.minutes()
    assert len(now.counts) == 20_001
    assert refusals == 25_000 - 19_999 - 100
    assert budgets.spend([here], 70).points == 0
    assert budgets.spend([KEY, ADDRESS], 1_000).kind == "key"
    clock.move(minutes=1)
    budgets.spend([ADDRESS], 1)
    assert sum(len(minute.counts) for minute in budgets.minutes()) == 20_001 + 2 + 1
    clock.move(minutes=1)
    budgets.spend([KEY], 1)
    assert [len(minute.counts) for minute in budgets.minutes()] == [1, 1]


def test_a_flood_of_made_up_keys_keeps_nobody_out_who_has_a_good_one() -> None:
    budgets = Budgets(Clock(), LIMITS, most=10)
    for n in range(11):
        budgets.spend([address("unbelieved", f"192.0.2.{n}")], 3_000)
    refused(budgets, [address("unbelieved", "192.0.2.99")], 1)

    budgets.check(address("address", "192.0.2.99"), address("unbelieved", "192.0.2.99"))
    assert budgets.spend([KEY, address("address", "192.0.2.99")], 1_000).kind == "key"
    with pytest.raises(Exhausted):
        budgets.check(address("unbelieved", "192.0.2.9"))


def test_who_is_turned_away_takes_no_place() -> None:
    """Else refusals alone would fill the ledger."""
    budgets = Budgets(Clock(), LIMITS)
    budgets.spend([ACCOUNT], 2_000)
    for n in range(100):
        refused(budgets, [Subject("address", str(n)), ACCOUNT], 1)
        budgets.check(Subject("address", str(n)))

    assert list(budgets.minutes()[1].counts) == [ACCOUNT]


def test_who_pays() -> None:
    account, person = uuid4(), uuid4()
    by_key = Viewer("akey_1", None, Seat(Room.ACCOUNT, account))
    member = Viewer("pers_1", person, Seat(Room.ACCOUNT, account))
    affiliate = Viewer("pers_1", person, Seat(Room.AFFILIATE, uuid4()))
    seatless = Viewer("pers_1", person, None)

    from_ = Subject("address", "192.0.2.1")
    of_account = Subject("account", str(account))
    assert payers(by_key, "192.0.2.1") == [Subject("key", "akey_1"), from_, of_account]
    assert payers(member, "192.0.2.1") == [Subject("session", "pers_1"), from_, of_account]
    assert payers(affiliate, "192.0.2.1") == [Subject("session", "pers_1"), from_]
    assert payers(seatless, "192.0.2.1") == [Subject("session", "pers_1"), from_]
    assert payers(None, "192.0.2.1") == [Subject("anonymous", "192.0.2.1")]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("x" * 64, "x" * 100_000, True),
    ],
)
def test_an_ipv6_network_is_one_address(one: str, other: str, together: bool) -> None:
    assert (address("address", one) == address("address", other)) is together


def test_a_refusal_says_what_is_used_up_when_to_come_back_and_what_to_do() -> None:
    clock = Clock()
    budgets = Budgets(clock, LIMITS)
    clock.move(seconds=15)
    budgets.spend([ACCOUNT], 1_500)

    no = refused(budgets, [KEY, ACCOUNT], 501)

    # Of 1,500 points, 1,499 count after 40 milliseconds of the next minute.
    assert no.retry_after_s == 46
    assert no.message == str(no)
    assert no.message == (
        "This account, with all of its members and keys, may spend 2,000 points a minute. This"
        " costs 501, and 500 are left. Nothing was done. Ask again in 46 seconds; ask for smaller"
        " pages or less often, or have whoever operates this installation raise the limit."
    )
    budgets.spend([ACCOUNT], 500)
    with pytest.raises(Exhausted, match=r"points a minute\. All of them are spent\. Nothing"):
        budgets.check(ACCOUNT)
    anonymous = refused(budgets, payers(None, "192.0.2.1"), 101).message
    assert anonymous.startswith("Whoever asks from your network address without signing in may")
    assert "; sign in, ask for smaller pages" in anonymous
