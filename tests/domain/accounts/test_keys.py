from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts.keys import ENTROPY_BYTES, is_key, key_hash, key_text

ENTROPY = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)


@given(ENTROPY)
def test_a_key_is_known_by_its_form(entropy):
    text = key_text(entropy)

    assert text.startswith("clk_")
    assert len(text) == 50
    assert is_key(text)


@given(ENTROPY, st.integers(4, 49), st.characters(codec="ascii"))
def test_a_key_with_one_wrong_sign_is_no_key(entropy, place, sign):
    text = key_text(entropy)
    wrong = text[:place] + sign + text[place + 1 :]

    assert is_key(wrong) is (wrong == text)


@pytest.mark.parametrize("text", ["", "clk_", "hunter2", "clk_" + "é" * 46, "clk_" + "0" * 45])
def test_other_text_is_no_key(text):
    assert not is_key(text)


def test_two_keys_differ_and_so_do_their_hashes():
    one, other = key_text(bytes(ENTROPY_BYTES)), key_text(b"\1" * ENTROPY_BYTES)

    assert one != other
    assert key_hash(one) != key_hash(other)
    assert len(key_hash(one)) == 32
