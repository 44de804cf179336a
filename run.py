"""`make run`: the processes of the Procfile over a rehearsal, left running until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from honcho.environ import parse_procfile

from house import data_dir, free_port, rehearsal
from supervision import supervised, until_told

_PROCFILE = Path(__file__).parent / "Procfile"
_USUAL_PORT = 8000


def main() -> int:
    port = free_port(os.environ.get("PORT") or _usual_port())
    commands = parse_procfile(_PROCFILE.read_text()).processes
    kept = {name: shlex.split(commands[name]) for name in ("web", "worker")}
    with rehearsal(data_dir(), port) as env, until_told() as told, supervised(kept, env):
        return _play(env, told)


def _play(env: Mapping[str, str], told: threading.Event) -> int:
    """Plays its days, says where everything is, and goes on waiting. A play is not begun twice:
    what it ends with is what we end with."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "demo.play", "--stay"], env=dict(env), start_new_session=True
    )
    try:
        while not told.wait(0.1):
            if (code := demo.poll()) is not None:
                return code
        return 0
    finally:
        demo.terminate()
        demo.wait()


def _usual_port() -> str | None:
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", _USUAL_PORT)) == 0
    return None if taken else str(_USUAL_PORT)


if __name__ == "__main__":
    sys.exit(main())
