"""Two rooms held against each other, and the letters that let people in."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from demo.errors import Trouble
from demo.letters import read, token_in
from demo.rooms import difference


def row(commission: str, **more: object) -> dict[str, Any]:
    return {"commission": {"amount": commission}, "status": "PENDING"} | more


def test_two_rooms_that_tell_the_same_differ_by_nothing() -> None:
    rows = {"conv_1": row("12.30"), "conv_2": row("0.01")}
    assert difference(rows, dict(rows)) == 0
    assert difference({}, {}) == 0


@pytest.mark.parametrize(
    ("own", "theirs", "cents"),
    [
        ({"conv_1": row("12.30")}, {"conv_1": row("12.29")}, 1),
        ({"conv_1": row("12.30")}, {}, 1230),
        ({}, {"conv_1": row("12.30")}, 1230),
        # One too much and one too little are two mistakes, and do not make up for each other.
        ({"a": row("1.00"), "b": row("0")}, {"a": row("0"), "b": row("1.00")}, 200),
    ],
)
def test_a_cent_that_only_one_room_has_is_found(
    own: dict[str, Any], theirs: dict[str, Any], cents: int
) -> None:
    assert difference(own, theirs) == cents


def test_a_day_that_is_told_in_two_ways_is_trouble() -> None:
    with pytest.raises(Trouble, match="two stories"):
        difference({"a": row("1.00")}, {"a": row("1.00", status="SETTLED")})


def a_letter(text: str) -> EmailMessage:
    letter = EmailMessage()
    letter["To"], letter["Subject"] = "nora@people.example", "Is this your address?"
    letter.set_content(text)
    return letter


def test_the_token_of_a_letter_is_what_stands_behind_its_link(tmp_path: Path) -> None:
    file = tmp_path / "1.eml"
    file.write_bytes(bytes(a_letter("Open https://app.example/verify#token=aB-_9\n\naB-_9\n")))

    letter = read(file)

    assert (letter["To"], token_in(letter)) == ("nora@people.example", "aB-_9")


def test_a_letter_without_a_token_is_trouble() -> None:
    with pytest.raises(Trouble, match="Is this your address"):
        token_in(a_letter("Good news."))
