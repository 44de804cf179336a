"""Faults that can be ordered: what goes wrong, where, how often and how likely."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import msgspec

KINDS = {
    "throttled": "429; retry_after in seconds or null for none; body json or html",
    "status": "the given status (500, 502, 503, 504, 404, 406, 415, 422 …); body json or html",
    "slow": "waits ms before it answers",
    "expired_token": "the access token is called expired: 401, and 403 on the selling API",
    "truncated": "the body is cut in the middle",
    "lost": "the connection breaks in the middle of the answer",
    "blank": "200 without a byte",
    "html": "200 with a page of HTML",
    "mistyped": "the right answer, called text/plain",
    "repeated_cursor": "a report page carries the cursor it was asked with",
    "repeated_page": "a report page after the first begins with the rows of the page before",
    "empty_page": "a report page has no rows and a cursor",
    "null_ids": "CREATIVE rows come with creativeId null and without metrics",
    "brb_refused": "asking for brb_bonus_amount is answered 400",
    "brb_absent": "brb_bonus_amount is left out of every row",
    "totals_refused": "the total metrics are answered 400 Invalid metric",
    "not_eligible": "the profile is called not authorized to use Attribution",
    "unavailable": "the token endpoint answers 400 temporarily_unavailable",
    "unfinished": "a listings report is still called IN_PROGRESS",
    "damaged": "bytes of a downloaded listings file are others",
    "invalid_client": "the token endpoint refuses the client",
    "invalid_grant": "the token endpoint calls the grant revoked",
    "shrunken": "a report or a listings file keeps only the share `keep` of its rows",
}


class FaultError(ValueError):
    """A fault was ordered that cannot be."""


@dataclass(slots=True)
class Fault:
    """One fault. A field left None matches everything."""

    id: str
    kind: str
    path: str | None = None
    """The beginning of the path, without a region's prefix."""
    method: str | None = None
    level: str | None = None
    """CAMPAIGN, ADGROUP, CREATIVE or PRODUCTS: report calls of that level only."""
    profile: str | None = None
    times: int | None = None
    """How often it still strikes; None means until it is taken away."""
    probability: float = 1.0
    status: int = 500
    retry_after: int | None = None
    body: str = "json"
    ms: int = 0
    keep: float = 0.1
    struck: int = 0
    """How often it has struck."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a fault is matched against."""

    path: str
    method: str
    level: str | None = None
    profile: str | None = None
    befallen: Fault | None = None
    """What a storm has in store for this call alone."""


class Faults:
    """The faults that are on. Chance is drawn from the world's seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"faults {seed}")
        self._ordered: dict[str, Fault] = {}
        self._made = 0

    def all(self) -> list[Fault]:
        return list(self._ordered.values())

    def order(self, wanted: Mapping[str, object]) -> Fault:
        known = {one.name for one in fields(Fault)} - {"id", "struck"}
        strange = sorted(set(wanted) - known)
        if strange:
            raise FaultError(
                f"a fault has no {', '.join(strange)}; it has {', '.join(sorted(known))}"
            )
        kind = wanted.get("kind")
        if kind not in KINDS:
            raise FaultError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        self._made += 1
        try:
            fault = msgspec.convert({**wanted, "id": f"fault-{self._made}"}, Fault)
        except msgspec.ValidationError as wrong:
            raise FaultError(str(wrong)) from None
        if not 0 <= fault.probability <= 1 or not 0 <= fault.keep <= 1:
            raise FaultError("probability and keep lie between 0 and 1")
        self._ordered[fault.id] = fault
        return fault

    def clear(self, id: str | None = None) -> int:
        """Take one fault away, or all of them; how many that were."""
        if id is None:
            count = len(self._ordered)
            self._ordered.clear()
            return count
        return 0 if self._ordered.pop(id, None) is None else 1

    def strike(self, call: Call, *kinds: str) -> Fault | None:
        """The first fault of these kinds that strikes this call, counted as struck."""
        if call.befallen is not None and call.befallen.kind in kinds:
            call.befallen.struck += 1
            return call.befallen
        for fault in self._ordered.values():
            if fault.kind not in kinds or not _matches(fault, call):
                continue
            if fault.times is not None and fault.struck >= fault.times:
                continue
            if fault.probability < 1 and self._chance.random() >= fault.probability:
                continue
            fault.struck += 1
            return fault
        return None


def _matches(fault: Fault, call: Call) -> bool:
    return (
        (fault.path is None or call.path.startswith(fault.path))
        and (fault.method is None or call.method == fault.method.upper())
        and (fault.level is None or call.level == fault.level)
        and (fault.profile is None or call.profile == fault.profile)
    )


def as_json(fault: Fault) -> dict[str, object]:
    return asdict(fault)
