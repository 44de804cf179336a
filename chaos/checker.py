"""Says what was lost: `python -m chaos.checker HISTORY DATABASE_URL`.

The last line is JSON; above it, what is wrong. Exit code 0 when nothing is.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

from chaos.checking import acts, canaries, clicks, duties, facts, money, webhooks
from chaos.checking.facts import Facts
from chaos.checking.findings import Finding, Wrong
from chaos.checking.recovery import recoveries, takeovers
from chaos.checking.story import Story

_SHOWN = 60
_SLOWEST = 3


def findings(story: Story, found: Facts) -> list[Finding]:
    """Everything that is wrong."""
    wrong = [
        *duties.check(story, found),
        *acts.check(story, found),
        *clicks.check(story, found),
        *clicks.available(story),
        *webhooks.check(story, found),
        *money.check(story, found),
    ]
    if not story.told("quiet"):
        left = "".join(str(line) for line in story.told("not_quiet"))
        wrong.append(Finding(Wrong.LOST, f"there was no end to the work: {left}"))
    return wrong


def verdict(story: Story, found: Facts, wrong: list[Finding]) -> dict[str, object]:
    """The last line."""
    count = Counter(one.wrong for one in wrong)
    begin = story.told("begin")[0]
    slowest = recoveries(story, found)
    return {
        "chaos": "failed" if wrong else "ok",
        "seconds": begin["seconds"],
        "seed": begin["seed"],
        "faults": len(story.faults()),
        "duties": duties.promised(found),
        "done": duties.done(found),
        "lost": count[Wrong.LOST],
        "phantom": count[Wrong.PHANTOM],
        "mutations": sum(act["outcome"] == "ok" for act in story.told("act")),
        "clicks": sum(found.clicks.values()),
        "clicks_lost": count[Wrong.CLICK_LOST],
        "webhooks": webhooks.delivered(story),
        "webhooks_lost": count[Wrong.WEBHOOK_LOST],
        "different": count[Wrong.DIFFERENT],
        "leaked": count[Wrong.LEAKED],
        "unavailable": count[Wrong.UNAVAILABLE],
        "recovery_p100_s": slowest[0].seconds if slowest else 0,
        "takeover_p100_s": round(max(takeovers(story, found), default=0), 1),
    }


def tell(story: Story, found: Facts, wrong: list[Finding]) -> str:
    """What people read, and the last line."""
    went_on, came = clicks.answered_without_database(story)
    lines = [f"{one.wrong}: {one.what}" for one in wrong[:_SHOWN]]
    if len(wrong) > _SHOWN:
        lines.append(f"... and {len(wrong) - _SHOWN} more")
    lines += [
        f"{one.seconds} s to recover from {one.kind}, over at second {one.at}"
        for one in recoveries(story, found)[:_SLOWEST]
    ]
    lines.append(f"{went_on} of {came} clicks on known links went on while PostgreSQL was away")
    lines.append(f"{webhooks.repeated(story)} webhooks came again after they had been taken")
    lines.append(json.dumps(verdict(story, found, wrong)))
    return "\n".join(lines) + "\n"


def main() -> int:
    if len(sys.argv) != 3:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    file, url = Path(sys.argv[1]), sys.argv[2]
    story, found = Story.read(file), asyncio.run(facts.read(url))
    secrets = canaries.of_story(story) | asyncio.run(canaries.of_database(url))
    wrong = [*findings(story, found), *canaries.check(file.parent, secrets)]
    sys.stdout.write(tell(story, found, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
