"""`make chaos`: breaks a house of its own for a while, lets it heal, and says what was lost.

SECONDS (120) is how long faults go on, SEED which ones; the last line on stdout is the verdict of
the checker, which is a program of its own.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from chaos.history import History
from chaos.joining import join
from chaos.load import Load
from chaos.opening import House, command, opened
from chaos.plan import plan
from chaos.quiet import wait_until_quiet
from chaos.scene import NotSetUp, Scene
from chaos.servers import postgres
from house import alone, data_dir

_FLAKY = 0.25
_QUIET_S = 90
_TIMEOUT_S = 15
_BACK_S = 30
"""After the last fault: so long people go on trying, at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    seconds: float
    seed: int
    quiet_s: float
    """How long to wait for the end of all work, at most."""
    data: Path

    @classmethod
    def from_env(cls) -> Wanted:
        return cls(
            float(os.environ.get("SECONDS") or 120),
            int(os.environ.get("SEED") or secrets.randbelow(1_000_000)),
            float(os.environ.get("QUIET_SECONDS") or _QUIET_S),
            data_dir().resolve() / "chaos",
        )


async def run(wanted: Wanted) -> int:
    """The checker's exit code: 0 when nothing was lost. Raises NotSetUp."""
    (wanted.data / "log").mkdir(parents=True, exist_ok=True)
    file = wanted.data / f"history-{wanted.seed}.jsonl"
    stopped = asyncio.current_task()
    assert stopped is not None, "it runs"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.cancel)
    with alone(wanted.data):
        return await _run(wanted, file)


async def _run(wanted: Wanted, file: Path) -> int:
    async with postgres(wanted.data) as base:
        with History(file) as history:
            history.write("begin", seed=wanted.seed, seconds=wanted.seconds)
            async with opened(wanted.data, wanted.seed, base, history) as house:
                await _break(house, wanted, history)
            for name in ("rebuild-conversions", "verify-audit"):
                code, said = await command(house.calm, name, house.account)
                history.write("command", name=name, code=code, said=said)
        sys.stderr.write(f"The history is {file}\n")
        checker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chaos.checker", str(file), base.url
        )
        return await checker.wait()


async def _break(house: House, wanted: Wanted, history: History) -> None:
    """Load, faults, and peace until nothing is left to do."""
    ground = house.ground
    scene = Scene(house.client, ground.hands, ground.sandbox)
    healthy, flaky = house.origins
    await scene.listen(house.client, [f"{healthy}/healthy", f"{flaky}/flaky"], history)
    await scene.furnish()
    async with httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S) as browser:
        affiliate = await join(house.client, browser, scene.known[0], house.outbox)
        await scene.listen(affiliate, [f"{healthy}/affiliate"], history)
    for what, text in house.secrets().items():
        history.write("secret", what=what, text=text)
    house.receivers[1].trouble = _FLAKY
    async with httpx.AsyncClient(trust_env=False) as browser:
        chance = Random(f"load {wanted.seed}")
        load = Load(scene, browser, chance, history, wanted.seconds)
        loading = asyncio.create_task(load.go_on())
        sys.stderr.write(f"Faults for {wanted.seconds:.0f} s by the seed {wanted.seed}:\n")
        try:
            await ground.strike_all(plan(wanted.seed, wanted.seconds))
            house.receivers[1].trouble = 0
            history.write("over")
            await load.until_answered(_BACK_S)
            load.stopped.set()
            await loading
        finally:
            loading.cancel()  # when all of it is told to stop
            await asyncio.gather(loading, return_exceptions=True)
    sys.stderr.write("No more faults; waiting until all is done ...\n")
    await wait_until_quiet(ground.postgres.url, house.spool, ground.hands, history, wanted.quiet_s)
    await scene.tell_books(history)


def main() -> int:
    try:
        return asyncio.run(run(Wanted.from_env()))
    except NotSetUp as error:
        sys.stderr.write(f"Nothing was broken yet, and it does not work: {error}\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("\nStopped.\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
