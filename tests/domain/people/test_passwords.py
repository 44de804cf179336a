from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.people import passwords
from domain.people.passwords import AT_ONCE, Verdict, check, hashed, verdict
from tests.letterbox import RememberingHasher

GOOD = "nine lives, one cat"


async def test_what_is_kept_of_a_password_is_argon2id_as_advised():
    """At least 19 MiB, two passes, one lane."""
    kept = await hashed(GOOD)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await verdict(kept, GOOD) is Verdict.RIGHT
    assert await verdict(kept, GOOD + " ") is Verdict.WRONG
    assert kept != await hashed(GOOD)


async def test_a_hash_of_smaller_parameters_is_right_and_outdated():
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD)

    assert await verdict(old, GOOD) is Verdict.OUTDATED
    assert await verdict(old, "another password") is Verdict.WRONG


async def test_nobody_and_a_hash_that_is_none_are_wrong():
    assert await verdict(None, GOOD) is Verdict.WRONG
    assert await verdict("", GOOD) is Verdict.WRONG
    assert await verdict("plain text", GOOD) is Verdict.WRONG


async def test_nobody_is_as_much_work_as_somebody(monkeypatch: pytest.MonkeyPatch):
    kept = await hashed(GOOD)
    works = []
    for of in (kept, None):
        hasher = RememberingHasher()
        monkeypatch.setattr(passwords, "_hasher", hasher)
        assert await verdict(of, "a wrong password") is Verdict.WRONG
        works.append(hasher.compared)

    assert works[0] == works[1]
    assert len(works[0]) == 1


async def test_the_loop_goes_on_while_four_passwords_are_hashed(monkeypatch: pytest.MonkeyPatch):
    hasher, ticks = RememberingHasher(), 0
    monkeypatch.setattr(passwords, "_hasher", hasher)

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(hashed(GOOD) for _ in range(4)))
    ticking.cancel()

    # Were it done in the loop, there would be one tick before and one after each.
    assert ticks > 50
    assert 1 <= hasher.most_at_once <= AT_ONCE


async def test_a_sign_is_the_same_however_it_was_composed():
    composed, decomposed = "caf\u00e9 au lait, twice", "cafe\u0301 au lait, twice"
    assert await verdict(await hashed(composed), decomposed) is Verdict.RIGHT


@pytest.mark.parametrize("odd", ["\ud800" * 12, "\0" * 12, "x" * 100_000, ""])
async def test_whatever_is_sent_as_a_password_is_just_wrong(odd: str):
    assert await verdict(await hashed(GOOD), odd) is Verdict.WRONG


@pytest.mark.parametrize(
    "bad",
    [
        "eleven sign", "x" * 201, "ann.lee@example.com", " ANN.LEE@example.com",
        "Ann-Marie Leewood",        "PasswordPassword", "123456789012", "half a sign: \ud800",
    ],
)  # fmt: skip
def test_a_password_that_others_would_try_is_refused(bad: str):
    with pytest.raises(InvalidInput) as refused:
        check(bad, "ann.lee@example.com", "Ann-Marie Leewood")
    assert refused.value.field == "password"
    assert bad not in str(refused.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=12, max_size=200))
def test_any_other_sentence_will_do(sentence: str):
    if sentence.casefold().strip() not in passwords._COMMON:
        check(sentence, "a@b.example", "Ann")


def test_all_that_are_known_to_be_common_are_long_enough_to_matter():
    assert len(passwords._COMMON) > 50
    assert all(12 <= len(one) <= 200 and one == one.casefold() for one in passwords._COMMON)
