from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.idempotency.rules import Claimed, idempotency_key, request_hash, seal_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NIL = UUID(int=0)


def turned(value):
    """The same JSON with the members of its objects the other way round."""
    if isinstance(value, dict):
        return {name: turned(it) for name, it in reversed(value.items())}
    return [turned(it) for it in value] if isinstance(value, list) else value


@given(JSON)
def test_the_order_of_members_makes_no_other_request(value):
    assert request_hash(turned(value)) == request_hash(value)


@pytest.mark.parametrize("other", [{"a": "1"}, {"a": 1, "b": None}, {"b": 1}, [], {"a": [1]}])
def test_another_request_has_another_hash(other):
    assert request_hash(other) != request_hash({"a": 1})


def test_what_json_can_say_has_a_hash():
    assert request_hash(["\ud800", 2**70]) != request_hash(["\ud801", 2**70])


@pytest.mark.parametrize("key", ["a", "0192f0c1-4d7c", "é" * 200, "with space"])
def test_a_key_is_kept_as_it_came(key):
    assert idempotency_key(key) == key


@pytest.mark.parametrize("key", ["", "a" * 201, "two\nlines", "a\0"])
def test_what_cannot_be_a_key_is_refused(key):
    with pytest.raises(InvalidInput, match="Idempotency-Key"):
        idempotency_key(key)


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), unique=True, min_size=2, max_size=2))
def test_no_two_answers_open_at_the_same_place(two):
    one, other = (seal_of(Claimed(NIL, *asked)) for asked in two)

    assert one != other
