from __future__ import annotations

import random
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts.keys import ENTROPY_BYTES, FORM, beginning, is_key, key_hash, key_text

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


def scanned(text):
    """What a secret scanner does: the form, wherever it begins, then the checksum."""
    found = re.findall(rf"(?=({FORM.pattern}))", text)
    return [it for it in found if is_key(it)]


@given(ENTROPY, st.text(), st.text())
def test_a_scanner_finds_every_key_in_any_text(entropy, before, after):
    key = key_text(entropy)

    assert scanned(before + key + after) == [key]


@given(ENTROPY, st.text("clk_0aZ", max_size=60), st.text("clk_0aZ", max_size=60))
def test_a_scanner_finds_a_key_among_what_looks_like_one(entropy, before, after):
    assert key_text(entropy) in scanned(before + key_text(entropy) + after)


def test_a_scanner_takes_nothing_else_for_a_key():
    """A million texts of the very form of a key, by a generator with a seed."""
    drawn = random.Random(20260901)
    digits = string.digits + string.ascii_letters
    texts = drawn.choices(digits, k=1_000_046)

    one = "clk_" + "".join(texts[:46])
    assert FORM.fullmatch(one)
    found = [
        start for start in range(1_000_000) if is_key("clk_" + "".join(texts[start : start + 46]))
    ]
    assert found == []


def test_as_much_of_a_key_is_shown_as_tells_it_from_others():
    text = key_text(bytes(range(ENTROPY_BYTES)))

    assert beginning(text) == text[:10]


def test_two_keys_differ_and_so_do_their_hashes():
    one, other = key_text(bytes(ENTROPY_BYTES)), key_text(b"\1" * ENTROPY_BYTES)

    assert one != other
    assert key_hash(one) != key_hash(other)
    assert len(key_hash(one)) == 32
