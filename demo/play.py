"""Plays the demo against running processes: `python -m demo.play --stay` for `make run`.

Reads PUBLIC_URL, AMAZON_ORIGIN, MAIL_OUTBOX and WEBHOOK_RECEIVERS of the rehearsal's environment,
and what `cli` reads. What happened is told on standard output, how far it is on standard error, and
the last line is JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo import account, cast, ledger, reckoning
from demo.api import Api
from demo.box import Box
from demo.errors import Trouble
from demo.ledger import Ledger
from demo.processes import Begun, Running, begin, check, verify_audit, wait_until_ready
from demo.reckoning import Reckoning
from demo.scene import Scene
from demo.story import Story

_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    key: str
    """With which the account may be asked further."""
    agrees: bool
    """Whether the cents are the same wherever they are counted."""


async def play(env: Mapping[str, str], begun: Begun, running: Running, begun_s: float) -> Outcome:
    """The whole demo, told when it ends. Raises Trouble."""
    played_s = time.monotonic()
    try:
        async with AsyncExitStack() as doors:
            http, browser = [
                await doors.enter_async_context(
                    httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S)
                )
                for _ in range(2)
            ]
            amazon, api = Box(http, env["AMAZON_ORIGIN"]), Api(http, env["PUBLIC_URL"], {})
            outbox = Path(env["MAIL_OUTBOX"])
            scene = Scene(api, amazon, browser, await amazon.now(), running, outbox, doors)
            story = Story(scene, begun, env["WEBHOOK_RECEIVERS"].partition(",")[0])
            with _progress() as progress:
                task = progress.add_task("Connecting", total=cast.DAYS)
                await story.play(
                    lambda what, day: progress.update(task, description=what, completed=day)
                )
            read_s = time.monotonic()
            book, entries = await asyncio.gather(
                ledger.read(scene), asyncio.to_thread(verify_audit, env, begun.account)
            )
            found = await reckoning.reckon(scene, book)
    except httpx.HTTPError as error:
        check(running)
        raise Trouble(f"A server did not answer: {error!r}", "web") from error
    facts = [
        *reckoning.check(book, found),
        *story.hearing.facts(),
        f"{entries} entries of the audit are as they were written, one held by the next.",
    ]
    sys.stderr.write(
        f"Started in {played_s - begun_s:.1f} s, played in {read_s - played_s:.1f} s, "
        f"checked in {time.monotonic() - read_s:.1f} s.\n"
    )
    account.tell(story, book, found, facts)
    last = _last_line(book, found, story, entries, time.monotonic() - begun_s)
    sys.stdout.write(json.dumps(last) + "\n")
    sys.stdout.flush()
    return Outcome(story.office.key, last["demo"] == "ok")


def _last_line(
    book: Ledger, found: Reckoning, story: Story, entries: int, seconds: float
) -> dict[str, object]:
    room, hearing = story.room, story.hearing
    different = found.differences or room.difference_minor
    return {
        "demo": "different" if different else "ok",
        "conversions": len(book.conversions),
        "settled": sum(one.settled for one in book.conversions),
        "approved": book.count("APPROVED"),
        "denied": book.count("DENIED"),
        "commission_minor": sum(one.due.commission_minor for one in book.conversions),
        "expected_commission_minor": found.expected_minor,
        "difference_minor": found.difference_minor,
        "affiliate_room_difference_minor": room.difference_minor,
        "masked_affiliates": sum(not one.visible for one in book.standings.values()),
        "audit_entries": entries,
        "webhooks": hearing.brand.heard + hearing.affiliate.heard,
        "seconds": round(seconds, 1),
    }


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<40}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def main() -> int:
    begun_s = time.monotonic()
    env = os.environ
    try:
        begun = begin(env)
        wait_until_ready(env["PUBLIC_URL"], {})
        played = asyncio.run(play(env, begun, {}, begun_s))
    except Trouble as trouble:
        sys.stderr.write(f"The demo cannot go on. {trouble}\n")
        return 1
    if "--stay" in sys.argv[1:]:
        sys.stdout.write(_where_everything_is(env, begun, played.key))
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0
    return 0 if played.agrees else 1


def _where_everything_is(env: Mapping[str, str], begun: Begun, key: str) -> str:
    people = "\n".join(
        f"  {one.email:<22} {what}"
        for one, what in (
            (cast.OPERATOR, f"operator, and owner of the account: Acting-As {begun.account}"),
            (cast.MANAGER, "manager of the account"),
            (cast.APPLICANT, "affiliate"),
        )
    )
    nora = f'email: "{cast.APPLICANT.email}", password: "{cast.PASSWORD}"'
    folder = f"DATA_DIR='{env['DATA_DIR']}' " if env.get("DATA_DIR") else ""
    return f"""
The API       {env["PUBLIC_URL"]}/graphql (GraphiQL in a browser), asked in one of two ways:
As a tool     in its pane Headers, {{"Authorization": "Bearer {key}"}}
As a person   in its pane Headers, {{"X-Requested-By": "graphiql"}}; then run
  mutation {{ signIn({nora}) {{ __typename }} }}
{people}
              All have that password. Whoever has two seats says which by the header Acting-As.
Letters       {env["MAIL_OUTBOX"]}
For `cli`     {folder}DATABASE_URL='{env["DATABASE_URL"]}' .venv/bin/python -m cli --help
The sandbox   {env["AMAZON_ORIGIN"]}/sandbox/world
What to try   docs/walkthrough-brand.md, -affiliate.md and -operator.md
Ctrl-C stops everything.
"""


if __name__ == "__main__":
    sys.exit(main())
