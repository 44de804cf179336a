"""`.venv/bin/python -m tests.access`: lines that the matrix lacks, with cells to begin with."""

from __future__ import annotations

import sys

from tests.access.calls import CALLS
from tests.access.documents import rows
from tests.access.matrix import PATH, read, suggested


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    wanted, there = rows(), read() if PATH.exists() else {}
    for row in wanted:
        if row not in there:
            say(suggested(row))
        if row.kind == "mutation" and row.name not in CALLS:
            say(f"# and a line for {row.name} in calls.py or people_calls.py")
    for row in there:
        if row not in wanted:
            say(f"# no longer in the schema: {row.kind},{row.name}")


if __name__ == "__main__":
    main()
