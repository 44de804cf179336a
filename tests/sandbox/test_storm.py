"""A storm: one call in so many fails, in every way that its endpoint can."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.faults import KINDS, Call
from sandbox.storm import Storm
from sandbox.world import World

CALLS = (
    Call("/attribution/report", "POST", "CAMPAIGN"),
    Call("/auth/o2/token", "POST"),
    Call("/v2/profiles", "GET"),
    Call("/reports/2021-06-30/reports/ID7", "GET"),
    Call("/presigned/amzn1.spdoc.1", "GET"),
)


def drawn(storm: Storm, times: int, call: Call) -> list[str | None]:
    found = [storm.over(call).befallen for _ in range(times)]
    return [None if one is None else one.kind for one in found]


def test_one_call_in_ten_is_struck_by_its_own_seed_alone() -> None:
    first, again, other = Storm(), Storm(), Storm()
    for storm, seed in ((first, 3), (again, 3), (other, 4)):
        storm.begin({"one_in": 10, "seed": seed})
    kinds = [drawn(one, 3_000, CALLS[0]) for one in (first, again, other)]

    assert kinds[0] == kinds[1] != kinds[2]
    assert 240 < sum(kind is not None for kind in kinds[0]) < 360


def test_every_way_to_fail_comes_to_the_calls_that_have_it() -> None:
    storm = Storm()
    storm.begin({"one_in": 1})
    kinds = {call.path: set(drawn(storm, 600, call)) for call in CALLS}

    assert set().union(*kinds.values()) <= KINDS.keys()
    everywhere = set.intersection(*kinds.values())
    assert everywhere == {
        "throttled", "status", "slow", "lost", "truncated", "blank", "html", "mistyped",
    }  # fmt: skip
    assert {path: found - everywhere for path, found in kinds.items()} == {
        "/attribution/report": {
            "expired_token", "shrunken", "repeated_cursor", "repeated_page", "empty_page",
        },
        "/auth/o2/token": {"unavailable"},
        "/v2/profiles": {"expired_token"},
        "/reports/2021-06-30/reports/ID7": {"expired_token", "unfinished"},
        "/presigned/amzn1.spdoc.1": {"damaged", "shrunken"},
    }  # fmt: skip
    assert drawn(storm, 50, Call("/ap/oa", "POST")) == [None] * 50


def test_a_storm_can_leave_kinds_out_and_end() -> None:
    storm = Storm()
    storm.begin({"one_in": 1, "without": ["status", "slow"]})
    kinds = Counter(drawn(storm, 300, CALLS[2]))
    assert kinds.keys().isdisjoint({"status", "slow", None})

    storm.end()
    assert drawn(storm, 50, CALLS[2]) == [None] * 50


def test_only_what_struck_is_counted() -> None:
    world = World()
    world.storm.begin({"one_in": 1})
    call = next(
        one for one in (world.storm.over(CALLS[0]) for _ in range(999))
        if one.befallen is not None and one.befallen.kind == "repeated_cursor"
    )  # fmt: skip
    assert world.storm.struck() == {}

    assert world.faults.strike(call, "repeated_cursor", "empty_page") is call.befallen

    assert world.storm.struck() == {"repeated_cursor": 1}


async def test_it_is_ordered_and_ended_over_http(rehearsal) -> None:
    await rehearsal.control("PUT", "storm", {"one_in": 1, "without": ["lost", "slow"]})
    answers = [await rehearsal.http.get("/v2/profiles") for _ in range(40)]
    during = await rehearsal.control("GET", "storm")
    await rehearsal.control("DELETE", "storm")
    after = await rehearsal.http.get("/v2/profiles")

    statuses = Counter(str(one.status_code) for one in answers)
    assert {"429", "500", "502", "503", "504", "401", "200"} == statuses.keys()
    assert (during["calls"], sum(during["struck"].values())) == (40, 40)
    assert after.json()["details"] == "Authentication failed"
    counted = (await rehearsal.control("GET", "calls"))["calls"]["GET /v2/profiles"]
    assert counted == statuses + Counter({"401": 1})


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"rain": 1}, "a storm has no rain"),
        ({"one_in": 0.5}, "one_in is 1 for every call"),
        ({"slow_ms": "long"}, "slow_ms is a whole number"),
        ({"without": "slow"}, "a list of kinds"),
    ],
)
async def test_a_storm_that_cannot_be(rehearsal, wanted, words) -> None:
    answer = await rehearsal.http.put("/sandbox/storm", json=wanted)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
