"""Plant each bug in a copy of the project, run the tests that should catch it, and say which did.

make planted            all of them
make planted ONLY=day   those with the word in their name

First the same tests are run without a bug; `--unchecked` leaves that out. The servers are its own,
in a folder of its own, so that it disturbs no other run, and nothing of them stays behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

from embedded import start_postgres
from tests.conftest import SETTINGS
from tests.planted.bugs import BUGS, Bug

_ROOT: Final = Path(__file__).parents[2]
_NOT_COPIED: Final = (".git", ".venv", ".data", ".*_cache", "__pycache__", ".hypothesis")
_PATIENCE_S: Final = 300
_LAST_WORDS_S: Final = 20


def main() -> int:
    parser = ArgumentParser("tests.planted", description="Which planted bugs do the tests catch?")
    parser.add_argument("only", nargs="?", default="", help="a word of their names")
    parser.add_argument("--unchecked", action="store_true", help="not the tests without a bug")
    asked = parser.parse_args()
    bugs = [bug for bug in BUGS if asked.only in bug.name]
    if not bugs:
        parser.error(f'no bug has "{asked.only}" in its name')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with _a_copy() as copy:
        if not asked.unchecked and not _is_healthy(copy, bugs):
            return 2
        missed = [bug.name for bug in bugs if not _is_caught(copy, bug)]
    print(json.dumps({"planted": len(bugs), "caught": len(bugs) - len(missed), "missed": missed}))
    return 1 if len(missed) * 20 > len(bugs) else 0


@contextmanager
def _a_copy() -> Iterator[Path]:
    """The project where it may be broken, with a PostgreSQL that runs until the end."""
    folder = Path(os.environ.get("DATA_DIR", _ROOT / ".data")).resolve() / "planted"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name("planted.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Another run is at it in {folder}: wait for its end.")
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        copy = folder / "project"
        usual = shutil.ignore_patterns(*_NOT_COPIED)

        def left_out(where: str, names: list[str]) -> set[str]:
            return usual(where, names) | {
                name for name in names if Path(where, name) == folder.parent
            }

        try:
            shutil.copytree(_ROOT, copy, ignore=left_out)
            (copy / ".venv").symlink_to(_ROOT / ".venv")
            server = start_postgres(folder / "test" / "postgres", SETTINGS)
            try:
                yield copy
            finally:
                server.cleanup()
        finally:
            shutil.rmtree(folder)


def _is_healthy(copy: Path, bugs: Sequence[Bug]) -> bool:
    begun = time.monotonic()
    tests = sorted({test for bug in bugs for test in bug.tests})
    code, said = _pytest(copy, tests)
    if code != 0:
        print(f"{said}\nThe tests fail without a bug: mend that first.")
        return False
    print(f"without a bug all pass, in {time.monotonic() - begun:.0f} s", flush=True)
    return True


def _is_caught(copy: Path, bug: Bug) -> bool:
    begun = time.monotonic()
    with _planted(copy / bug.file, bug):
        code, said = _pytest(copy, ["-x", *bug.tests])
    # Tests have failed. Anything else, such as a bug that is no Python, proves nothing; and those
    # that fail before they begin have caught nothing that they are about.
    found = re.search(r"^FAILED (.*)$", said, re.MULTILINE) if code == 1 else None
    seconds = time.monotonic() - begun
    print(f"{'caught' if found else 'MISSED'}  {seconds:5.1f} s  {bug.name}", flush=True)
    print(f"                 {found[1] if found else said[-2000:]}", flush=True)
    return found is not None


@contextmanager
def _planted(file: Path, bug: Bug) -> Iterator[None]:
    good = file.read_text()
    assert good.count(bug.good) == 1, bug.name
    compiled = Path(cache_from_source(str(file)))
    compiled.unlink(missing_ok=True)  # the two may be of one size and second
    file.write_text(good.replace(bug.good, bug.bad))
    try:
        yield
    finally:
        file.write_text(good)
        compiled.unlink(missing_ok=True)


def _pytest(copy: Path, tests: Sequence[str]) -> tuple[int, str]:
    """How it ended, and what it said."""
    options = ["-q", "--tb=short", "--timeout=60", "-p", "no:cacheprovider"]
    options.append(f"--basetemp={copy.parent / 'tmp'}")  # others clear away what is in /tmp
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=copy,
        env=os.environ | {"DATA_DIR": str(copy.parent), "COLUMNS": "240"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=_PATIENCE_S)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        return -1, f"It has not ended within {_PATIENCE_S} s."
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does, so that it takes its servers along; then with all that are left of it."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_LAST_WORDS_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    sys.exit(main())
