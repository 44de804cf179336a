"""Plays the demo against running processes: `python -m demo.play --stay` for `make run`.

Reads PUBLIC_URL and AMAZON_ORIGIN of the rehearsal's environment. What happened is told on standard
output, how far it is on standard error, and the last line is JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo import account, cast, ledger, reckoning
from demo.api import Api
from demo.box import Box
from demo.errors import Trouble
from demo.ledger import Ledger
from demo.processes import Running, check, create_account, wait_until_ready
from demo.reckoning import Reckoning
from demo.scene import Scene
from demo.story import Story

_TIMEOUT_S = 30


async def play(env: Mapping[str, str], key: str, running: Running, begun_s: float) -> int:
    """The whole demo, told when it ends; the exit code. Raises Trouble."""
    played_s = time.monotonic()
    try:
        async with (
            httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S) as http,
            httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S) as browser,
        ):
            amazon, api = Box(http, env["AMAZON_ORIGIN"]), Api(http, env["PUBLIC_URL"], key)
            scene = Scene(api, amazon, browser, await amazon.now(), running)
            story = Story(scene)
            with _progress() as progress:
                task = progress.add_task("Connecting", total=cast.DAYS)
                await story.play(
                    lambda what, day: progress.update(task, description=what, completed=day)
                )
            read_s = time.monotonic()
            book = await ledger.read(scene)
            found = await reckoning.reckon(scene, book)
    except httpx.HTTPError as error:
        check(running)
        raise Trouble(f"A server did not answer: {error!r}", "web") from error
    facts = reckoning.check(book, found)
    sys.stderr.write(
        f"Started in {played_s - begun_s:.1f} s, played in {read_s - played_s:.1f} s, "
        f"checked in {time.monotonic() - read_s:.1f} s.\n"
    )
    account.tell(story, book, found, facts)
    sys.stdout.write(json.dumps(_last_line(book, found, time.monotonic() - begun_s)) + "\n")
    sys.stdout.flush()
    return 1 if found.differences else 0


def _last_line(book: Ledger, found: Reckoning, seconds: float) -> dict[str, object]:
    return {
        "demo": "different" if found.differences else "ok",
        "conversions": len(book.conversions),
        "settled": sum(one.settled for one in book.conversions),
        "approved": book.count("APPROVED"),
        "denied": book.count("DENIED"),
        "commission_minor": sum(one.due.commission_minor for one in book.conversions),
        "expected_commission_minor": found.expected_minor,
        "difference_minor": found.difference_minor,
        "masked_affiliates": sum(not one.visible for one in book.standings.values()),
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
    url = os.environ["PUBLIC_URL"]
    try:
        wait_until_ready(url, {})
        key = create_account(os.environ)
        code = asyncio.run(play(os.environ, key, {}, begun_s))
    except Trouble as trouble:
        sys.stderr.write(f"The demo cannot go on. {trouble}\n")
        return 1
    if "--stay" in sys.argv[1:]:
        sys.stdout.write(
            f"\nThe API:      {url}/graphql (GraphiQL in a browser)\n"
            f"Its key:      Authorization: Bearer {key}\n"
            f"The sandbox:  {os.environ['AMAZON_ORIGIN']}/sandbox/world\n"
            "Ctrl-C stops everything.\n"
        )
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
