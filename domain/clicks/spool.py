"""Clicks that wait in files while PostgreSQL cannot take them.

A file belongs to the process that writes it, which holds a lock on it for as long: whoever gets the
lock of a file finds it complete, and its writer done or dead. A click is a line of JSON, and was
kept once the line is on the disk. Everything here waits for the disk: it is called in a thread.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO, Final
from uuid import UUID, uuid4

import orjson

from domain.clicks.queries import Visit

_ENDING: Final = ".jsonl"
_REFUSED: Final = "refused.txt"


class Spool:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: FileIO | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a file of ours that may have clicks."""
        return self._file is not None

    def keep(self, visits: Sequence[Visit]) -> None:
        """The clicks are on the disk when this returns. Raises OSError, and then none is."""
        lines = b"".join(map(_line, visits))
        file = self._file = self._file or self._begin()
        whole = file.tell()
        try:
            while lines:
                lines = lines[file.write(lines) :]  # a disk that gets full takes a part first
            os.fsync(file.fileno())
        except OSError:
            # Half a line would spoil the next one. What is not kept is not counted later either.
            with suppress(OSError):
                os.ftruncate(file.fileno(), whole)
            # A file that could not be made durable once is not to be relied on again.
            self.seal()
            raise

    def _begin(self) -> FileIO:
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = self.folder / f"{os.getpid()}-{uuid4().hex}{_ENDING}"
            file = FileIO(path, "xb")
            # Whoever looks for files of the dead may have found this one before it was locked.
            if _locked(file):
                break
            file.close()
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # so that the file is found after a loss of power
        finally:
            os.close(folder)
        return file

    def seal(self) -> None:
        """What was written until now may be loaded, by whoever comes first."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def left(self) -> list[Path]:
        """Files that wait, the oldest first; those that are still written are among them."""
        with suppress(FileNotFoundError):
            files = self.folder.glob(f"*{_ENDING}")
            return sorted(files, key=lambda path: (path.stat().st_mtime, path.name))
        return []

    @contextmanager
    def claimed(self, path: Path) -> Iterator[BinaryIO | None]:
        """The file for oneself alone; None while its writer lives, or somebody else loads it."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            yield None
            return
        with file:
            yield file if _locked(file) else None

    def batch(self, file: BinaryIO, most: int) -> list[Visit] | None:
        """The next clicks of a file, None at its end. What cannot be read is put aside.

        A last line without its end was never on the disk as a whole, so nobody was told of it.
        """
        lines = list(islice(file, most))
        found = [(line, _read(line)) for line in lines if line.endswith(b"\n")]
        self.put_aside([line for line, visit in found if visit is None])
        return [visit for _, visit in found if visit is not None] if lines else None

    def refuse(self, visits: Sequence[Visit]) -> None:
        self.put_aside([_line(visit) for visit in visits])

    def put_aside(self, lines: Sequence[bytes]) -> None:
        """Kept for a person to look at, and not loaded again."""
        if lines:
            with (self.folder / _REFUSED).open("ab") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)


def _locked(file: IO[bytes]) -> bool:
    """Whether nobody else has it, and it still has a name."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(file.fileno()).st_nlink > 0


def _line(visit: Visit) -> bytes:
    return orjson.dumps({"id": visit.id, "code": visit.code, "clicked_at": visit.at}) + b"\n"


def _read(line: bytes) -> Visit | None:
    try:
        said: dict[str, Any] = orjson.loads(line)
        at = datetime.fromisoformat(said["clicked_at"])
        return Visit(UUID(said["id"]), said["code"], at, True) if at.tzinfo else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
