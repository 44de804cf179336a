"""What was done and what came of it, a JSON object a line, in the order in which it ended."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import TracebackType
from typing import TextIO


class History:
    """Written as it happens, so that it is there whatever happens to the runner."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._writing: TextIO = file.open("w", encoding="utf-8")
        self._begun = time.time() - time.monotonic()

    def now(self) -> float:
        """The real time as seconds of the epoch; never goes back while the run lasts."""
        return self._begun + time.monotonic()

    def write(self, op: str, **fields: object) -> None:
        line = {"op": op, "at": round(self.now(), 3), **fields}
        self._writing.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._writing.flush()

    def __enter__(self) -> History:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writing.close()
