"""The product's processes, started beside the rehearsal's servers and stopped again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from demo.errors import Trouble

_PATIENCE_S = 60
_MODULES = {"web": "api", "worker": "workers"}
_LINES = 25


Running = dict[str, subprocess.Popen[bytes]]


@contextmanager
def product(env: Mapping[str, str], data: Path) -> Iterator[Running]:
    """The API and a worker, by name; their logs go to the data folder."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(_process(name, env, data)) for name in _MODULES}


@contextmanager
def _process(name: str, env: Mapping[str, str], data: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = log_of(name, data)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", _MODULES[name]],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C is for the demo, which then stops them in order.
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_ready(url: str, running: Running) -> None:
    """Raises Trouble when the API does not take traffic within a minute, or a process ends."""
    until = time.monotonic() + _PATIENCE_S
    said = "it does not answer"
    while time.monotonic() < until:
        try:
            answer = httpx.get(f"{url}/readyz", trust_env=False)
        except httpx.TransportError:
            pass
        else:
            if answer.is_success:
                return
            said = answer.text.strip()
        check(running)
        time.sleep(0.05)
    raise Trouble(f"The API at {url} was not ready within {_PATIENCE_S} s: {said}", "web")


def check(running: Running) -> None:
    """Raises Trouble when a process has ended that should not."""
    for name, process in running.items():
        if process.poll() is not None:
            raise Trouble(f"The {name} process ended with code {process.returncode}.", name)


def create_account(env: Mapping[str, str]) -> str:
    """A workspace, opened as an operator opens one; its API key."""
    made = subprocess.run(
        [sys.executable, "-m", "cli", "create-account", "Juniper Row Trading"],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Trouble(f"No account could be made:\n{made.stdout}{made.stderr}", "web")
    return made.stdout.split()[-1]


def log_of(name: str, data: Path) -> Path:
    return data / "sandbox.log" if name == "sandbox" else data / "log" / f"{name}.log"


def tail(log: Path) -> str:
    """The last lines of a log, with its name over them."""
    if not log.exists():
        return f"There is no log at {log}."
    lines = log.read_text(errors="replace").splitlines()[-_LINES:]
    return "\n".join([f"The last lines of {log}:", *(f"  {line[:400]}" for line in lines)])
