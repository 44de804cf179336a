from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.affiliates import tagging
from domain.errors import InvalidInput

WORDS = st.lists(st.sampled_from(["VIP", "vip", "Vip ", " coupon", "Straße", "STRASSE", "a", "A"]))


def keys(tags):
    return {tag.casefold() for tag in tags}


@given(WORDS)
def test_a_tag_is_kept_once_trimmed_and_as_first_written(texts):
    kept = tagging.tags("tags", texts)

    assert len(keys(kept)) == len(kept)
    assert keys(kept) == {text.strip().casefold() for text in texts}
    assert all(tag in [text.strip() for text in texts] for tag in kept)
    assert tagging.tags("tags", kept) == kept


@given(WORDS, WORDS, WORDS)
def test_what_is_added_is_there_what_is_removed_is_not_and_the_rest_stays(have, add, remove):
    have, add, remove = (tagging.tags("tags", texts) for texts in (have, add, remove))
    add = [tag for tag in add if tag.casefold() not in keys(remove)]

    after = tagging.retagged(have, add, remove)

    assert keys(after) == (keys(have) - keys(remove)) | keys(add)
    stayed = [tag for tag in have if tag.casefold() not in keys(remove)]
    assert list(after[: len(stayed)]) == stayed
    assert tagging.retagged(after, add, remove) == after


@pytest.mark.parametrize("text", ["", "  ", "a" * 51, "two\nlines", "nul\0"])
def test_what_is_no_tag_is_refused(text):
    with pytest.raises(InvalidInput, match="1 to 50 characters") as refused:
        tagging.tags("add", [text])
    assert refused.value.field == "add"


def test_a_partnership_has_twenty_tags_at_most():
    twenty = [str(number) for number in range(20)]

    assert tagging.retagged(twenty, ["new"], ["0"]) == (*twenty[1:], "new")
    with pytest.raises(InvalidInput, match="21 tags"):
        tagging.retagged(twenty, ["new"], [])


def test_a_tag_cannot_come_and_go_at_once():
    tagging.check_apart(["a"], ["b"])
    with pytest.raises(InvalidInput, match='"VIP" is to be added and removed'):
        tagging.check_apart(["VIP"], ["vip"])


def test_a_note_may_have_lines_and_be_empty():
    assert tagging.note(" one\ntwo ") == "one\ntwo"
    assert tagging.note("  ") == ""
    assert len(tagging.note("a" * 5000)) == 5000
    for text in ("a" * 5001, "a\0b"):
        with pytest.raises(InvalidInput, match="5,000"):
            tagging.note(text)


def test_fields_of_the_brands_own_are_kept_by_name():
    pairs = [(" Contract ", " 2026-17 "), ("Samples", "")]

    assert tagging.custom_fields(pairs) == {"Contract": "2026-17"}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("", "a")], "no name of a field"),
        ([("a" * 51, "a")], "no name of a field"),
        ([("a", "b" * 501)], "more than 500"),
        ([("a", "b\0")], "more than 500"),
        ([("a", "b"), ("A ", "c")], "stands there twice"),
        ([(str(number), "a") for number in range(51)], "51 fields"),
    ],
)
def test_fields_that_cannot_be_kept_are_refused(pairs, message):
    with pytest.raises(InvalidInput, match=message):
        tagging.custom_fields(pairs)
