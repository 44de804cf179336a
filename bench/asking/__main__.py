"""A few seconds of some of the ways, on the database that `make bench ONLY=ask` made; to look at.

python -m bench.asking WAY ... [--first 50] [--seconds 4] [--keep]

With --keep the processes stay until Ctrl-C, for a profiler; their ports and keys are printed.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from bench import ask
from bench.asking import ways
from embedded import start_postgres

_WAYS: dict[str, Callable[[], ways.Way]] = {
    "ours": lambda: ways.OURS,
    "by_hand": lambda: ways.BY_HAND,
    "postgraphile": lambda: ways.postgraphile(ask.data_folder() / "postgraphile"),
    "data_loaders": lambda: ways.DATA_LOADERS,
}


def main() -> None:
    asked = argparse.ArgumentParser(prog="bench.asking")
    asked.add_argument("ways", nargs="+", choices=_WAYS)
    asked.add_argument("--first", type=int, default=50)
    asked.add_argument("--seconds", type=int, default=4)
    asked.add_argument("--keep", action="store_true")
    given = asked.parse_args()
    server = start_postgres(Path(os.environ.get("DATA_DIR", ".data")) / "bench" / "postgres", {})
    url = server.get_uri(database="bench_ask")
    keys = list(uvloop.run(ask.keys_of_accounts(url)).values())
    with ask.started([_WAYS[name]() for name in given.ways], url, keys) as all_:
        ask.compare(all_, given.first)
        for _ in range(2):
            for each in all_:
                found = each.figures(given.first, given.seconds)
                print(f"{each.way.name:13} {found.rps:6.0f}/s  p99 {found.p99_ms:.1f} ms")
        if given.keep:
            for each in all_:
                print(f"{each.way.name}: {each.url}  Authorization: Bearer {keys[0]}")
            while True:
                time.sleep(1)


if __name__ == "__main__":
    main()
