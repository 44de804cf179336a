"""What a mutation was said to have done is there, once; what was refused is not."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.checking.facts import Facts
from chaos.checking.findings import Finding, Wrong
from chaos.checking.story import Line, Story


def check(story: Story, facts: Facts) -> Iterator[Finding]:
    for act in story.told("act"):
        if "audited" in act["effect"]:
            text = act["effect"]["audited"]
            yield from _once(act, f"entries of the audit with {text}", facts.audited[text])
    for what, by, found in (
        ("affiliate", "email", facts.affiliates),
        ("partnership", "affiliate", facts.partners),
        ("link", "sub_id", facts.links),
        ("key", "name", facts.keys),
    ):
        for act in story.effects(what):
            yield from _once(
                act, f"rows of the {what} {act['effect'][by]}", found[act["effect"][by]]
            )
    yield from _decisions(story, facts)
    yield from _statuses(story, facts)


def _once(act: Line, what: str, count: int) -> Iterator[Finding]:
    """Exactly once when it was done, never when it was refused, at most once when nobody knows."""
    told = f"the mutation {act['key']} is {act['outcome']}, and there are {count} {what}"
    if act["outcome"] == "ok" and not count:
        yield Finding(Wrong.LOST, told)
    if count > (act["outcome"] != "refused"):
        yield Finding(Wrong.PHANTOM, told)


def _decisions(story: Story, facts: Facts) -> Iterator[Finding]:
    for act in story.effects("decision"):
        wanted, found = (
            act["effect"]["verdict"],
            facts.verdicts.get(act["effect"]["conversion"], []),
        )
        yield from _once(act, "decisions", len(found))
        if found and found != [wanted]:
            yield Finding(
                Wrong.DIFFERENT, f"the mutation {act['key']} wanted {wanted}, and it is {found}"
            )


def _statuses(story: Story, facts: Facts) -> Iterator[Finding]:
    """Nobody else touches these partnerships, and one mutation comes after the other."""
    possible: dict[str, set[str]] = {}
    for act in story.effects("status"):
        wanted, id = act["effect"]["status"], act["effect"]["partnership"]
        before = possible.setdefault(id, {"ACTIVE"})
        if act["outcome"] == "ok":
            possible[id] = {wanted}
        elif act["outcome"] == "unknown":
            possible[id] = before | {wanted}
    for id, statuses in possible.items():
        if facts.statuses.get(id) not in statuses:
            yield Finding(
                Wrong.LOST,
                f"the partnership {id} is {facts.statuses.get(id)}, and was left as one of"
                f" {sorted(statuses)}",
            )
