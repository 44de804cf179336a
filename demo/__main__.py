"""`make demo`: starts everything, plays, prints, stops everything. Exits 0 when the cents agree."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from types import FrameType

from demo.errors import Trouble
from demo.play import play
from demo.processes import begin, log_of, product, tail, wait_until_ready
from house import data_dir, free_port, rehearsal


def main() -> int:
    begun_s = time.monotonic()
    signal.signal(signal.SIGTERM, _stop)
    data = data_dir()
    try:
        sys.stderr.write("Starting PostgreSQL, Valkey and Amazon in a box ...\n")
        with (
            rehearsal(data, free_port(os.environ.get("PORT"))) as env,
            product(env, data) as running,
        ):
            try:
                begun = begin(env)
                wait_until_ready(env["PUBLIC_URL"], running)
                return 0 if asyncio.run(play(env, begun, running, begun_s)).agrees else 1
            except Trouble as trouble:
                log = log_of(trouble.process, data)
                sys.stderr.write(f"\nThe demo cannot go on. {trouble}\n\n{tail(log)}\n")
                return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130


def _stop(number: int, frame: FrameType | None) -> None:
    """Being asked to stop is like Ctrl-C: everything that was started is stopped too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
