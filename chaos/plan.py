"""Which faults strike, when and for how long: a pure function of the seed and the seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final


class Kind(StrEnum):
    WORKER_KILLED = "a worker is killed"
    WORKER_STOPPED = "a worker is told to stop"
    WORKER_FROZEN = "a worker stands still"
    API_KILLED = "the API is killed"
    API_STOPPED = "the API is told to stop"
    API_FROZEN = "the API stands still"
    VALKEY_FLUSHED = "Valkey forgets everything"
    VALKEY_KILLED = "Valkey is killed"
    POSTGRES_RESTARTED = "PostgreSQL falls and rises"
    POSTGRES_DOWN = "PostgreSQL is away"
    CONNECTIONS_CUT = "connections are reset"
    CUT_IN_THE_MIDDLE = "connections are cut within an answer"
    LATENCY = "answers are slow"
    BLACK_HOLE = "nothing passes"
    CLOCK_STEPPED = "the clock is an hour off"
    AMAZON_FAILS = "Amazon fails now and then"


_GAP_S: Final = 2.0, 6.0
_LASTS_S: Final[dict[Kind, tuple[float, float]]] = {
    Kind.WORKER_FROZEN: (3, 20),
    Kind.API_FROZEN: (1, 8),
    Kind.VALKEY_KILLED: (1, 5),
    Kind.POSTGRES_DOWN: (4, 30),
    Kind.LATENCY: (2, 8),
    Kind.BLACK_HOLE: (2, 8),
    Kind.CLOCK_STEPPED: (2, 8),
    Kind.AMAZON_FAILS: (2, 6),
}
"""From and to; the others are over as soon as they have struck."""
_LARGEST_SHARE: Final = 0.25
"""Of the run, that one fault may last."""


@dataclass(frozen=True, slots=True)
class Fault:
    at_s: float
    kind: Kind
    lasts_s: float
    chance: float
    """From 0 to 1, for whatever the fault has to choose: which worker, which way the clock."""


def plan(seed: int, seconds: float) -> list[Fault]:
    """A fault every two to six seconds, every kind once before any comes again.

    A run of a minute has time for all kinds; in a shorter one the gaps are shorter.
    """
    chance = Random(f"faults {seed}")
    faults: list[Fault] = []
    at_s = 0.0
    while at_s < seconds:
        kinds = list(Kind)
        chance.shuffle(kinds)
        gaps = [chance.uniform(*_GAP_S) for _ in kinds]
        if not faults:
            room = min(1.0, seconds * 0.97 / sum(gaps))
            gaps = [gap * room for gap in gaps]
        for kind, gap in zip(kinds, gaps, strict=True):
            at_s += gap
            least, most = _LASTS_S.get(kind, (0, 0))
            most = max(least, min(most, seconds * _LARGEST_SHARE))
            fault = Fault(at_s, kind, chance.uniform(least, most), chance.random())
            if at_s < seconds:
                faults.append(fault)
    return faults
