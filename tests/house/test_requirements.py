"""Every promise in docs/requirements.md that is said to be built is named by a test."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NUMBER = re.compile(r"\bS(\d+)i?\b")
_RANGE = re.compile(r"\bS(\d+)i?\s*[-–]\s*S(\d+)i?\b")


def _numbers(text: str) -> set[int]:
    found = {int(number) for number in _NUMBER.findall(text)}
    for first, last in _RANGE.findall(text):
        found.update(range(int(first), int(last) + 1))
    return found


def test_every_promise_said_to_be_built_is_named_by_a_test() -> None:
    promises = (ROOT / "docs" / "requirements.md").read_text()
    written = _numbers("\n".join(re.findall(r"^- (S\d+i?)  ?", promises, re.MULTILINE)))
    [waiting] = re.findall(r"^- Built so far: all of these but (.+?), which wait", promises, re.M)
    proven: set[int] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        proven |= _numbers(file.read_text())

    missing = written - _numbers(waiting) - proven

    assert len(written) == 80
    assert not missing, "no test names " + ", ".join(f"S{number}" for number in sorted(missing))


def test_a_range_of_numbers_names_each_of_them() -> None:
    assert _numbers("S22–S25 and S30, S75i") == {22, 23, 24, 25, 30, 75}
