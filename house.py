"""The house on one machine: embedded servers, the sandbox in Amazon's place, an environment.

For the demo and for `make run`. In production each process gets its environment from its host.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from db.migrate import migrate
from embedded import servers

SEED = "7"
FIRST_DAY = "2026-06-01"


def data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR", ".data"))


@contextmanager
def rehearsal(data: Path, port: int) -> Iterator[dict[str, str]]:
    """Servers and sandbox running, database fresh and migrated; yields every process's environment.

    Time is the sandbox's, which stands still until somebody moves it.
    """
    data.mkdir(parents=True, exist_ok=True)
    outbox, spool = data / "outbox", data / "spool"
    with (
        alone(data),
        servers(data, fresh="rehearsal") as named,
        sandbox(data) as origin,
    ):
        asyncio.run(migrate(named["DATABASE_URL"]))
        shutil.rmtree(outbox, ignore_errors=True)  # letters to people of the last rehearsal
        shutil.rmtree(spool, ignore_errors=True)  # and clicks on its links
        yield (
            dict(os.environ)
            | named
            | amazon_of(origin)
            | {
                # The Procfile's `python` is the one that runs this.
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
                "PORT": str(port),
                "PUBLIC_URL": f"http://127.0.0.1:{port}",
                "SWEEP_SECONDS": "1",
                # Nobody gets a letter from a rehearsal; whoever plays it finds them here.
                "SMTP_URL": "",
                "MAIL_OUTBOX": str(outbox.resolve()),
                "CLICK_SPOOL": str(spool.resolve()),
                "CLOCK_URL": f"{origin}/sandbox/clock",
                "AMAZON_ORIGIN": origin,
                "WEBHOOK_RECEIVERS": _receivers(),
            }
        )


def _receivers() -> str:
    """Where webhooks may go on this machine: to the demo's own server, and where else was asked."""
    own = f"http://127.0.0.1:{free_port(None)}"
    return ",".join(filter(None, [own, os.environ.get("WEBHOOK_RECEIVERS")]))


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Nobody else rehearses in the same folder: the second would drop the first one's database."""
    with (data / "rehearsal.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                f"Another demo or run is using {data.resolve()}. Stop it, or give this one a "
                "folder of its own: DATA_DIR=.data2 make ..."
            ) from None
        yield


@contextmanager
def sandbox(data: Path) -> Iterator[str]:
    """Amazon in a box, on a port of its own; yields its origin."""
    log = data / "sandbox.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "sandbox", "--port", "0", "--seed", SEED, "--start", FIRST_DAY],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: it goes after those who ask it
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"The sandbox did not start; {log} says why.")
            yield line.split()[-1]
        finally:
            process.terminate()


def free_port(wanted: str | None) -> int:
    """The port that was asked for, or any that nobody listens on. Ends when it cannot be had."""
    if wanted and not (wanted.isascii() and wanted.isdigit() and int(wanted) <= 65_535):
        raise SystemExit(f"PORT must be a whole number up to 65535, not {wanted!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted or 0)))
        except OSError as error:
            raise SystemExit(
                f"PORT={wanted} cannot be had: {error.strerror}. Set another."
            ) from None
        port: int = probe.getsockname()[1]
        return port


def amazon_of(origin: str) -> dict[str, str]:
    clients = httpx.get(f"{origin}/sandbox/world", trust_env=False).json()["clients"]
    ads, selling = clients["advertising"], clients["selling"]
    return {
        "AMAZON_ADS_CLIENT_ID": ads["client_id"],
        "AMAZON_ADS_CLIENT_SECRET": ads["client_secret"],
        "AMAZON_SELLER_CLIENT_ID": selling["client_id"],
        "AMAZON_SELLER_CLIENT_SECRET": selling["client_secret"],
        "AMAZON_SELLER_APPLICATION_ID": selling["application_id"],
    }
