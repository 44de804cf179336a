"""Every click that was sent on is counted once, and none is counted that nobody made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chaos.checking.facts import Facts
from chaos.checking.findings import Finding, Wrong
from chaos.checking.story import Line, Story

_AWAY = "POSTGRES_DOWN", "POSTGRES_RESTARTED"
_STARTING_S = 10
"""That a process of the API may take to come back under load."""


def check(story: Story, facts: Facts) -> Iterator[Finding]:
    certain, open = Counter[str](), Counter[str]()
    for click in story.told("click"):
        if click["outcome"] == "ok":
            certain[click["code"]] += 1
        elif click["outcome"] == "unknown":
            open[click["code"]] += 1
    for code in sorted(certain.keys() | open.keys() | facts.clicks.keys()):
        least, most = certain[code], certain[code] + open[code]
        counted = facts.clicks[code]
        asked = f"the link {code} was opened {least} times for certain and {most} at the most"
        for _ in range(least - counted):
            yield Finding(Wrong.CLICK_LOST, f"{asked}, and {counted} clicks are counted")
        for _ in range(counted - most):
            yield Finding(Wrong.PHANTOM, f"{asked}, but {counted} clicks are counted")


def answered_without_database(story: Story) -> tuple[int, int]:
    """Of clicks on known links while PostgreSQL was away: how many went on, and how many came."""
    asked = list(_while_away(story))
    return sum(click["status"] == 302 for click in asked), len(asked)


def available(story: Story) -> Iterator[Finding]:
    """A link that the process has opened before is opened without the database too."""
    for click in _while_away(story):
        if click["status"] != 302:
            yield Finding(
                Wrong.UNAVAILABLE,
                f"the known link {click['code']} was answered {click['status']} at "
                f"{click['start']}, while PostgreSQL was away and the API was not",
            )


def _while_away(story: Story) -> Iterator[Line]:
    """Clicks on links that were opened before, by a process that nothing else had happened to."""
    away = [(f["start"], f["end"]) for f in story.faults() if f["kind"] in _AWAY]
    troubled = [
        *((f["start"], f["end"] + 1) for f in story.faults() if f["kind"].startswith("API_")),
        *(
            (end["at"] - 1, end["at"] + _STARTING_S)
            for end in story.told("ended")
            if end["process"] == "api"
        ),
    ]
    starts = sorted(end for _, end in troubled)
    opened: dict[str, float] = {}
    for click in story.told("click"):
        start = click["start"]
        since = max((moment for moment in starts if moment < start), default=0)
        known = opened.get(click["code"], -1) > since
        if click["outcome"] == "ok":
            opened.setdefault(click["code"], start)
            if opened[click["code"]] <= since:
                opened[click["code"]] = start
        if not known or any(begin <= start <= end for begin, end in troubled):
            continue
        if any(begin + 0.5 <= start <= end for begin, end in away):
            yield click
