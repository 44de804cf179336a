"""`make run`: the processes of the Procfile over a rehearsal, left running until Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from honcho.environ import parse_procfile
from honcho.manager import Manager

from house import data_dir, free_port, rehearsal

_PROCFILE = Path(__file__).parent / "Procfile"
_USUAL_PORT = 8000


def main() -> int:
    port = free_port(os.environ.get("PORT") or _usual_port())
    with rehearsal(data_dir(), port) as env:
        manager = Manager()
        processes = parse_procfile(_PROCFILE.read_text()).processes
        for name in ("web", "worker"):
            manager.add_process(name, processes[name], env=env)
        # Plays its days, says where everything is, and goes on waiting.
        manager.add_process("demo", f"{sys.executable} -m demo.play --stay", env=env)
        manager.loop()
        return int(manager.returncode or 0)


def _usual_port() -> str | None:
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", _USUAL_PORT)) == 0
    return None if taken else str(_USUAL_PORT)


if __name__ == "__main__":
    sys.exit(main())
