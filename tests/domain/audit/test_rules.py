from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit.rules import (
    REDACTED,
    Broken,
    Entry,
    Head,
    follow,
    hash_after,
    redacted,
    storable,
    torn_off,
)

WORDS = st.text(max_size=6)
ENTRIES = st.lists(
    st.builds(
        Entry,
        account_id=st.just(UUID(int=1)),
        number=st.just(0),
        actor=WORDS,
        action=WORDS,
        input=WORDS,
        changes=WORDS,
        request_id=st.none() | WORDS,
        at=st.datetimes(timezones=st.just(UTC)),
    ),
    min_size=1,
    max_size=8,
)
ALTERATIONS = {
    "account_id": UUID(int=2),
    "actor": "another",
    "action": "anotherAction",
    "input": '{"other": true}',
    "changes": "[1]",
    "request_id": "another request",
    "at": datetime(2001, 1, 1, tzinfo=UTC),
}


def chain(entries):
    """The rows and the head as `record` leaves them."""
    head, rows = Head(), []
    for entry in entries:
        numbered = replace(entry, number=head.number + 1)
        head = Head(numbered.number, hash_after(head.hash, numbered))
        rows.append((numbered, head.hash))
    return rows, head


def judged(rows, head):
    walked = follow(Head(), rows)
    if isinstance(walked, Broken) or walked == head:
        return walked
    return torn_off(walked, head)


@given(ENTRIES)
def test_a_chain_that_nobody_touched_is_whole(entries):
    rows, head = chain(entries)

    assert judged(rows, head) == head
    assert head.number == len(entries)


@given(ENTRIES, st.data())
def test_an_altered_entry_is_found(entries, data):
    rows, head = chain(entries)
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(sorted(ALTERATIONS)))
    entry, hash = rows[place]
    rows[place] = replace(entry, **{name: ALTERATIONS[name]}), hash

    if rows[place][0] != entry:
        assert judged(rows, head).number == place + 1


@given(ENTRIES, st.data())
def test_an_altered_entry_with_the_hash_that_it_would_have_is_found(entries, data):
    """By the one after it, or by the head: neither can be told from the entry alone."""
    rows, head = chain(entries)
    place = data.draw(st.integers(0, len(rows) - 1))
    before = rows[place - 1][1] if place else Head().hash
    altered = replace(rows[place][0], actor=rows[place][0].actor + "!")
    rows[place] = altered, hash_after(before, altered)

    found = judged(rows, head)
    assert isinstance(found, Broken)
    assert found.number == min(place + 2, len(rows))


@given(ENTRIES, st.data())
def test_a_removed_entry_is_found(entries, data):
    rows, head = chain(entries)
    place = data.draw(st.integers(0, len(rows) - 1))
    del rows[place]

    assert judged(rows, head) == Broken(place + 1, "is missing")


@given(ENTRIES, st.data())
def test_swapped_entries_are_found(entries, data):
    """As a whole, or under each other's numbers, with each other's hashes or their own."""
    rows, head = chain(entries)
    one, other = data.draw(st.permutations(range(len(rows)))), None
    if len(one) < 2 or entries[one[0]] == entries[one[1]]:
        return
    one, other = sorted(one[:2])
    (first, first_hash), (second, second_hash) = rows[one], rows[other]
    if data.draw(st.booleans()):
        first = replace(first, number=other + 1)
        second = replace(second, number=one + 1)
    if data.draw(st.booleans()):
        first_hash, second_hash = second_hash, first_hash
    rows[one], rows[other] = (second, second_hash), (first, first_hash)

    assert judged(rows, head).number == one + 1


@given(ENTRIES, st.data())
def test_an_added_entry_is_found(entries, data):
    rows, head = chain(entries)
    place = data.draw(st.integers(0, len(rows)))
    before = rows[place - 1][1] if place else b""
    added = replace(entries[0], number=place + 1)
    rows.insert(place, (added, hash_after(before, added)))

    found = judged(rows, head)
    assert isinstance(found, Broken)
    assert found.number in (place + 1, place + 2)


def test_a_moment_has_one_hash_wherever_its_clock_stands():
    entry = Entry(UUID(int=1), 1, "a", "b", "{}", "[]", None, datetime(2026, 9, 1, 12, tzinfo=UTC))
    elsewhere = replace(entry, at=entry.at.astimezone(timezone(timedelta(hours=5))))

    assert hash_after(b"", entry) == hash_after(b"", elsewhere)


@pytest.mark.parametrize(
    "name", ["password", "newPassword", "currentPassword", "token", "code", "new_password", "Code"]
)
def test_a_secret_is_left_out_wherever_it_stands(name):
    secret = {name: "hunter2", "of": "Ada", "unset": {name: None}}

    left = redacted({"input": secret, "list": [[secret]], name: {"deep": "hunter2"}})

    assert "hunter2" not in json.dumps(left)
    assert left["input"] == {name: REDACTED, "of": "Ada", "unset": {name: None}}
    assert left[name] == REDACTED


def test_what_only_sounds_like_a_secret_stays():
    input = {"codeName": "x", "encode": "x", "tokens": 3, "password_hint_shown": True}

    assert redacted(input) == input


def test_changes_are_shown_with_the_codes_of_links():
    assert storable([{"code": "abc"}]) == [{"code": "abc"}]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(
            st.characters(exclude_categories=())
        ) | st.uuids() | st.datetimes() | st.decimals(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
        max_leaves=8,
    )
)  # fmt: skip
def test_whatever_comes_is_kept_as_json(value):
    [kept] = storable([value])

    text = json.dumps(kept, allow_nan=False, ensure_ascii=False)
    assert "\0" not in text.encode().decode()
    assert "\\u0000" not in text
