"""The load: eight connections that each ask again as soon as they are answered.

`wrk` makes it where it is installed, since it takes least of the two cores that everybody shares;
else a client of our own, a process of raw connections (`python -m bench.asking.connections`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
_SCRIPT = Path(__file__).with_name("post.lua")


class Failed(Exception):
    """Something was answered that should not be."""


@dataclass(frozen=True, slots=True)
class Figures:
    rps: float
    p99_ms: float


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "own"


def ask(url: str, body: bytes, keys: Sequence[str], shortest: int, seconds: int) -> Figures:
    """Posts the body for so long, each time with the next key.

    Raises Failed when nothing is answered, when a connection breaks, when an answer is not 200, or
    says `errors`, or has fewer bytes than the shortest that is right.
    """
    with tempfile.TemporaryDirectory(prefix="clickledger-") as folder:
        Path(folder, "body").write_bytes(body)
        Path(folder, "keys").write_text("\n".join(keys))
        Path(folder, "shortest").write_text(str(shortest))
        if generator() == "wrk":
            load = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s"]
            load += ["-s", str(_SCRIPT), url, "--", folder]
        else:
            load = [sys.executable, "-m", "bench.asking.connections", url, str(seconds), folder]
        done = subprocess.run(load, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{load[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    if said["broken"] != "0" or said["refused"] != "0":
        raise Failed(
            f"{url}: {said['refused']} answers of {said['requests']} are not what was compared,"
            f" {said['broken']} connections broke. One of the answers: {said['example']}"
        )
    if said["requests"] == "0":
        raise Failed(f"{url}: nothing was answered in {seconds} s")
    return Figures(
        int(said["requests"]) / int(said["microseconds"]) * 1_000_000, int(said["p99"]) / 1_000
    )
