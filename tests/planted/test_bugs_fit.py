"""The planted bugs still fit the code; that they are caught, `make planted` says."""

from __future__ import annotations

import pytest

from tests.house.statements import ROOT
from tests.planted.bugs import BUGS, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_it_can_be_planted(bug: Bug) -> None:
    assert (ROOT / bug.file).read_text().count(bug.good) == 1
    assert bug.bad != bug.good
    assert bug.tests
    for test in bug.tests:
        file, _, name = test.partition("::")
        assert (ROOT / file).exists()
        assert not name or f"def {name}(" in (ROOT / file).read_text()


def test_each_is_another() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 40
