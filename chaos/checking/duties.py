"""Every duty that was committed is done, or waits for its time; none that nobody promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from chaos.checking.facts import Facts, Note, Open
from chaos.checking.findings import Finding, Wrong
from chaos.checking.story import Story


def check(story: Story, facts: Facts) -> Iterator[Finding]:
    lives: dict[object, list[Note]] = {}
    for note in facts.notes:
        lives.setdefault(note.duty, []).append(note)
    still_there = {duty.id: duty for duty in facts.duties}
    clock = story.told("clock")
    now = datetime.fromisoformat(clock[-1]["now"]) if clock else datetime.max.replace(tzinfo=UTC)
    for id, life in lives.items():
        name = f"the duty {life[0].kind} of {life[0].subject}"
        yield from _life(name, life)
        if life[-1].what != "removed" and id not in still_there:
            yield Finding(Wrong.LOST, f"{name} was promised, is not done, and is gone")
    for duty in facts.duties:
        if duty.id not in lives:
            yield Finding(Wrong.PHANTOM, f"the duty {duty.kind} of {duty.subject} was not promised")
        yield from _waits(duty, now)


def done(facts: Facts) -> int:
    return sum(note.what == "removed" for note in facts.notes)


def promised(facts: Facts) -> int:
    return sum(note.what == "promised" for note in facts.notes)


def _life(name: str, life: list[Note]) -> Iterator[Finding]:
    if life[0].what != "promised":
        yield Finding(Wrong.PHANTOM, f"{name} was {life[0].what} before anybody promised it")
    ends = [place for place, note in enumerate(life) if note.what == "removed"]
    for place in ends:
        note = life[place]
        if place != len(life) - 1:
            yield Finding(Wrong.PHANTOM, f"{name} was {life[place + 1].what} after it was done")
        if note.token is None:
            yield Finding(Wrong.PHANTOM, f"{name} was removed by somebody without a lease")
        elif not note.attempts:
            yield Finding(Wrong.LOST, f"{name} was promised again while it was done, and forgotten")


def _waits(duty: Open, now: datetime) -> Iterator[Finding]:
    name = f"the duty {duty.kind} of {duty.subject}"
    if duty.dead:
        yield Finding(Wrong.LOST, f"{name} was given up: {duty.error}")
    elif duty.leased:
        yield Finding(Wrong.LOST, f"{name} is leased by nobody who is at it: {duty.error}")
    elif duty.run_at <= now:
        yield Finding(Wrong.LOST, f"{name} was due at {duty.run_at} and is not done: {duty.error}")
