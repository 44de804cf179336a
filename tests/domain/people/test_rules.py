from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import SCOPES, Role, Room, Scope
from domain.errors import InvalidInput
from domain.ids import encode
from domain.people.rules import (
    FRESH_FOR,
    WINDOW,
    NoSuchSeat,
    browser_name,
    chosen,
    counted_since,
    fresh,
    name_of,
    network_of,
    person_name,
    same_address,
    seats,
    slot_of,
    wait_s,
)

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
ACCOUNT, OTHER, AFFILIATE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_the_role_in_an_account_says_what_may_be_done_there():
    [seat] = seats([(ACCOUNT, Role.FINANCE)], None, operator=False)

    assert (seat.room, seat.room_id, seat.role) == (Room.ACCOUNT, ACCOUNT, Role.FINANCE)
    assert seat.scopes == SCOPES[Role.FINANCE] == {Scope.READ, Scope.DECIDE}


@given(
    accounts=st.dictionaries(st.uuids(), st.sampled_from(Role), max_size=4),
    affiliate_id=st.none() | st.uuids(),
    operator=st.booleans(),
)
def test_every_seat_can_be_named_and_no_other(accounts, affiliate_id, operator):
    mine = seats(accounts.items(), affiliate_id, operator=operator)

    assert [chosen(mine, name_of(seat)) for seat in mine] == list(mine)
    assert len(mine) == len(accounts) + (affiliate_id is not None) + operator
    assert chosen(mine, None) == (mine[0] if len(mine) == 1 else None)
    for room in Room:
        if all(seat.room is not room for seat in mine):
            stranger = {"ACCOUNT": "acct_" + "0" * 31 + "9", "AFFILIATE": "affl_" + "0" * 31 + "9"}
            with pytest.raises(NoSuchSeat):
                chosen(mine, stranger.get(room, "operator"))


def test_a_seat_of_somebody_else_is_refused_with_what_would_be_right():
    mine = seats([(ACCOUNT, Role.OWNER)], None, operator=False)

    for text in (encode("acct", OTHER), encode("affl", ACCOUNT), "operator", "", "\0" * 900):
        with pytest.raises(NoSuchSeat, match="Acting-As") as refused:
            chosen(mine, text)
        assert len(str(refused.value)) < 300


def test_a_session_is_fresh_while_it_is_young_and_has_not_lapsed():
    second = timedelta(seconds=1)
    assert fresh(NOW - FRESH_FOR, NOW, lapsed=False)
    assert not fresh(NOW - FRESH_FOR - second, NOW, lapsed=False)
    assert not fresh(NOW, NOW, lapsed=True)


@given(
    waits=st.lists(st.integers(0, 400), min_size=1, max_size=120),
    limit=st.integers(1, 12),
)
def test_no_window_has_more_than_the_limit_and_who_waits_as_told_is_let_through(waits, limit):
    now, let_through, slots = NOW, [], Counter()
    for wait in waits:
        now += timedelta(seconds=wait)
        counting = {slot: n for slot, n in slots.items() if slot > counted_since(now)}
        told = wait_s(counting, limit, now)
        if told:
            later = now + timedelta(seconds=told)
            then = {slot: n for slot, n in slots.items() if slot > counted_since(later)}
            assert wait_s(then, limit, later) == 0
            continue
        let_through.append(now)
        slots[slot_of(now)] += 1
    for end in let_through:
        assert sum(end - WINDOW < one <= end for one in let_through) <= limit


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("unix:", "unix:", True),
        ("", "unknown", False),
    ],
)
def test_attempts_of_one_network_are_counted_together(one, other, together):
    assert (network_of(one) == network_of(other)) is together


@given(st.text())
def test_any_text_can_be_looked_for_as_an_address(text):
    found = same_address(text)
    assert found == same_address(found)
    assert "\0" not in found
    assert found.encode() is not None


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "x" * 201])
def test_a_name_that_is_none_is_refused(text):
    with pytest.raises(InvalidInput):
        person_name(text)


def test_names_are_kept_as_written_and_browsers_as_far_as_they_are_short():
    assert person_name("  Ann Lee ") == "Ann Lee"
    assert browser_name(" Firefox\n") == "Firefox"
    assert browser_name("") == "unknown"
    assert len(browser_name("x" * 10_000)) == 200
