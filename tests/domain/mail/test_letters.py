from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access import Role
from domain.mail import letters
from domain.mail.rules import Letter

FRONT_END = "https://app.example"
TOKEN = "t0k3n-" * 7 + "x"
NASTY = 'Ann\r\nBcc: all@example.com "<b>'
ALL = {
    name: one
    for name, one in inspect.getmembers(letters, inspect.isfunction)
    if one.__module__ == letters.__name__ and name[0] != "_" and name != "password_page"
}


def written(name: str, words: str = "Acme") -> Letter:
    given: dict[str, Any] = {
        "front_end_url": FRONT_END,
        "token": TOKEN,
        "accepted": True,
        "role": Role.OWNER,
    }
    wanted = inspect.signature(ALL[name]).parameters
    return ALL[name](**{one: given.get(one, words) for one in wanted})  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ALL)
def test_a_letter_says_who_sends_it_and_what_to_do(name: str):
    letter = written(name)

    assert len(ALL) >= 9
    assert letter.text.startswith("Hello,\n\n")
    assert f"Clickledger, {FRONT_END}\n" in letter.text
    assert len(re.findall(r"https://\S+", letter.text)) >= 2
    assert 5 < len(letter.subject) < 100


@pytest.mark.parametrize(
    "name", [one for one in ALL if "token" in inspect.signature(ALL[one]).parameters]
)
def test_a_token_stands_in_the_link_where_no_server_sees_it_and_by_itself(name: str):
    text = written(name).text

    assert re.search(rf"^{FRONT_END}/[a-z-]+#token={TOKEN}$", text, re.MULTILINE)
    assert re.search(rf"^{TOKEN}$", text, re.MULTILINE)
    assert text.count(TOKEN) == 2


@pytest.mark.parametrize("name", ALL)
@given(words=st.text() | st.just(NASTY))
def test_words_of_others_never_begin_a_line(name: str, words: str):
    """Nothing that somebody typed can look as if we said it, or become a header."""
    plain, quoted = written(name), written(name, words)

    assert len(quoted.subject.splitlines()) == 1
    assert len(quoted.text.split("\n")) == len(plain.text.split("\n"))
    assert quoted.subject.isprintable()


def test_letters_to_unverified_addresses_take_no_words_of_others():
    for one in (letters.verify, letters.known_already, letters.reset):
        assert set(inspect.signature(one).parameters) <= {"front_end_url", "token"}


def test_a_reason_is_said_where_there_is_one():
    assert (
        "too few videos" in letters.application_rejected("", "Acme", "Ten", "too few videos").text
    )
    assert "They say" not in letters.application_rejected("", "Acme", "Ten", None).text
    assert "declined" in letters.invitation_answered("", "Ann", "Ten", accepted=False).subject
