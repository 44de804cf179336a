"""Processes that are kept running, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from supervision import supervised

STAYS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('up', flush=True); time.sleep(60)",
]


def until(happened: Callable[[], bool], within_s: float) -> None:
    begun = time.monotonic()
    while not happened():
        assert time.monotonic() - begun < within_s, "it has not happened"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_what_was_killed_runs_again_and_the_others_go_on(tmp_path: Path) -> None:
    said: list[str] = []
    with (tmp_path / "log").open("w") as log:
        logs = {"web": log, "worker": log}
        commands = {"web": STAYS, "worker": STAYS}
        with supervised(commands, os.environ, logs=logs, say=said.append) as running:
            web, first = running["web"].pid, running["worker"].pid
            os.kill(first, signal.SIGKILL)

            until(lambda: running["worker"].restarts == 1, within_s=5)
            second = running["worker"].pid

            assert second != first
            assert (running["web"].pid, running["web"].restarts) == (web, 0)
    assert gone(web)
    assert gone(second)
    [line] = said
    assert line.startswith("worker was ended by SIGKILL after")
    assert line.endswith("again in 0.5 s")


def test_what_dies_at_once_is_started_after_longer_and_longer_pauses() -> None:
    said: list[str] = []
    dies = [sys.executable, "-c", "raise SystemExit(3)"]
    with supervised({"worker": dies}, os.environ, say=said.append):
        until(lambda: len(said) == 3, within_s=5)
    assert all(line.startswith("worker ended with 3 after") for line in said)
    assert [line.split()[-2] for line in said] == ["0.5", "1.0", "2.0"]


def test_who_does_not_stop_is_killed_when_the_time_is_up(tmp_path: Path) -> None:
    said: list[str] = []
    with (tmp_path / "log").open("w") as log:
        logs = {"deaf": log, "worker": log}
        commands = {"deaf": DEAF, "worker": STAYS}
        with supervised(commands, os.environ, logs=logs, stop_s=0.3, say=said.append) as running:
            pids = [one.pid for one in running.values()]
            until(lambda: (tmp_path / "log").read_text().count("up") == 2, within_s=5)
    assert all(gone(pid) for pid in pids)
    assert said == ["deaf does not stop, and is killed"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_who_supervises_stops_them_in_order(tmp_path: Path, number: int) -> None:
    """Ctrl-C reaches nobody but who supervises."""
    code = (
        "import sys; from supervision import supervised, until_told\n"
        "with until_told() as told, supervised({'one': sys.argv[1:]}, {}) as running:\n"
        "    print(running['one'].pid, flush=True); told.wait()\n"
        "print('stopped')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "sleep", "60"], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parent.parent,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.send_signal(number)
        assert process.stdout.readline() == "stopped\n"
        assert process.wait(5) == 0
    assert gone(pid)
