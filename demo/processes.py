"""The product's processes, started beside the rehearsal's servers and stopped again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from demo.cast import COMPANY, OPERATOR
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


@dataclass(frozen=True, slots=True)
class Begun:
    """What an installation's first command printed."""

    account: str
    token: str
    """With which the operator chooses a password, once."""


def begin(env: Mapping[str, str]) -> Begun:
    """The first operator, who owns the first account: as an installation begins.

    Raises Trouble.
    """
    try:
        said = _cli(env, "begin", OPERATOR.email, OPERATOR.name, COMPANY)
    except Trouble as trouble:
        # With a DATABASE_URL of somebody's own, which is not made anew.
        raise Trouble(f"{trouble}\nIt needs an empty database, to begin in.", "web") from trouble
    words = dict(line.split(maxsplit=1) for line in said.splitlines())
    return Begun(words["account"], words["token"])


def verify_audit(env: Mapping[str, str], account: str) -> int:
    """How many entries the audit of an account has, each as it was written."""
    return int(_cli(env, "verify-audit", account).split()[0])


def _cli(env: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "cli", *words],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(f"`cli {words[0]}` says:\n{done.stdout}{done.stderr}", "web")
    return done.stdout


def log_of(name: str, data: Path) -> Path:
    return data / "sandbox.log" if name == "sandbox" else data / "log" / f"{name}.log"


def tail(log: Path) -> str:
    """The last lines of a log, with its name over them."""
    if not log.exists():
        return f"There is no log at {log}."
    lines = log.read_text(errors="replace").splitlines()[-_LINES:]
    return "\n".join([f"The last lines of {log}:", *(f"  {line[:400]}" for line in lines)])
