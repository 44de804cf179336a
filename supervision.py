"""Processes that are kept running: whichever ends is started anew, and all are stopped in the end.

A process that dies again and again is started after longer and longer pauses. Each runs in a
session of its own, so that Ctrl-C is for whoever supervises, who then stops them in order: SIGTERM,
and SIGKILL for what is still there when the time is up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import Final, TextIO

STOP_S: Final = 25.0
"""A worker takes up to 24.5 seconds to finish what it is at."""
_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0)
_WELL_S: Final = 10.0
"""Whoever has run for so long did not die at once: the pauses begin anew."""
_LOOK_S: Final = 0.1


class Supervised:
    """One command that is running, or soon will be again."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str], log: TextIO | None,
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        self.name = name
        self.restarts = 0
        self._command, self._env, self._log, self._say = list(command), dict(env), log, say
        self._deaths = 0
        self._stopping, self._turn = threading.Event(), threading.Lock()
        self._begin()
        self._watching = threading.Thread(target=self._watch, name=f"watch {name}", daemon=True)
        self._watching.start()

    @property
    def pid(self) -> int:
        """Of the process that runs, or ran last."""
        return self._process.pid

    def _begin(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - commands of our own
            self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=self._log, start_new_session=True,
        )  # fmt: skip
        self._begun = time.monotonic()

    def _watch(self) -> None:
        while True:
            code = self._process.wait()
            if self._stopping.is_set():
                return
            ran_s = time.monotonic() - self._begun
            self._deaths = 1 if ran_s >= _WELL_S else self._deaths + 1
            pause_s = _PAUSES_S[min(self._deaths, len(_PAUSES_S)) - 1]
            self._say(f"{self.name} {_how(code)} after {ran_s:.1f} s; again in {pause_s} s")
            if self._stopping.wait(pause_s):
                return
            with self._turn:
                if self._stopping.is_set():
                    return
                self._begin()
            self.restarts += 1

    def tell_to_stop(self) -> None:
        with self._turn:  # nobody is started in the moment in which all are told
            self._stopping.set()
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Until it is gone, by force after `until`, a moment of time.monotonic."""
        self._watching.join(max(until - time.monotonic(), 0))
        if self._process.poll() is None:
            self._say(f"{self.name} does not stop, and is killed")
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _how(code: int) -> str:
    return f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def supervised(
    commands: Mapping[str, Sequence[str]],
    env: Mapping[str, str],
    *,
    logs: Mapping[str, TextIO] | None = None,
    stop_s: float = STOP_S,
    say: Callable[[str], None] = _say,
) -> Iterator[dict[str, Supervised]]:
    """Keep these commands running, by name; they are gone at the end, `stop_s` later at most.

    What they write goes where our own lines go, or to a file of `logs`.
    """
    running: dict[str, Supervised] = {}
    try:
        for name, command in commands.items():
            running[name] = Supervised(name, command, env, (logs or {}).get(name), say)
        yield running
    finally:
        until = time.monotonic() + stop_s
        for one in running.values():
            one.tell_to_stop()
        for one in running.values():
            one.wait(until)


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, in place of ending the process on the spot."""
    told = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        told.set()

    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.signal(number, hear))
        yield told
