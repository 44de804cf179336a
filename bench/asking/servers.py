"""The servers of the comparison: one process of each, on a free port, gone at the end."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

_PATIENCE_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def production(database_url: str, redis_url: str, outbox: Path) -> dict[str, str]:
    """The product's environment in production, with one process. Its limits are all on; what may be
    spent in a minute is more than there is time to spend."""
    amazon = ["ADS_CLIENT_ID", "ADS_CLIENT_SECRET"]
    amazon += [f"SELLER_{name}" for name in ("CLIENT_ID", "CLIENT_SECRET", "APPLICATION_ID")]
    return {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "production",
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SEALING_KEYS": f"bench:{base64.b64encode(bytes(32)).decode()}",
        "PUBLIC_URL": "https://links.example.com",
        "MAIL_OUTBOX": str(outbox),
        "WEB_WORKERS": "1",
        **{f"BUDGET_{whose}": "1000000000" for whose in ("CALLER", "ACCOUNT", "ADDRESS")},
        **{f"AMAZON_{name}": "unused" for name in amazon},
    }


def python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


@contextmanager
def unwound() -> Iterator[None]:
    """Whoever ends us by SIGTERM ends us as Ctrl-C does: what was started is ended first."""

    def leave(number: int, frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def server(command: Sequence[str], env: Mapping[str, str], port: int, log: Path) -> Iterator[None]:
    """Until the end, a process that takes connections on the port, and whatever it starts."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=dict(env) | {"PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # so that its own processes can be ended with it
        )
    try:
        _wait_for(process, port, log)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} did not start:\n{log.read_text(errors='replace')[-3_000:]}")
