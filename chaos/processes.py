"""The product's processes, kept running as an installation keeps them, and signals to them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

from chaos.history import History
from supervision import Supervised, supervised

_TO_ALL = signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT
"""A process cannot hand these on to what it has started."""


class Kept:
    """One of them, under whatever process id it has at the moment."""

    def __init__(self, one: Supervised) -> None:
        self._one = one

    def strike(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it has just ended, and is started anew
            if number in _TO_ALL:
                os.killpg(self._one.pid, number)
            else:
                os.kill(self._one.pid, number)

    async def freeze(self, seconds: float) -> None:
        """It stands still, and does not know it when it goes on."""
        frozen = self._one.pid
        with suppress(ProcessLookupError):
            os.killpg(frozen, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        with suppress(ProcessLookupError):
            os.killpg(frozen, signal.SIGCONT)


@asynccontextmanager
async def kept(
    modules: Mapping[str, str], env: Mapping[str, str], data: Path, history: History
) -> AsyncIterator[list[Kept]]:
    """A process for each module, by name; their logs go to the data folder."""
    loop = asyncio.get_running_loop()

    def say(line: str) -> None:  # by a thread of the supervision's
        loop.call_soon_threadsafe(lambda: history.write("ended", process=line.split()[0], how=line))

    doors = ExitStack()
    try:
        logs = {
            name: doors.enter_context((data / "log" / f"{name}.log").open("w")) for name in modules
        }
        commands = {name: [sys.executable, "-m", module] for name, module in modules.items()}
        running = doors.enter_context(supervised(commands, env, logs=logs, say=say))
        yield [Kept(running[name]) for name in modules]
    finally:
        # They say goodbye to their servers through proxies of this very loop.
        await asyncio.to_thread(doors.close)
