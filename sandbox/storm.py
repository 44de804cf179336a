"""A storm: one call in so many fails, in whatever way its endpoint can.

Each call draws a fault of its own, as if somebody had ordered it for this call alone. Only what
passes is among them: asked again, Amazon answers. What lasts is ordered as a fault.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from sandbox.faults import Call, Fault, FaultError

ANYWHERE = (
    Fault("", "throttled", retry_after=1),
    Fault("", "throttled", retry_after=None),
    Fault("", "throttled", retry_after=90, body="html"),
    Fault("", "status", status=500),
    Fault("", "status", status=502, body="html"),
    Fault("", "status", status=503, retry_after=2),
    Fault("", "status", status=504, body="html"),
    Fault("", "slow"),
    Fault("", "lost"),
    Fault("", "truncated"),
    Fault("", "blank"),
    Fault("", "html"),
    Fault("", "mistyped"),
)
API = (Fault("", "expired_token"), Fault("", "expired_token"))
LOGIN = (Fault("", "unavailable"), Fault("", "unavailable"))
REPORT = (
    Fault("", "shrunken", keep=0.0),
    Fault("", "shrunken", keep=0.3),
    Fault("", "repeated_cursor"),
    Fault("", "repeated_page"),
    Fault("", "empty_page"),
)
LISTING = (Fault("", "unfinished"), Fault("", "unfinished"))
DOWNLOAD = (Fault("", "damaged"), Fault("", "shrunken", keep=0.3))


class Storm:
    def __init__(self) -> None:
        self._share = 0.0
        self._chance = random.Random()
        self._slow_ms = 0
        self._without: frozenset[str] = frozenset()
        self.calls = 0
        self._drawn: list[Fault] = []

    def begin(self, wanted: Mapping[str, object]) -> None:
        """Let it begin anew, by its own seed. Raises FaultError."""
        known = {"one_in", "seed", "slow_ms", "without"}
        if strange := sorted(set(wanted) - known):
            raise FaultError(f"a storm has no {', '.join(strange)}; it has {sorted(known)}")
        one_in, slow_ms = wanted.get("one_in", 10), wanted.get("slow_ms", 1_000)
        without = wanted.get("without", [])
        if not isinstance(one_in, (int, float)) or one_in < 1:
            raise FaultError("one_in is 1 for every call, 10 for one call in ten")
        if not isinstance(slow_ms, int) or not isinstance(without, list):
            raise FaultError("slow_ms is a whole number, and without is a list of kinds")
        self._share = 1 / one_in
        self._chance = random.Random(f"storm {wanted.get('seed', 0)}")
        self._slow_ms = slow_ms
        self._without = frozenset(map(str, without))
        self.calls = 0
        self._drawn.clear()

    def end(self) -> None:
        self._share = 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "one_in": 1 / self._share if self._share else None,
            "calls": self.calls,
            "struck": dict(sorted(self.struck().items())),
        }

    def struck(self) -> Counter[str]:
        """How often each kind has struck since the storm began. What a call had no use for, such
        as a cursor for a page that is the last, did not strike."""
        return Counter(one.kind for one in self._drawn if one.struck)

    def over(self, call: Call) -> Call:
        """The call, with what befalls it."""
        if not self._share:
            return call
        self.calls += 1
        if self._chance.random() >= self._share:
            return call
        kinds = [one for one in _ways(call) if one.kind not in self._without]
        if not kinds:
            return call
        fault = replace(self._chance.choice(kinds), id="storm", ms=self._slow_ms)
        self._drawn.append(fault)
        return replace(call, befallen=fault)


def _ways(call: Call) -> tuple[Fault, ...]:
    """All ways in which this call can fail."""
    if call.path.startswith("/auth/"):
        return ANYWHERE + LOGIN
    if call.path.startswith("/presigned/"):
        return ANYWHERE + DOWNLOAD
    if call.path.startswith(("/ap/", "/apps/")):
        return ()  # pages that a person sees, who loads them again
    if call.path == "/attribution/report":
        return ANYWHERE + API + REPORT
    if call.path.startswith("/reports/") and call.method == "GET" and "/reports/ID" in call.path:
        return ANYWHERE + API + LISTING
    return ANYWHERE + API
