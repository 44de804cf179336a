"""How long it took, from the end of each fault, until people and work got on again."""

from __future__ import annotations

from typing import NamedTuple

from chaos.checking.facts import Facts
from chaos.checking.story import Story

Spans = list[tuple[float, float]]
"""Beginnings and ends."""
_SOON_S = 5
"""A kind of work that is not taken up within so many seconds had nothing to do."""


class Recovery(NamedTuple):
    seconds: float
    kind: str
    at: float
    """The second of the run at which the fault was over."""


def recoveries(story: Story, facts: Facts) -> list[Recovery]:
    """The longest first. A fault that ends within another is measured from that one's end.

    People have to get on again, and each kind of work that was taken up soon after.
    """
    faults = story.faults()
    begun = next((one["start"] for one in story.told("faults")), 0)
    asked, worked = _asked(story), _worked(facts)
    found = []
    for fault in faults:
        end = fault["end"]
        if any(other["start"] < end < other["end"] for other in faults):
            continue
        waits = [_until(end, asked)]
        waits += [_until(end, spans) for spans in worked.values() if _begins_soon(end, spans)]
        found.append(Recovery(round(max(waits), 1), fault["kind"], round(end - begun, 1)))
    return sorted(found, reverse=True)


def takeovers(story: Story, facts: Facts) -> list[float]:
    """Seconds from the end, or the standing still, of a worker until another did what it was at:
    those in which PostgreSQL was there to say so. The longest first.

    One that stands still and goes on goes on with what it was at, unless it was taken from it.
    """
    stops = [
        (end["at"], float("inf"))
        for end in story.told("ended")
        if end["process"].startswith("worker")
    ]
    stops += [(f["start"], f["end"]) for f in story.faults() if f["kind"] == "WORKER_FROZEN"]
    held: dict[object, tuple[object, float]] = {}
    found = []
    for note in facts.notes:
        holder, since = held.get(note.duty, (None, 0.0))
        if holder is not None and note.token is not None and note.token != holder:
            left = [stop for stop, back in stops if since < stop < note.at < back]
            if left:
                found.append(note.at - min(left) - _away(story, min(left), note.at))
        if note.token != holder:
            held[note.duty] = note.token, note.at
    return sorted(found, reverse=True)


def _away(story: Story, begin: float, end: float) -> float:
    """So many seconds of these PostgreSQL was away."""
    away, until = 0.0, begin
    for fault in sorted(story.faults(), key=lambda fault: float(fault["start"])):
        if fault["kind"].startswith("POSTGRES_"):
            since, until = max(fault["start"], until), max(until, min(fault["end"], end))
            away += max(0.0, until - since)
    return away


def _begins_soon(end: float, spans: Spans) -> bool:
    return any(end <= begun <= end + _SOON_S for begun, _ in spans)


def _until(end: float, spans: Spans) -> float:
    """Seconds until something that was begun after `end` was done; no end if nothing was."""
    return min((done for begun, done in spans if begun >= end), default=float("inf")) - end


def _asked(story: Story) -> Spans:
    """Beginning and end of what people did and what was answered."""
    return [
        (line["start"], line["at"])
        for op in ("click", "act")
        for line in story.told(op)
        if line["outcome"] == "ok"
    ]


def _worked(facts: Facts) -> dict[str, Spans]:
    """The same of duties by kind, from the claim until it is done."""
    claims: dict[tuple[object, object], float] = {}
    spans: dict[str, Spans] = {}
    for note in facts.notes:
        key = note.duty, note.token
        if note.what == "changed" and note.token is not None:
            claims.setdefault(key, note.at)
        elif note.what == "removed" and key in claims:
            spans.setdefault(note.kind, []).append((claims.pop(key), note.at))
    return spans
